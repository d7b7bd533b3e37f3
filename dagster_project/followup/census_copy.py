"""Copies of a school's own census workbook and of returns, flagged cells coloured and commented.

They are copied sheet by sheet as people know them (:mod:`.school_rows` has what is shown of a file
of many schools). Figures are copied, never formulas, and only from the very bytes that were judged:
a file that was replaced or moved since is left out.
"""

from __future__ import annotations

import logging
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from dagster_project.census.opening.admission import located
from dagster_project.census.opening.archive import unpacked_size
from dagster_project.census.opening.printable import printable, printable_lines
from dagster_project.census.opening.source import Sheet, TextTable, Workbook, open_source
from dagster_project.census.rejection import FileRejected, visible
from dagster_project.census.returns.grid import HEAD_ROWS, MARKER
from dagster_project.followup.return_sheets import RETURNS, ReturnSheets, find_return_sheets
from dagster_project.lake.scan import digest
from dagster_project.spreadsheets.formula_injection import looks_like_a_formula

Flag = Mapping[str, Any]  # a row of quality.flag
Key = TypeVar("Key")
Whose = Literal["school", "county"]

# A bigger Excel file of many schools takes minutes and gigabytes to open for a few rows.
MOST_BYTES = 30_000_000
MOST_UNPACKED_BYTES = 200_000_000
COLOURS = {"hard": "FFFF7C80", "soft": "FFFFE699"}
_CELL = re.compile(r"^([A-Z]{1,3})(\d+)$")
_CELLS = re.compile(r"^([A-Z]{1,3})(\d+):\1(\d+)$")
_ROWS = re.compile(r"^(\d+):(\d+)$")
_TEXT_ROW = re.compile(r"^row (\d+)$")
MOST_ROWS_MARKED = 200
MOST_COMMENT = 900


@dataclass(frozen=True)
class Mark:
    """A cell to colour: where it stands in the source (rows from 1), and what is said there."""

    sheet: str | None
    column: str | None  # None: the whole row
    row: int
    severity: str
    text: str


def find_marks(flags: Iterable[Flag]) -> list[Mark]:
    """The cells that flags point at."""
    found = []
    for flag in flags:
        text = visible(f"{flag['message']} {flag['remedy'] or ''}"[:MOST_COMMENT])
        for part in re.split(r"[,;]\s*", str(flag["cell"] or "")):
            sheet, _, cell = part.rpartition("!")
            where = sheet or flag["sheet"]
            for column, row in _places(cell.strip()):
                found.append(Mark(where, column, row, flag["severity"], text))
    return found


def _places(cell: str) -> list[tuple[str | None, int]]:
    """Column (``None``: the whole row) and row of every cell of ``D5``, ``D5:D9``, ``5:9`` or
    ``row 5``."""
    if line := _TEXT_ROW.match(cell):
        return [(None, int(line[1]))]
    if single := _CELL.match(cell):
        return [(single[1], int(single[2]))]
    if (several := _CELLS.match(cell)) or (several := _ROWS.match(cell)):
        column = several[1] if several.re is _CELLS else None
        first, last = (int(number) for number in several.groups()[-2:])
        return [(column, row) for row in range(first, last + 1)][:MOST_ROWS_MARKED]
    return []


def add_copies(targets: Iterable[tuple[Path, list[Flag]]], raw: Path, whose: Whose) -> None:
    """Add copies of the workbooks that flags point into to the lists (each a path and its flags):
    a school's census workbook, and returns that are short and about nobody else.

    Every source file is opened once, every list is saved once per source file.
    """
    for source, lists in judged_files(targets, raw, lambda shape: shape in ("workbook", RETURNS)):
        with left_out_if_it_fails(source):
            sheets = find_sheets(source, lists)
            for path, flags in lists:
                if isinstance(source, Workbook) and is_copied_whole(sheets, flags, whose):
                    _copy_workbook(path, source, find_marks(flags))


