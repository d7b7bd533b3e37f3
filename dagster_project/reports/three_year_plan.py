"""三年行动计划与年度进展: targets by year, who answers for them, what was reached."""

from __future__ import annotations

from typing import Any

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.rows import Row, ordered
from dagster_project.reports.causes import responsible
from dagster_project.reports.context import context_of, seen
from dagster_project.reports.document_of_county import write_document
from dagster_project.reports.documents import PLAN
from dagster_project.reports.templates import Templates
from dagster_project.reports.wording import bare_unit, formal, word


def render(published: Published, county: CountyYear, templates: Templates) -> bytes:
    """The plan and its progress as docx; raises :class:`TemplateBroken`."""
    return written(CountyFigures(published, county), templates)


def written(figures: CountyFigures, templates: Templates) -> bytes:
    """The document, its numbers noted in ``figures.trace``."""
    context = context_of(figures)
    steps = targets_by_year(figures)
    now = [step for step in steps if step["is_now"]]
    context |= {
        "steps": steps,
        "plans": sorted({step["document"] for step in steps if step["document"]}),
        "reached": [step for step in now if step["verdict"] == "met"],
        "missed": [step for step in now if step["verdict"] == "not_met"],
        "unknown": [step for step in now if step["verdict"] not in ("met", "not_met", "not_due")],
        "worse": seen(context["changes"], "worse"),
    }
    return write_document(figures, templates, PLAN, context=context)


def targets_by_year(figures: CountyFigures) -> list[dict[str, Any]]:
    """Every target of the county's plans in every year up to this one, by target and year."""
    rows = [row for row in figures.past("policy_target") if row["verdict"] != "not_due"]
    return [_step(figures, row) for row in ordered(rows, "document", "target_id", "school_year")]


def _step(figures: CountyFigures, row: Row) -> dict[str, Any]:
    unit, kind = figures.counted_in(row["item_id"])
    share = unit == "1"
    is_money = unit == "元"
    wanted = "ten_thousand_yuan" if is_money else kind
    return {
        "name": formal(row["target_name"]),
        "year": figures.figure("policy_target", row, "school_year", "year"),
        "is_now": row["school_year"] == figures.county.school_year,
        # No more than nothing is nothing.
        "comparator": "" if row["target_value"] == 0 else word("comparators", row["comparator"]),
        "target": figures.figure(
            "policy_target",
            row,
            "target_value",
            "share_as_is" if share else wanted if row["comparator"] == ">=" else "as_is",
        ),
        "actual": figures.figure("policy_target", row, "actual_value", wanted),
        "unit": "万元" if is_money else bare_unit(unit),
        "verdict": row["verdict"],
        "word": word("verdicts", row["verdict"]),
        "document": formal(row["document"] or ""),
        "responsible": responsible(row["item_id"]),
    }
