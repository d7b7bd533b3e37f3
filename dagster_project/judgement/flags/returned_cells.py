"""Where flagged figures of returns stand: the cell of an answer, the rows of classes and movements.

An answer knows its own cell. Of a roster and of movements every row is known, and the readers note
the columns (``origin`` with ``<part>.<column>``); where they did not, whole rows are named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import pyarrow.compute as pc

from dagster_project.judgement.flags.flag import Spot, Violation
from dagster_project.judgement.frames.build import write_classes_sql
from dagster_project.judgement.frames.relations import Source
from dagster_project.judgement.frames.returned import (
    ANSWER,
    MOVEMENT,
    ROSTER,
    SCHOOL_ANSWER,
    roster_columns,
)
from dagster_project.sql import read_parquet

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MOST_SPOTS = 12  # what a flag points at beyond its first figure
LARGEST_SHOWN = 3  # of more movements than that, the largest

_PART_OF = {ANSWER: "answer", SCHOOL_ANSWER: "answer", ROSTER: "roster", MOVEMENT: "movement"}
_PLACE = "part.sha256, part.school_year, part.term, part.sheet"
_SUBJECT = (
    "flagged.school_year, flagged.term, flagged.county_code, flagged.school_id, flagged.stage"
)
_ANSWERS = f"""
    select distinct {_SUBJECT}, null as cohort, part.item_id as name, {_PLACE},
        part.cell, null as source_row, part.value as size
    from flagged
    join {{rows}} as part
        on part.school_year = flagged.school_year and part.term = flagged.term
        and part.county_code = flagged.county_code
        and part.school_id is not distinct from flagged.school_id
        and part.stage is not distinct from flagged.stage
"""
_CLASSES = f"""
    with class as ({{classes}})
    select distinct {_SUBJECT}, null as cohort, unnest(part.names) as name, {_PLACE},
        null as cell, part.source_row, part.pupils as size
    from flagged
    join (
        select *, list_filter([{{names}}], lambda name: name is not null) as names
        from class
        window section as (partition by school_year, term, county_code, school_id, stage)
    ) as part
        on part.school_year = flagged.school_year and part.term = flagged.term
        and part.county_code = flagged.county_code
        and part.school_id = flagged.school_id and part.stage = flagged.stage
"""
_MOVEMENTS = f"""
    select distinct {_SUBJECT}, flagged.cohort,
        if(part.school_year = flagged.school_year, 'movement_', 'last_year_') || part.kind as name,
        {_PLACE}, null as cell, part.source_row, part.pupils as size
    from (
        select *, (figures ->> 'cohort')::integer as cohort from flagged
    ) as flagged
    join {{rows}} as part
        on part.county_code = flagged.county_code and part.stage = flagged.stage
        and part.school_id = coalesce(flagged.school_id, part.school_id)
        and part.cohort = coalesce(flagged.cohort, part.cohort)
        and (
            part.school_year = flagged.school_year and part.term = flagged.term
            or part.school_year = flagged.school_year - 1
        )