def find_sheets(
    source: Workbook | TextTable, lists: Sequence[tuple[Key, list[Flag]]]
) -> ReturnSheets | None:
    """The sheets of a return, for a file that was judged as one."""
    return find_return_sheets(source) if lists[0][1][0]["shape"] == RETURNS else None


def is_copied_whole(sheets: ReturnSheets | None, flags: Sequence[Flag], whose: Whose) -> bool:
    """Whether a list has the whole of a file and not some rows of it.

    ``whose`` is ``school`` or ``county``: what a county gets may be about any of its schools.
    """
    if flags[0]["shape"] != RETURNS:
        return flags[0]["shape"] == "workbook"
    schools = {str(flag["school_id"]) for flag in flags} if whose == "school" else ()
    return sheets is not None and sheets.is_copied_whole(schools)


def judged_files(
    targets: Iterable[tuple[Key, list[Flag]]], raw: Path, has_shape: Callable[[str], bool]
) -> Iterator[tuple[Workbook | TextTable, list[tuple[Key, list[Flag]]]]]:
    """The files of these shapes that flags point into, and for each whose flags they are.

    ``targets`` are flags by whom they belong to. Only files that still have the judged bytes.
    """
    wanted: dict[tuple[str, str], list[tuple[Key, list[Flag]]]] = defaultdict(list)
    for key, flags in targets:
        by_file: dict[tuple[str, str], list[Flag]] = defaultdict(list)
        for flag in flags:
            if flag["source_file"] and flag["sha256"] and has_shape(str(flag["shape"])):
                by_file[str(flag["source_file"]), str(flag["sha256"])].append(flag)
        for file, mine in by_file.items():
            wanted[file].append((key, mine))
    for (name, sha256), lists in wanted.items():
        source = _open(located(raw, name), sha256)
        if source is not None:
            yield source, lists


@contextmanager
def left_out_if_it_fails(source: Workbook | TextTable) -> Iterator[None]:
    """A list without a copy is better than none: what goes wrong in here is logged."""
    try:
        yield
    except Exception as error:
        logging.getLogger(__name__).warning("%s could not be copied: %s", source.path, error)


@lru_cache(maxsize=1)
def _open(path: Path, sha256: str) -> Workbook | TextTable | None:
    """The file, kept until another is asked for: the counties of a province share one."""
    if not path.is_file() or path.stat().st_size > MOST_BYTES or digest(path) != sha256:
        return None
    try:
        if zipfile.is_zipfile(path) and unpacked_size(path) > MOST_UNPACKED_BYTES:
            return None
        return open_source(path)
    except (FileRejected, OSError):
        return None


def close() -> None:
    """Let go of the file that was opened last."""
    _open.cache_clear()


def _copy_workbook(path: Path, source: Workbook, found: list[Mark]) -> None:
    """Every sheet of the school's workbook, behind the sheets of the list."""
    import openpyxl
    from openpyxl.worksheet.properties import PageSetupProperties

    book = openpyxl.load_workbook(path)
    original = _with_looks(source.path)
    first = printable(source.sheet_names[0])
    for name in source.sheet_names:
        target = book.create_sheet(sheet_title(name, book.sheetnames))
        mine = [m for m in found if (m.sheet or first) == printable(name)]
        if mine:
            target.sheet_properties.tabColor = "FFC00000"
        if original is not None and name in original.sheetnames:
            _copy_looks(original[name], target, source.sheet(name))
        else:
            for number, row in enumerate(source.sheet(name).rows, start=1):
                _put_row(target, number, row)
        _take_out_the_marker(target)
        target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        target.page_setup.fitToHeight = 0  # as long as it is, but one page wide
        for mark in mine:
            _colour(target, mark, mark.row)
    _save(book, path)


def _take_out_the_marker(sheet) -> None:
    """A copy of a return is to be read by people: dropped into raw/, it would be one itself."""
    for row in range(1, min(sheet.max_row, HEAD_ROWS) + 1):
        if sheet.cell(row, 1).value == MARKER:
            sheet.row_dimensions[row].hidden = True
            for column in range(1, sheet.max_column + 1):
                sheet.cell(row, column).value = None


