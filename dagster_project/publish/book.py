"""The book of published tables, as every warehouse holds it: keys, and what must be there.

dbt writes ``ref.table`` and ``ref.column`` from the YAML of its models and seeds. Whoever needs a
key or a list of tables asks them, so that a new one is known everywhere once it stands there.
"""

from __future__ import annotations

from functools import cache

import duckdb

from dagster_project.project import DBT

Keys = dict[str, tuple[str, ...]]
"""Key columns, in their order, by table."""

KEYS = """
    select table_name, list(column_name order by key_position) as columns
    from ref."column" where key_position is not null group by table_name order by table_name
"""
"""Query for the key columns of every published table; names are unique over the schemas."""


@cache
def keys_of_marts() -> Keys:
    """Key columns of the marts as the project's YAML has them, for who holds no warehouse."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: Keys = {}
    for path in sorted((DBT / "models" / "marts").glob("*.yml")):
        for model in yaml.load(path.read_text("utf-8"), loader).get("models", ()):
            key = model.get("config", {}).get("meta", {}).get("key")
            for test in model.get("data_tests", ()):
                if "primary_key" in test:
                    key = test["primary_key"]["arguments"]["columns"]
            if key:
                found[model["name"]] = tuple(key)
    return found


def restated(connection: duckdb.DuckDBPyConnection) -> Keys:
    """Keys of the marts whose figures a new publication compares with those before."""
    wanted = connection.execute('select table_name from ref."table" where is_restated').fetchall()
    names = {name for (name,) in wanted}
    found = connection.execute(KEYS).fetchall()
    return {table: tuple(columns) for table, columns in found if table in names}


def missing_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Published tables that the open build lacks, with their schemas."""
    try:
        found = connection.execute(
            """
            select schema_name || '.' || table_name from ref."table"
            anti join information_schema.tables as present
                on present.table_schema = schema_name and present.table_name = "table".table_name
            order by all
            """
        ).fetchall()
    except duckdb.CatalogException:
        return ["ref.table"]
    return [name for (name,) in found]
