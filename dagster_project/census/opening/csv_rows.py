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

LONGEST_CELL = 100_000  # characters; more is a quote that was never closed
MOST_COLUMNS = 16_384  # as many as Excel has
_CORRECT = "Export the table again, or correct the quotation mark in a new copy."


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
                f"Row {number} has {len(row):,} columns, more than the {MOST_COLUMNS:,} that "
                "a table may have.",
                advice="Export the table again, with its own columns only.",
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
                f"Row {number} (line {line}) opens a quotation mark that swallows the rows after "
                f"it, {len(pieces)} lines in all.",
                advice=_CORRECT,
                cell=f"row {number}",
            )


def _unbalanced(number: int, line: int, error: str) -> FileRejected:
    what = "a quotation mark is probably opened in it and never closed"
    if "new-line" in error:
        what = "a carriage return stands alone in it"
    elif "expected after" in error:
        what = "a quotation mark is closed in the middle of a cell; what follows it is no separator"
    return FileRejected(
        f"Row {number} (line {line}) cannot be taken apart: {what}.",
        advice=_CORRECT,
        cell=f"row {number}",
    )
