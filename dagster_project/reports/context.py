"""What the Word templates may print: the names below are the template's vocabulary."""

from __future__ import annotations

from typing import Any

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.figure import Cell, Figure
from dagster_project.figures.published import Published
from dagster_project.figures.rounding import taint_mark
from dagster_project.messages.moments import in_beijing
from dagster_project.reports import causes, chapters, chapters_of_change
from dagster_project.reports.wording import formal, whole, wording


def context_of(figures: CountyFigures) -> dict[str, Any]:
    """Everything that both Word documents say about a county-year, by the name that tags use."""
    county, standing = figures.county, figures.sign_off
    coverage = figures.coverage(chapters.STANDARD)
    entries = chapters.items(figures)
    indicators = chapters.indicators(figures)
    changes = chapters_of_change.changes(figures)
    cohorts = chapters_of_change.retention(figures)
    of_the_31 = [entry for entry in entries if entry["id"] not in ("S1", "V")]
    return {
        "county": {
            "name": formal(county.county_name or county.county_code),
            "code": county.county_code,
        },
        "whole": whole(county.county_name),
        "year": county.school_year,
        "next_year": county.school_year + 1,
        "draft": standing.is_draft,
        "mark": taint_mark(),
        "has_taint": standing.touches_anything,
        "standing": {
            "hard": _flags(figures, "hard", standing.hard_open),
            "soft": _flags(figures, "soft", standing.soft_open),
            "has_flags": bool(standing.hard_open or standing.soft_open),
        },
        "published": {
            "id": figures.published.publish_id,
            "at": publication_day(figures.published),
        },
        "overview": chapters.overview(figures),
        "conclusion": chapters.conclusion(figures),
        "indicators": indicators,
        "composites": chapters.composites(figures),
        "degrees": chapters.degrees(figures),
        "has_short": any(stage["short"] for entry in indicators for stage in entry["stages"]),
        "attainment": chapters.attainment(figures),
        "items": entries,
        "parts": chapters.parts(of_the_31),
        "items_of": {
            sign: [entry for entry in of_the_31 if entry["id"].startswith(sign)] for sign in "LGQ"
        },
        "outside": [entry for entry in entries if entry["id"] in ("S1", "V")],
        **{
            verdict: [entry for entry in entries if entry["verdict"] == verdict]
            for verdict in ("not_met", "unverified", "not_reported")
        },
        **{
            f"{verdict}_of_31": [e for e in of_the_31 if e["verdict"] == verdict]
            for verdict in ("not_met", "unverified", "not_reported")
        },
        "causes": causes.causes(figures),
        "measures": causes.measures(figures),
        "retention": cohorts,
        "rates": [cohort for cohort in cohorts if cohort["is_known"] or cohort["is_unverified"]],
        "class_sizes": chapters_of_change.class_sizes(figures),
        "changes": changes,
        "gains": seen(changes, "better")[: wording()["most_gains"]],
        "restated": chapters_of_change.restatements(figures),
        "targets": chapters_of_change.targets(figures),
        "tasks": chapters_of_change.tasks(figures),
        **{name: wording()[name][coverage] for name in ("nobody_short", "no_tasks", "keep_up")},
    }


def seen(changes: list[dict[str, Any]], tendency: str) -> list[dict[str, Any]]:
    """The changes with this tendency that one sees in the two figures as they are printed."""
    return [
        change
        for change in changes
        if change["tendency"] == tendency and change["before"].text != change["now"].text
    ]


def _flags(figures: CountyFigures, severity: str, number: int) -> Figure:
    key = (
        ("county_code", figures.county.county_code),
        ("school_year", figures.county.school_year),
        ("severity", severity),
        ("status", "open"),
    )
    return Figure(number, "count", Cell("flag", key, "count"), trace=figures.trace)


def publication_day(published: Published) -> str:
    """The day of the publication in China, as documents write it."""
    day = in_beijing(published.published_at)
    return f"{day.year}年{day.month}月{day.day}日"
