"""Opening a raw file: what its bytes really are, and its sheets as plain grids of cells.

Files come from many hands: a suffix is a claim, the bytes decide. Everything that would make a
spreadsheet library hang, crash or eat the memory is refused here with a sentence.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.census.opening import admission, encodings, old_workbook, package
from dagster_project.census.opening.csv_rows import csv_rows
from dagster_project.census.opening.sheet_grid import is_filled, plain
from dagster_project.census.opening.zipped import zipped_table
from dagster_project.census.rejection import FileRejected

if TYPE_CHECKING:
    import python_calamine

Merge = tuple[int, int, int, int]  # first row, first column, last row, last column, all from 0

EXCEL_SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".et")
_SUFFIXES = {package.ZIP: (".xlsx", ".xlsm"), package.OLE: (".xls",)}
_MOST_MERGES = 100_000  # merged ranges of a sheet that are looked at
_BEYOND = 100  # rows and columns that a merged range may reach beyond the last cell


@dataclass(frozen=True)
class Sheet:
    """One sheet as rows of raw cells (``None`` where empty), from A1 on, trailing emptiness cut.

    The rows of a large sheet are a :class:`.Grid`, which hands out columns as well.
    """

    name: str
    rows: Sequence[list[object]]
    merges: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = frozenset()  # from 0

    def value(self, row: int, column: int) -> object:
        """The cell at ``row``, ``column`` (from 0); ``None`` outside the grid."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return None


@dataclass(frozen=True)
class Workbook:
    """An Excel file (xlsx or xls), opened; sheets are read one at a time."""

    path: Path
    sheet_names: tuple[str, ...]
    hidden_sheets: frozenset[str]
    _book: python_calamine.CalamineWorkbook
    _seen: package.Seen = field(default_factory=package.Seen)
    _latest: dict[str, Sheet] = field(default_factory=dict)

    def sheet(self, name: str) -> Sheet:
        """Read one sheet whole. Dates and booleans come as the text that Excel shows."""
        if name in self._latest:  # recognising and reading ask for the same sheet in a row
            return self._latest[name]
        large = self._seen.large.get(name)
        hidden = frozenset(self._seen.hidden_rows.get(name, ()))
        sheet = (
            _read_sheet(self._book, name, self._seen.tokens.get(name, {}), hidden)
            if large is None
            else Sheet(
                name, large.grid, _merges(large.merges, len(large.grid), large.grid.width), hidden
            )
        )
        self._latest.clear()
        self._latest[name] = sheet
        return sheet

    def sheets(self) -> Iterator[Sheet]:
        """Read every sheet, in the order of the workbook."""
        for name in self.sheet_names:
            yield self.sheet(name)


@dataclass(frozen=True)
class TextTable:
    """A csv or tsv text: its encoding and separator, found from its bytes unless they are told."""

    path: Path
    encoding: str
    separator: str
    opener: encodings.Opener

    def told(self, encoding: str | None, separator: str | None) -> TextTable:
        """The same text as somebody says that it is to be read; ``None``: as found."""
        encoding = encoding or self.encoding
        separator = separator or self.separator
        return replace(self, encoding=encoding, separator=separator)

    def lines(self) -> Iterator[str]:
        """The decoded lines with their line ends; see :func:`.encodings.lines`."""
        return encodings.lines(self.opener, self.encoding)

    def rows(self, limit: int | None = None) -> Iterator[list[str]]:
        """Rows as lists of text cells, quoting and byte-order mark undone; blank lines are ``[]``.

        Raises :class:`FileRejected` at a line in another encoding, a quotation mark that is never
        closed or swallows rows, and a row of more columns than a sheet can have.
        """
        return islice(csv_rows(self.lines(), self.separator), limit)


def open_source(path: Path, encoding: str | None = None) -> Workbook | TextTable:
    """Recognise ``path`` by its bytes and open it; raises :class:`FileRejected`.

    Of a zip archive that holds one table, the table is opened. ``encoding`` is that of a text, if
    somebody says it.
    """
    opener: encodings.Opener = partial(admission.open_plain, path)
    kind, inner = _kind(opener), None
    if kind == package.ZIP and (inner := zipped_table(path)) is not None:
        path, opener = inner.path, inner.open
        kind = _kind(opener)
    if kind in (package.ZIP, package.OLE):
        return _open_book(path, kind, opener, inner is not None)
    _refuse_other(path, kind, opener)
    codec = encoding or encodings.detect(opener)
    return TextTable(path, codec, encodings.separator(opener, codec), opener)