"""


class Entry(NamedTuple):
    """Where one entry of a return stands (an answer has a cell, others a row), and its figure."""

    sha256: str
    school_year: int
    term: str
    sheet: str | None
    cell: str | None
    source_row: int | None
    size: float | None

    @property
    def file(self) -> tuple[str, int, str]:
        """The delivery that it is from."""
        return self.sha256, self.school_year, self.term


@dataclass(frozen=True)
class ReturnedPlaces:
    """The entries behind every figure of the flagged returns, and the columns of their files."""

    entries: Mapping[tuple, list[Entry]] = field(default_factory=dict)
    letters: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def spots(self, violation: Violation, fields: Iterable[str]) -> list[Spot]:
        """The cells of ``fields`` in the return that is flagged, in their order, each once."""
        found: dict[Spot, None] = {}
        for name in fields:
            entries = self.entries.get((*_subject(violation), _told(violation, name)), [])
            if len(entries) > MOST_SPOTS and violation.frame == MOVEMENT:
                entries = sorted(entries, key=lambda e: -(e.size or 0))[:LARGEST_SHOWN]
            more = dict.fromkeys(self._cells(entries, _column(violation.frame, name)))
            is_too_much = len(found | more) > MOST_SPOTS or _is_of_all(name)
            if not found or not is_too_much:
                found |= more
        return list(found)

    def _cells(self, entries: Sequence[Entry], column: str) -> Iterator[Spot]:
        """The cells of ``entries``; neighbouring rows of one column as a range."""
        for entry in entries:
            if entry.cell:
                yield Spot(entry.sheet, entry.cell, entry.file)
        rows = sorted(
            (e.file, e.sheet or "", e.source_row) for e in entries if e.source_row is not None
        )
        for (file, sheet, _), run in groupby(
            enumerate(rows), key=lambda pair: (*pair[1][:2], pair[1][2] - pair[0])
        ):
            numbers = [row[2] for _, row in run]
            letter = self.letters.get((file[0], column))
            first, last = numbers[0], numbers[-1]
            if letter is None:
                cell = f"{first}:{last}"
            else:
                cell = f"{letter}{first}" + (f":{letter}{last}" if last > first else "")
            yield Spot(sheet or None, cell, file)


def find_returned_places(
    connection: duckdb.DuckDBPyConnection, source: Source, violations: pa.Table
) -> ReturnedPlaces:
    """The places of all that the returns among ``violations`` (as of a verdict) are made of."""
    entries: dict[tuple, list[Entry]] = defaultdict(list)
    for frame, part in _PART_OF.items():
        flagged = violations.filter(pc.equal(violations.column("frame"), frame))
        rows = source.returned(part)
        if not flagged.num_rows or rows is None:
            continue
        connection.register("flagged", flagged)
        for row in connection.execute(_sql(frame, rows)).fetchall():
            entries[(frame, *row[:7])].append(Entry(*row[7:]))
        connection.unregister("flagged")
    return ReturnedPlaces(entries, _letters(connection, source, entries))


def _sql(frame: str, rows: str) -> str:
    if frame == MOVEMENT:
        return _MOVEMENTS.format(rows=rows)
    if frame != ROSTER:
        return _ANSWERS.format(rows=rows)
    names = ", ".join(
        f"if({c.of} = {c.total}({c.of}) over section, '{name}', null)"
        if c.is_a_class
        else f"if({c.rows}, '{name}', null)"
        for name, c in roster_columns().items()
    )
    classes = write_classes_sql().replace("from roster", f"from {rows}")
    return _CLASSES.format(classes=classes, names=names)


def _letters(
    connection: duckdb.DuckDBPyConnection, source: Source, entries: Mapping[tuple, list[Entry]]
) -> dict[tuple[str, str], str]:
    """The column of every part's columns by file, where the readers noted it."""
    files = {e.file for some in entries.values() for e in some if e.source_row is not None}
    paths = [source.lake.part("origin", year, term, sha) for sha, year, term in sorted(files)]
    paths = [path for path in paths if path.exists()]
    if not paths:
        return {}
    noted = connection.execute(
        f"select sha256, field_id, min(column_letter) from {read_parquet(paths)} group by all"
    ).fetchall()
    return {(sha256, field_id): letter for sha256, field_id, letter in noted}


def _subject(violation: Violation) -> tuple:
    keys = violation.keys
    place = [keys[k] for k in ("school_year", "term", "county_code", "school_id", "stage")]
    return (violation.frame, *place, violation.figures.get("cohort"))


def _told(violation: Violation, name: str) -> str:
    """The figure as the entries know it: of movements the rule may have looked at last year's."""
    last_years = name.replace("movement_", "last_year_")
    return last_years if violation.frame == MOVEMENT and last_years in violation.figures else name


def _is_of_all(name: str) -> bool:
    """Whether a figure is of all classes of a roster: where some are meant, that adds nothing."""
    column = roster_columns().get(name)
    return column is not None and column.rows == "true" and not column.is_a_class


def _column(frame: str, name: str) -> str:
    """The column of the part that a figure is counted from, as the origins name it."""
    if frame == ROSTER and name in roster_columns():
        return f"{ROSTER}.{roster_columns()[name].of}"
    return f"{MOVEMENT}.pupils"
