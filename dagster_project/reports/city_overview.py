"""市级概况: a city's counties side by side, and how far it stands above the standards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dagster_project.divisions import name_of
from dagster_project.figures.county import STAGES
from dagster_project.figures.figure import Figure
from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.region import STANDARD, RegionFigures
from dagster_project.figures.regions import Region
from dagster_project.figures.rounding import kind_of_unit, taint_mark
from dagster_project.figures.rows import Row, by, grouped
from dagster_project.reports.context import publication_day
from dagster_project.reports.document_of_county import write_word
from dagster_project.reports.documents import CITY_OVERVIEW
from dagster_project.reports.templates import Templates
from dagster_project.reports.wording import bare_unit, formal, word
from dagster_project.verdicts import of_county

_TOTALS = ("schools", "pupils", "classes", "class_mean", "teachers", "oversize_56", "super_66")


def render(published: Published, region: Region, templates: Templates) -> bytes:
    """The overview as docx; raises :class:`TemplateBroken`."""
    return written(RegionFigures(published, region), templates)


def written(figures: RegionFigures, templates: Templates) -> bytes:
    """The overview, its numbers noted in ``figures.trace``."""
    region = figures.region
    place = name_of(region.region_code, region.school_year) or region.region_code
    here = CountyYear(region.school_year, region.region_code, place)
    context = context_of_city(figures, place)
    return write_word(figures.published, templates, CITY_OVERVIEW, here, context)


def context_of_city(figures: RegionFigures, place: str) -> dict[str, Any]:
    """What the template may print, by the name that its tags use."""
    counties = _counties(figures)
    year = figures.region.school_year
    verdicts = {
        name: [county["name"] for county in counties if county["attains"] is attains]
        for name, attains in (("attaining", True), ("failing", False), ("open", None))
    }
    return {
        "place": place,
        "year": year,
        "next_year": year + 1,
        "draft": bool(figures["flagged"]) and any(r["hard_open"] for r in figures["flagged"]),
        "mark": taint_mark(),
        "has_taint": bool(figures["flagged"]),
        "published": {"at": publication_day(figures.published)},
        "counties": counties,
        "names": [county["name"] for county in counties],
        **verdicts,
        "total": {item: _item(figures, item) for item in _TOTALS},
        "indicators": _indicators(figures),
        "margins": _margins(figures),
        "sections": _side_by_side(figures, counties),
    }


def _counties(figures: RegionFigures) -> list[dict[str, Any]]:
    verdicts = by(figures["verdicts"], "county_code")
    found = []
    for county in sorted(figures.counties, key=lambda county: county.county_code):
        row = verdicts.get(county.county_code)
        attains = row["attains"] if row else None
        found.append(
            {
                "code": county.county_code,
                "name": county.county_name or county.county_code,
                "attains": attains,
                "word": of_county(attains),
                **{
                    column: figures.figure("county_verdict", row, column, "count")
                    for column in (
                        "items_met",
                        "items_not_met",
                        "items_unverified",
                        "items_not_reported",
                    )
                },
            }
        )
    return found


def _item(figures: RegionFigures, item_id: str, stage: str = "all") -> Figure:
    row = _row(figures, item_id, stage)
    known = figures.ref.items[item_id]
    kind = kind_of_unit(known["unit"], known["decimals"])
    return figures.figure("region_item", row, "value", kind)


def _row(figures: RegionFigures, item_id: str, stage: str) -> Row | None:
    where = item_id, stage
    return next((r for r in figures["items"] if (r["item_id"], r["stage"]) == where), None)


def _indicators(figures: RegionFigures) -> list[dict[str, Any]]:
    """Of every indicator and stage the mean of the city and its counties' coefficients."""
    known = by(figures["coefficients"], "indicator_id", "stage")
    found = []
    for indicator in figures.ref.indicators(STANDARD):
        kind = kind_of_unit(indicator["unit"])
        stages = []
        for stage in STAGES:
            row = known.get((indicator["indicator_id"], stage))
            if row is None or row["mean"] is None:
                continue
            over = [
                r["county_name"]
                for r in figures["county_coefficients"]
                if (r["indicator_id"], r["stage"]) == (indicator["indicator_id"], stage)
                and r["verdict"] == "not_met"
                and not r["sections_tainted"]
            ]
            stages.append(
                {
                    "name": word("stages", stage),
                    "mean": figures.figure("region_coefficient", row, "mean", kind),
                    "over": over,
                    "is_complete": row["counties"] == len(figures.counties)
                    and not row["counties_missing"]
                    and not row["counties_unverified"],
                }
            )
        found.append(
            {
                "id": indicator["indicator_id"],
                "name": formal(indicator["name_zh"]),
                "unit": bare_unit(indicator["unit"]),
                "stages": stages,
            }
        )
    return [entry for entry in found if entry["stages"]]


def _margins(figures: RegionFigures) -> dict[str, dict[str, Any]]:
    """Shares that have a standard, by item: value, standard, and the points between them."""
    found = {}
    for row in figures["items"]:
        if row["margin"] is None or row["unit"] != "1" or row["stage"] not in ("all", "junior"):
            continue
        margin = figures.figure("region_item", row, "margin", "points")
        found[row["item_id"]] = {
            "name": formal(row["item_name"]),
            "value": figures.figure("region_item", row, "value", "share"),
            "threshold": figures.figure("region_item", row, "threshold", "share_as_is"),
            "numerator": figures.figure("region_item", row, "numerator", "count"),
            "margin": replace(margin, value=abs(row["margin"]), trace=margin.trace),
            "is_above": row["margin"] >= 0,
            "is_equal": row["margin"] == 0,
            "is_complete": row["counties"] == len(figures.counties),
        }
    return found


def _side_by_side(figures: RegionFigures, counties: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row per county and stage, with the seven means and the seven coefficients."""
    rows = grouped(figures["county_coefficients"], lambda row: (row["county_code"], row["stage"]))
    found = []
    for county in counties:
        for stage in STAGES:
            cells = by(rows.get((county["code"], stage), []), "indicator_id")
            if not cells:
                continue
            found.append(
                {
                    "county": county["name"],
                    "stage": word("stages", stage),
                    **{
                        f"{column}_{indicator['indicator_id']}": figures.figure(
                            "county_coefficient",
                            cells.get(indicator["indicator_id"]),
                            column,
                            kind_of_unit(indicator["unit"]) if column == "mean" else "coefficient",
                            "missing",
                        )
                        for indicator in figures.ref.indicators(STANDARD)
                        for column in ("mean", "cv")
                    },
                }
            )
    return found
