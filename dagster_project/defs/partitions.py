"""School years and semesters as partitions, and how they belong together.

The school year 2023 (key ``2023``) begins on 1 September 2023, the reference date of the census.
Its semesters are ``2023-autumn`` and ``2024-spring``: semesters are named by the calendar year in
which they begin.

School years are one time window definition. Semesters are two, one a term: a window definition
writes all of its keys with one ``strftime`` format, and none gives ``autumn`` and ``spring`` by
turns, nor can a subclass bring its own, since the webserver and the daemon rebuild a definition
from cron and format alone. A job has one set of partitions only, so the semesters' job runs over
:data:`semesters`, the keys of both definitions in the order of their windows; windows, crons and
keys have one source all the same. School year and semesters are mapped by :func:`semesters_of` and
:func:`school_year_key`, not by a ``PartitionMapping`` on an asset: Dagster has none between windows
and listed keys, and drops those that are not its own outside of the process that defines them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from dagster_project.seeds import setting

FIRST_SCHOOL_YEAR = 2003
ZONE = "Asia/Shanghai"
TERMS = ("autumn", "spring")

# First month of each semester; on the first day of the first one a school year begins.
_BEGINS = {"autumn": 9, "spring": 3}
_YEARLY = f"0 0 1 {_BEGINS['autumn']} *"
_HALF_YEARLY = f"0 0 1 {_BEGINS['spring']},{_BEGINS['autumn']} *"

school_years = dg.TimeWindowPartitionsDefinition(
    cron_schedule=_YEARLY,
    start=str(FIRST_SCHOOL_YEAR),
    fmt="%Y",
    timezone=ZONE,
    end_offset=1,  # the running school year is loaded while it runs
)


def _windows(term: str) -> dg.TimeWindowPartitionsDefinition:
    (other,) = (_BEGINS[name] for name in TERMS if name != term)
    year = FIRST_SCHOOL_YEAR if term == "autumn" else FIRST_SCHOOL_YEAR + 1
    return dg.TimeWindowPartitionsDefinition(
        cron_schedule=_HALF_YEARLY,
        exclusions=[f"0 0 1 {other} *"],
        start=datetime(year, _BEGINS[term], 1),
        fmt=f"%Y-{term}",
        timezone=ZONE,
        end_offset=1 + _YEARS_AHEAD,
    )


# So that a daemon that runs for months knows the semesters that have begun since it started.
_YEARS_AHEAD = 1

semester_windows = {term: _windows(term) for term in TERMS}
"""The semesters of each term as time windows: 1 September to 1 March, 1 March to 1 September."""


def window_of(key: str) -> dg.TimeWindow:
    """Begin and end of a semester, in China's time."""
    _, term = semester_of(key)
    return semester_windows[term].time_window_for_partition_key(key)


def _in_order() -> list[str]:
    keys = [key for term in TERMS for key in semester_windows[term].get_partition_keys()]
    return sorted(keys, key=lambda key: window_of(key).start)


def semester_key(school_year: int, term: str) -> str:
    """Key of a semester: spring 2024 belongs to school year 2023."""
    return f"{school_year if term == 'autumn' else school_year + 1}-{term}"


def semester_of(key: str) -> tuple[int, str]:
    """School year and term of a semester key; the inverse of :func:`semester_key`."""
    year, _, term = key.partition("-")
    return (int(year) if term == "autumn" else int(year) - 1), term


semesters = dg.StaticPartitionsDefinition(_in_order())


def semesters_of(school_year_key: str) -> tuple[str, str]:
    """Keys of the two semesters of a school year: ``2023`` has 2023-autumn and 2024-spring."""
    year = int(school_year_key)
    return semester_key(year, "autumn"), semester_key(year, "spring")


def school_year_key(semester: str) -> str:
    """Key of the school year that a semester belongs to; the inverse of :func:`semesters_of`."""
    return str(semester_of(semester)[0])


def school_year_of(day: date) -> int:
    """The school year that ``day`` belongs to."""
    return day.year if day.month >= _BEGINS["autumn"] else day.year - 1


# ------------------------------------------------------------------------- when files are due


def _due_days() -> dict[str, tuple[int, int]]:
    """Month and day of ``due_autumn`` and ``due_spring`` in the settings that dbt reads too."""
    days = {}
    for term in TERMS:
        month, day = setting(f"due_{term}").split("-")
        days[term] = int(month), int(day)
    return days


# When the files of a semester are due, as month and day.
DUE = _due_days()


def due_day(school_year: int, term: str) -> date:
    """The last day on which the files of a semester may arrive without being late."""
    return date(school_year if term == "autumn" else school_year + 1, *DUE[term])


def last_due(today: date, term: str) -> int:
    """The latest school year whose files of ``term`` are due before ``today``."""
    year = school_year_of(today)
    return year if due_day(year, term) < today else year - 1


def after_due(term: str, hour: int, days: int = 1) -> str:
    """Cron of the ``days``-th day after the files of ``term`` are due, at ``hour``."""
    # Any year that is no leap year: a due day at the end of February is followed by 1 March.
    day = date(2023, *DUE[term]) + timedelta(days=days)
    return f"0 {hour} {day.day} {day.month} *"


def today() -> date:
    """The day it is in China."""
    return datetime.now(ZoneInfo(ZONE)).date()
