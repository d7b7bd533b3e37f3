"""The lines of a csv taken apart into rows, so strictly that no row is lost inside a cell.

A quotation mark too many makes a cell of everything up to the next one: whole rows, with the
names and figures of others, end in the name of a school. So a cell that runs over a line end is
looked at: where its lines are rows themselves, the file is refused with the line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from dagster_project.census.rejection import FileRejected
from dagster_project.messages import Message

LONGEST_CELL = 100_000  # characters; more is a quote that was never closed
MOST_COLUMNS = 16_384  # as many as Excel has


def csv_rows(lines: Iterable[str], separator: str, first: int = 1) -> Iterator[list[str]]:
    """Rows as lists of text cells, quoting undone; blank lines are ``[]``.

    ``first`` is the number of the first row.

    Raises :class:`FileRejected` at a quotation mark that is never closed, closed within a cell, or
    swallows rows, and at a row of more columns than a sheet can have.
    """
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    for number in count(first):
        line = reader.line_num + first
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unbalanced(number, line, str(error)) from error
        if reader.line_num + first > line + 1:
            check_swallowed(row, separator, number, line)
        if len(row) > MOST_COLUMNS:
            raise FileRejected(
                "census.too_many_columns",
                number=number,
                count=len(row),
                most=MOST_COLUMNS,
                cell=f"row {number}",
            )
        yield row


def check_swallowed(row: Sequence[str], separator: str, number: int, line: int) -> None:
    """Refuse a ``row`` (from ``line`` on) in which a quoted cell holds other rows."""
    for place, cell in enumerate(row):
        pieces = cell.splitlines()
        if len(pieces) < 2:
            continue
        separators = len(row) - 1  # of a whole row
        counts = [piece.count(separator) for piece in pieces]
        # What stands before its first line end is a row, and so is what stands behind its last.
        is_between = place + counts[0] == separators and counts[-1] == place
        if separators and (is_between or separators in counts[1:-1]):
            raise FileRejected(
                "census.quote_swallows_rows",
                number=number,
                line=line,
                count=len(pieces),
                cell=f"row {number}",
            )


def _unbalanced(number: int, line: int, error: str) -> FileRejected:
    what = "census.quote_never_closed"
    if "new-line" in error:
        what = "census.return_alone"
    elif "expected after" in error:
        what = "census.quote_closed_early"
    return FileRejected(
        "census.row_cannot_be_split",
        number=number,
        line=line,
        what=Message(what),
        cell=f"row {number}",
    )
