"""Reading the files of a check, and what is said of each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.census.place import PlaceUnsaid
from dagster_project.census.read import read_at
from dagster_project.census.reading import Place, Reading
from dagster_project.census.rejection import FileRejected
from dagster_project.census.set_aside import DOUBTFUL, SetAside
from dagster_project.census.table.profile_model import Profiles
from dagster_project.check.inputs import Input
from dagster_project.check.outcome import FileOutcome, Used
from dagster_project.lake.readers import Limits, each
from dagster_project.lake.store import Lake, Stored

_HIDDEN = "hidden"
ALONE = 4 << 20  # bytes; one file of fewer is read at once, for a helper takes longer to start
Result = tuple[FileOutcome, Stored | None]


def read_all(
    files: Sequence[Input], read: Callable[[Input], Result], limits: Limits
) -> Iterator[Result]:
    """What ``read`` makes of every file, in their order; what goes wrong with one is its refusal.

    Several files, or a large one, are read in helper processes. A single small one is read in this
    process: whoever checks it waits for nothing else.
    """
    usable = [file for file in files if file.obstacle is None]
    if len(usable) == 1 and usable[0].location.stat().st_size <= ALONE:
        found = {usable[0]: read(usable[0])}
    else:
        workers = min(len(usable), os.cpu_count() or 1)
        found = {}
        for file, result in each(read, usable, processes=workers, limits=limits):
            found[file] = _refused(file, result) if isinstance(result, FileRejected) else result
    for file in files:
        yield found[file] if file.obstacle is None else _refused(file, file.obstacle)


def _refused(file: Input, refusal: FileRejected) -> Result:
    return FileOutcome(file.name, file.sha256, refusal), None


def read_one(lake: Lake, profiles: Profiles, assumed: Place, file: Input) -> Result:
    """Read one file into ``lake``; its rows are consumed, so that it may still be refused."""
    try:
        reading, is_assumed = _reading(file, profiles, assumed)
        stored = lake.write(reading, file.sha256)
    except FileRejected as refusal:
        return _refused(file, refusal)
    return replace(_of_reading(file, reading, stored, lake), assumed=is_assumed), stored


def _reading(file: Input, profiles: Profiles, assumed: Place) -> tuple[Reading, bool]:
    """The reading, and whether school year or term had to be assumed."""
    try:
        return read_at(file.location, file.place, profiles, file.sha256), False
    except PlaceUnsaid:
        filled = Place(
            file.place.school_year or assumed.school_year, file.place.term or assumed.term
        )
        try:
            return read_at(file.location, filled, profiles, file.sha256), True
        except FileRejected:  # it says one of the two itself: the other was missing
            term_alone = Place(file.place.school_year, filled.term)
            return read_at(file.location, term_alone, profiles, file.sha256), True


def _of_reading(file: Input, reading: Reading, stored: Stored, lake: Lake) -> FileOutcome:
    left: list[SetAside] = list(reading.set_aside)
    path = lake.part("origin", stored.school_year, stored.term, file.sha256)
    origins = pq.read_table(path) if path.exists() else None
    counts: Counter[str] = Counter()
    for entry in left:
        counts[entry.reason] += entry.rows
    return FileOutcome(
        file.name,
        file.sha256,
        shape=reading.shape,
        profile=reading.profile,
        vintage=reading.vintage,
        school_year=stored.school_year,
        school_years=stored.school_years,
        term=reading.term,
        rows=stored.rows,
        parts={name: table.num_rows for name, table in reading.parts.items()},
        used=_used(origins),
        ignored=tuple(d for d in reading.drift if d.kind == "new"),
        missing=tuple(d for d in reading.drift if d.kind == "missing"),
        doubtful=tuple(e for e in left if e.reason == DOUBTFUL),
        unread_sheets=tuple(e for e in left if e.reason == _HIDDEN and e.sheet),
        skipped={reason: n for reason, n in counts.items() if reason not in (DOUBTFUL, _HIDDEN)},
    )


def _used(origins: pa.Table | None) -> tuple[Used, ...]:
    """The columns that figures came from, in the order in which the reader names them."""
    fields: dict[tuple[str | None, str, str], dict[str, None]] = {}
    for row in origins.to_pylist() if origins is not None else ():
        column = f"{row['column_letter']}{row['fixed_row'] or ''}"
        key = (row["sheet"], column, row["label"] or "")
        fields.setdefault(key, {})[row["field_id"]] = None
    return tuple(
        Used(sheet, column, label, tuple(names)) for (sheet, column, label), names in fields.items()
    )
