"""What counts in one build: the log as known at a time, and the current row of every section.

Written as two small tables that judging and computing both read, so that the question which file
speaks for a school is answered once. The parts of the returns are small: their rows in force are
written whole beside them, one table a part, empty where nothing was returned. What readers set
aside is written with the word whether it still stands. ``counted_county`` says in which county a
school counts whose own code names none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow as pa

from dagster_project.census.schema import RETURN_PARTS, part_schema
from dagster_project.census.set_aside import set_aside_schema
from dagster_project.lake.counted_county import select_counted_county
from dagster_project.lake.in_force import known_at, refused_now, superseded
from dagster_project.lake.refused_inputs import RefusedInput, write_refused
from dagster_project.lake.store import REJECTED, Delivery, Lake, to_table
from dagster_project.messages import Message
from dagster_project.sql import literal

# What a return speaks for: of all files that say something about the same, the latest counts. A
# list of rooms, classes or movements counts as a whole, for a missing row also says something.
PART_KEYS = {
    "answer": ("school_year", "term", "county_code", "school_id", "stage", "item_id"),
    "art_room": ("school_year", "term", "school_id", "stage"),
    "monitoring": ("school_year", "term", "county_code"),
    "roster": ("school_year", "term", "school_id", "stage"),
    "movement": ("school_year", "term", "school_id", "stage"),
    "cohort": ("school_id", "county_code", "cohort_years", "cohort"),
    "measure": (
        "school_year", "term", "county_code", "school_id", "item_key", "level", "stage",
        "from_year", "to_year",
    ),
    "project": ("school_year", "term", "county_code", "school_id", "name"),
    "claim": ("claim_id",),
}  # fmt: skip

_CURRENT = """
    create table current as
    with claim as (
        select s.school_year, s.term, s.school_id, s.stage, s.sha256,
               max(d.correction_rank) as correction_rank, max(d.loaded_at) as loaded_at
        from read_parquet(?, union_by_name = true) s
        join standing d using (sha256, school_year, term)
        group by all
    )
    select school_year::smallint as school_year, term, school_id, stage, sha256
    from claim
    qualify row_number() over (
        partition by school_year, term, school_id, stage
        order by loaded_at desc, correction_rank desc, sha256
    ) = 1
    order by school_year, term, school_id, stage
"""


# What was set aside stands as long as its file does, and no later file speaks for the same: for the
# school (where it is known), its stage and item, or for all else that the file spoke for.
_SET_ASIDE = """
    create table set_aside as
    with arrival as (
        select sha256, max(rows) as rows,
               row_number() over (
                   order by max(loaded_at), max(correction_rank), sha256 desc
               ) as place
        from standing group by sha256
    ),
    spoken as (
        select 'section' as part, school_year, term, null as county_code, school_id, stage,
               null as field_id, sha256
        from current
        {returned}
    ),
    later as (
        select distinct left_out.number
        from left_out
        join arrival using (sha256)
        join spoken
            on spoken.part = left_out.part and spoken.school_year = left_out.school_year
            and spoken.term = left_out.term
            and coalesce(spoken.school_id, spoken.county_code)
                = coalesce(left_out.school_id, left_out.county_code)
        join arrival as other on other.sha256 = spoken.sha256 and other.place > arrival.place
        where coalesce(spoken.stage = left_out.stage, true)
            and coalesce(spoken.field_id = left_out.field_id, true)
    )
    select left_out.* exclude (number),
           arrival.sha256 is not null
           and later.number is null
           and (arrival.rows = 0 or speaking.sha256 is not null) as is_standing
    from left_out
    left join arrival using (sha256)
    left join (select distinct sha256 from spoken) as speaking using (sha256)
    left join later using (number)
    order by sha256, school_year, term, part, sheet, source_row, cell, reason, sentence
