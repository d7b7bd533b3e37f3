"""The lines of a csv taken apart into rows, so strictly that no row is lost inside a cell.

A quotation mark too many makes a cell of everything up to the next one: whole rows, with the
names and figures of others, end in the name of a school. So a cell that runs over a line end is
looked at: where its lines are rows themselves, the file is refused with the line.

A copy that ended early has lost rows that nobody misses: a text whose last line has no end and is
shorter than the others is refused as well.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from dagster_project.census.rejection import FileRejected
from dagster_project.census.row_words import is_note, total_label
from dagster_project.messages import Message

LONGEST_CELL = 100_000  # characters; more is a quote that was never closed
MOST_COLUMNS = 16_384  # as many as Excel has
_ENOUGH = 3  # rows, or figures, that say how long others are


@dataclass
class Ending:
    """Watches the rows of a text for its last: whether the text ends within it.

    Many programs write no end behind the last line, so that alone says nothing. But a last row of
    fewer cells than most others, or with an empty or shorter last cell than all others, is a piece.
    """

    lines: Iterator[str]
    _line: str = ""
    _widths: Counter[int] = field(default_factory=Counter)
    _row: Sequence[str] = ()
    _figures: int = 0  # rows before the last whose last cell is a figure
    _shortest: int = LONGEST_CELL  # in digits, of these
    _blanks: int = 0  # rows before the last whose last cell is empty

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self._line = line
            yield line

    def see(self, row: Sequence[str]) -> None:
        """Take in the next row."""
        if self._row:
            self._widths[len(self._row)] += 1
            last = self._row[-1]
            if digits := _digits(last):
                self._figures += 1
                self._shortest = min(self._shortest, digits)
            else:
                self._blanks += not last.strip()
        self._row = row

    def check(self, number: int) -> None:
        """Refuse the text if it ends within row ``number``, its last."""
        row, line = self._row, self._line
        if not row or not self._widths or line.endswith(("\n", "\r")):
            return
        usual, rows = self._widths.most_common(1)[0]
        if rows < _ENOUGH:  # a few lines that somebody wrote by hand
            return
        if is_note(row[0]) or any(map(total_label, row[:2])):  # behind the table, and no row of it
            return
        if len(row) < usual or (len(row) == usual and self._is_piece(row[-1])):
            raise FileRejected(
                "census.cut_off_within_line",
                number=number,
                count=len(row),
                width=usual,
                cell=f"row {number}",
            )

    def _is_piece(self, last: str) -> bool:
        if self._figures < _ENOUGH or self._line.endswith('"'):
            return False
        if not last.strip():
            return not self._blanks
        digits = _digits(last)
        is_short = 0 < digits < self._shortest and last.strip() != "0"
        return is_short or (digits > 0 and last.endswith((".", ",")))


def _digits(cell: str) -> int:
    """How many digits a figure has; 0 if the cell is none."""
    text = cell.strip()
    if text.isdecimal():
        return len(text)
    text = text.lstrip("+-").replace(".", "", 1).replace(",", "")
    return len(text) if text.isdecimal() else 0


def csv_rows(lines: Iterable[str], separator: str, first: int = 1) -> Iterator[list[str]]:
    """Rows as lists of text cells, quoting undone; blank lines are ``[]``.

    ``first`` is the number of the first row.

    Raises :class:`FileRejected` at a quotation mark that is never closed, closed within a cell, or
    swallows rows, at a row of more columns than a sheet can have, and at a last row that is a piece
    of one (:class:`Ending`).
    """
    csv.field_size_limit(LONGEST_CELL)
    ending = Ending(iter(lines))
    reader = csv.reader(ending, delimiter=separator, strict=True)
    for number in count(first):
        line = reader.line_num + first
        try:
            row = next(reader)
        except StopIteration:
            ending.check(number - 1)
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
        ending.see(row)
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
