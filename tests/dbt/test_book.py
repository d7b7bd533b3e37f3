"""dbt's YAML is the one book of published tables: what repeats it elsewhere reads it from there."""

from __future__ import annotations

import ast
import re
import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import yaml
from lake_builder import LakeBuilder, full, section

from dagster_project.project import DBT
from dagster_project.publish.book import KEYS, missing_tables
from dagster_project.transform.dbt_project import build

PUBLISHED = ("marts", "quality", "ref", "bi")
ROOT = Path(__file__).parents[2]


def nodes(root: Path = DBT):
    """Every described model and seed, with the schema it is published in."""
    for path in [*root.glob("models/*/*.yml"), *root.glob("seeds/*.yml")]:
        declared = yaml.safe_load(path.read_text("utf-8"))
        for node in [*declared.get("models", ()), *declared.get("seeds", ())]:
            yield {"seeds": "ref"}.get(path.parent.name, path.parent.name), node


def key_of(node) -> list[str]:
    for test in node.get("data_tests", ()):
        if "primary_key" in test:
            return test["primary_key"]["arguments"]["columns"]
    return node.get("config", {}).get("meta", {}).get("key", [])


@pytest.fixture(scope="module")
def warehouse(make):
    return make(lambda lake: lake.deliver("2023/autumn/县.csv", [section("01", "primary", 9)]))


def test_the_warehouse_holds_the_book_as_it_was_built(warehouse):
    built = warehouse.rows(
        "select schema_name, table_name, column_index, column_name, comment"
        f" from duckdb_columns() where schema_name in {PUBLISHED} order by all"
    )
    written = warehouse.rows(
        "select schema_name, table_name, position, column_name, meaning_zh || ' | ' || meaning_en"
        ' from ref."column" order by all'
    )
    assert len(built) > 500 and built == written
    types = warehouse.rows(
        "select c.table_name, c.column_name, b.data_type, c.data_type from duckdb_columns() as c"
        ' join ref."column" as b using (schema_name, table_name, column_name)'
        " where replace(lower(c.data_type), ' ', '') <> replace(lower(b.data_type), ' ', '')"
        " and not (lower(b.data_type) like 'decimal%' and lower(c.data_type) like 'decimal%')"
    )
    assert types == []


def test_the_keys_of_the_book_are_those_that_dbt_tests(warehouse):
    told = {node["name"]: key_of(node) for schema, node in nodes() if schema in PUBLISHED}
    assert dict(warehouse.rows(KEYS)) == told and all(told.values())


def test_a_build_that_lacks_a_table_of_the_book_is_found(tmp_path, warehouse):
    copy = tmp_path / "copy.duckdb"
    shutil.copyfile(warehouse.path, copy)
    with duckdb.connect(str(copy)) as connection:
        assert missing_tables(connection) == []
        connection.execute("drop table quality.flag cascade; drop view marts.cv_contribution")
        assert missing_tables(connection) == ["marts.cv_contribution", "quality.flag"]
        connection.execute('drop table ref."table"')
        assert missing_tables(connection) == ["ref.table"]


def test_a_new_column_is_two_edits(tmp_path):
    """One in SQL and one in YAML, also where the mart is a view of facts beside their section."""
    project = tmp_path / "dbt"
    shutil.copytree(DBT, project, ignore=shutil.ignore_patterns("target", "logs"))
    edits = {
        "models/facts/fct_figure.sql": (
            "    is_tainted\nfrom valued",
            "    is_tainted,\n    2 * numerator as twice\nfrom valued",
        ),
        "models/marts/school_indicator.yml": (
            "  - {name: is_tainted,",
            "  - {name: twice, data_type: double, description: '两倍 | Twice the numerator.'}\n"
            "  - {name: is_tainted,",
        ),
    }
    for name, (old, new) in edits.items():
        text = (project / name).read_text("utf-8")
        assert text.count(old) == 1
        (project / name).write_text(text.replace(old, new), "utf-8")
    lake = LakeBuilder(tmp_path)
    lake.deliver("2023/autumn/县.csv", [section("01", "primary", 100, **full())])
    result = build(lake.write(tmp_path / "build"), tmp_path / "build", project=project)
    assert result.success, result.failures
    with duckdb.connect(str(result.database), read_only=True) as connection:
        figures = "select count(*), count(twice) from marts.school_indicator"
        rows, doubled = connection.execute(f"{figures} where twice = 2 * numerator").fetchone()
        assert rows == doubled > 10
        (comment,) = connection.execute(
            "select comment from duckdb_columns() where schema_name = 'marts'"
            " and table_name = 'school_indicator' and column_name = 'twice'"
        ).fetchone()
        assert comment == "两倍 | Twice the numerator."
        assert connection.execute(
            'select table_name, data_type from ref."column" where column_name = ?', ["twice"]
        ).fetchall() == [("school_indicator", "double")]


def test_a_column_that_means_the_same_is_described_once():
    described = re.findall(
        r"{% docs (\w+) %}(.*?){% enddocs %}", (DBT / "models/columns.md").read_text("utf-8")
    )
    names, texts = [name for name, _ in described], [text for _, text in described]
    assert len(names) > 80 and len(set(texts)) == len(texts)
    assert all(text.count(" | ") == 1 for text in texts)
    used, own = Counter(), Counter()
    for _, node in nodes():
        for column in node.get("columns", ()):
            text = " ".join(column["description"].split())
            named = re.fullmatch(r'{{ doc\("(\w+)"\) }}', text)
            if named:
                used[named[1]] += 1
            else:
                own[column["name"], text] += 1
    assert [name for name in names if used[name] < 2] == []
    assert [key for key, count in own.items() if count > 1] == []
    assert [text for _, text in own if text in texts] == []


# Where a list that looks like a key of the book is something else.
NOT_OF_THE_BOOK = {
    "dagster_project/lake/selection.py": "the keys of what arrives in the lake",
    "dagster_project/transform/faults_of_tests.py": "by what rows are led back to files",
}


def test_no_key_or_list_of_tables_stands_outside_the_book():
    """No literal of the package is a whole key of four columns or more, or a list of tables."""
    keys = {tuple(sorted(key_of(node))) for schema, node in nodes() if schema in PUBLISHED}
    tables = {f"{schema}.{node['name']}" for schema, node in nodes() if schema in PUBLISHED}
    found = set()
    for path in (ROOT / "dagster_project").rglob("*.py"):
        for literal in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(literal, ast.Tuple | ast.List | ast.Set):
                continue
            words = [word.value for word in literal.elts if isinstance(word, ast.Constant)]
            is_key = len(words) > 3 and len(words) == len(literal.elts)
            is_key = is_key and all(isinstance(w, str) for w in words)
            is_key = is_key and tuple(sorted(words)) in keys
            if is_key or len(tables.intersection(map(str, words))) > 3:
                found.add(f"{path.relative_to(ROOT).as_posix()}")
    assert found == set(NOT_OF_THE_BOOK)
