"""Files that claim the same: those that agree are fine, others are not.

Census files claim sections, returns claim the keys of their parts (``selection.PART_KEYS``).

Arrival decides between loads (the later file is the correction). Within one load there is no later:
unless a folder named 更正 or ``corrections`` says which file is the correction, neither is taken.

Between sources arrival decides nothing: school 001 of one country is not corrected by school 001 of
another. A file whose schools a file of another source has brought already is not taken. Neither is
one whose schools or counties have ids and codes that another nation uses, in whatever year: they
would continue each other's history, or add up to one county.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import duckdb

from dagster_project.census.schema import (
    RETURN_PARTS,
    fields,
    part_schema,
    section_schema,
    status_column,
)
from dagster_project.lake.in_force import FileVersion
from dagster_project.lake.selection import PART_KEYS
from dagster_project.lake.store import Delivery, Lake
from dagster_project.messages import Message, coded

# What a school is, beside its figures; two files must agree on it where both say it.
_ATTRIBUTES = ("county_code", "school_type_code", "sponsor_code", "urban_rural_code")

_PAIRS = """
    select a.sha256, b.sha256, min(a.school_id), count(*), max(school_year)
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
    select a.sha256, b.sha256, min(a.subject), count(*), null
    from claim a
    join claim b using (key)
    where a.sha256 < b.sha256 and a.correction_rank = b.correction_rank and a.content <> b.content
    group by a.sha256, b.sha256
"""


def conflicting(
    lake: Lake, deliveries: Iterable[Delivery], standing: Iterable[Delivery] = ()
) -> dict[FileVersion, Message]:
    """For every delivery that contradicts another of the same load: the message that says so.

    ``standing`` are those that count already: they yield to deliveries of their own source only.
    """
    deliveries = list(deliveries)
    standing = list(standing)
    reasons = {
        **_of_two_nations(lake, deliveries, standing),
        **_of_two_sources(lake, deliveries, standing),
    }
    by_sha: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_sha[delivery.sha256].append(delivery)
    if len(by_sha) < 2:
        return reasons
    ranks = [(sha, max(d.correction_rank for d in group)) for sha, group in by_sha.items()]
    with duckdb.connect() as connection:
        connection.execute("create table rank (sha256 varchar, correction_rank int)")
        connection.executemany("insert into rank values (?, ?)", ranks)
        for name in ("section", *RETURN_PARTS):
            paths = lake.held(name, deliveries)
            if len(paths) < 2:
                continue
            if name == "section":
                pairs, unit = _section_pairs(connection, paths), Message("lake.sections")
            else:
                pairs = _part_pairs(connection, name, paths)
                unit = Message("lake.entries", {"part": name})
            for one, other, subject, shared, year in pairs:
                for mine, theirs in ((one, other), (other, one)):
                    for delivery in by_sha[mine]:
                        reasons.setdefault(
                            (delivery.path, delivery.sha256),
                            _message(delivery, by_sha[theirs][0].path, subject, shared, unit, year),
                        )
    return reasons


def source_of(delivery: Delivery) -> str:
    """Whose schools a delivery speaks of: its profile's; the mainland's for all shapes of forms."""
    return f"profile {delivery.profile}" if delivery.shape == "table" else "the national census"


def _named(source: str) -> Message:
    kind, _, profile = source.partition(" ")
    is_profile = kind == "profile"
    return Message("lake.profile" if is_profile else "lake.the_census", {"profile": profile})


_SOURCE_PAIRS = """
    select mine.sha256, theirs.sha256, min(mine.school_id), count(*)
    from claim mine
    join claim theirs using (school_year, term, school_id, stage)
    where mine.source <> theirs.source and mine.is_fresh
      and mine.correction_rank <= theirs.correction_rank
    group by all
    order by all
