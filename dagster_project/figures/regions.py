"""Cities, provinces and the nation: the regions that roll counties up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dagster_project.figures.published import CountyYear

LEVELS = {"city": 4, "province": 2, "nation": 0}
"""Digits of a county code that name its region, by level."""


@dataclass(frozen=True, order=True)
class Region:
    """A region of ``marts.region_*`` in one school year."""

    school_year: int
    level: str  # city | province | nation
    region_code: str  # 6402, 64, CN

    def holds(self, county_code: str) -> bool:
        """Whether the county lies in it."""
        return self.level == "nation" or county_code.startswith(self.region_code)


def regions_of(counties: Iterable[CountyYear]) -> list[Region]:
    """Every region in which these counties lie, by year, level and code."""
    return sorted(
        {
            Region(county.school_year, level, county.county_code[:digits] or "CN")
            for county in counties
            for level, digits in LEVELS.items()
        }
    )
