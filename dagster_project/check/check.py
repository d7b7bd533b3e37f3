"""The check itself: read, keep for a moment, judge, compute what can be computed, explain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.census.place import PlaceUnsaid
from dagster_project.census.read import read_at
from dagster_project.census.reading import Place, Reading
from dagster_project.census.rejection import FileRejected
from dagster_project.census.set_aside import DOUBTFUL, SetAside
from dagster_project.census.table.profile_model import BrokenProfile, Profiles
from dagster_project.check.indicators import computable
from dagster_project.check.inputs import Input
from dagster_project.check.judging import SMALL, flags
from dagster_project.check.outcome import Checked, FileOutcome, Totals, Used
from dagster_project.check.scratch import EARLIER, Scratch, scratch
from dagster_project.lake.reference import write_reference
from dagster_project.lake.store import Lake, Stored

_SUMMED = ("pupils", "classes", "teachers")
_HIDDEN = "hidden"


def check(
    files: Sequence[Input],
    profiles: Profiles,
    assumed: Place,
    *,
    raw: Path | None = None,
    known: Lake | None = None,
) -> Checked:
    """Check ``files`` together, as one load would read them.

    ``assumed`` holds where neither a file nor its folder says school year or term; ``raw`` is the
    folder whose reviewed mappings hold, ``known`` the lake of a warehouse, for the years before.
    """
    with scratch() as place:
        if raw is not None:
            write_reference(place.lake, raw)
        outcomes = [_of_profile(broken) for broken in profiles.broken]
        stored: list[Stored] = []
        for file in files:
            outcome, kept = _read(file, profiles, assumed, place)
            outcomes.append(outcome)
            stored += [kept] if kept else []
        years = {item.school_year for item in stored if item.rows}
        if not years:
            return Checked(tuple(outcomes))
        if known is not None:
            place.take_earlier(known)
        place.settle()
        return _explain(place, outcomes, stored, years)


def _explain(
    place: Scratch, outcomes: list[FileOutcome], stored: list[Stored], years: set[int]
) -> Checked:
    with duckdb.connect() as connection:
        if sum(item.rows for item in stored) <= SMALL:
            connection.execute("pragma disable_optimizer")
        earlier = _attach(connection, place)
        years_before = sorted(set(earlier) | {y for y in years if y - 1 in years})
        found = flags(
            place.source,
            years,
            sections=sum(item.rows for item in stored if item.shape != "returns"),
            returns=any(item.shape == "returns" for item in stored),
            earlier=bool(years_before),
        )
        hashes = {outcome.sha256 for outcome in outcomes}
        return Checked(
            tuple(outcomes),
            tuple(_totals(connection)),
            tuple(computable(connection)),
            [f for f in found if f["sha256"] in hashes or f["sha256"] is None],
            tuple(earlier),
        )


def _of_profile(broken: BrokenProfile) -> FileOutcome:
    """A profile that cannot be used, refused as a load refuses it."""
    return FileOutcome(broken.path, "", FileRejected(broken.message))


def _read(
    file: Input, profiles: Profiles, assumed: Place, place: Scratch
) -> tuple[FileOutcome, Stored | None]:
    if file.obstacle is not None:
        return FileOutcome(file.name, file.sha256, file.obstacle), None
    try:
        reading, is_assumed = _reading(file, profiles, assumed)
        stored = place.take(reading, file.name, file.sha256)
    except FileRejected as refusal:
        return FileOutcome(file.name, file.sha256, refusal), None
    return replace(_of_reading(file, reading, stored, place), assumed=is_assumed), stored


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


def _of_reading(file: Input, reading: Reading, stored: Stored, place: Scratch) -> FileOutcome:
    left: list[SetAside] = list(reading.set_aside)
    origins = place.table("origin", stored, file.sha256)
    counts: Counter[str] = Counter()
    for entry in left:
        counts[entry.reason] += entry.rows
    return FileOutcome(
        file.name,
        file.sha256,
        shape=reading.shape,
        profile=reading.profile,
        vintage=reading.vintage,
        school_year=reading.school_year,
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


def _attach(connection: duckdb.DuckDBPyConnection, place: Scratch) -> list[int]:
    """Views ``section`` (of the checked files, what counts) and ``earlier``; the years of it."""
    files = place.section_files()
    if not files:
        from dagster_project.census.schema import section_schema

        connection.register("section", section_schema().empty_table())
        connection.register("earlier", section_schema().empty_table())
        return []
    everything = (
        f"from read_parquet({files}, union_by_name = true) "
        f"semi join {place.source.current} as now "
        f"using (sha256, school_year, term, school_id, stage)"
    )
    connection.execute(f"create temp table whole as {everything}")
    mark = f"starts_with(sha256, '{EARLIER}-')"
    connection.execute(f"create temp view section as from whole where not {mark}")
    connection.execute("create temp view earlier as from whole")
    rows = connection.execute(f"select distinct school_year from whole where {mark} order by 1")
    return [int(year) for (year,) in rows.fetchall()]


def _totals(connection: duckdb.DuckDBPyConnection) -> list[Totals]:
    sums = ", ".join(f"sum({n})" for n in _SUMMED)
    ago = ", ".join(f"sum(ago.{n})" for n in _SUMMED)
    rows = connection.execute(
        f"select school_year, stage, count(distinct school_id), {sums} "
        f"from section group by all order by school_year, stage desc"
    ).fetchall()
    before = {
        tuple(row[:2]): row[2:]
        for row in connection.execute(
            f"select now.school_year, now.stage, count(distinct ago.school_id), {ago} "
            f"from section as now join earlier as ago on ago.school_id = now.school_id "
            f"and ago.stage = now.stage and ago.term = now.term "
            f"and ago.school_year = now.school_year - 1 group by all"
        ).fetchall()
    }
    found = []
    for year, stage, schools, pupils, classes, teachers in rows:
        schools_before, *figures_before = before.get((year, stage), (0,))
        found.append(
            Totals(
                int(year),
                stage,
                schools,
                pupils,
                classes,
                teachers,
                schools_before,
                dict(zip(_SUMMED, figures_before, strict=False)),
            )
        )
    return found
