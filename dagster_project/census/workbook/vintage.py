"""Of which school year a census workbook is, and which forms were in use in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dagster_project.census import labels
from dagster_project.census.opening.source import Sheet
from dagster_project.census.place import agree_on_year
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected

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
        said = ", ".join(f"{year} in sheet {sheet.name}" for year, sheet in sorted(years.items()))
        raise FileRejected(
            f"The workbook names several school years: {said}.",
            advice="Keep the sheets of one school year in a workbook.",
            sheet=years[max(years)].name,
        )
    stated, sheet = next(iter(years.items()), (None, None))
    year = agree_on_year(place, stated, f"Sheet {sheet.name}" if sheet else "The workbook")
    if year not in YEARS[family]:
        raise FileRejected(
            f"Forms {family}… were in use in school years {YEARS[family][0]} to "
            f"{'today' if family == '教基' else YEARS[family][-1]}, but the workbook is said to "
            f"be of {year}.",
            advice="Put it in the folder of its own school year.",
            sheet=sheet.name if sheet else None,
        )
    return year
