"""Why the schools of a county differ, from the decomposition of its coefficients."""

from __future__ import annotations

from typing import Any

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.rounding import kind_of_unit
from dagster_project.figures.rows import Row, by, ordered
from dagster_project.reports.chapters import STANDARD, stages_of
from dagster_project.reports.wording import bare_unit, formal, stage_word, wording
from dagster_project.verdicts import of_coefficient


def causes(figures: CountyFigures) -> list[dict[str, Any]]:
    """Per stage the coefficients above their limit, or the one that is nearest to it.

    Each with the schools that contribute most. A coefficient that rests on figures in doubt, or
    on one school, explains nothing and is left out.
    """
    found = []
    for stage in stages_of(figures):
        rows = [
            row
            for row in figures.rows("county_coefficient", standard_id=STANDARD, stage=stage)
            if row["cv"] and row["cv_limit"] and row["sections"] > 1 and not row["sections_tainted"]
        ]
        over = [row for row in rows if of_coefficient(row) == "not_met"]
        near = sorted(rows, key=lambda row: row["cv"] / row["cv_limit"], reverse=True)[:1]
        found += [_cause(figures, row, is_over=bool(over)) for row in over or near]
    return found


def _cause(figures: CountyFigures, row: Row, *, is_over: bool) -> dict[str, Any]:
    where = {"standard_id": STANDARD, "stage": row["stage"], "indicator_id": row["indicator_id"]}
    shares = ordered(figures.rows("cv_contribution", **where), "-share", "school_id")
    values = by(figures.rows("school_indicator", **where), "school_id")
    indicator = next(
        i for i in figures.ref.indicators(STANDARD) if i["indicator_id"] == row["indicator_id"]
    )
    kind = kind_of_unit(indicator["unit"])
    between = sum(share["between_urban_rural"] or 0 for share in shares)
    return {
        "stage": stage_word(figures, row["stage"]),
        "name": formal(indicator["name_zh"]),
        "unit": bare_unit(indicator["unit"]),
        "cv": figures.figure("county_coefficient", row, "cv", "coefficient"),
        "limit": figures.figure("county_coefficient", row, "cv_limit", "as_is"),
        "is_over": is_over,
        # Shares of the variance; the rest lies among schools of the same kind of area.
        "is_urban_rural": between >= 0.5,
        "schools": [
            {
                "school": values[share["school_id"]]["school_name"] or share["school_id"],
                "value": figures.figure(
                    "school_indicator", values[share["school_id"]], "value", kind
                ),
                "side": "高于" if values[share["school_id"]]["value"] > row["mean"] else "低于",
                "share": figures.figure("cv_contribution", share, "share", "share"),
            }
            for share in shares[: wording()["most_causes"]]
            if share["school_id"] in values and share["share"]
        ],
    }


def measures(figures: CountyFigures) -> list[dict[str, Any]]:
    """What the schools lack by kind of measure, with the units that are responsible.

    What rests on figures in doubt is the last measure: it is corrected before anybody acts.
    """
    most = wording()["most_schools"]
    groups = []
    for measure in wording()["measures"]:
        rows = [
            row
            for row in figures.gaps
            if (row["is_tainted"] if measure.get("is_tainted") else not row["is_tainted"])
            and (measure.get("is_tainted") or row["item_id"] in measure["items"])
        ]
        if rows:
            groups.append(
                {
                    "title": measure["title"],
                    "units": measure["units"],
                    "tasks": [figures.sentence("gap", row, "what_to_do") for row in rows[:most]],
                    "has_more": len(rows) > most,
                }
            )
    return groups


def responsible(item_id: str) -> str:
    """The units that answer for an item of the list of tasks or of a plan."""
    if item_id in wording()["units_of"]:
        return wording()["units_of"][item_id]
    found = (m["units"] for m in wording()["measures"] if item_id in m.get("items", ()))
    return next(found, "教育局")
