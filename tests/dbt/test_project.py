"""The dbt project as such: its own unit tests, its comments, its locks, its kept manifest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import duckdb
import pytest
from lake_builder import LakeBuilder, full, section

from dagster_project.project import DBT
from dagster_project.transform import dbt_run, statements
from dagster_project.transform.dbt_project import build
from dagster_project.transform.faults_of_tests import deliveries_at_fault
from dagster_project.transform.manifest import load_manifest, manifest_path, project_hash
from dagster_project.transform.seeds import kept_seeds

DOUBLES = "data_type in ('DOUBLE', 'FLOAT')"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """One lake, built with dbt's unit tests; the result, and the events seen on the way."""
    root = tmp_path_factory.mktemp("project")
    builder = LakeBuilder(root)
    builder.deliver("2023/autumn/县.csv", [
        section("01", "primary", 100, source_row=3, **full()),
        section("02", "primary", 0, source_row=4, **full(classes=0)),
        section("03", "junior", 80, source_row=5, **full(teachers=0, classes=0)),
    ])  # fmt: skip
    lake = builder.write(root / "build")
    events = []
    result = build(
        lake, root / "build", unit_tests=True, on_event=lambda *event: events.append(event)
    )
    return result, events, lake, root / "build"


def test_models_tests_and_unit_tests_pass(built):
    result, _, _, _ = built
    assert result.success, result.failures
    kinds = [node.kind for node in result.nodes]
    assert kinds.count("unit_test") >= 40


def test_every_indicator_has_a_unit_test(built):
    result, _, _, build_dir = built
    tested = {node.name.split("_")[0] for node in result.nodes if node.kind == "unit_test"}
    with duckdb.connect(str(build_dir / "junheng.duckdb"), read_only=True) as connection:
        indicators = connection.execute("select indicator_id from ref.indicator").fetchall()
    assert {indicator for (indicator,) in indicators} <= tested


def test_progress_counts_up_to_all_nodes(built):
    result, events, _, _ = built
    assert len(events) == len(result.nodes)
    assert {total for _, _, total in events} == {len(result.nodes)}


def test_everything_published_is_commented_and_finite(built):
    _, _, _, build_dir = built
    with duckdb.connect(str(build_dir / "junheng.duckdb"), read_only=True) as connection:
        silent = connection.execute(
            "select table_name, column_name from duckdb_columns()"
            " where schema_name in ('marts', 'quality', 'ref') and comment is null"
            " union all select table_name, '' from duckdb_tables() where comment is null"
            " union all select view_name, '' from duckdb_views()"
            " where comment is null and not internal"
        ).fetchall()
        assert silent == []
        columns = connection.execute(
            f"select schema_name, table_name, column_name from duckdb_columns() where {DOUBLES}"
            " and schema_name in ('marts', 'quality')"
        ).fetchall()
        assert len(columns) > 30
        for schema, table, column in columns:
            odd = f"select count(*) from {schema}.{table} where not isfinite({column})"
            assert connection.execute(odd).fetchall() == [(0,)], f"{schema}.{table}.{column}"


def test_a_zero_denominator_is_a_status(built):
    _, _, _, build_dir = built
    with duckdb.connect(str(build_dir / "junheng.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select school_id, indicator_id, value, value_status from marts.school_indicator"
            " where school_id in ('02', '03') and standard_id = 'general' order by all"
        ).fetchall()
    assert rows == [
        ("02", "C1", None, "no_pupils"),
        ("02", "C2", None, "no_pupils"),
        ("02", "C3", None, "no_pupils"),
        ("03", "C1", None, "no_denominator"),
        ("03", "C2", None, "no_denominator"),
        ("03", "C3", 0.0, "zero"),
    ]


def test_stock_dbt_makes_the_same_tables(built, tmp_path):
    """What the fast path replaces – manifest, process, materialisations – changes no table."""
    fast, _, lake, build_dir = built
    stock = build(lake, tmp_path, selection=build_dir / "selection", stock=True)
    assert stock.success, stock.failures
    assert {node.name for node in stock.nodes} <= {node.name for node in fast.nodes}
    assert _content(stock.database) == _content(fast.database)


@pytest.fixture(scope="module")
def noted(built, tmp_path_factory):
    """The lake, selection and build folder for building again from what dbt was noted to do."""
    _, _, lake, build_dir = built
    # A folder whose name is a pattern of files and holds a quotation mark, as anybody's may.
    root = tmp_path_factory.mktemp("noted") / "o'brien [a]*"
    shutil.copytree(build_dir / "selection", root / "build" / "selection")
    shutil.copytree(lake, root / "lake")
    if not statements.is_kept(DBT):
        assert build(root / "lake", root / "build").success
    return root / "lake", root / "build"


def test_what_dbt_was_noted_to_do_makes_the_same_tables_without_it(built, noted, monkeypatch):
    fast, _, _, _ = built
    monkeypatch.setattr(dbt_run, "_run", None)  # dbt is not asked
    events = []
    again = build(*noted, on_event=lambda *event: events.append(event))
    assert again.success, again.failures
    assert _content(again.database) == _content(fast.database)
    assert [done for _, done, _ in events] == list(range(1, len(again.nodes) + 1))
    by_dbt = {(n.unique_id, n.name, n.kind, n.status) for n in fast.nodes if n.kind != "unit_test"}
    assert {(n.unique_id, n.name, n.kind, n.status) for n in again.nodes} == by_dbt


@pytest.mark.parametrize("what", ["types", "statement", "test", "file"])
def test_what_goes_otherwise_than_it_was_noted_is_left_to_dbt(noted, what, monkeypatch, tmp_path):
    lake, build_dir = noted
    kept = json.loads(statements._path(DBT, {}).read_text("utf-8"))
    if what == "types":
        kept["types"] = "others"
    elif what == "statement":
        kept["nodes"][-1]["sql"].append("select no_such_column")
    elif what == "test":
        last = next(node for node in reversed(kept["nodes"]) if node["kind"] == "test")
        last["sql"] = ["select 1, false, true"]
    text = json.dumps(kept)
    (tmp_path / "kept.json").write_text(text if what != "file" else text[:1000], "utf-8")
    monkeypatch.setattr(statements, "_path", lambda *_: tmp_path / "kept.json")
    shutil.copyfile(kept_seeds(DBT), build_dir / "junheng.duckdb")
    folders = (lake, build_dir / "selection", lake / "judgement")
    variables = dict(zip(statements.MARKED, map(str, folders), strict=True))
    assert statements.run(DBT, build_dir, variables) is None


def _content(database):
    """Rows, columns, types and comments of every table and view that stays."""
    with duckdb.connect(str(database), read_only=True) as connection:
        described = connection.execute(
            "select schema_name, table_name, column_index, column_name, data_type, comment"
            " from duckdb_columns() where not internal union all"
            " select schema_name, table_name, 0, '', '', comment from duckdb_tables() union all"
            " select schema_name, view_name, 0, '', '', comment from duckdb_views()"
            " where not internal order by all"
        ).fetchall()
        tables = sorted({(schema, table) for schema, table, *_ in described})
        rows = [
            connection.execute(
                f'select count(*), sum(hash(t)::hugeint) from "{schema}"."{table}" as t'
            ).fetchone()
            for schema, table in tables
        ]
    assert len(tables) > 60
    return described, dict(zip(tables, rows, strict=True))


def test_older_clients_can_read_the_file(built):
    _, _, _, build_dir = built
    with duckdb.connect() as connection:
        connection.execute(f"attach '{build_dir / 'junheng.duckdb'}' as other (read_only)")
        tags = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'other'"
        ).fetchall()
        assert tags[0][0].startswith("v1.2.0")
        # The view finds its tables under whatever name the file is attached.
        connection.execute("select count(*) from other.quality.figure_origin").fetchall()


