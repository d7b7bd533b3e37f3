"""Code tables: csv files beside a profile that say what codes of a source become."""

from __future__ import annotations

import csv
from collections.abc import Callable

from dagster_project.census.figures import clean_text
from dagster_project.census.table.profile_model import CodeRow
from dagster_project.messages import MessageError

Beside = Callable[[str], bytes]
COLUMNS, YEARS = ("found", "result"), ("from_year", "to_year")
MORE = (*YEARS, "note")
MOST_LINES = 100_000


class CodeTableInvalid(MessageError, ValueError):
    """A code table that is not there or cannot be read."""


def nothing_beside(name: str) -> bytes:
    """Of a profile that lies nowhere."""
    raise CodeTableInvalid("profile.table_not_there", name=name)


def read_code_table(data: bytes, name: str) -> tuple[CodeRow, ...]:
    """The lines of the csv ``data``: what is found, what it becomes (empty: the row is left out).

    From and to which school year a line holds may be said too. Raises :class:`CodeTableInvalid`.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    try:
        lines = [line for line in csv.reader(text.splitlines(), strict=True) if any(line)]
    except csv.Error as error:
        raise CodeTableInvalid("profile.table_no_csv", error=error) from error
    header = [clean_text(label).casefold() for label in lines[0]] if lines else []
    if not set(COLUMNS) <= set(header) or set(header) - {*COLUMNS, *MORE}:
        raise CodeTableInvalid(
            "profile.table_header", columns=list(COLUMNS), more=list(MORE), header=header or ""
        )
    if len(lines) > MOST_LINES:
        raise CodeTableInvalid("profile.table_too_long", most=MOST_LINES)
    found: list[CodeRow] = []
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            raise CodeTableInvalid("profile.table_width", number=number, width=len(header))
        cells = dict(zip(header, map(clean_text, line), strict=True))
        years = [cells.get(year, "") for year in YEARS]
        if not all(year == "" or (year.isdecimal() and len(year) == 4) for year in years):
            raise CodeTableInvalid("profile.table_year", number=number)
        first, last = (int(year) if year else None for year in years)
        found.append(CodeRow(cells["found"], cells["result"] or None, first, last))
    _check_overlaps(found)
    return tuple(found)


def _check_overlaps(rows: list[CodeRow]) -> None:
    """Refuse a code that becomes two things in one school year."""
    latest: dict[str, CodeRow] = {}
    for row in sorted(rows, key=lambda row: (row.found, row.first_year or 0)):
        before = latest.get(row.found)
        if before is not None and (before.last_year or 9999) >= (row.first_year or 0):
            raise CodeTableInvalid("profile.table_twice", code=row.found)
        latest[row.found] = row
