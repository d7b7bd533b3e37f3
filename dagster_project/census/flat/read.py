"""The flat national export (宽表): many schools in one sheet under a multi-row, merged header.

One file (or sheet) holds one stage of a whole city, province or nation. Its columns are found by
header path, in any order (:mod:`.headers`, :mod:`.flat_map`); its rows are read in batches
(:mod:`.flat_rows`) and turned into sections (:mod:`.flat_sections`). DOMAIN.md §5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from dagster_project.census.addresses import column_letter
from dagster_project.census.codes import is_school_id
from dagster_project.census.doubts import Leavings
from dagster_project.census.flat.column_map import (
    FORM,
    Matching,
    Source,
    labels_of,
    match_columns,
)
from dagster_project.census.flat.headers import Column, Header, find_header, normalise_label
from dagster_project.census.flat.rows import sheet_batches, text_batches, text_head, without_heading
from dagster_project.census.flat.schools import Part
from dagster_project.census.flat.sections import sections
from dagster_project.census.opening.source import Sheet, TextTable, Workbook
from dagster_project.census.place import agree_on_year
from dagster_project.census.reading import Drift, Place, Reading
from dagster_project.census.rejection import FileRejected, plain
from dagster_project.census.schema import fields, origin_schema
from dagster_project.messages import Message
from dagster_project.words import word

REQUIRED = ("school_id", "county_code", "pupils")
MOST_NAMED = 60  # columns of a header that a refusal names
CENSUS_TERM = "autumn"  # the census has one reference date, 1 September

_ANCHORS = ("school_id", "school_name", "county_code", "school_type_code", "is_counted")
_HINTS = (*_ANCHORS, "county_name", "school_type", "sponsor_code", "urban_rural_code", "was_closed")
_NEW_FORMS_FROM = 2021  # 教基 forms; before them 基础基
_SCHOOL_YEAR = re.compile(r"(20\d\d)(?:[-/至]?(20\d\d|\d\d(?=学年)))?学年")
_CALENDAR_YEAR = re.compile(r"(20\d\d)年(?!\d)")
_PUPIL_COLUMN = re.compile("在校生|在校学生|招生数|毕业生|班数|班额|班级数")
_OTHER_WORDS = re.compile("中小学|小学初中|[九十][二]?年一贯制|完全中学|初高中")
_STAGE_IN_WORDS = {
    "primary": re.compile("小学"),
    "junior": re.compile("初中|初级中学"),
    "senior": re.compile("高中|高级中学"),
}
_STAGE_IN_COLUMNS = {
    "primary": re.compile("[五六]年级|小学|学前教育|(?<!\\d)[56]岁"),
    "junior": re.compile("初[中一二三四]|[七八]年级|10岁及以下"),
    "senior": re.compile("高[中一二三]"),
}


@dataclass(frozen=True)
class _Table:
    """A sheet or csv with a flat header."""

    sheet: str | None
    header: Header
    head: Sequence[Sequence[object]]  # rows from the top, at least to the first of the data
    grid: Sheet | None


def recognises(source: Workbook | TextTable) -> bool:
    """Whether a sheet of ``source`` has the header of a flat export."""
    return next(_tables(source, []), None) is not None


def read(source: Workbook | TextTable, sha256: str, place: Place) -> Reading:
    """Read a flat export; sections come lazily, so a row may still raise :class:`FileRejected`.

    Raises :class:`FileRejected` for missing key columns, an unclear stage and a contradicted year.
    """
    drift: list[Drift] = []
    leavings = Leavings()
    tables = _seen(source, list(_tables(source, drift)), leavings)
    if not tables:
        raise FileRejected("census.no_flat_header")
    school_year = _school_year(tables, source.path.stem, place)
    vintage = "2021" if school_year >= _NEW_FORMS_FROM else "2013"
    parts = []
    for table in tables:
        stage, doubt = _stage(table, source.path.stem)
        matching = match_columns(
            table.header.columns, stage, school_year, table.sheet, table.header.captions
        )
        _check_required(table, matching)
        if doubt:
            raise doubt
        drift += matching.drift
        parts.append(_part(source, table, stage, school_year, matching, drift))
    profile, term = f"flat_{vintage}", place.term or CENSUS_TERM
    made = sections(
        parts,
        leavings,
        sha256=sha256,
        profile=profile,
        vintage=vintage,
        school_year=school_year,
        term=term,
    )
    origins = _origins(parts, sha256)
    return Reading(
        shape="flat",
        profile=profile,
        vintage=vintage,
        school_year=school_year,
        term=term,
        sections=made,
        origins=origins,
        drift=tuple(drift),
        set_aside=leavings.entries,
    )


def _seen(source: Workbook | TextTable, tables: list[_Table], leavings: Leavings) -> list[_Table]:
    """The tables that people see; all of them if they see none."""
    if isinstance(source, TextTable):
        return tables
    shown = [table for table in tables if table.sheet not in source.hidden_sheets]
    for table in tables if shown else ():
        if table.sheet in source.hidden_sheets:
            leavings.add("hidden_sheet", row=table.header.first_row + 1, sheet=table.sheet)
    return shown or tables


def _tables(source: Workbook | TextTable, drift: list[Drift]) -> Iterator[_Table]:
    """The sheets that have a flat header; a filled sheet without one goes to ``drift``."""
    if isinstance(source, TextTable):
        grids: Iterable[tuple[str | None, Sheet | None, Sequence[Sequence[object]]]]
        grids = [(None, None, text_head(source))]
    else:
        grids = ((sheet.name, sheet, sheet.rows) for sheet in source.sheets())
    anchors = [label for target in _ANCHORS for label in labels_of(target)]
    for name, grid, rows in grids:
        merges = grid.merges if grid else ()
        header = find_header(rows, merges, anchors, is_school_id)
        if header and _looks_flat(header):
            yield _Table(name, header, rows, grid)
        elif any(any(row) for row in rows):
            drift.append(Drift("new", f"sheet {name}", None, name, "no header of a flat export"))


def _looks_flat(header: Header) -> bool:
    innermost = {column.path[-1].lstrip("#") for column in header.columns}
    hits = sum(any(label in innermost for label in labels_of(target)) for target in _HINTS)
    return hits >= 3 or (hits >= 2 and any("在校生" in c.label for c in header.columns))


def _part(
    source: Workbook | TextTable,
    table: _Table,
    stage: str,
    school_year: int,
    matching: Matching,
    drift: list[Drift],
) -> Part:
    wanted = sorted({s.column.index for sources in matching.targets.values() for s in sources})
    data_row = table.header.data_row
    if isinstance(source, TextTable):
        width = max(map(len, table.head[table.header.first_row : data_row]))

        def batches():
            return text_batches(source, data_row, width, wanted)
    else:
        grid = table.grid or source.sheet(table.sheet or "")
        width = table.header.columns[-1].index + 1
        stray = without_heading(grid, data_row, width)

        def batches():
            return sheet_batches(grid, data_row, wanted, width, stray)

        drift += [
            Drift("new", "", None, table.sheet, f"column {column_letter(at)} without a heading")
            for at in sorted(stray)
        ]
    hidden = table.grid.hidden_rows if table.grid else frozenset()
    return Part(table.sheet, stage, school_year, matching.targets, batches, hidden)


def _check_required(table: _Table, matching: Matching) -> None:
    columns = table.header.columns
    missing = [target for target in REQUIRED if target not in matching.targets]
    if not missing:
        return
    named = {"school_id": "机构编码", "county_code": "所在地区编码", "pupils": "在校生数>合计"}
    words: list[str | Message] = []
    for target in missing:
        several = matching.ambiguous.get(target, ())
        if several:
            said = {"label": named[target], "columns": [c.label for c in several]}
            words.append(Message("census.column_several_times", said))
        else:
            words.append(named[target])
    found: list[str | Message] = [column.label for column in columns[:MOST_NAMED]]
    if len(columns) > MOST_NAMED:
        found.append(Message("census.and_more", {"count": len(columns) - MOST_NAMED}))
    raise FileRejected(
        "census.key_columns_missing",
        missing=words,
        found=found,
        sheet=table.sheet,
        cell=f"row {table.header.first_row + 1}",
    )


def _stage(table: _Table, stem: str) -> tuple[str, FileRejected | None]:
    """The one stage that columns, title, sheet name and file name agree on, or what is in doubt."""
    said: dict[str, Message] = {}
    by_columns = _stage_by_columns(table.header.columns)
    for stage in by_columns:
        said.setdefault(stage, Message("census.the_pupil_columns"))
    places = [_spot("title", c) for c in table.header.captions]
    places += [_spot("sheet_name", table.sheet or ""), _spot("file_name", stem)]
    for where, words in places:
        found = _OTHER_WORDS.sub("", normalise_label(words))
        named = [s for s, pattern in _STAGE_IN_WORDS.items() if pattern.search(found)]
        if len(named) == 1:
            said.setdefault(named[0], where)
    if len(said) == 1:
        return next(iter(said)), None
    if not said:
        return "", FileRejected("census.stage_unclear", sheet=table.sheet)
    both = [
        Message("census.says_stage", {"where": where, "stage": word("stage", stage)})
        for stage, where in said.items()
    ]
    return "", FileRejected("census.stage_contradictory", said=both, sheet=table.sheet)


def _spot(kind: str, text: str) -> tuple[Message, str]:
    """A place that may say a stage or a year, as a phrase, and what stands there."""
    return Message(f"census.the_{kind}", {"text": plain(text)}), text


def _stage_by_columns(columns: Sequence[Column]) -> list[str]:
    labels = [c.label for c in columns if _PUPIL_COLUMN.search(c.label)]
    stages = [s for s, p in _STAGE_IN_COLUMNS.items() if any(map(p.search, labels))]
    # Junior schools have up to four grades, senior schools three, primary schools five or six.
    if not stages and any("四年级" in label for label in labels):
        return ["junior"]
    return stages


def _school_year(tables: Sequence[_Table], stem: str, place: Place) -> int:
    """The school year from titles, sheet names, file name, year column and ``place``."""
    stated: dict[int, Message] = {}
    fallback: dict[int, Message] = {}
    for table in tables:
        spots = [_spot("title", c) for c in table.header.captions]
        spots += [_spot("sheet_name", table.sheet or ""), *_year_cell(table)]
        for where, words in [*spots, _spot("file_name", stem)]:
            found = normalise_label(words)
            for match in _SCHOOL_YEAR.finditer(found):
                first, second = match[1], match[2]
                if second and int(second) % 100 != (int(first) + 1) % 100:
                    raise FileRejected(
                        "census.year_not_one_year", where=where, match=match[0], sheet=table.sheet
                    )
                stated.setdefault(int(first), where)
            for match in _CALENDAR_YEAR.finditer(found):
                fallback.setdefault(int(match[1]), where)
    if len(stated) > 1:
        (one, here), (other, there) = list(stated.items())[:2]
        raise FileRejected(
            "census.year_contradictory", here=here, one=one, there=there, other=other
        )
    if not stated and place.school_year is None and len(fallback) == 1:
        stated = fallback
    said = next(iter(stated.items()), None)
    return agree_on_year(place, said[0] if said else None, said[1] if said else None)


def _year_cell(table: _Table) -> list[tuple[Message, str]]:
    """The first cell of the 学年 column, as a spot to look for the school year."""
    labels = labels_of("school_year")
    column = next((c for c in table.header.columns if c.path[-1] in labels), None)
    row = table.head[table.header.data_row : table.header.data_row + 1]
    if column is None or not row or column.index >= len(row[0]):
        return []
    token = normalise_label(row[0][column.index]).removesuffix("度").removesuffix("学年")
    where = Message("census.the_column", {"label": column.label})
    return [(where, f"{token}学年")] if token else []


def _origins(parts: Sequence[Part], sha256: str) -> pa.Table:
    rows = [
        _origin(part, field_id, source) | {"sha256": sha256}
        for part in parts
        for field_id in fields()
        for source in part.targets.get(field_id, ())
    ]
    return pa.Table.from_pylist(rows, schema=origin_schema())


def _origin(part: Part, field_id: str, source: Source) -> dict[str, str | None]:
    form = next((s for s in source.column.path if FORM.fullmatch(s)), None)
    return {
        "stage": part.stage,
        "field_id": field_id,
        "sheet": part.sheet,
        "column_letter": column_letter(source.column.index),
        "form": form,
        "label": source.column.label,
    }