def test_the_file_is_free_after_the_run(built):
    _, _, _, build_dir = built
    assert not (build_dir / "junheng.duckdb.wal").exists()
    assert not (build_dir / "scratch.duckdb").exists()
    script = f"import duckdb; duckdb.connect({str(build_dir / 'junheng.duckdb')!r}).close()"
    subprocess.run([sys.executable, "-c", script], check=True)
    assert "JUNHENG_BUILD" not in os.environ


def test_a_failed_test_is_a_sentence_that_names_the_files_at_fault(built, tmp_path):
    """A section twice, and a figure so small that a quotient by it is beyond all bounds."""
    builder = LakeBuilder(tmp_path)
    good, twice = section("01", "primary", 100, **full()), section("02", "primary", 100, **full())
    builder.deliver("2023/autumn/good.csv", [good])
    builder.deliver("2023/autumn/twice.csv", [twice, twice])
    builder.deliver("2023/autumn/tiny.csv", [section("03", "primary", 4.9e-324, **full())])
    result = build(builder.write(tmp_path / "build"), tmp_path / "build")
    assert not result.success and not any("good.csv" in s for s in result.failures)
    of_keys = [s for s in result.failures if "primary_key" in s]
    assert any("come from 2023/autumn/twice.csv." in sentence for sentence in of_keys), of_keys
    assert all("take them out of raw/ to publish the others" in s for s in of_keys), of_keys


@pytest.mark.parametrize(
    ("columns", "files"),
    [
        ("'{sha}' as sha256", ["tiny.csv"]),
        ("2023 as school_year, '01' as school_id, 'primary' as stage", ["good.csv"]),
        ("2023 as school_year, '640221' as county_code", ["good.csv", "tiny.csv"]),
        ("1 as section_no", ["good.csv"]),
        ("'x' as claim_id", []),
        ("no_such_column", []),
    ],
)
def test_rows_at_fault_are_led_back_to_files_by_the_keys_they_have(tmp_path, columns, files):
    builder = LakeBuilder(tmp_path)
    builder.deliver("good.csv", [section("01", "primary", 100)])
    sha = builder.deliver("tiny.csv", [section("03", "primary", 1)])
    lake = builder.write(tmp_path / "build")
    with duckdb.connect() as connection:
        connection.execute("create schema facts; create table facts.section as select"
                           " 1 as section_no, 2023 as school_year, '01' as school_id,"
                           " 'primary' as stage")  # fmt: skip
        sql = f"select {columns.format(sha=sha)}"
        found = deliveries_at_fault(connection, sql, tmp_path / "build" / "selection", lake)
    assert found == files


def test_the_manifest_is_kept_until_a_file_changes(tmp_path):
    first = manifest_path()
    assert manifest_path() == first
    assert json.loads(first.read_text("utf-8"))["metadata"]["project_name"] == "junheng"
    assert load_manifest() is not load_manifest()
    project = tmp_path / "dbt"
    (project / "models").mkdir(parents=True)
    (project / "models" / "a.sql").write_text("select 1")
    before = project_hash(project)
    (project / "target").mkdir()
    (project / "target" / "junk").write_text("x")
    assert project_hash(project) == before
    (project / "models" / "a.sql").write_text("select 2")
    assert project_hash(project) != before
