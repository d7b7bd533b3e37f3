"""Opening a raw file: what its bytes really are, and its sheets as plain grids of cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import python_calamine

Merge = tuple[int, int, int, int]  # first row, first column, last row, last column, all from 0


@dataclass(frozen=True)
class Sheet:
    """One sheet as rows of raw cells (``None`` where empty), from A1 on, trailing emptiness cut."""

    name: str
    rows: list[list[object]]
    merges: tuple[Merge, ...] = ()

    def value(self, row: int, column: int) -> object:
        """The cell at ``row``, ``column`` (from 0); ``None`` outside the grid."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return None


def column_letter(column: int) -> str:
    """``0`` → ``A``, ``26`` → ``AA``."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell_address(row: int, column: int) -> str:
    """Address of a cell as spreadsheets write it; ``row`` and ``column`` count from 0."""
    return f"{column_letter(column)}{row + 1}"


@dataclass(frozen=True)
class Workbook:
    """An Excel file (xlsx or xls), opened; sheets are read one at a time."""

    path: Path
    sheet_names: tuple[str, ...]
    _book: object

    def sheet(self, name: str) -> Sheet:
        """Read one sheet whole."""
        raw = self._book.get_sheet_by_name(name)
        rows = [[None if c == "" else c for c in r] for r in raw.to_python(skip_empty_area=False)]
        merges = tuple((a[0], a[1], b[0], b[1]) for a, b in raw.merged_cell_ranges or ())
        return Sheet(name, rows, merges)

    def sheets(self) -> Iterator[Sheet]:
        """Read every sheet, in the order of the workbook."""
        for name in self.sheet_names:
            yield self.sheet(name)


@dataclass(frozen=True)
class TextTable:
    """A csv or tsv file: its encoding and separator, found from its bytes."""

    path: Path
    encoding: str
    separator: str

    def rows(self, limit: int | None = None) -> Iterator[list[str]]:
        """Rows as lists of text cells, quoting and byte-order mark undone."""
        raise NotImplementedError


def open_source(path: Path) -> Workbook | TextTable:
    """Recognise ``path`` by its bytes and open it; raises :class:`FileRejected`."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    return Workbook(path, tuple(book.sheet_names), book)
