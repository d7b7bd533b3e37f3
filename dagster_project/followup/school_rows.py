"""What a list shows of a file of many schools: the school's own rows under the file's headings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.census.addresses import column_of
from dagster_project.census.opening.printable import printable
from dagster_project.census.opening.source import TextTable, Workbook
from dagster_project.followup.census_copy import (
    MOST_COMMENT,
    Flag,
    Key,
    Mark,
    Whose,
    find_marks,
    find_sheets,
    is_copied_whole,
    judged_files,
    left_out_if_it_fails,
)

MOST_HEADER_ROWS = 8
_NUMBER = re.compile(r"-?[\d.]+")
Place = tuple[int, int]  # row and column of an excerpt, from 0


@dataclass
class Excerpt:
    """Some rows of one sheet (``None``: a csv), the first ``headings`` of them headings.

    ``severities`` says which cells are coloured and how, ``comments`` what is said in them.
    """

    sheet: str | None
    rows: list[list[object]]
    headings: int
    severities: dict[Place, str] = field(default_factory=dict)
    comments: dict[Place, str] = field(default_factory=dict)

    def mark(self, row: int, mark: Mark) -> None:
        """Colour the cell of ``mark`` in ``row``, or the whole row, and say in it why."""
        columns = [column_of(mark.column.encode())] if mark.column else range(self._width())
        for column in columns:
            place = row, column
            if place not in self.comments or mark.severity == "hard":
                # An impossible figure is never painted over by a doubtful one.
                self.severities[place] = mark.severity
            if mark.column or column == 0:
                said = f"{self.comments[place]}\n\n" if place in self.comments else ""
                if mark.text not in said:
                    self.comments[place] = f"{said}{mark.text}"[: MOST_COMMENT * 3]

    def _width(self) -> int:
        """Number of columns that hold or show something, at least one."""
        widths = (
            max((at for at, cell in enumerate(cells, 1) if cell not in (None, "")), default=1)
            for cells in self.rows
        )
        return max([*widths, *(column + 1 for _, column in self.severities)])


def cut_excerpts(
    targets: Iterable[tuple[Key, list[Flag]]], raw: Path, whose: Whose
) -> Mapping[Key, list[Excerpt]]:
    """The rows that flags point into, for everyone in ``targets``; every file is opened once.

    Of files that are copied whole (:func:`~.census_copy.is_copied_whole`) there are none.
    """
    found: dict[Key, list[Excerpt]] = defaultdict(list)
    for source, lists in judged_files(targets, raw, lambda shape: shape != "workbook"):
        with left_out_if_it_fails(source):
            sheets = find_sheets(source, lists)
            marked = [
                (key, find_marks(flags))
                for key, flags in lists
                if not is_copied_whole(sheets, flags, whose)
            ]
            needed = {(mark.sheet, mark.row) for _, mine in marked for mark in mine}
            headings = dict(sheets.headings) if sheets else {}
            grids = {
                sheet: _rows(
                    source,
                    sheet,
                    {row for s, row in needed if s == sheet} | {*headings.get(sheet, ())},
                )
                for sheet in {sheet for sheet, _ in needed}
            }
            shown = {s: list(headings.get(s) or _find_headings(grid)) for s, grid in grids.items()}
            for key, mine in marked:
                for sheet in dict.fromkeys(mark.sheet for mark in mine):
                    of_sheet = [mark for mark in mine if mark.sheet == sheet]
                    made = _cut_excerpt(sheet, of_sheet, grids[sheet], shown[sheet])
                    found[key].append(made)
    return found


def _cut_excerpt(
    sheet: str | None, found: list[Mark], grid: Mapping[int, list], headings: Iterable[int]
) -> Excerpt:
    own = sorted({mark.row for mark in found} & grid.keys())
    headings = [row for row in headings if row not in own and row in grid]
    place = {row: number for number, row in enumerate([*headings, *own])}
    excerpt = Excerpt(sheet, [grid[row] for row in place], len(headings))
    for mark in found:
        if mark.row in place:
            excerpt.mark(place[mark.row], mark)
    return excerpt


def _find_headings(grid: Mapping[int, list]) -> list[int]:
    """The rows at the top without a single number: titles and headings."""
    found = []
    for row in sorted(row for row in grid if row <= MOST_HEADER_ROWS):
        cells = [cell for cell in grid[row] if cell not in (None, "")]
        if not cells or any(_NUMBER.fullmatch(str(cell).strip()) for cell in cells):
            break
        found.append(row)
    return found


def _rows(source: Workbook | TextTable, sheet: str | None, wanted: set[int]) -> dict[int, list]:
    """The first rows and the wanted ones, by their number from 1."""
    wanted = wanted | set(range(1, MOST_HEADER_ROWS + 1))
    if isinstance(source, TextTable):
        rows = enumerate(source.rows(limit=max(wanted)), start=1)
        return {number: list(row) for number, row in rows if number in wanted}
    names = {printable(name): name for name in source.sheet_names}
    grid = source.sheet(names.get(sheet or "", source.sheet_names[0])).rows
    return {number: list(grid[number - 1]) for number in wanted if 1 <= number <= len(grid)}
