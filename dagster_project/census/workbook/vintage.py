"""Of which school year a census workbook is, and which forms were in use in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dagster_project.census import labels
from dagster_project.census.opening.source import Sheet
from dagster_project.census.place import agree_on_year
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected, plain
from dagster_project.messages import Message

YEARS = {"基础基": range(2013, 2021), "教基": range(2021, 2101)}
_SCHOOL_YEAR = re.compile(r"(20\d\d)(?:[/\-—~至](20\d\d))?学年")


def years_named(sheet: Sheet) -> Iterator[int]:
    """The school years that the first rows of a sheet speak of."""
    for row in sheet.rows[:8]:
        for token in row:
            if isinstance(token, str) and "学年" in token:
                found = _SCHOOL_YEAR.search(labels.label(token))
                if found:
                    yield int(found.group(1))


def school_year_of(years: dict[int, Sheet], place: Place, family: str) -> int:
    """The one school year that the sheets and the place of a workbook agree on.

    Raises :class:`FileRejected`, also for a year in which forms of this ``family`` were not in use.
    """
    if len(years) > 1:
        said = [
            Message("census.year_in_sheet", {"year": year, "sheet": plain(sheet.name)})
            for year, sheet in sorted(years.items())
        ]
        raise FileRejected("census.several_years", said=said, sheet=years[max(years)].name)
    stated, sheet = next(iter(years.items()), (None, None))
    year = agree_on_year(place, stated, _said_by(sheet))
    if year not in YEARS[family]:
        raise FileRejected(
            "census.forms_of_other_years",
            family=family,
            first=YEARS[family][0],
            last=Message("census.today") if family == "教基" else YEARS[family][-1],
            year=year,
            sheet=sheet.name if sheet else None,
        )
    return year


def _said_by(sheet: Sheet | None) -> Message:
    if sheet is None:
        return Message("census.the_workbook")
    return Message("census.the_sheet", {"sheet": plain(sheet.name)})