def _with_looks(path: Path):
    """The workbook with its formats, values instead of formulas; ``None`` for an old xls."""
    import openpyxl

    try:
        return openpyxl.load_workbook(path, data_only=True, keep_links=False)
    except Exception:  # whatever openpyxl cannot read is copied without its looks
        return None


def _copy_looks(source, target, filled: Sheet) -> None:
    """Cells with their looks, as far as ``filled`` reaches: formats may go to the last cell."""
    from copy import copy

    height, width = len(filled.rows), max(map(len, filled.rows), default=0)
    for row in source.iter_rows(max_row=height, max_col=width) if width else ():
        for cell in row:
            if cell.value is None and not cell.has_style:
                continue
            if cell.__class__.__name__ == "MergedCell":
                continue
            copied = _put(target, cell.row, cell.column, cell.value)
            if cell.has_style:
                for look in ("font", "border", "fill", "number_format", "alignment"):
                    setattr(copied, look, copy(getattr(cell, look)))
    for merged in source.merged_cells.ranges:
        if merged.max_row <= height and merged.max_col <= width:
            target.merge_cells(str(merged))
    for letter, dimension in source.column_dimensions.items():
        target.column_dimensions[letter].width = dimension.width
        target.column_dimensions[letter].hidden = dimension.hidden
    for number, dimension in source.row_dimensions.items():
        if number <= height:
            target.row_dimensions[number].height = dimension.height
            target.row_dimensions[number].hidden = dimension.hidden


def _save(book, path: Path) -> None:
    """Replace the list by ``book``, whole or not at all."""
    aside = path.with_name(f".{path.name}.tmp")
    book.save(aside)
    os.replace(aside, path)


# ------------------------------------------------------------------------------------------- cells


def _put_row(sheet, number: int, row: Iterable[object]) -> None:
    for column, value in enumerate(row, start=1):
        if value not in (None, ""):
            _put(sheet, number, column, value)


def _put(sheet, row: int, column: int, value: object):
    """Write a value as what it is; text never becomes a formula."""
    cell = sheet.cell(row=row, column=column)
    if isinstance(value, str):
        cell.value = printable_lines(value)
        cell.data_type = "s"
        cell.quotePrefix = looks_like_a_formula(value)
    else:
        cell.value = value
    return cell


def _colour(sheet, mark: Mark, row: int) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill
    from openpyxl.utils import column_index_from_string

    fill = PatternFill("solid", start_color=COLOURS.get(mark.severity, COLOURS["soft"]))
    columns = (
        [column_index_from_string(mark.column)]
        if mark.column
        else range(1, max(sheet.max_column, 1) + 1)
    )
    for column in columns:
        cell = _anchor(sheet, row, column)
        if cell.comment is None or mark.severity == "hard":
            cell.fill = fill  # an impossible figure is never painted over by a doubtful one
        if mark.column or column == 1:
            said = f"{cell.comment.text}\n\n" if cell.comment else ""
            if mark.text not in said:
                cell.comment = Comment(f"{said}{mark.text}"[:MOST_COMMENT * 3], "数据校验",
                                       height=160, width=360)  # fmt: skip


def _anchor(sheet, row: int, column: int):
    """The cell itself, or the first cell of the merged range that it is part of."""
    cell = sheet.cell(row=row, column=column)
    if cell.__class__.__name__ != "MergedCell":
        return cell
    for merged in sheet.merged_cells.ranges:
        if cell.coordinate in merged:
            return sheet.cell(row=merged.min_row, column=merged.min_col)
    return cell


def sheet_title(name: str, taken: Iterable[str]) -> str:
    """A sheet title that Excel takes: no special characters, at most 31, not taken yet."""
    base = re.sub(r"[\[\]:*?/\\]", "_", printable(name))[:28].strip("'") or "原表"
    lowered = {title.casefold() for title in taken}
    title, number = base, 1
    while title.casefold() in lowered:
        number += 1
        title = f"{base}_{number}"
    return title
