"""Which deliveries the rows come from that a failing dbt test found.

A test says which table is wrong; the person who must act needs the file. Its rows are asked for
their keys – the hash of the file, section, school or county – and the selection says who speaks
for those.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from dagster_project.messages import Message
from dagster_project.sql import literal

MOST_ROWS = 5000
MOST_NAMED = 10

# Keys by which a row can be led back, the surest first: what a table has of each is enough.
_KEYS = (
    ("sha256",),
    ("section_no",),
    ("school_year", "term", "school_id", "stage"),
    ("school_year", "school_id", "stage"),
    ("school_year", "school_id"),
    ("school_id",),
    ("school_year", "county_code"),
    ("county_code",),
    ("school_year",),
)


def deliveries_at_fault(
    connection: duckdb.DuckDBPyConnection, test_sql: str, selection: Path, lake: Path
) -> list[str]:
    """Paths of the files that the rows of ``test_sql`` come from; empty where nobody can say.

    ``connection`` has the build open, ``selection`` is what counts in it.
    """
    try:
        connection.execute(
            f"create or replace temp table at_fault as select * from ({test_sql}) limit {MOST_ROWS}"
        )
        columns = {row[0] for row in connection.execute("describe at_fault").fetchall()}
        _spoken(connection, selection, lake)
        known = {row[0] for row in connection.execute("describe spoken").fetchall()}
        for keys in _KEYS:
            if columns.issuperset(keys) and known.issuperset(keys):
                same = " and ".join(f"spoken.{key} = at_fault.{key}" for key in keys)
                rows = connection.execute(
                    f"select distinct path from spoken join at_fault on {same} order by path"
                ).fetchall()
                if rows:
                    return [path for (path,) in rows]
    except duckdb.Error:  # the build is half done: what it lacks cannot be asked
        return []
    return []


def _spoken(connection: duckdb.DuckDBPyConnection, selection: Path, lake: Path) -> None:
    """Create ``spoken``: which file speaks for which section, with its county and number."""
    current = literal(selection / "current.parquet")
    delivery = literal(selection / "delivery.parquet")
    paths = connection.execute(
        f"select distinct school_year, term, sha256 from read_parquet({current})"
    ).fetchall()
    files = [lake / "section" / f"{year}-{term}" / f"{sha}.parquet" for year, term, sha in paths]
    listed = ", ".join(literal(path) for path in files)
    numbered = connection.execute(
        "select count(*) from duckdb_tables()"
        " where schema_name = 'facts' and table_name = 'section'"
    ).fetchall() != [(0,)]
    number = (
        "left join facts.section as numbered on numbered.school_year = now.school_year"
        " and numbered.school_id = now.school_id and numbered.stage::varchar = now.stage"
    )
    connection.execute(
        f"""
        create or replace temp table spoken as
        select now.*, part.county_code, log.path{", numbered.section_no" if numbered else ""}
        from read_parquet({current}) as now
        join read_parquet({delivery}) as log on log.sha256 = now.sha256 and log.accepted
            and log.school_year = now.school_year and log.term = now.term
        left join (
            select distinct sha256, school_year, school_id, stage, county_code
            from read_parquet([{listed}], union_by_name = true)
        ) as part
            on part.sha256 = now.sha256 and part.school_id = now.school_id
            and part.stage = now.stage and part.school_year = now.school_year
        {number if numbered else ""}
        """
    )


def test_message(name: str, rows: int, paths: Sequence[str]) -> Message:
    """What is said of a failing test: how many rows, and the files they come from."""
    found = {"name": name, "rows": rows}
    if not paths:
        return Message("runs.test_failed", found)
    files: list[str | Message] = [*paths[:MOST_NAMED]]
    if len(paths) > MOST_NAMED:
        files.append(Message("planning.and_more", {"count": len(paths) - MOST_NAMED}))
    return Message("runs.test_failed_of_files", {**found, "files": files})
