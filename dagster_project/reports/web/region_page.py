"""What the template of a city's, a province's or the nation's page is given."""

from __future__ import annotations

from functools import partial
from typing import Any

from markupsafe import Markup

from dagster_project.figures.figure import cell_of
from dagster_project.figures.published import Published
from dagster_project.figures.region import BELOW, RegionFigures
from dagster_project.figures.regions import LEVELS, Region
from dagster_project.figures.rounding import kind_of_unit, shown
from dagster_project.figures.rows import Row
from dagster_project.publish.book import keys_of_marts
from dagster_project.reports.web.cells import Cells
from dagster_project.reports.web.charts.strip import Dot, Line, strip
from dagster_project.reports.web.charts.svg import from_zero, plain
from dagster_project.reports.web.facts import RegionFacts
from dagster_project.reports.web.links import link_to, region_name, year_label
from dagster_project.reports.web.trace import fields_of, items_of
from dagster_project.verdicts import of_coefficient

MOST_COUNTIES = 400
"""A page with more counties than this leaves them to the pages below it."""


def region_context(
    published: Published, region: Region, words: dict[str, Any], coverage: float
) -> dict[str, Any]:
    """The variables of ``web_region.html``.

    Ranks, and the name of the nation, are printed from this share of a region's counties on.
    """
    figures = RegionFigures(published, region)
    cells = Cells(figures, words["tainted"])
    covered = region.is_covered(len(figures.counties), coverage)
    # Who is first of four in a province is first of nothing.
    rank = f"rank_in_{region.level}" if covered else ""
    all_counties = len(figures.counties) <= MOST_COUNTIES
    return {
        "words": words,
        "region": region,
        "name": region.name or (words["levels"]["nation"] if covered else ""),
        "covered": covered,
        "ranked_at_level": _is_nation_covered(published, region, coverage),
        "loaded": len(figures.counties),
        "listed": region.counties_listed,
        "facts": RegionFacts(figures.counties, figures.summary),
        "fig": cells.print,
        "mark": cells.mark(),
        "kinds": kind_of_unit,
        "year_label": year_label(region.school_year),
        "upward": _upward(region, words),
        "below": [
            {"row": row, "name": region_name(below, words), "href": link_to(below)}
            for row in figures.regions_below
            for below in [Region(region.school_year, row["level"], row["region_code"])]
        ],
        "below_name": words["levels"].get(BELOW[region.level], ""),
        "counties": _counties(figures, rank) if all_counties else [],
        "rank": rank,
        "indicators": figures.ref.indicators(figures.standard),
        "coefficient": partial(_coefficient, figures),
        "strip": partial(_strip, figures, words, all_counties),
        "drafts": sum(1 for row in figures["flagged"] if row["hard_open"]),
        "items": [_item(row) for row in figures["items"]],
        "trace": {
            "year": region.school_year,
            "keys": keys_of_marts(),
            "words": {k: words[k] for k in ("columns", "stages", "verdicts", "tainted")},
            "items": items_of(figures.ref),
            "fields": fields_of(figures.ref),
            "sections": {},
            "flags": [],
            "links": {c.county_code: link_to(c) for c in figures.counties} if all_counties else {},
        },
    }


def _is_nation_covered(published: Published, region: Region, coverage: float) -> bool:
    """Whether a region's place among all of its level says something."""
    everywhere = published.kept("counties", published.counties)
    loaded = sum(county.school_year == region.school_year for county in everywhere)
    return Region(region.school_year, "nation", "CN").is_covered(loaded, coverage)


def _upward(region: Region, words: dict[str, Any]) -> list[dict[str, str]]:
    above = [
        Region(region.school_year, level, region.region_code[:digits] if digits else "CN")
        for level, digits in sorted(LEVELS.items(), key=lambda entry: entry[1])
        if digits < LEVELS[region.level]
    ]
    return [{"href": link_to(r), "name": region_name(r, words)} for r in above]


def _counties(figures: RegionFigures, rank: str) -> list[dict[str, Any]]:
    """All counties of the region by rank, those without an assessment last; unranked by code."""
    verdicts = {row["county_code"]: row for row in figures["verdicts"]}
    flagged = {row["county_code"]: row["hard_open"] for row in figures["flagged"]}
    lines = [
        {
            "county": county,
            "href": link_to(county),
            "row": verdicts.get(county.county_code),
            "hard_open": flagged.get(county.county_code, 0),
        }
        for county in figures.counties
    ]
    last = len(lines) + 1
    if not rank:
        return lines
    return sorted(lines, key=lambda line: line["row"][rank] if line["row"] else last)


def _coefficient(figures: RegionFigures, indicator_id: str, stage: str) -> Row | None:
    return next(
        (
            row
            for row in figures["coefficients"]
            if row["indicator_id"] == indicator_id and row["stage"] == stage
        ),
        None,
    )


def _strip(
    figures: RegionFigures, words: dict[str, Any], all_counties: bool, indicator: Row, stage: str
) -> Markup:
    """All counties' coefficients of one indicator and stage against the limit."""
    rows = [
        row
        for row in figures["county_coefficients"]
        if row["indicator_id"] == indicator["indicator_id"] and row["stage"] == stage
    ]
    if not rows or not all_counties:
        return Markup()
    limit = rows[0]["cv_limit"]
    names = {c.county_code: c.county_name or c.county_code for c in figures.counties}
    dots = []
    for row in rows:
        verdict = of_coefficient(row) or "none"
        said = words["verdicts"][verdict]
        title = f"{names[row['county_code']]} {shown(row['cv'], 'coefficient')}（{said['word']}）"
        opens = cell_of("county_coefficient", row, "cv").address
        tainted = " tainted" if row["sections_tainted"] else ""
        dots.append(Dot(row["cv"], said["shape"], verdict + tainted, title, opens))
    lines = [] if limit is None else [Line(limit, "threshold", f"≤{plain(limit)}")]
    above = [names[r["county_code"]] for r in rows if of_coefficient(r) == "not_met"]
    chart = words["charts"]
    return strip(
        dots,
        lines,
        from_zero([*(row["cv"] for row in rows), limit]),
        chart["counties"].format(stage=words["stages"][stage], indicator=indicator["name_zh"]),
        chart["counties_text"].format(
            count=len(rows),
            low=shown(min(r["cv"] for r in rows), "coefficient"),
            high=shown(max(r["cv"] for r in rows), "coefficient"),
            limit="—" if limit is None else plain(limit),
            above="、".join(above) or chart["nobody"],
        ),
    )


def _item(row: Row) -> dict[str, Any]:
    kind = kind_of_unit(row["unit"], row["decimals"])
    return {
        "row": row,
        "kind": kind,
        "threshold_kind": "share_as_is" if kind == "share" else "as_is",
        "unit": "" if row["unit"] in (None, "1") else row["unit"],
    }
