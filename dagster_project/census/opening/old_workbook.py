"""What an old workbook (xls) says of its cells beside the values that the library hands out.

The library gives ``123`` with a raised ``2`` as 1232, 1501 for a cell that shows 001501, a formula
that was never calculated as an empty text or a zero, and knows of no hidden rows. xlrd reads what
the cells look like; which of them are formulas only the records themselves tell.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.census.opening.cell_marks import FORMULA, ZeroFormat, with_raised_runs
from dagster_project.census.rejection import FileRejected

if TYPE_CHECKING:
    import xlrd

_BOUND_SHEET, _FORMULA, _UNCALCULATED, _END = 0x85, 0x06, 0x5E, 0x0A  # kinds of records
_WORKSHEET = 0
_CALCULATE_ON_OPENING = 2  # a bit of a formula's options
_NO_NUMBER = 0xFFFF  # in the last two bytes of a result: the first says which
_EMPTY_TEXT = 3


class Looks(NamedTuple):
    """Tokens by row and column and the hidden rows (all from 0) of one sheet."""

    tokens: dict[int, dict[int, str]]
    hidden_rows: set[int]


class _Formula(NamedTuple):
    """A formula: where it stands, and whether its stored result is none of its own."""

    row: int
    column: int
    is_empty: bool
    is_zero: bool
    is_uncalculated: bool


def look_through(data: bytes) -> dict[str, Looks]:
    """What an xls says of its sheets, by their names; raises :class:`FileRejected`."""
    import xlrd

    try:
        book = xlrd.open_workbook(
            file_contents=data,
            formatting_info=True,
            on_demand=True,
            ignore_workbook_corruption=True,
            logfile=io.StringIO(),
        )
        formulas = dict(zip(book.sheet_names(), _formulas(book), strict=False))
        # Programs that cannot calculate give every formula an empty text.
        is_calculated = not all(f.is_empty for found in formulas.values() for f in found)
        return {
            name: _looks(book, name, formulas.get(name, []), is_calculated)
            for name in book.sheet_names()
        }
    except xlrd.XLRDError as error:
        raise _refused(error) from error
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # what a damaged record raises is anybody's guess
        raise _refused(error) from error


def _refused(error: Exception) -> FileRejected:
    if "encrypted" in str(error).lower():
        return FileRejected("census.is_encrypted")
    return FileRejected("census.xls_damaged", error=error)


def _looks(book: xlrd.Book, name: str, formulas: list[_Formula], is_calculated: bool) -> Looks:
    sheet = book.sheet_by_name(name)
    tokens: dict[int, dict[int, str]] = {}
    for row, column, token in _tokens(book, sheet):
        tokens.setdefault(row, {})[column] = token
    for formula in formulas:
        is_none = formula.is_empty or (formula.is_zero and formula.is_uncalculated)
        if is_none and (formula.is_uncalculated or not is_calculated):
            tokens.setdefault(formula.row, {})[formula.column] = FORMULA
    hidden = {row for row, info in sheet.rowinfo_map.items() if info.hidden or info.height == 0}
    book.unload_sheet(name)
    return Looks(tokens, hidden)


def _tokens(book: xlrd.Book, sheet: xlrd.sheet.Sheet) -> Iterator[tuple[int, int, str]]:
    """Row, column and token of the cells that look otherwise than the library says."""
    import xlrd

    formats = {key: ZeroFormat.of(form.format_str or "") for key, form in book.format_map.items()}
    zeros = {
        n: shown
        for n, style in enumerate(book.xf_list)
        if (shown := formats.get(style.format_key)) is not None
    }
    for row in range(sheet.nrows):
        kinds = sheet.row_types(row)
        if xlrd.XL_CELL_ERROR in kinds:
            for column, kind in enumerate(kinds):
                if kind == xlrd.XL_CELL_ERROR:
                    code = sheet.cell_value(row, column)
                    yield row, column, xlrd.error_text_from_code.get(code, "#N/A")
        for column, kind in enumerate(kinds) if zeros else ():
            shown = zeros.get(sheet.cell_xf_index(row, column))
            if shown and kind == xlrd.XL_CELL_NUMBER:
                value = sheet.cell_value(row, column)
                if value >= 0 and value.is_integer():
                    yield row, column, shown.shown(str(int(value)))
    for (row, column), runs in sheet.rich_text_runlist_map.items():
        raised = with_raised_runs(_pieces(book, sheet.cell_value(row, column), runs))
        if raised is not None:
            yield row, column, raised


def _pieces(book: xlrd.Book, text: str, runs: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The pieces of a text, and whether each is raised or lowered."""
    starts = [(0, None), *runs]
    ends = [at for at, _ in runs] + [len(text)]
    return [
        (text[at:end], font is not None and book.font_list[font].escapement > 0)
        for (at, font), end in zip(starts, ends, strict=True)
        if end > at
    ]


# -------------------------------------------------------------------------------------- records


def _records(book: xlrd.Book, start: int) -> Iterator[tuple[int, bytes]]:
    """Kind and content of the records from ``start`` of the workbook's stream on."""
    at, end = book.base + start, book.base + book.stream_len
    while at + 4 <= end:
        kind, size = struct.unpack_from("<HH", book.mem, at)
        yield kind, bytes(book.mem[at + 4 : at + 4 + size])
        at += 4 + size


def _formulas(book: xlrd.Book) -> list[list[_Formula]]:
    """The formulas of every worksheet, in the order of the workbook."""
    starts = []
    for kind, content in _records(book, 0):
        if kind == _END:
            break
        if kind == _BOUND_SHEET and len(content) > 5 and content[5] == _WORKSHEET:
            starts.append(struct.unpack_from("<I", content)[0])
    return [list(_formulas_of(book, start)) for start in starts]


def _formulas_of(book: xlrd.Book, start: int) -> Iterator[_Formula]:
    is_uncalculated = False
    for kind, content in _records(book, start):
        if kind == _END:
            return
        is_uncalculated |= kind == _UNCALCULATED
        if kind == _FORMULA and len(content) >= 16:
            row, column, _ = struct.unpack_from("<HHH", content)
            (mark,) = struct.unpack_from("<H", content, 12)
            (options,) = struct.unpack_from("<H", content, 14)
            yield _Formula(
                row,
                column,
                mark == _NO_NUMBER and content[6] == _EMPTY_TEXT,
                mark != _NO_NUMBER and struct.unpack_from("<d", content, 6)[0] == 0,
                is_uncalculated or bool(options & _CALCULATE_ON_OPENING),
            )
