"""What a template may see of a place: rows and names, and no way from them to the database."""

from __future__ import annotations

from dataclasses import dataclass

from dagster_project.figures.published import CountyYear
from dagster_project.figures.rows import Row


@dataclass(frozen=True)
class CountyFacts:
    """The rows of a county's page by name, and what they are about."""

    county: CountyYear
    standard: str
    indicators: list[Row]
    stages: list[str]
    rows: dict[str, list[Row]]

    def __getitem__(self, name: str) -> list[Row]:
        return self.rows[name]


@dataclass(frozen=True)
class RegionFacts:
    """The counties of a region, and its own row of ``region_summary``."""

    counties: list[CountyYear]
    summary: Row | None
