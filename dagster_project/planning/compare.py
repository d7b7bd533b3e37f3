"""A county before and after, as rows for tables, json and csv."""

from __future__ import annotations

import math

from dagster_project.messages import Message
from dagster_project.planning import formulas
from dagster_project.planning.county import County
from dagster_project.planning.whole import Whole


def coefficient_rows(before: County, after: County) -> list[dict]:
    """Per stage and indicator: mean, coefficient and verdict before and after, for tables."""
    rows = []
    for stage in before.stages:
        if stage not in after.stages or not len(after.stages[stage]):
            continue
        old, new = before.spread(stage), after.spread(stage)
        old_verdicts, new_verdicts = (c.coefficient_verdicts(stage) for c in (before, after))
        for k, indicator in enumerate(before.indicators):
            rows.append(
                {
                    "stage": stage,
                    "indicator_id": indicator.indicator_id,
                    "name": indicator.name_zh,
                    "name_en": indicator.name_en,
                    "unit": indicator.unit,
                    "sections_before": int(old.sections[k]),
                    "sections_after": int(new.sections[k]),
                    "mean_before": _plain(old.mean[k]),
                    "mean_after": _plain(new.mean[k]),
                    "cv_before": _plain(old.cv[k]),
                    "cv_after": _plain(new.cv[k]),
                    "cv_limit": _plain(before.stages[stage].cv_limit[k]),
                    "verdict_before": old_verdicts[k],
                    "verdict_after": new_verdicts[k],
                }
            )
        limit = before.stages[stage].composite_limit
        composites = [formulas.composite(found.cv) for found in (old, new)]
        rows.append(
            {
                "stage": stage,
                "indicator_id": "composite",
                "name": Message("cli.composite").text("zh"),
                "name_en": Message("cli.composite").text("en"),
                "unit": "",
                "sections_before": len(before.stages[stage]),
                "sections_after": len(after.stages[stage]),
                "mean_before": None,
                "mean_after": None,
                "cv_before": _plain(composites[0]),
                "cv_after": _plain(composites[1]),
                "cv_limit": limit,
                "verdict_before": _composite_verdict(composites[0], limit),
                "verdict_after": _composite_verdict(composites[1], limit),
            }
        )
    return rows


def _attaining(county: County, stage: str) -> int:
    """How many sections attain; 0 where the standard has no rule for schools."""
    return sum(map(bool, county.attains(stage) or ()))


def attainment_rows(before: County, after: County) -> list[dict]:
    """Per stage: sections, and how many attain, before and after."""
    return [
        {
            "stage": stage,
            "sections_before": len(before.stages[stage]),
            "sections_after": len(after.stages[stage]),
            "attaining_before": _attaining(before, stage),
            "attaining_after": _attaining(after, stage),
        }
        for stage in before.stages
        if before.stages[stage].min_met is not None
    ]


def section_rows(before: County, after: County) -> list[dict]:
    """The sections and indicators whose value the changes alter, before and after."""
    rows = []
    for stage, part in after.stages.items():
        earlier = before.stages[stage]
        place = {school_id: row for row, school_id in enumerate(earlier.school_ids)}
        values, verdicts = after.values(stage), after.verdicts(stage)
        old_values, old_verdicts = before.values(stage), before.verdicts(stage)
        for row, school_id in enumerate(part.school_ids):
            was = place.get(school_id)
            for k, indicator in enumerate(after.indicators):
                old = float("nan") if was is None else old_values[was, k]
                new = values[row, k]
                if old == new or (math.isnan(old) and math.isnan(new)):
                    continue
                rows.append(
                    {
                        "stage": stage,
                        "school_id": school_id,
                        "school_name": part.names[row],
                        "indicator_id": indicator.indicator_id,
                        "value_before": _plain(old),
                        "value_after": _plain(new),
                        "verdict_before": None if was is None else str(old_verdicts[was, k]),
                        "verdict_after": str(verdicts[row, k]),
                    }
                )
    return rows


def whole_rows(before: Whole, after: Whole) -> dict:
    """The county's verdict before and after: whether it attains, and that of every item."""
    return {
        "attains_before": before.attains,
        "attains_after": after.attains,
        "items_met_before": before.met,
        "items_met_after": after.met,
        "items_total": before.total,
        "items": [
            {"item_id": item, "verdict_before": verdict, "verdict_after": after.items[item]}
            for item, verdict in before.items.items()
        ],
    }


def _composite_verdict(composite: float, limit: float | None) -> str | None:
    if limit is None:
        return None
    return formulas.coefficient_verdict(composite, 0, limit)


def _plain(number: float) -> float | None:
    return None if math.isnan(number) else float(number)
