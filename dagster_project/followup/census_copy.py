"""Copies of a school's own census sheets, with the flagged cells coloured and commented.

A workbook is copied sheet by sheet as people know it; of a file of many schools, the school's own
rows under the file's headings. Figures are copied, never formulas, and only from the very bytes
that were judged: a file that was replaced or moved since is left out.
"""

from __future__ import annotations

import logging
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dagster_project.census.admission import located
from dagster_project.census.archive import unpacked_size
from dagster_project.census.rejection import FileRejected, visible
from dagster_project.census.source import Sheet, TextTable, Workbook, open_source
from dagster_project.harmless import looks_like_a_formula
from dagster_project.lake.scan import digest

Flag = Mapping[str, object]

# A bigger Excel file of many schools takes minutes and gigabytes to open for a few rows.
MOST_BYTES = 30_000_000
MOST_UNPACKED_BYTES = 200_000_000
MOST_HEADER_ROWS = 8
_COLOURS = {"hard": "FFFF7C80", "soft": "FFFFE699"}
_CELL = re.compile(r"^([A-Z]{1,3})(\d+)$")
_ROW = re.compile(r"^(\d+):\d+$")
_MOST_COMMENT = 900
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class Mark:
    """A cell to colour: where it stands in the source (rows from 1), and what is said there."""

    sheet: str | None
    column: str | None  # None: the whole row
    row: int
    severity: str
    text: str


def marks(flags: Iterable[Flag]) -> list[Mark]:
    """The cells that flags point at."""
    found = []
    for flag in flags:
        text = visible(f"{flag['message']} {flag['remedy'] or ''}"[:_MOST_COMMENT])
        for part in re.split(r"[,;]\s*", str(flag["cell"] or "")):
            sheet, _, cell = part.rpartition("!")
            whole_row, single = _ROW.match(cell.strip()), _CELL.match(cell.strip())
            where = sheet or flag["sheet"]
            if single:
                found.append(Mark(where, single[1], int(single[2]), flag["severity"], text))
            elif whole_row:
                found.append(Mark(where, None, int(whole_row[1]), flag["severity"], text))
    return found


def add_copies(targets: Iterable[tuple[Path, list[Flag]]], raw: Path) -> None:
    """Add to each list (path, its flags) copies of the sheets that its flags point into.

    Every source file is opened once, every list is saved once per source file.
    """
    wanted: dict[tuple[str, str, str], list[tuple[Path, list[Flag]]]] = defaultdict(list)
    for path, flags in targets:
        by_file: dict[tuple[str, str, str], list[Flag]] = defaultdict(list)
        for flag in flags:
            if flag["source_file"] and flag["sha256"]:
                key = str(flag["source_file"]), str(flag["sha256"]), str(flag["shape"])
                by_file[key].append(flag)
        for file, mine in by_file.items():
            wanted[file].append((path, mine))
    for (name, sha256, shape), lists in wanted.items():
        source = _open(located(raw, name), sha256)
        if source is None:
            continue
        try:
            if shape == "workbook" and isinstance(source, Workbook):
                for path, flags in lists:
                    _copy_workbook(path, source, marks(flags))
            else:
                _copy_school_rows(source, [(path, marks(flags)) for path, flags in lists])
        except Exception as error:  # a list without a copy is better than none
            logging.getLogger(__name__).warning("%s could not be copied: %s", name, error)


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


# ------------------------------------------------------------------------- a workbook of one school


def _copy_workbook(path: Path, source: Workbook, found: list[Mark]) -> None:
    """Every sheet of the school's workbook, behind the sheets of the list."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    original = _with_looks(source.path)
    for name in source.sheet_names:
        target = book.create_sheet(_title(name, book.sheetnames))
        mine = [m for m in found if (m.sheet or source.sheet_names[0]) == name]
        if mine:
            target.sheet_properties.tabColor = "FFC00000"
        if original is not None and name in original.sheetnames:
            _copy_looks(original[name], target, source.sheet(name))
        else:
            for number, row in enumerate(source.sheet(name).rows, start=1):
                _put_row(target, number, row)
        for mark in mine:
            _colour(target, mark, mark.row)
    _save(book, path)


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


# ----------------------------------------------------------------- rows of a file of many schools


def _copy_school_rows(source: Workbook | TextTable, lists: list[tuple[Path, list[Mark]]]) -> None:
    """The rows that flags point into, under the headings of the file."""
    import openpyxl

    needed = {(m.sheet, m.row) for _, found in lists for m in found}
    if not needed:
        return
    grids = {sheet: _rows(source, sheet, {row for s, row in needed if s == sheet})
             for sheet in {sheet for sheet, _ in needed}}  # fmt: skip
    for path, found in lists:
        book = openpyxl.load_workbook(path)
        for sheet in dict.fromkeys(mark.sheet for mark in found):
            _put_school(book, sheet, [m for m in found if m.sheet == sheet], grids[sheet])
        _save(book, path)


def _put_school(book, sheet: str | None, found: list[Mark], grid: Mapping[int, list]) -> None:
    target = book.create_sheet(_title(sheet or "原表", book.sheetnames))
    target.sheet_properties.tabColor = "FFC00000"
    own = sorted({mark.row for mark in found} & grid.keys())
    headings = sorted(row for row in grid if row <= MOST_HEADER_ROWS and _is_heading(grid, row))
    place = {}
    for number, row in enumerate([*(h for h in headings if h not in own), *own], start=1):
        _put_row(target, number, grid[row])
        place[row] = number
    for mark in found:
        if mark.row in place:
            _colour(target, mark, place[mark.row])
    target.freeze_panes = target.cell(row=len(place) - len(own) + 1, column=1)


def _is_heading(grid: Mapping[int, list], row: int) -> bool:
    """Rows at the top without a single number: titles and headings."""
    cells = [cell for cell in grid[row] if cell not in (None, "")]
    if not cells or any(row > other and not _is_heading(grid, other) for other in grid
                        if row - 1 == other):  # fmt: skip
        return False
    return not any(re.fullmatch(r"-?[\d.]+", str(cell).strip()) for cell in cells)


def _rows(source: Workbook | TextTable, sheet: str | None, wanted: set[int]) -> dict[int, list]:
    """The first rows and the wanted ones, by their number from 1."""
    if isinstance(source, TextTable):
        last = max([MOST_HEADER_ROWS, *wanted])
        rows: Iterable = source.rows(limit=last)
    else:
        rows = source.sheet(sheet if sheet in source.sheet_names else source.sheet_names[0]).rows
    return {
        number: list(row)
        for number, row in enumerate(rows, start=1)
        if number <= MOST_HEADER_ROWS or number in wanted
    }


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
        cell.value = _CONTROL.sub("", value)
        cell.data_type = "s"
        cell.quotePrefix = looks_like_a_formula(value)
    else:
        cell.value = value
    return cell


def _colour(sheet, mark: Mark, row: int) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill
    from openpyxl.utils import column_index_from_string

    fill = PatternFill("solid", start_color=_COLOURS.get(mark.severity, _COLOURS["soft"]))
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
                cell.comment = Comment(f"{said}{mark.text}"[:_MOST_COMMENT * 3], "数据校验",
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


def _title(name: str, taken: list[str]) -> str:
    """A sheet title that Excel takes: no special characters, at most 31, not taken yet."""
    base = _CONTROL.sub("", re.sub(r"[\[\]:*?/\\]", "_", name))[:28] or "原表"
    title, number = base, 1
    while title in taken:
        number += 1
        title = f"{base}_{number}"
    return title
