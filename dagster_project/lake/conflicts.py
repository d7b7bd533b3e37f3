"""Two files of one load that claim the same schools: those that agree are fine, others are not.

Arrival decides between loads (the later file is the correction). Within one load there is no later:
unless a folder named 更正 or ``corrections`` says which file is the correction, neither is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import duckdb

from dagster_project.census.schema import fields, status_column
from dagster_project.lake.standing import FileVersion
from dagster_project.lake.store import Delivery, Lake

_PAIRS = """
    select a.sha256, b.sha256, min(a.school_id), count(*)
    from claim a
    join claim b using (school_year, term, school_id, stage)
    where a.sha256 < b.sha256 and a.correction_rank = b.correction_rank
    group by all
"""


def conflicting(lake: Lake, deliveries: Iterable[Delivery]) -> dict[FileVersion, str]:
    """For every delivery that contradicts another of the same load: the sentence that says so."""
    deliveries = list(deliveries)
    by_sha: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_sha[delivery.sha256].append(delivery)
    if len(by_sha) < 2:
        return {}
    paths = sorted({str(lake.part("section", d.school_year, d.term, d.sha256)) for d in deliveries})
    ranks = [(sha, max(d.correction_rank for d in group)) for sha, group in by_sha.items()]
    with duckdb.connect() as connection:
        connection.execute("create table rank (sha256 varchar, correction_rank int)")
        connection.executemany("insert into rank values (?, ?)", ranks)
        connection.execute(
            "create table claim as select sha256, school_year, term, school_id, stage,"
            " correction_rank from read_parquet(?, union_by_name = true) join rank using (sha256)",
            [paths],
        )
        pairs = [
            (one, other, school, shared)
            for one, other, school, shared in connection.execute(_PAIRS).fetchall()
            if _differ(connection, paths, one, other)
        ]
    reasons: dict[FileVersion, str] = {}
    for one, other, school, shared in pairs:
        for mine, theirs in ((one, other), (other, one)):
            for delivery in by_sha[mine]:
                reasons.setdefault(
                    (delivery.path, delivery.sha256),
                    _sentence(delivery, by_sha[theirs][0].path, school, shared),
                )
    return reasons


def _differ(connection: duckdb.DuckDBPyConnection, paths: list[str], one: str, other: str) -> bool:
    """Whether the two files report different figures for a section that both hold."""
    unequal = " or ".join(
        f"(a.{field} is distinct from b.{field}"
        f" and a.{status_column(field)} <> 'not_collected'"
        f" and b.{status_column(field)} <> 'not_collected')"
        for field in fields()
    )
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


def _sentence(delivery: Delivery, other: str, school: str, shared: int) -> str:
    return (
        f"The file and {other} both report school {school} for {delivery.school_year}"
        f" {delivery.term}, with different figures ({shared} sections in common). Keep one of them"
        " in raw/, or put the corrected one into a folder named 更正 (or corrections) beside it."
    )