"""


@dataclass(frozen=True)
class Selection:
    """The tables ``delivery``, ``current``, ``counted_county``, ``set_aside``, parts of returns."""

    folder: Path
    files: int
    sections: int


def select(
    lake: Lake,
    folder: Path,
    as_of: datetime | None = None,
    *,
    untrusted: Mapping[str, Message] = MappingProxyType({}),
    refused_inputs: Iterable[RefusedInput] = (),
) -> Selection:
    """Write into ``folder`` what counts as known at ``as_of`` (UTC; default: now).

    ``untrusted`` are files that judging found too damaged to be used, by their hash, with the
    reason: they are refused like one that could not be read. ``refused_inputs`` are noted as such.
    """
    known = [
        _refused(d, untrusted[d.sha256]) if d.accepted and d.sha256 in untrusted else d
        for d in known_at(lake.deliveries(), as_of)
    ]
    replaced = superseded(known)
    refused = {(d.path, d.sha256) for d in refused_now(known)}
    by_year = [each for d in known for each in (d.by_year() if d.accepted else [d])]
    log = to_table(by_year)
    log = (
        log.append_column(
            "superseded_by",
            pa.array([replaced.get((d.path, d.sha256)) for d in by_year], pa.string()),
        )
        .append_column(
            "reason_zh", pa.array([d.why and d.why.text("zh") for d in by_year], pa.string())
        )
        .append_column(
            "is_refused", pa.array([(d.path, d.sha256) in refused for d in by_year], pa.bool_())
        )
    )
    standing = [d for d in by_year if d.accepted and (d.path, d.sha256) not in replaced]
    paths = sorted(
        {
            str(lake.part("section", d.school_year, d.term, d.sha256))
            for d in standing
            if d.rows and d.shape != "returns"
        }
    )
    write_refused(folder, refused_inputs)
    with duckdb.connect() as connection:
        connection.register("log", log)
        connection.execute("create table delivery as from log order by loaded_at, path, sha256")
        connection.execute(
            "create view standing as from delivery where accepted and superseded_by is null"
        )
        if paths:
            connection.execute(_CURRENT, [paths])
        else:
            connection.execute(
                "create table current (school_year smallint, term varchar, school_id varchar,"
                " stage varchar, sha256 varchar)"
            )
        select_counted_county(connection, lake, paths)
        for part in RETURN_PARTS:
            _select_part(connection, part, lake.held(part, (d for d in standing if d.rows)))
        accepted = [d for d in known if d.accepted]
        _select_set_aside(connection, lake.held("set_aside", accepted))
        for name in ("delivery", "current", "counted_county", "set_aside", *RETURN_PARTS):
            connection.execute(
                f"copy {name} to {literal(folder / f'{name}.parquet')}"
                " (format parquet, compression zstd)"
            )
        sections = connection.execute("select count(*) from current").fetchall()[0][0]
    return Selection(folder, len({(d.path, d.sha256) for d in standing}), sections)


def _refused(delivery: Delivery, why: Message) -> Delivery:
    return replace(delivery, outcome=REJECTED, reason=why.text("en"), message=why.to_json())


def _select_set_aside(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> None:
    """Create the table ``set_aside``: of all files ever accepted, what still stands told apart."""
    connection.register("nothing_left_out", set_aside_schema().empty_table())
    left_out = "read_parquet(?, union_by_name = true)" if paths else "nothing_left_out"
    connection.execute(
        f"create temp table left_out as select row_number() over () as number, * from {left_out}",
        [paths] if paths else [],
    )
    returned = ""
    for part in RETURN_PARTS:
        there = part_schema(part).names
        names = ("county_code", "school_id", "stage", "item_id")
        columns = ", ".join(name if name in there else f"null as {name}" for name in names)
        of_the_year = "school_year, term" if "term" in there else "school_year, null as term"
        returned += (
            f" union all select distinct '{part}', {of_the_year}, {columns}, sha256 from {part}"
        )
    connection.execute(_SET_ASIDE.format(returned=returned))


def _select_part(connection: duckdb.DuckDBPyConnection, part: str, paths: list[str]) -> None:
    """Create the table ``part``: of every key the rows of the latest delivery."""
    names = part_schema(part).names
    connection.register("empty_part", part_schema(part).empty_table())
    connection.execute(f"create or replace table {part} as from empty_part")
    if not paths:
        return
    # A claim speaks of any year, so its file is found by its hash alone.
    connection.execute(
        f"""
        insert into {part} by name
        with arrival as (
            select sha256, max(correction_rank) as correction_rank, max(loaded_at) as loaded_at
            from standing group by sha256
        )
        select {", ".join(f"part.{name}" for name in names)}
        -- Readings made before the part had its newest columns lack them.
        from (from read_parquet(?, union_by_name = true) union all by name from empty_part) as part
        join arrival using (sha256)
        qualify dense_rank() over (
            partition by {", ".join(f"part.{key}" for key in PART_KEYS[part])}
            order by arrival.loaded_at desc, arrival.correction_rank desc, part.sha256
        ) = 1
        order by {", ".join(f"part.{key}" for key in PART_KEYS[part])}, part.sha256, {names[-1]}
        """,
        [paths],
    )
