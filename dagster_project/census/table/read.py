"""Reading a plain table (csv, tsv, xlsx, xls) the way its profile says."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import pyarrow as pa

from dagster_project.census import schema
from dagster_project.census.addresses import column_letter
from dagster_project.census.doubts import Leavings
from dagster_project.census.figures import clean_text
from dagster_project.census.opening.source import TextTable, Workbook
from dagster_project.census.place import TERMS, agree_on_term
from dagster_project.census.reading import Drift, Place, Reading
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.layout import Key, Keys, Layout
from dagster_project.census.table.profile import as_told, header_of
from dagster_project.census.table.profile_model import Figures, Profile, Value
from dagster_project.census.table.rows import meaning
from dagster_project.census.table.sections import Seen, batches
from dagster_project.census.table.years import Sheet, school_years, the_profile
from dagster_project.messages import Message, clauses

NEAREST = 3  # labels named beside one that is missing
_PUPILS = Message("census.a_column_for_pupils")
_LOOKED_AT = 50  # rows from the top that may say the year and the term


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

    Of a workbook every sheet is read that people see and that has the columns of the first one,
    unless the profile names the sheet. Raises :class:`FileRejected` for missing key columns, an
    unknown vintage, a year or term that contradicts ``place``, and – while the sections are
    consumed – for a file whose rows are doubtful as a whole.
    """
    source = as_told(source, profile)
    leavings = Leavings()
    headers = [_header(source, profile, sheet) for sheet in _sheets(source, profile, leavings)]
    heads = [list(islice(_data_rows(source, header), _LOOKED_AT)) for header in headers]
    filled = [(header, head) for header, head in zip(headers, heads, strict=True) if head]
    if not filled:
        raise FileRejected("census.no_rows", sheet=headers[0].sheet, cell=headers[0].cell)
    header, head = filled[0]
    sheets = [Sheet(h.sheet, h.row, h.positions, rows) for h, rows in filled]
    years = school_years(source, profile, place, sheets, partial(_data_rows, source))
    stated_term = _stated_term(profile, header, head)
    term = agree_on_term(place, stated_term, the_profile(profile))
    layouts: list[dict[int, Layout]] = []
    drift: list[Drift] = []
    for header, _ in filled:
        layouts.append({})
        for year in years:
            _require_keys(profile, header, year)
            stages, differing = _choose(profile, header, year)
            drift += [item for item in differing if item not in drift]
            layouts[-1][year] = Layout(
                sha256=sha256,
                profile=profile,
                vintage=header.vintage,
                sheet=header.sheet,
                labels=tuple(header.labels),
                school_year=year,
                term=term,
                keys=Keys.of(profile, header.positions, year),
                stages=stages,
                positions=header.positions,
                hidden_rows=_hidden_rows(source, header.sheet),
            )
    return Reading(
        shape="table",
        profile=profile.profile_id,
        vintage=filled[0][0].vintage,
        school_year=years[-1],
        term=term,
        sections=_sections(source, layouts, sheets, leavings),
        origins=_origins([layout for sheet in layouts for layout in sheet.values()]),
        drift=tuple(drift),
        set_aside=leavings.entries,
        school_years=years if len(years) > 1 else (),
    )


def _sections(source, layouts: list[dict[int, Layout]], headers: list[Sheet], leavings: Leavings):
    seen: Seen = {}
    for by_year, header in zip(layouts, headers, strict=True):
        yield from batches(by_year, leavings, seen, _data_rows(source, header))
    leavings.check()
    if not leavings.used:
        raise FileRejected(
            "census.no_school_below_header", sheet=headers[0].sheet, cell=f"A{headers[0].row}"
        )


def _sheets(source: Workbook | TextTable, profile: Profile, leavings: Leavings) -> list[str | None]:
    """The sheets to read: all that people see with the columns of the first, or the named one."""
    first, labels = header_of(source, profile)
    if isinstance(source, TextTable):
        return [None]
    wanted = [label for label in labels if label in profile.recognise]
    found = [first]
    for sheet in source.sheet_names:
        if sheet == first or not set(wanted) <= set(header_of(source, profile, sheet)[1]):
            continue
        if profile.sheet:
            leavings.add("sheet_left", row=profile.header_rows[-1], sheet=sheet)
        elif sheet in source.hidden_sheets:
            leavings.add("hidden_sheet", row=profile.header_rows[-1], sheet=sheet)
        else:
            found.append(sheet)
    return found


def _hidden_rows(source: Workbook | TextTable, sheet: str | None) -> frozenset[int]:
    return frozenset() if isinstance(source, TextTable) else source.sheet(sheet or "").hidden_rows


def _header(source: Workbook | TextTable, profile: Profile, sheet: str | None) -> _Header:
    sheet, labels = header_of(source, profile, sheet)
    positions = _positions(labels, profile, sheet)
    vintage = _vintage(labels, profile, sheet)
    return _Header(sheet, profile.header_rows[-1], labels, positions, vintage)


def _data_rows(
    source: Workbook | TextTable, header: Sheet | _Header
) -> Iterator[tuple[int, list[object]]]:
    """Row number (from 1) and cells of every row below the header that is not empty."""
    table = source if isinstance(source, TextTable) else source.sheet(header.sheet or "")
    rows: Iterable[list[Any]] = table.rows() if isinstance(table, TextTable) else table.rows
    below = islice(enumerate(rows, 1), header.row, None)
    return (pair for pair in below if any(clean_text(c) for c in pair[1]))


