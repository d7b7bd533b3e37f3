"""Two files of one load that claim the same: those that agree are fine, others are not.

Census files claim sections, returns claim the keys of their parts (``selection.PART_KEYS``).

Arrival decides between loads (the later file is the correction). Within one load there is no later:
unless a folder named 更正 or ``corrections`` says which file is the correction, neither is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import duckdb

from dagster_project.census.schema import RETURN_PARTS, fields, part_schema, status_column
from dagster_project.lake.selection import PART_KEYS
from dagster_project.lake.standing import FileVersion
from dagster_project.lake.store import Delivery, Lake

# What a school is, beside its figures; two files must agree on it where both say it.
_ATTRIBUTES = ("county_code", "school_type_code", "sponsor_code", "urban_rural_code")

_PAIRS = """
    select a.sha256, b.sha256, min(a.school_id), count(*)
    from claim a
    join claim b using (school_year, term, school_id, stage)
    where a.sha256 < b.sha256 and a.correction_rank = b.correction_rank
    group by all
"""


# Where a row of a return stands and how its answer was worded contradicts nobody.
_NOT_CONTENT = {"sha256", "sheet", "cell", "source_row", "text", "evidence"}
_NOT_CONTENT |= {"county_code", "county_name"}  # keys where they matter, else maybe not stated

_PART_PAIRS = """
    with row_claim as (
        select sha256, correction_rank, [{keys}] as key, {subject} as subject,
               hash({content}) as content
        from read_parquet(?, union_by_name = true)
        join rank using (sha256)
    ),
    claim as (
        select sha256, correction_rank, key, min(subject) as subject,
               list_sort(list(content)) as content
        from row_claim
        group by sha256, correction_rank, key
    )
    select a.sha256, b.sha256, min(a.subject), count(*)
    from claim a
    join claim b using (key)
    where a.sha256 < b.sha256 and a.correction_rank = b.correction_rank and a.content <> b.content
    group by a.sha256, b.sha256
"""


def conflicting(lake: Lake, deliveries: Iterable[Delivery]) -> dict[FileVersion, str]:
    """For every delivery that contradicts another of the same load: the sentence that says so."""
    deliveries = list(deliveries)
    by_sha: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_sha[delivery.sha256].append(delivery)
    if len(by_sha) < 2:
        return {}
    ranks = [(sha, max(d.correction_rank for d in group)) for sha, group in by_sha.items()]
    reasons: dict[FileVersion, str] = {}
    with duckdb.connect() as connection:
        connection.execute("create table rank (sha256 varchar, correction_rank int)")
        connection.executemany("insert into rank values (?, ?)", ranks)
        for name in ("section", *RETURN_PARTS):
            paths = lake.held(name, deliveries)
            if len(paths) < 2:
                continue
            if name == "section":
                pairs, unit = _section_pairs(connection, paths), "sections"
            else:
                pairs, unit = _part_pairs(connection, name, paths), f"entries of {name}"
            for one, other, subject, shared in pairs:
                for mine, theirs in ((one, other), (other, one)):
                    for delivery in by_sha[mine]:
                        reasons.setdefault(
                            (delivery.path, delivery.sha256),
                            _sentence(delivery, by_sha[theirs][0].path, subject, shared, unit),
                        )
    return reasons


def _section_pairs(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> list[tuple]:
    connection.execute(
        "create table claim as select sha256, school_year, term, school_id, stage,"
        " correction_rank from read_parquet(?, union_by_name = true) join rank using (sha256)",
        [paths],
    )
    return [
        (one, other, f"school {school}", shared)
        for one, other, school, shared in connection.execute(_PAIRS).fetchall()
        if _differ(connection, paths, one, other)
    ]


def _part_pairs(connection: duckdb.DuckDBPyConnection, part: str, paths: list[str]) -> list[tuple]:
    """Pairs of files that hold a key of ``part`` with other values, with one subject of many."""
    names = part_schema(part).names
    keys = [f"coalesce(cast({key} as varchar), '')" for key in PART_KEYS[part]]
    subject = "'claim ' || claim_id"
    if part != "claim":
        subject = "'county ' || coalesce(county_code, '')"
        if "school_id" in names:
            subject = f"coalesce('school ' || school_id, {subject})"
    query = _PART_PAIRS.format(
        keys=", ".join(keys),
        subject=subject,
        content=", ".join(name for name in names if name not in _NOT_CONTENT),
    )
    return connection.execute(query, [paths]).fetchall()


def _differ(connection: duckdb.DuckDBPyConnection, paths: list[str], one: str, other: str) -> bool:
    """Whether the two files report different figures for a section that both hold."""
    unequal = " or ".join(
        f"(a.{field} is distinct from b.{field}"
        f" and a.{status_column(field)} <> 'not_collected'"
        f" and b.{status_column(field)} <> 'not_collected')"
        for field in fields()
    )
    unequal += "".join(f" or a.{name} <> b.{name}" for name in _ATTRIBUTES)
    found = connection.execute(
        f"""
        with section as (from read_parquet(?, union_by_name = true))
        select 1
        from (from section where sha256 = ?) a
        join (from section where sha256 = ?) b using (school_year, term, school_id, stage)
        where {unequal}
        limit 1
        """,
        [paths, one, other],
    ).fetchall()
    return bool(found)


def _sentence(delivery: Delivery, other: str, subject: str, shared: int, unit: str) -> str:
    return (
        f"The file and {other} both report {subject} for {delivery.school_year}"
        f" {delivery.term}, with different figures ({shared} {unit} in common). Keep one of them"
        " in raw/, or put the corrected one into a folder named 更正 (or corrections) beside it."
    )
