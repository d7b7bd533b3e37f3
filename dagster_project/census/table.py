"""Reading a plain table (csv, tsv, xlsx, xls) the way its profile says."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

import pyarrow as pa

from dagster_project.census import schema
from dagster_project.census.addresses import column_letter
from dagster_project.census.figures import clean_text
from dagster_project.census.place import agree_on_term, agree_on_year
from dagster_project.census.profile import as_told, header_of
from dagster_project.census.profile_model import Figures, Profile, Value
from dagster_project.census.reading import Drift, Place, Reading
from dagster_project.census.rejection import FileRejected
from dagster_project.census.source import TextTable, Workbook
from dagster_project.census.table_rows import Keys, Layout, batches

NEAREST = 3  # labels named beside one that is missing


@dataclass(frozen=True)
class _Header:
    """The header of one file: its labels, where they stand, and the vintage they make."""

    sheet: str | None
    row: int
    labels: list[str]
    positions: dict[str, int]
    vintage: str

    @property
    def cell(self) -> str:
        return f"A{self.row}"


def read(source: Workbook | TextTable, profile: Profile, sha256: str, place: Place) -> Reading:
    """Read ``source`` with ``profile`` into canonical form; sections come lazily, in batches.

    Raises :class:`FileRejected` for missing key columns, an unknown vintage, a year or term that
    contradicts ``place``, and – while the sections are consumed – for rows that cannot be kept.
    """
    source = as_told(source, profile)
    header = _header(source, profile)
    rows = _data_rows(source, header)
    first = next(rows, None)
    if first is None:
        raise FileRejected(
            "The table has a header and no rows.",
            advice="Export it again.",
            sheet=header.sheet,
            cell=header.cell,
        )
    stated, where = _stated_year(source, profile, header, first)
    year = agree_on_year(place, stated, where)
    _require_keys(profile, header, year)
    term = agree_on_term(
        place, _stated_term(profile, header, first), f"The profile {profile.profile_id}"
    )
    chosen, drift = _choose(profile, header, year)
    layout = Layout(
        sha256=sha256,
        profile=profile,
        vintage=header.vintage,
        sheet=header.sheet,
        width=len(header.labels),
        school_year=year,
        term=term,
        keys=Keys.of(profile, header.positions),
        fields={
            field_id: (tuple(header.positions[c] for c in figure.columns), figure.factor)
            for field_id, figure in chosen.items()
        },
    )
    return Reading(
        shape="table",
        profile=profile.profile_id,
        vintage=header.vintage,
        school_year=year,
        term=term,
        sections=batches(layout, chain([first], rows)),
        origins=_origins(profile, chosen, header, sha256),
        drift=tuple(drift),
    )


def _header(source: Workbook | TextTable, profile: Profile) -> _Header:
    sheet, labels = header_of(source, profile)
    positions = _positions(labels, profile, sheet)
    vintage = _vintage(labels, profile, sheet)
    return _Header(sheet, profile.header_rows[-1], labels, positions, vintage)


def _data_rows(source: Workbook | TextTable, header: _Header) -> Iterator[tuple[int, list[object]]]:
    """Row number (from 1) and cells of every row below the header that is not empty."""
    rows = source.rows() if isinstance(source, TextTable) else source.sheet(header.sheet).rows
    below = islice(enumerate(rows, 1), header.row, None)
    return (pair for pair in below if any(clean_text(c) for c in pair[1]))


def _positions(labels: list[str], profile: Profile, sheet: str | None) -> dict[str, int]:
    """Position of every label; a known column that stands twice cannot be told apart."""
    positions: dict[str, int] = {}
    known = profile.known_columns()
    for position, label in enumerate(labels):
        if label in positions and label in known:
            raise FileRejected(
                f"The column {label!r} stands twice, in {column_letter(positions[label])} and "
                f"{column_letter(position)}.",
                advice="Delete or rename one of them in a new copy of the file.",
                sheet=sheet,
                cell=f"{column_letter(position)}{profile.header_rows[-1]}",
            )
        positions.setdefault(label, position)
    return positions


def _vintage(labels: list[str], profile: Profile, sheet: str | None) -> str:
    if not profile.vintages:
        return str(len(labels))
    there = set(labels)
    for vintage in profile.vintages:
        if there.issuperset(vintage.has) and there.isdisjoint(vintage.lacks):
            return vintage.vintage_id
    known = "; ".join(
        f"{v.vintage_id} has {', '.join(v.has) or 'nothing special'}"
        + (f", lacks {', '.join(v.lacks)}" if v.lacks else "")
        for v in profile.vintages
    )
    raise FileRejected(
        f"The table is of no vintage that the profile {profile.profile_id} knows ({known}); "
        f"found the columns {', '.join(labels)}.",
        advice=f"Add the new vintage to {profile.path}.",
        sheet=sheet,
        cell=f"A{profile.header_rows[-1]}",
    )


def _stated_term(profile: Profile, header: _Header, first: tuple[int, list]) -> str | None:
    """The term that the profile or the first row says; ``None`` if neither does."""
    value = profile.term
    if value is None or not value.columns:
        return value and value.constant
    column = next((header.positions[c] for c in value.columns if c in header.positions), None)
    if column is None or column >= len(first[1]):
        return None
    return (value.values or {}).get(clean_text(first[1][column]))


def _stated_year(
    source: Workbook | TextTable,
    profile: Profile,
    header: _Header,
    first: tuple[int, list[object]],
) -> tuple[int | None, str]:
    """The school year that the file says itself, and where it says so."""
    said: list[tuple[int, str]] = []
    rule = profile.school_year
    if rule.constant is not None:
        said.append((rule.constant, f"The profile {profile.profile_id}"))
    found = re.search(rule.file_name, source.path.name) if rule.file_name else None
    if found and found[1].isdecimal():
        said.append((int(found[1]) + rule.add, f"The file name {source.path.name}"))
    if rule.column in header.positions:
        number, row = first
        position = header.positions[rule.column]
        token = clean_text(row[position]) if position < len(row) else ""
        cell = f"{column_letter(position)}{number}"
        if not (digits := re.match(r"\d{2,4}", token)):
            raise FileRejected(
                f"The school year is unreadable: found {token!r} under {rule.column}.",
                advice="Correct it in a new copy of the file.",
                sheet=header.sheet,
                cell=cell,
            )
        said.append((int(digits[0]) + rule.add, f"Cell {cell}"))
    if not said:
        return None, ""
    for year, where in said[1:]:
        if year != said[0][0]:
            raise FileRejected(
                f"{said[0][1]} says school year {said[0][0]}, but {where} says {year}.",
                advice="Find out which is right and rename or correct a copy of the file.",
                sheet=header.sheet,
            )
    return said[-1]


def _require_keys(profile: Profile, header: _Header, year: int) -> None:
    """Without school, county, stage and pupils there is no section: refuse, naming all at once."""
    missing = [
        " or ".join(value.columns)
        for value in (profile.school_id, profile.county_code, profile.stage)
        if value.columns and not any(c in header.positions for c in value.columns)
    ]
    alternatives = [f for f in profile.fields["pupils"] if f.applies(header.vintage, year)]
    if not any(all(c in header.positions for c in f.columns) for f in alternatives):
        columns = alternatives[0].columns if alternatives else ("a column for pupils",)
        missing += [c for c in columns if c not in header.positions]
    if not missing:
        return
    found = ", ".join(label for label in header.labels if label) or "none"
    raise FileRejected(
        f"Columns that the table cannot do without are missing: {', '.join(missing)}; "
        f"found: {found}.",
        advice=f"Export the table again, or add the new column names to {profile.path}.",
        sheet=header.sheet,
        cell=header.cell,
    )


def _choose(profile: Profile, header: _Header, year: int) -> tuple[dict[str, Figures], list[Drift]]:
    """The columns of every field in this file, and what differs between file and profile.

    A sum is read whole or not at all: the rest of it would be a wrong figure.
    """
    sheet, labels, positions = header.sheet, header.labels, header.positions
    near = partial(difflib.get_close_matches, possibilities=labels, n=NEAREST, cutoff=0.5)
    chosen: dict[str, Figures] = {}
    drift: list[Drift] = []
    for field_id, alternatives in profile.fields.items():
        applicable = [f for f in alternatives if f.applies(header.vintage, year)]
        whole = [f for f in applicable if all(c in positions for c in f.columns)]
        if whole:
            chosen[field_id] = whole[0]
        elif applicable:
            lost = [c for c in applicable[0].columns if c not in positions]
            drift += [Drift("missing", c, field_id, sheet, ", ".join(near(c))) for c in lost]
    values = {"school_name": profile.school_name, "county_name": profile.county_name}
    for name, value in {**values, **profile.attributes}.items():
        if value and value.columns and not any(c in positions for c in value.columns):
            label = " or ".join(value.columns)
            found = ", ".join(near(value.columns[0]))
            drift.append(Drift("missing", label, name, sheet, found))
    known = profile.known_columns()
    for position, label in enumerate(labels):
        if label and label not in known and not profile.ignores(label):
            found = f"column {column_letter(position)}"
            drift.append(Drift("new", label, None, sheet, found))
    return chosen, drift


def _origins(
    profile: Profile, chosen: dict[str, Figures], header: _Header, sha256: str
) -> pa.Table:
    rows = [
        {
            "sha256": sha256,
            "stage": stage,
            "field_id": field_id,
            "sheet": header.sheet,
            "column_letter": column_letter(header.positions[column]),
            "label": column,
        }
        for stage in _stages(profile.stage)
        for field_id, figure in chosen.items()
        for column in figure.columns
    ]
    return pa.Table.from_pylist(rows, schema=schema.origin_schema())


def _stages(value: Value) -> list[str]:
    if not value.columns:
        return [str(value.constant)]
    outcomes = {*(value.values or {}).values(), *(v for _, v in value.match), value.otherwise}
    return [stage for stage in schema.STAGES if stage in outcomes]
