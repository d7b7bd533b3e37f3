"""The school years of a plain table: of its folder, its name, a title, the profile or its rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from dagster_project.census.addresses import column_letter
from dagster_project.census.figures import clean_text
from dagster_project.census.opening.source import TextTable, Workbook
from dagster_project.census.place import agree_on_year
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected, plain
from dagster_project.census.table.profile_model import Profile
from dagster_project.messages import Message

MANY = 10  # rows of a school year that no slip of the pen makes


class Sheet(NamedTuple):
    """A sheet (or text) as far as its years are concerned: where its header stands, first rows."""

    sheet: str | None
    row: int
    positions: dict[str, int]
    head: list[tuple[int, list[object]]]


Rows = Callable[[Sheet], Iterator[tuple[int, list[object]]]]
Said = list[tuple[int, Message]]


def school_years(
    source: Workbook | TextTable, profile: Profile, place: Place, sheets: list[Sheet], rows: Rows
) -> tuple[int, ...]:
    """The school years of the file, oldest first; several only where nothing but a column says it.

    Raises :class:`FileRejected` where several places contradict each other or none speaks.
    """
    first = sheets[0]
    said = _said_once(source, profile, first)
    column = profile.school_year.column
    if column in first.positions:
        year, where = _in_first_row(profile, first)
        if not said and place.school_year is None:
            # Looked at before they are read: which years there are decides how the rows are read.
            found = _in_rows(profile, sheets, rows)
            if len(found) > 1:
                return tuple(agree_on_year(place, each, where) for each in found)
            year = found[0] if found else year
        said.append((year, where))
    for other, where in said[1:]:
        if other != said[0][0]:
            raise FileRejected(
                "census.years_contradict",
                where=said[0][1],
                year=said[0][0],
                other_where=where,
                other=other,
                sheet=first.sheet,
            )
    if not said:
        return (agree_on_year(place, None, None),)
    return (agree_on_year(place, *said[-1]),)


def the_profile(profile: Profile) -> Message:
    return Message("census.the_profile", {"profile": profile.profile_id})


def _said_once(source: Workbook | TextTable, profile: Profile, first: Sheet) -> Said:
    """What the profile, the file's name and a title above the header say."""
    rule = profile.school_year
    said: Said = []
    if rule.constant is not None:
        said.append((rule.constant, the_profile(profile)))
    found = re.search(rule.file_name, source.path.name) if rule.file_name else None
    if found and found[1].isdecimal():
        where = Message("census.the_file_name", {"text": plain(source.path.name)})
        said.append((int(found[1]) + rule.add, where))
    if rule.title:
        above = _above(source, first, profile.header_rows[0] - 1)
        title, cell = _title(rule.title, above)
        year = rule.of(title)
        if year is None:
            raise FileRejected(
                "census.no_year_in_title", pattern=rule.title, sheet=first.sheet, cell="A1"
            )
        said.append((year, Message("census.the_cell", {"cell": cell})))
    return said


def _above(source: Workbook | TextTable, first: Sheet, rows: int) -> list[Sequence[object]]:
    table = source if isinstance(source, TextTable) else source.sheet(first.sheet or "")
    return list(table.rows(rows) if isinstance(table, TextTable) else table.rows[:rows])


def _title(pattern: str, rows: Iterable[Sequence[object]]) -> tuple[str, str]:
    """The year in the first cell that the pattern finds one in, and the cell."""
    for number, row in enumerate(rows, start=1):
        for column, token in enumerate(row):
            if found := re.search(pattern, clean_text(token)):
                return found[1], f"{column_letter(column)}{number}"
    return "", ""


def _in_first_row(profile: Profile, first: Sheet) -> tuple[int, Message]:
    """The year of the first school; a total or a note may stand above it."""
    rule = profile.school_year
    position = first.positions[rule.column or ""]
    tokens = [(n, clean_text(row[position])) for n, row in first.head if position < len(row)]
    told = next(((n, t) for n, t in tokens if rule.of(t) is not None), None)
    number, token = told or (tokens or [(first.row + 1, "")])[0]
    year = rule.of(token)
    cell = f"{column_letter(position)}{number}"
    if year is None:
        raise FileRejected(
            "census.year_unreadable",
            token=token,
            column=rule.column,
            sheet=first.sheet,
            cell=cell,
        )
    return year, Message("census.the_cell", {"cell": cell})


def _in_rows(profile: Profile, sheets: list[Sheet], rows: Rows) -> list[int]:
    """The years of the rows, oldest first; a slip of the pen makes none."""
    rule, key = profile.school_year, profile.school_id
    known: dict[object, int | None] = {}
    counts: Counter[int] = Counter()
    schools: dict[int, set[tuple]] = defaultdict(set)
    for sheet in sheets:
        position = sheet.positions.get(rule.column or "")
        names = key.joined or tuple(c for c in key.columns if c in sheet.positions)[:1]
        ids = [sheet.positions[name] for name in names if name in sheet.positions]
        for _, row in rows(sheet) if position is not None else ():
            if max(position or 0, *ids) >= len(row):
                continue
            token = row[position or 0]
            if token not in known:
                known[token] = rule.of(clean_text(token))
            year = known[token]
            if year is not None:
                counts[year] += 1
                schools[year].add(tuple(row[place] for place in ids))
    if rule.several is not None or not counts:
        return sorted(counts) if rule.several else sorted(counts)[:0]
    main = max(counts, key=lambda year: counts[year])
    return sorted(y for y in counts if y == main or _is_meant(y, counts, schools))


def _is_meant(year: int, counts: Counter[int], schools: dict[int, set[tuple]]) -> bool:
    """Whether rows of another year are no slips: of schools that other years have as well.

    The year is a neighbour's, or they are as many as those of others.
    """
    others = set().union(*(ids for other, ids in schools.items() if other != year))
    is_panel = len(schools[year] & others) * 2 >= len(schools[year])
    is_full = counts[year] >= max(MANY, max(counts.values()) / 2)
    return is_panel and (is_full or year - 1 in counts or year + 1 in counts)
