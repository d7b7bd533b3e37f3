"""Whether DuckDB and Spark computed the same: every published table, row by row, column by column.

    python -m tests.spark.parity BUILD

compares ``BUILD/junheng.duckdb`` with ``BUILD/spark/<schema>.db/<table>/``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.publish.book import KEYS
from dagster_project.publish.export import SCHEMAS
from dagster_project.transform.dbt_project import DATABASE
from dagster_project.transform.on_spark import TABLES

# Sums of floating point numbers depend on the order in which they are added up.
RELATIVE = 1e-9
# What is left where two sums cancel (one county lies between no counties): nothing, on both sides.
NOTHING = 1e-12


@dataclass(frozen=True)
class Compared:
    """One table on both sides: how many rows, and what is not equal (column → rows, an example)."""

    table: str
    rows: int
    differences: Mapping[str, str]


def compare(build: Path) -> list[Compared]:
    """Every published table and view of the DuckDB file beside the one of its name on Spark."""
    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        connection.execute(f"attach '{build / DATABASE}' as here (read_only)")
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            f" where table_catalog = 'here' and table_schema in {SCHEMAS} order by all"
        ).fetchall()
        keys = dict(connection.execute(KEYS.replace("ref.", "here.ref.")).fetchall())
        return [
            _compare(connection, build / TABLES, schema, table, keys.get(table, ()))
            for schema, table in names
        ]


def _compare(connection, there: Path, schema: str, table: str, key: Sequence[str]) -> Compared:
    name = f"{schema}.{table}"
    files = there / f"{schema}.db" / table
    if not any(files.glob("*.parquet")):
        return Compared(name, 0, {"": "is not there on Spark"})
    ours, theirs = f"here.{name}", f"read_parquet('{files}/*.parquet')"
    columns, others = _columns(connection, ours), _columns(connection, theirs)
    if columns != others:
        kinds = sorted(set(columns.items()) ^ set(others.items()))
        return Compared(name, 0, {"": f"has other columns or types: {kinds}"})
    key = key or [f'"{name}"' for name, kind in columns.items() if kind != "DOUBLE"]
    join = " and ".join(f"a._k{i} is not distinct from b._k{i}" for i in range(len(key)))
    extra = ", ".join(f"{expression} as _k{i}" for i, expression in enumerate(key))
    connection.execute(
        f"create or replace temp view pair as "
        f"select a, b from (select *, {extra}, 1 as _here from {ours}) as a "
        f"full join (select *, {extra}, 1 as _here from {theirs}) as b on {join}"
    )
    unequal = {"": "a._here is null or b._here is null"} | {
        column: _unequal(column, kind) for column, kind in columns.items()
    }
    counts = ", ".join(f"count(*) filter (where {sql})" for sql in unequal.values())
    rows, *found = connection.execute(f"select count(*), {counts} from pair").fetchall()[0]
    differences = {
        column: f"{count} rows, such as {_example(connection, column, unequal[column])}"
        for column, count in zip(unequal, found, strict=True)
        if count
    }
    return Compared(name, rows, differences)


def _unequal(column: str, kind: str) -> str:
    a, b = f'a."{column}"', f'b."{column}"'
    both = "a._here is not null and b._here is not null"
    if kind != "DOUBLE":
        return f"{both} and {a} is distinct from {b}"
    larger = f"greatest(abs({a}), abs({b}))"
    near = f"({larger} < {NOTHING} or abs({a} - {b}) <= {RELATIVE} * {larger})"
    known = f"{a} is not null and {b} is not null"
    return f"{both} and {a} is distinct from {b} and not ({known} and {near})"


def _example(connection, column: str, condition: str) -> str:
    shown = f'a."{column}", b."{column}"' if column else "a, b"
    return str(connection.execute(f"select {shown} from pair where {condition} limit 1").fetchone())


def _columns(connection, relation: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"describe from {relation}").fetchall()}


def main() -> int:
    """Print what was compared; 1 if anything differs."""
    compared = compare(Path(sys.argv[1]))
    for one in compared:
        for column, difference in one.differences.items():
            print(f"{one.table}.{column}: {difference}".replace(".: ", ": "))
    rows = sum(one.rows for one in compared)
    differing = sum(bool(one.differences) for one in compared)
    print(f"{len(compared)} tables, {rows} rows compared, {differing} tables differ")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
