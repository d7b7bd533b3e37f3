"""Who has not reported: a check on what is published, aware of when reports are due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import dagster as dg

from dagster_project.defs.partitions import due_day, last_due, school_year_of, today
from dagster_project.defs.resources import Warehouse
from dagster_project.publish.opening import open_published
from dagster_project.publish.versions import in_force
from dagster_project.settings import Settings

CHECK = "who_has_not_reported"
MOST_NAMED = 20
_CENSUS_TERM = "autumn"


@dataclass(frozen=True)
class County:
    """What one county has reported of a school year: schools expected and received."""

    school_year: int
    county_code: str
    expected: int
    received: int


@dataclass(frozen=True)
class Reported:
    """The state of the census: ``late`` holds a sentence for each county that is behind."""

    school_year: int
    status: str  # complete | late | not_due
    late: tuple[str, ...]


def reported(counties: Iterable[County], today: date) -> Reported:
    """Whether the census that is due has come whole, from every county that reported before.

    Before the due day of the running school year that census is ``not_due``, and the year before
    is what must be complete.
    """
    known = list(counties)
    due = last_due(today, _CENSUS_TERM)
    here = {county.county_code: county for county in known if county.school_year == due}
    before = {county.county_code for county in known if county.school_year == due - 1}
    late = [
        f"{code}: {county.expected - county.received} of {county.expected} schools missing"
        for code, county in sorted(here.items())
        if county.received < county.expected
    ]
    late += [f"{code}: nothing has arrived" for code in sorted(before - set(here))]
    if not known or (not here and not before):
        late.append(f"no county has reported {due}, due {due_day(due, _CENSUS_TERM):%d %B %Y}")
    status = "late" if late else "not_due" if due < school_year_of(today) else "complete"
    return Reported(due, status, tuple(late))


def published_counties(settings: Settings) -> list[County]:
    """The censuses in ``quality.completeness``; empty where nothing is published."""
    if in_force(settings) is None:
        return []
    with open_published(settings.database) as connection:
        rows = connection.execute(
            "select school_year, county_code, expected_schools, received_schools"
            " from quality.completeness where term = ?",
            [_CENSUS_TERM],
        ).fetchall()
    return [County(*row) for row in rows]


def check_result(state: Reported) -> dg.AssetCheckResult:
    """The result shown in the UI; a late county warns and blocks nothing."""
    return dg.AssetCheckResult(
        passed=not state.late,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(state.late[:MOST_NAMED]) or f"{state.school_year} is complete.",
        metadata={
            "school_year": state.school_year,
            "status": state.status,
            "late": len(state.late),
        },
    )


def who_has_not_reported(warehouse: Warehouse) -> dg.AssetChecksDefinition:
    """The check for ``warehouse``; it only reads, so it asks for no resource and takes no lock."""

    @dg.asset_check(asset=dg.AssetKey("published_warehouse"), name=CHECK)
    def check() -> dg.AssetCheckResult:
        """Every county that reported the year before has reported all schools of the census due."""
        return check_result(reported(published_counties(warehouse.settings), today()))

    return check
