"""Seeds are loaded and tested once; a build starts from a copy, and not at all from faulty ones."""

import shutil

import duckdb
import pytest

from dagster_project.project import DBT
from dagster_project.transform.seeds import SeedsFaulty, copy_seeds, kept_seeds

TINY = {
    "dbt_project.yml": "name: tiny\nprofile: junheng\nversion: '1.0'\nconfig-version: 2\n",
    "seeds/code.csv": "code,meaning\n1,one\n1,uno\n",
    "seeds/code.yml": (
        "version: 2\nseeds:\n- name: code\n  columns:\n  - name: code\n    data_tests: [unique]\n"
    ),
}


def test_a_copy_holds_every_seed_with_its_comments(tmp_path):
    nodes = copy_seeds(kept_seeds(DBT), tmp_path)
    names = {path.stem for path in (DBT / "seeds").glob("*.csv")}
    assert {node.name for node in nodes if node.kind == "seed"} == names
    assert {node.status for node in nodes} == {"success", "pass"}
    assert sum(node.kind == "test" for node in nodes) >= len(names)
    with duckdb.connect(str(tmp_path / "junheng.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select table_name, comment is not null from duckdb_tables() where schema_name = 'ref'"
        ).fetchall()
    book = {"table", "column"}
    assert set(tables) == {(name, True) for name in names | book}


def test_the_same_seeds_are_loaded_once():
    kept = kept_seeds(DBT)
    written = kept.stat().st_mtime_ns
    assert kept_seeds(DBT) == kept and kept.stat().st_mtime_ns == written


def test_a_faulty_seed_is_named_and_never_kept(tmp_path):
    for name, text in TINY.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    shutil.copy(DBT / "profiles.yml", tmp_path)
    for _ in range(2):
        with pytest.raises(SeedsFaulty) as raised:
            kept_seeds(tmp_path)
        failed = [node for node in raised.value.nodes if node.failed]
        assert [(node.name, node.failures) for node in failed] == [("unique_code_code", 1)]
