"""Whether a build that was computed whole says what a version says that grew year by year.

Both must be the same function of their inputs: a table differs only in the years whose inputs
changed. That is what ``junheng load --full`` looks at; what it finds is a fault of the product,
never of the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from dagster_project.publish.content import FACTS
from dagster_project.publish.digest import DIGEST, DIGESTED_BY
from dagster_project.publish.suspects import same
from dagster_project.sql import literal
from dagster_project.transform.plan import Years

_HISTORY = ("marts.restatement", "quality.publication")  # they tell of earlier versions as well


def unlike_years(
    connection: duckdb.DuckDBPyConnection,
    database: Path,
    computed: Mapping[str, Years],
    *,
    is_same: bool,
) -> list[str]:
    """Tables, with their years, that are others than in ``database`` though their inputs are not.

    ``computed`` are the years of each table whose inputs changed, ``None`` where that is not told
    by years; such tables are compared where all inputs are the same (``is_same``). The build is
    open with its digests.
    """
    connection.execute(f"attach {literal(database)} as audited (read_only)")
    try:
        return [
            f"{table} {year}" if year is not None else table
            for table, years in sorted(computed.items())
            if table not in _HISTORY and (years is not None or is_same)
            for year in _unlike(connection, table, [] if is_same else years or [])
        ]
    finally:
        connection.execute("detach audited")


def _unlike(connection: duckdb.DuckDBPyConnection, table: str, but: list[int]) -> list[int | None]:
    by = ("signature", *DIGESTED_BY)
    found = connection.execute(
        f"""
        select distinct coalesce(n.school_year, o.school_year) as of_year
        from (from {FACTS}.{DIGEST} where table_name = $table) as n
        full join (from audited.{FACTS}.{DIGEST} where table_name = $table) as o
            on {same(by, "n", "o")}
        where (n.digest is distinct from o.digest or n.row_count is distinct from o.row_count)
            and not coalesce(list_contains($but::integer[], of_year), false)
        order by all
        """,
        {"table": table, "but": but},
    )
    return [year for (year,) in found.fetchall()]
