"""The inspection circular 督查通报: indicator by indicator, what is not met first."""

from __future__ import annotations

from typing import Any

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.reports.context import context_of
from dagster_project.reports.document_of_county import write_document
from dagster_project.reports.documents import CIRCULAR
from dagster_project.reports.templates import Templates
from dagster_project.reports.wording import wording


def render(published: Published, county: CountyYear, templates: Templates) -> bytes:
    """The circular as docx; raises :class:`TemplateBroken`."""
    return written(CountyFigures(published, county), templates)


def written(figures: CountyFigures, templates: Templates) -> bytes:
    """The circular, its numbers noted in ``figures.trace``."""
    context = context_of(figures)
    context["groups"] = by_verdict(context)
    return write_document(figures, templates, CIRCULAR, context=context)


def by_verdict(context: dict[str, Any]) -> list[dict[str, Any]]:
    """The items in the order of ``wording.yml`` (not met first); empty groups are left out.

    Items that say nothing but that they were not reported are named in one line (``silent``); an
    indicator of which some schools reported has its sentence.
    """
    stages = {entry["id"]: entry for entry in context["indicators"]}
    groups: list[dict[str, Any]] = []
    for group in wording()["circular"]:
        entries = [
            {"stages": [], **entry, **_indicator(stages.get(entry["id"]))}
            for entry in context["items"]
            if entry["verdict"] in group["verdicts"]
        ]
        if not entries:
            continue
        is_silent = group.get("is_silent", False)
        groups.append(
            {
                "number": wording()["numbers"][len(groups)],
                "title": group["title"],
                "items": [e for e in entries if e["stages"] or not is_silent],
                "silent": [e for e in entries if is_silent and not e["stages"]],
            }
        )
    return groups


def _indicator(entry: dict[str, Any] | None) -> dict[str, Any]:
    """Of an indicator what its sentence needs; its verdict is that of the item."""
    names = ("noun", "numerator_unit", "unit", "stages")
    return {} if entry is None else {name: entry[name] for name in names}