def _kind(opener: encodings.Opener) -> str:
    try:
        with opener() as file:
            return package.kind_of(file.read(4096))
    except OSError as error:
        raise admission.unreadable(error) from error


def _refuse_other(path: Path, kind: str, opener: encodings.Opener) -> None:
    """Refuse what is no text, and a text that claims to be a workbook."""
    if kind != package.TEXT:
        raise package.refused(kind)
    suffix = path.suffix.lower()
    if suffix in EXCEL_SUFFIXES:
        encodings.detect(opener)  # binary garbage gets its own sentence
        raise FileRejected("census.csv_under_excel_name", suffix=suffix)


def _open_book(path: Path, kind: str, opener: encodings.Opener, is_inner: bool) -> Workbook:
    import python_calamine

    with opener() as file:
        seen = package.Seen()
        if kind == package.ZIP:
            seen = package.check_xlsx(file)
        else:
            data = file.read()
            package.check_ole(data)
            for name, looks in old_workbook.look_through(data).items():
                seen.tokens[name], seen.hidden_rows[name] = looks
        # By path the library trusts the suffix; only bytes make it look for itself.
        content: Path | io.BytesIO = path
        if is_inner or path.suffix.lower() not in _SUFFIXES[kind]:
            file.seek(0)
            content = io.BytesIO(file.read())

    with _calamine_trouble():
        book = python_calamine.CalamineWorkbook.from_object(content)
        sheets = [
            sheet
            for sheet in book.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        names = tuple(sheet.name for sheet in sheets)
        seen_by_people = python_calamine.SheetVisibleEnum.Visible
        hidden = frozenset(sheet.name for sheet in sheets if sheet.visible != seen_by_people)
    if not names:
        raise FileRejected("census.no_worksheet")
    return Workbook(path, names, hidden, book, seen)


class _calamine_trouble:
    """Turns whatever the Excel library raises, its internal panics included, into a rejection."""

    def __init__(self, sheet: str | None = None) -> None:
        self.sheet = sheet

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind, error, trace) -> None:
        import python_calamine

        if kind is None or issubclass(kind, FileRejected):
            return
        if issubclass(kind, python_calamine.PasswordError):
            raise package.refused("encrypted") from error
        # A Rust panic is no Exception; it has no importable class.
        if issubclass(kind, Exception) or kind.__name__ == "PanicException":
            raise FileRejected("census.excel_damaged", error=error, sheet=self.sheet) from error


def _read_sheet(
    book: python_calamine.CalamineWorkbook,
    name: str,
    tokens: package.Tokens,
    hidden: frozenset[int],
) -> Sheet:
    """Read a sheet row by row, so that a million empty rows cost time but no memory."""
    with _calamine_trouble(name):
        raw = book.get_sheet_by_name(name)
        rows: list[list[object]] = []
        width, gap = 0, 0
        left = [None] * raw.start[1] if raw.start else []  # the library begins at the first column
        # Rows of nothing but formulas without a result are none to the library.
        below = chain(raw.iter_rows(), repeat([], max(tokens, default=-1) + 1))
        for number, row in enumerate(below):
            cells = left + [plain(c) for c in row]
            for column, token in tokens.get(number, {}).items():
                # An error value or a formula without a result comes empty; neither is a blank.
                cells.extend([None] * (column + 1 - len(cells)))
                cells[column] = token
            used = _used(cells)
            if not used:
                gap += 1
                continue
            if gap:
                empty: list[object] = []
                rows.extend([empty] * gap)
                gap = 0
            width = max(width, used)
            rows.append(cells)
        ranges = ((*first, *last) for first, last in raw.merged_cell_ranges or ())
        merges = _merges(ranges, len(rows), width)
    blank: list[object] = [None] * width
    for number, cells in enumerate(rows):
        if not cells:
            rows[number] = blank
        elif len(cells) > width:
            del cells[width:]
        elif len(cells) < width:
            cells.extend([None] * (width - len(cells)))
    return Sheet(name, rows, merges, hidden)


def _merges(ranges: Iterable[Merge], rows: int, width: int) -> tuple[Merge, ...]:
    """The merged ranges of the cells that there are; one that spans the whole sheet is cut."""
    return tuple(
        (top, left, min(bottom, rows + _BEYOND), min(right, width + _BEYOND))
        for top, left, bottom, right in islice(ranges, _MOST_MERGES)
        if top < rows and left < width
    )


def _used(cells: list[object]) -> int:
    """Number of cells up to the last that holds more than space."""
    for position in range(len(cells), 0, -1):
        if is_filled(cells[position - 1]):
            return position
    return 0
