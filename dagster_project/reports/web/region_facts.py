"""What the marts hold on a city, a province or the nation in one school year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dagster_project.reports.published import CountyYear, Published
from dagster_project.reports.regions import Region
from dagster_project.reports.web.county_facts import Row, references_of

STANDARD = "2017"

_SUMMARIES = """
    select * from marts.region_summary
    where school_year = $year and standard_id = $standard
        and (level = $level and region_code = $region or level = $below)
    order by level, rank_at_level, region_code
"""
_OF_THE_REGION = {
    "coefficients": """
        select * from marts.region_coefficient
        where school_year = $year and level = $level and region_code = $region
            and standard_id = $standard
    """,
    "items": """
        select fact.*, item.position, item.clause from marts.region_item as fact
        left join ref.item using (item_id)
        where school_year = $year and level = $level and region_code = $region
        order by item.position, stage
    """,
}
_OF_ITS_COUNTIES = {
    "verdicts": """
        select * from marts.county_verdict
        where school_year = $year and standard_id = $standard and starts_with(county_code, $prefix)
    """,
    "county_coefficients": """
        select * from marts.county_coefficient
        where school_year = $year and standard_id = $standard and starts_with(county_code, $prefix)
            and cv is not null
        order by county_code
    """,
    "flagged": """
        select county_code, count(*) filter (status = 'open') as hard_open from quality.flag
        where school_year = $year and severity = 'hard' and status in ('open', 'confirmed')
            and starts_with(county_code, $prefix)
        group by county_code
    """,
    "tainted": """
        select distinct stage, indicator_id from marts.school_indicator
        where school_year = $year and standard_id = $standard and is_tainted
            and starts_with(county_code, $prefix)
    """,
}
BELOW = {"nation": "province", "province": "city", "city": ""}


@dataclass(frozen=True)
class RegionFacts:
    """Rows by name (see this module's queries) and the counties of the region."""

    region: Region
    counties: list[CountyYear]
    rows: dict[str, list[Row]]
    references: dict[str, list[Row]]

    def __getitem__(self, name: str) -> list[Row]:
        return self.rows[name]

    @property
    def prefix(self) -> str:
        """The beginning of the codes of all that lies in the region."""
        return "" if self.region.level == "nation" else self.region.region_code

    @property
    def summary(self) -> Row | None:
        """The region's own row of ``region_summary``."""
        return next((r for r in self["summaries"] if r["level"] == self.region.level), None)

    @property
    def regions_below(self) -> list[Row]:
        """The rows of the regions of the next level that lie in it."""
        return [
            row
            for row in self["summaries"]
            if row["level"] == BELOW[self.region.level]
            and row["region_code"].startswith(self.prefix)
        ]


@dataclass(frozen=True)
class RegionStanding:
    """Which figures of a region stand on figures under a hard flag."""

    counties: frozenset[str]
    indicators: frozenset[tuple[str, str]]

    def taints(self, table: str, row: dict[str, Any], column: str = "") -> bool:
        """Whether a hard flag touches this cell."""
        if table == "county_verdict":
            return row["county_code"] in self.counties
        if table == "region_summary":
            prefix = "" if row["level"] == "nation" else row["region_code"]
            return column != "counties" and any(c.startswith(prefix) for c in self.counties)
        item = (row.get("indicator_id") or row.get("item_id") or "").removesuffix("_mean")
        return any(
            indicator == item and row.get("stage") in (stage, "all")
            for stage, indicator in self.indicators
        )


def region_facts(published: Published, region: Region) -> RegionFacts:
    """Everything that the region's page shows."""
    everywhere = published.kept("web counties", published.counties)
    prefix = "" if region.level == "nation" else region.region_code
    of_region = {
        "year": region.school_year,
        "standard": STANDARD,
        "level": region.level,
        "region": region.region_code,
    }
    of_counties = {"year": region.school_year, "standard": STANDARD, "prefix": prefix}
    rows = {
        "summaries": published.rows(_SUMMARIES, below=BELOW[region.level], **of_region),
        **{
            name: published.rows(sql, **{k: v for k, v in of_region.items() if f"${k}" in sql})
            for name, sql in _OF_THE_REGION.items()
        },
        **{
            name: published.rows(sql, **{k: v for k, v in of_counties.items() if f"${k}" in sql})
            for name, sql in _OF_ITS_COUNTIES.items()
        },
    }
    return RegionFacts(
        region=region,
        counties=[
            county
            for county in everywhere
            if county.school_year == region.school_year and region.holds(county.county_code)
        ],
        rows=rows,
        references=references_of(published),
    )


def region_standing(facts: RegionFacts) -> RegionStanding:
    """What stands against the region's figures."""
    return RegionStanding(
        frozenset(row["county_code"] for row in facts["flagged"]),
        frozenset((row["stage"], row["indicator_id"]) for row in facts["tainted"]),
    )