def _positions(labels: list[str], profile: Profile, sheet: str | None) -> dict[str, int]:
    """Position of every label; a known column that stands twice cannot be told apart."""
    positions: dict[str, int] = {}
    known = profile.known_columns()
    for position, label in enumerate(labels):
        if label in positions and label in known:
            raise FileRejected(
                "census.column_twice",
                label=label,
                first=column_letter(positions[label]),
                second=column_letter(position),
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
    known = clauses(
        Message(
            "census.vintage_lacks" if v.lacks else "census.vintage_has",
            {
                "vintage": v.vintage_id,
                "has": list(v.has) or Message("census.nothing_special"),
                "lacks": list(v.lacks),
            },
        )
        for v in profile.vintages
    )
    raise FileRejected(
        "census.unknown_vintage",
        profile_id=profile.profile_id,
        known=known,
        labels=labels,
        path=profile.path,
        sheet=sheet,
        cell=f"A{profile.header_rows[-1]}",
    )


def _stated_term(profile: Profile, header: _Header, head: list[tuple[int, list]]) -> str | None:
    """The term that the profile or the first row that has one says; ``None`` if neither does."""
    value = profile.term
    if value is None or not value.columns:
        return value.constant if value else None
    column = next((header.positions[c] for c in value.columns if c in header.positions), None)
    if column is None:
        return None
    tokens = (clean_text(row[column]) for _, row in head if column < len(row))
    key = Key("term", value, (column,))
    said = (meaning(key, token) for token in tokens)
    return next((str(term) for term in said if term in TERMS), None)


def _require_keys(profile: Profile, header: _Header, year: int) -> None:
    """Refuse a table without school, county, stage or figures, naming all columns at once."""
    missing = []
    for value in (profile.school_id, profile.county_code, profile.stage):
        if value.columns and not any(c in header.positions for c in value.columns):
            several = Message("census.one_of", {"columns": list(value.columns)})
            missing.append(several if len(value.columns) > 1 else value.columns[0])
        missing += [c for c in value.joined if c not in header.positions]
    lacked = next((v.lacks for v in profile.vintages if v.vintage_id == header.vintage), ())
    rules = dict.fromkeys(rule.column for rule in (*profile.skip_rows, *profile.keep_rows))
    missing += [c for c in rules if c not in (*header.positions, *lacked)]
    missing += [c for c in profile.several_rows or () if c not in header.positions]
    for fields in profile.stages.values():
        # The figure that a section cannot do without is its pupils, where the source has them.
        leading = fields.get("pupils") or next(iter(fields.values()), ())
        alternatives = [f for f in leading if f.applies(header.vintage, year)]
        if not any(all(c in header.positions for c in f.needed) for f in alternatives):
            columns = alternatives[0].needed if alternatives else (_PUPILS,)
            missing += [c for c in columns if c not in header.positions and c not in missing]
    if not missing:
        return
    found = [label for label in header.labels if label] or Message("census.none")
    raise FileRejected(
        "census.columns_missing",
        missing=missing,
        found=found,
        path=profile.path,
        sheet=header.sheet,
        cell=header.cell,
    )


def _choose(
    profile: Profile, header: _Header, year: int
) -> tuple[dict[str | None, dict[str, Figures]], list[Drift]]:
    """The columns of every field in this file by stage, and what differs from the profile.

    A sum is read whole or not at all: the rest of it would be a wrong figure.
    """
    sheet, labels, positions = header.sheet, header.labels, header.positions
    near = partial(difflib.get_close_matches, possibilities=labels, n=NEAREST, cutoff=0.5)
    chosen: dict[str | None, dict[str, Figures]] = {}
    drift: list[Drift] = []
    for stage, fields in profile.stages.items():
        chosen[stage] = {}
        for field_id, alternatives in fields.items():
            applicable = [f for f in alternatives if f.applies(header.vintage, year)]
            whole = [f for f in applicable if all(c in positions for c in f.needed)]
            if whole:
                chosen[stage][field_id] = whole[0]
            elif applicable:
                lost = [c for c in applicable[0].needed if c not in positions]
                drift += [Drift("missing", c, field_id, sheet, ", ".join(near(c))) for c in lost]
    values = {"school_name": profile.school_name, "county_name": profile.county_name}
    for name, value in {**values, **profile.attributes}.items():
        if value and value.columns and not any(c in positions for c in value.columns):
            label = " or ".join(value.columns)
            found = ", ".join(near(value.columns[0]))
            drift.append(Drift("missing", label, name, sheet, found))
    used = profile.read_columns()
    for position, label in enumerate(labels):
        if label and label not in used and not profile.ignores(label):
            found = f"column {column_letter(position)}"
            drift.append(Drift("new", label, None, sheet, found))
    return chosen, drift


def _origins(layouts: list[Layout]) -> pa.Table:
    rows = [
        {
            "sha256": layout.sha256,
            "stage": stage,
            "field_id": field_id,
            "sheet": layout.sheet,
            "column_letter": column_letter(layout.positions[column]),
            "label": f"{column} ({figure.condition})" if figure.where else column,
        }
        for layout in layouts
        for key, fields in layout.stages.items()
        for stage in ([key] if key else _stages(layout.profile.stage))
        for field_id, figure in fields.items()
        for column in figure.all_columns
    ]
    distinct = {tuple(row.values()): row for row in rows}  # years may share their columns
    return pa.Table.from_pylist(list(distinct.values()), schema=schema.origin_schema())


def _stages(value: Value) -> list[str]:
    if not value.columns:
        return [str(value.constant)]
    listed = {line.result for line in value.table}
    values = (value.values or {}).values()
    outcomes = {*values, *listed, *(v for _, v in value.match), value.otherwise}
    return [stage for stage in schema.STAGES if stage in outcomes]
