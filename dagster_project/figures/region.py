"""The figures of a city, a province or the nation in one school year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dagster_project.figures.place import PlaceFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.regions import Region
from dagster_project.figures.rows import Row

STANDARD, GENERAL = "2017", "general"
BELOW = {"nation": "province", "province": "city", "city": ""}
_QUERIES = {
    "summaries": """
        select * from marts.region_summary
        where school_year = $year and standard_id = $standard
            and (level = $level and region_code = $region or level = $below)
        order by level, rank_at_level, region_code
    """,
    "coefficients": """
        select * from marts.region_coefficient
        where school_year = $year and level = $level and region_code = $region
            and standard_id = $standard
    """,
    "items": """
        select fact.*, item.position, item.clause, item.decimals from marts.region_item as fact
        left join ref.item using (item_id)
        where school_year = $year and level = $level and region_code = $region
        order by item.position, stage
    """,
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


@dataclass(frozen=True)
class RegionSignOff:
    """Which figures of a region stand on figures under a hard flag."""

    counties: frozenset[str]
    indicators: frozenset[tuple[str, str]]

    def taints(self, table: str, row: Row, column: str = "") -> bool:
        """Whether a hard flag touches this cell."""
        if row.get("sections_tainted") is not None:  # a county's own coefficient
            return row["sections_tainted"] > 0
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


class RegionFigures(PlaceFigures):
    """Rows by name (see this module's queries), and the counties of the region.

    ``standard``: the one that it is judged by; where none was in force, the general measures.
    """

    standard = STANDARD

    def __init__(self, published: Published, region: Region) -> None:
        self.region = region
        self.published = published
        self._rows = {"summaries": self._read(published, _QUERIES["summaries"])}
        if self.summary is None:
            self.standard = GENERAL
        rest = (query for query in _QUERIES.items() if query[0] not in self._rows)
        self._rows |= {name: self._read(published, sql) for name, sql in rest}
        super().__init__(
            published,
            RegionSignOff(
                frozenset(row["county_code"] for row in self["flagged"]),
                frozenset(
                    (row["stage"], row["indicator_id"])
                    for row in self["tainted"]
                    if not region.is_foreign
                ),
            ),
        )

    def _read(self, published: Published, sql: str) -> list[Row]:
        values = {
            "year": self.region.school_year,
            "standard": self.standard,
            "level": self.region.level,
            "below": BELOW[self.region.level],
            "region": self.region.region_code,
            "prefix": self.prefix,
        }
        rows = published.rows(sql, **{n: v for n, v in values.items() if f"${n}" in sql})
        if self.region.level != "nation":
            return rows
        # Codes of several sources may stand side by side; standards are the mainland's.
        here = {"", *(county.county_code for county in self.counties)}
        return [row for row in rows if row.get("county_code", "") in here]

    def __getitem__(self, name: str) -> list[Row]:
        return self._rows[name]

    @cached_property
    def counties(self) -> list[CountyYear]:
        """The counties that lie in the region."""
        everywhere = self.published.kept("counties", self.published.counties)
        return [
            county
            for county in everywhere
            if county.school_year == self.region.school_year
            and self.region.holds(county.county_code, county.nation)
        ]

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
        if self.region.is_foreign:
            return []
        return [
            row
            for row in self["summaries"]
            if row["level"] == BELOW[self.region.level]
            and row["region_code"].startswith(self.prefix)
        ]