"""


def _of_two_sources(
    lake: Lake, deliveries: list[Delivery], standing: Iterable[Delivery]
) -> dict[FileVersion, Message]:
    """Deliveries with schools that another source has, with other content."""
    fresh = [d for d in deliveries if d.shape != "returns" and d.rows]
    periods = {(year.school_year, year.term) for d in fresh for year in d.by_year()}
    known = [
        d
        for d in standing
        if d.shape != "returns"
        and d.rows
        and any((year.school_year, year.term) in periods for year in d.by_year())
    ]
    if len({source_of(d) for d in (*fresh, *known)}) < 2:
        return {}
    claims = [(d.sha256, source_of(d), True, d.correction_rank) for d in fresh]
    claims += [(d.sha256, source_of(d), False, d.correction_rank) for d in known]
    paths = lake.held("section", (*fresh, *known))
    by_sha = {d.sha256: d for d in (*known, *fresh)}
    reasons: dict[FileVersion, Message] = {}
    with duckdb.connect() as connection:
        connection.execute(
            "create table rank (sha256 varchar, source varchar, is_fresh boolean,"
            " correction_rank int)"
        )
        connection.executemany("insert into rank values (?, ?, ?, ?)", claims)
        connection.execute(
            "create table claim as select sha256, school_year, term, school_id, stage, source,"
            " is_fresh, correction_rank from read_parquet(?, union_by_name = true)"
            " join rank using (sha256)",
            [paths],
        )
        for mine, theirs, school, shared in connection.execute(_SOURCE_PAIRS).fetchall():
            other = by_sha[theirs]
            if not _differ(connection, paths, mine, theirs, in_what_is_collected=True):
                continue
            for delivery in (d for d in fresh if d.sha256 == mine):
                reasons.setdefault(
                    (delivery.path, delivery.sha256),
                    Message(
                        "lake.two_sources",
                        {
                            "school": school,
                            "shared": shared,
                            "other": other.path,
                            "mine": _named(source_of(delivery)),
                            "theirs": _named(source_of(other)),
                        },
                    ),
                )
    return reasons


# A code of a key: whose it is, and one of the files that have it.
_NATIONS = """
    with used as (
        select distinct 'school' as kind, school_id as code, sha256,
               coalesce(nation, 'CN') as nation
        from section
        union
        select distinct 'county', county_code, sha256, coalesce(nation, 'CN') from section
    )
    select mine.sha256, arg_min(theirs.sha256, (theirs.is_fresh, theirs.sha256)),
           arg_min(used.kind, used.code), min(used.code), count(distinct used.code),
           min(used.nation), min(other.nation)
    from used
    join used as other
        on other.kind = used.kind and other.code = used.code and other.nation <> used.nation
    join rank as mine on mine.sha256 = used.sha256 and mine.is_fresh
    join rank as theirs on theirs.sha256 = other.sha256
    group by mine.sha256
"""


def _of_two_nations(
    lake: Lake, deliveries: list[Delivery], standing: list[Delivery]
) -> dict[FileVersion, Message]:
    """Deliveries with ids or county codes that another nation has."""
    fresh = [d for d in deliveries if d.shape != "returns" and d.rows]
    known = [d for d in standing if d.shape != "returns" and d.rows]
    if not fresh or len({source_of(d) for d in (*fresh, *known)}) < 2:
        return {}
    paths = {d.sha256: d.path for d in (*known, *fresh)}
    arrived = {d.sha256: False for d in known} | {d.sha256: True for d in fresh}
    reasons: dict[FileVersion, Message] = {}
    with duckdb.connect() as connection:
        connection.register("empty_section", section_schema().empty_table())
        connection.execute("create table rank (sha256 varchar, is_fresh boolean)")
        connection.executemany("insert into rank values (?, ?)", list(arrived.items()))
        connection.execute(
            "create table section as select distinct sha256, school_id, county_code, nation from"
            " (from read_parquet(?, union_by_name = true) union all by name from empty_section)",
            [lake.held("section", (*fresh, *known))],
        )
        rows = connection.execute(_NATIONS).fetchall()
    for sha256, other, kind, code, shared, mine, theirs in rows:
        said = {
            "subject": Message(f"lake.the_{kind}", {"name": code}),
            "shared": shared,
            "other": paths[other],
            "mine": mine,
            "theirs": theirs,
        }
        for delivery in (d for d in fresh if d.sha256 == sha256):
            key = delivery.path, delivery.sha256
            reasons.setdefault(key, Message("lake.two_nations", said))
    return reasons


def _section_pairs(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> list[tuple]:
    connection.execute(
        "create table claim as select sha256, school_year, term, school_id, stage,"
        " correction_rank from read_parquet(?, union_by_name = true) join rank using (sha256)",
        [paths],
    )
    return [
        (one, other, f"school {school}", shared, year)
        for one, other, school, shared, year in connection.execute(_PAIRS).fetchall()
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


def _differ(
    connection: duckdb.DuckDBPyConnection,
    paths: list[str],
    one: str,
    other: str,
    *,
    in_what_is_collected: bool = False,
) -> bool:
    """Whether the two files report different figures for a section that both hold.

    With ``in_what_is_collected`` also whether one of them has a field or a name of its own.
    """
    both = " and ".join(f"{file}.{{0}} <> 'not_collected'" for file in "ab")
    unequal = " or ".join(
        f"a.{field} is distinct from b.{field}"
        if in_what_is_collected
        else f"(a.{field} is distinct from b.{field} and {both.format(status_column(field))})"
        for field in fields()
    )
    names = (*_ATTRIBUTES, "school_name") if in_what_is_collected else _ATTRIBUTES
    unequal += "".join(f" or a.{name} <> b.{name}" for name in names)
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


def _message(
    delivery: Delivery, other: str, subject: str, shared: int, unit: Message, year: int | None
) -> Message:
    kind, _, name = subject.partition(" ")
    return Message(
        "lake.both_report",
        {
            "other": other,
            "subject": Message(f"lake.the_{kind}", {"name": name}),
            "year": year or delivery.school_year,
            "term": coded("term", delivery.term),
            "shared": shared,
            "unit": unit,
        },
    )
