"""School years and semesters as partitions.

The school year 2023 (key ``2023``) begins on 1 September 2023, the reference date of the census.
Its semesters are ``2023-autumn`` and ``2024-spring``: semesters are named by the calendar year in
which they begin.
"""

from __future__ import annotations

import csv
from datetime import date

import dagster as dg

from dagster_project.settings import PROJECT

FIRST_SCHOOL_YEAR = 2003

school_years = dg.TimeWindowPartitionsDefinition(
    cron_schedule="0 0 1 9 *",
    start=str(FIRST_SCHOOL_YEAR),
    fmt="%Y",
    timezone="Asia/Shanghai",
    end_offset=1,  # the running school year is loaded while it runs
)


def _due_days() -> dict[str, tuple[int, int]]:
    """Month and day of ``due_autumn`` and ``due_spring`` in the settings that dbt reads too."""
    with (PROJECT / "dbt" / "seeds" / "setting.csv").open(encoding="utf-8", newline="") as file:
        settings = {row["setting_id"]: row["value"] for row in csv.DictReader(file)}
    return {
        term: tuple(map(int, settings[f"due_{term}"].split("-"))) for term in ("autumn", "spring")
    }


def school_year_of(day: date) -> int:
    """The school year that ``day`` belongs to."""
    return day.year if day.month >= 9 else day.year - 1


def semester_key(school_year: int, term: str) -> str:
    """Key of a semester: spring 2024 belongs to school year 2023."""
    return f"{school_year if term == 'autumn' else school_year + 1}-{term}"


def semester_of(key: str) -> tuple[int, str]:
    """School year and term of a semester key; the inverse of :func:`semester_key`."""
    year, _, term = key.partition("-")
    return (int(year) if term == "autumn" else int(year) - 1), term


# When the files of a semester are due, as month and day.
DUE = _due_days()


def due_day(school_year: int, term: str) -> date:
    """The last day on which the files of a semester may arrive without being late."""
    return date(school_year if term == "autumn" else school_year + 1, *DUE[term])


def last_due(today: date, term: str) -> int:
    """The latest school year whose files of ``term`` are due before ``today``."""
    year = school_year_of(today)
    return year if due_day(year, term) < today else year - 1


# One year ahead, so that a daemon that runs for months knows the semester that has just begun.
semesters = dg.StaticPartitionsDefinition(
    [
        semester_key(year, term)
        for year in range(FIRST_SCHOOL_YEAR, school_year_of(date.today()) + 2)
        for term in ("autumn", "spring")
    ]
)
