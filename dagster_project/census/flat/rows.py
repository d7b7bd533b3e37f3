"""The rows of a flat export below its header, in batches of text columns.

Both kinds of file end in the same :class:`RowBatch`: a csv is taken apart by Arrow a few thousand
lines at a time, a sheet is cut column-wise. Memory stays flat however long the file is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pyarrow as pa
from pyarrow import csv as pacsv

from dagster_project.census.opening.csv_rows import Ending, csv_rows
from dagster_project.census.opening.sheet_grid import Grid, is_filled, shown
from dagster_project.census.opening.source import Sheet, TextTable
from dagster_project.census.rejection import FileRejected
from dagster_project.census.set_aside import MOSTLY

BATCH_ROWS = 10_000
_HEAD_ROWS = 60
_LOOKED_BACK = 1000  # rows that the last one is compared with
_LONGEST_RECORD = 50  # lines; more is a quotation mark that was never closed


@dataclass(frozen=True)
class RowBatch:
    """Some rows: ``columns`` by place of the column (from 0), ``rows`` the row numbers (from 1).

    ``overflow``: of rows with cells right of the last heading the column (from 0) of the first of
    these, and whether one holds digits, by row number. (What they hold may be personal.)
    """

    columns: dict[int, pa.Array]
    rows: range
    overflow: dict[int, tuple[int, bool]] = field(default_factory=dict)


def text_head(table: TextTable) -> list[list[str]]:
    """The first rows of a csv: enough to hold any header."""
    return list(table.rows(_HEAD_ROWS))


def without_heading(sheet: Sheet, data_row: int, width: int) -> frozenset[int]:
    """The columns behind the ``width`` of the header that most rows fill: a heading was left out.

    Others that are filled there belong to single rows that are longer than they may be.
    """
    if isinstance(sheet.rows, Grid):
        filled = np.count_nonzero(sheet.rows.codes[data_row:, width:], axis=0)
    else:
        rows = [row[width:] for row in sheet.rows[data_row:] if len(row) > width]
        filled = np.zeros(max(map(len, rows), default=0), np.int64)
        for row in rows:
            filled[: len(row)] += [is_filled(cell) for cell in row]
    most = MOSTLY * (len(sheet.rows) - data_row)
    return frozenset((np.flatnonzero(filled > most) + width).tolist())


def sheet_batches(
    sheet: Sheet,
    data_row: int,
    wanted: Sequence[int],
    width: int,
    stray: frozenset[int] = frozenset(),
) -> Iterator[RowBatch]:
    """The rows of ``sheet`` from ``data_row`` (from 0) on, columns ``wanted`` only.

    ``width`` is the header's; ``stray`` columns behind it may be filled.
    """
    for start in range(data_row, len(sheet.rows), BATCH_ROWS):
        stop = min(start + BATCH_ROWS, len(sheet.rows))
        if isinstance(sheet.rows, Grid):
            columns = _columns_of_grid(sheet.rows, start, stop, wanted)
        else:
            columns = _columns_of_rows(sheet.rows, start, stop, wanted)
        blank = pa.array([""] * (stop - start), pa.string())
        columns |= {c: blank for c in wanted if c not in columns}
        overflow = _overflow(sheet.rows, start, stop, width, stray)
        yield RowBatch(columns, range(start + 1, stop + 1), overflow)


def _overflow(
    rows: Sequence[list[object]], start: int, stop: int, width: int, stray: frozenset[int]
) -> dict[int, tuple[int, bool]]:
    """Where the filled cells right of the header begin, and whether they hold digits, by row."""
    if isinstance(rows, Grid):
        longer = rows.codes[start:stop, width:].any(axis=1)
        numbers = (np.flatnonzero(longer) + start).tolist() if rows.width > width else []
    else:
        numbers = [n for n in range(start, stop) if len(rows[n]) > width]
    found = {}
    for number in numbers:
        behind = enumerate(rows[number][width:], width)
        cells = [(at, cell) for at, cell in behind if at not in stray and is_filled(cell)]
        if cells:
            has_digits = any(c.isdigit() for _, cell in cells for c in str(cell))
            found[int(number) + 1] = cells[0][0], has_digits
    return found


def _columns_of_grid(
    grid: Grid, start: int, stop: int, wanted: Sequence[int]
) -> dict[int, pa.Array]:
    return {c: grid.texts(c, start, stop) for c in wanted if c < grid.width}


def _columns_of_rows(
    rows: Sequence[list[object]], start: int, stop: int, wanted: Sequence[int]
) -> dict[int, pa.Array]:
    block = rows[start:stop]
    width = max(map(len, block))
    return {
        c: pa.array([shown(row[c]) if c < len(row) else "" for row in block], pa.string())
        for c in wanted
        if c < width
    }


def text_batches(
    table: TextTable, data_row: int, width: int, wanted: Sequence[int]
) -> Iterator[RowBatch]:
    """The rows of a csv from row ``data_row`` (from 0) on; ``width`` is the header's.

    Raises :class:`FileRejected` at a line with more or fewer cells than the header, at a line in
    another encoding, and where the text ends within a line.
    """
    lines = table.lines()
    for _ in range(data_row):
        next(_records(lines, table.separator), None)
    first = data_row + 1
    names = [str(c) for c in range(width)]
    read = pacsv.ReadOptions(column_names=names, use_threads=False, block_size=1 << 30)
    convert = pacsv.ConvertOptions(
        include_columns=[str(c) for c in wanted],
        column_types=dict.fromkeys(names, pa.string()),
        strings_can_be_null=False,
    )
    blank = table.separator * (width - 1) + "\n"
    while records := list(islice(_records(lines, table.separator), BATCH_ROWS)):
        # A blank line is a row to a spreadsheet; Arrow would skip it and shift all row numbers.
        text = "".join(blank if not record.strip() else record for record in records)
        is_quoted = '"' in text
        if is_quoted and text.count("\n") + (text[-1] != "\n") > len(records):
            _check_quotes(records, first, table.separator)
        parse = pacsv.ParseOptions(
            delimiter=table.separator, newlines_in_values=is_quoted, ignore_empty_lines=False
        )
        try:
            block = pacsv.read_csv(pa.py_buffer(text.encode()), read, parse, convert)
        except pa.ArrowInvalid as error:
            raise _ragged(records, first, width, table.separator, error) from error
        if block.num_rows != len(records):
            raise _ragged(records, first, width, table.separator, "quotation marks do not pair")
        if not records[-1].endswith(("\n", "\r")):
            _check_ending(records, first, table.separator)
        columns = {c: block.column(str(c)).combine_chunks() for c in wanted}
        yield RowBatch(columns, range(first, first + len(records)))
        first += len(records)


def _check_ending(records: Sequence[str], first: int, separator: str) -> None:
    """Refuse a text that ends within the last of ``records``."""
    number = first + len(records) - 1
    ending = Ending(iter(records[-_LOOKED_BACK:]))
    for row in csv.reader(ending, delimiter=separator):
        ending.see(row)
    ending.check(number)


def _check_quotes(records: Sequence[str], first: int, separator: str) -> None:
    """Refuse records of several lines whose quotation marks swallow rows."""
    for number, record in enumerate(records, first):
        if record.find("\n", 0, -1) >= 0:
            list(csv_rows(record.splitlines(keepends=True), separator, number))


def _records(lines: Iterator[str], separator: str) -> Iterator[str]:
    """Lines, joined where a quoted cell runs over a line end."""
    mark = re.escape(separator)
    closed = re.compile(rf'(^|{mark})"(?:[^"]|"")*"(?={mark}|[\r\n]|$)')
    opened = re.compile(rf'(^|{mark})"')  # inside a cell (5" pipe) a mark quotes nothing
    for line in lines:
        record, joined = line, 1
        while record.count('"') % 2 and joined < _LONGEST_RECORD:
            if not opened.search(closed.sub(r"\1", record)):
                break
            record += next(lines, "")
            joined += 1
        yield record


def _ragged(
    records: Sequence[str], first: int, width: int, separator: str, error: object
) -> FileRejected:
    for number, record in enumerate(records, first):
        if not record.strip():
            continue
        try:
            found = len(next(csv.reader(io.StringIO(record, newline=""), delimiter=separator)))
        except csv.Error:
            found = 0
        if found != width:
            return FileRejected(
                "census.row_width", number=number, found=found, width=width, cell=f"row {number}"
            )
    return FileRejected(
        "census.rows_cannot_be_split",
        first=first,
        last=first + len(records) - 1,
        error=error,
        cell=f"row {first}",
    )
