"""Cities, provinces and the nation: the regions that roll counties up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from dagster_project.divisions import Division, divisions, name_of
from dagster_project.figures.published import CountyYear

_NO_NAMES = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
LEVELS = {"city": 4, "province": 2, "nation": 0}
"""Digits of a county code that name its region, by level."""
MAINLAND = "CN"
"""The nation whose codes these are; other sources have no cities and provinces."""


@dataclass(frozen=True, order=True)
class Region:
    """A region of ``marts.region_*`` in one school year."""

    school_year: int
    level: str  # city | province | nation
    region_code: str  # 6402, 64, CN or the name of another source's nation

    def holds(self, county_code: str, nation: str = MAINLAND) -> bool:
        """Whether the county lies in it."""
        if self.level == "nation":
            return self.region_code == nation
        return nation == MAINLAND and county_code.startswith(self.region_code)

    @property
    def is_foreign(self) -> bool:
        """Whether it is another source's nation."""
        return self.level == "nation" and self.region_code != MAINLAND

    @property
    def name(self) -> str:
        """What the list of divisions of that year calls it, ``石嘴山市``; empty for the mainland.

        The districts of 北京市 lie in 市辖区, which names nothing: the municipality does. A code
        that no list has stands for itself.
        """
        if self.level == "nation":
            return self.region_code if self.is_foreign else ""
        name = name_of(self.region_code, self.school_year)
        if name in _NO_NAMES:
            return f"{name_of(self.region_code[:2], self.school_year)}{name}"
        return name or self.region_code

    @property
    def counties_listed(self) -> int:
        """How many counties the list of divisions of that year has in it."""
        return sum(
            self.holds(division.code)
            for division in _counties()
            if division.holds(self.school_year)
        )

    def is_covered(self, loaded: int, least: float) -> bool:
        """Whether so many loaded counties speak for the region: at least this share of them."""
        return loaded >= least * self.counties_listed


@cache
def _counties() -> tuple[Division, ...]:
    return tuple(d for d in divisions() if d.level == "county" and d.kind == "administrative")


def regions_of(counties: Iterable[CountyYear]) -> list[Region]:
    """Every region in which these counties lie, by year, level and code."""
    return sorted({region for county in counties for region in above(county)})


def above(county: CountyYear) -> list[Region]:
    """The regions that a county lies in, the largest first."""
    levels = sorted(LEVELS.items(), key=lambda level: level[1])
    return [
        Region(county.school_year, level, county.county_code[:digits] or county.nation)
        for level, digits in levels
        if digits == 0 or county.nation == MAINLAND
    ]
