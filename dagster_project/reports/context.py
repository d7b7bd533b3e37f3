"""What the Word templates may print: the names below are the template's vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.figure import Cell, Figure
from dagster_project.figures.rounding import taint_mark
from dagster_project.reports import chapters, chapters_of_change
from dagster_project.reports.wording import whole, wording

_ZONE = ZoneInfo("Asia/Shanghai")


def context_of(figures: CountyFigures) -> dict[str, Any]:
    """Everything that both Word documents say about a county-year, by the name that tags use."""
    county, standing = figures.county, figures.sign_off
    coverage = figures.coverage(chapters.STANDARD)
    entries = chapters.items(figures)
    indicators = chapters.indicators(figures)
    of_the_31 = [entry for entry in entries if entry["id"] not in ("S1", "V")]
    return {
        "county": {"name": county.county_name or county.county_code, "code": county.county_code},
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
            "at": _day(figures.published.published_at),
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
        "outside": [entry for entry in entries if entry["id"] in ("S1", "V")],
        "not_met": [entry for entry in entries if entry["verdict"] == "not_met"],
        "unverified": [entry for entry in entries if entry["verdict"] == "unverified"],
        "not_reported": [entry for entry in entries if entry["verdict"] == "not_reported"],
        "retention": chapters_of_change.retention(figures),
        "class_sizes": chapters_of_change.class_sizes(figures),
        "changes": chapters_of_change.changes(figures),
        "restated": chapters_of_change.restatements(figures),
        "targets": chapters_of_change.targets(figures),
        "tasks": chapters_of_change.tasks(figures),
        **{name: wording()[name][coverage] for name in ("nobody_short", "no_tasks", "keep_up")},
    }


def _flags(figures: CountyFigures, severity: str, number: int) -> Figure:
    key = (
        ("county_code", figures.county.county_code),
        ("school_year", figures.county.school_year),
        ("severity", severity),
        ("status", "open"),
    )
    return Figure(number, "count", Cell("flag", key, "count"), trace=figures.trace)


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(_ZONE):%Y年%m月%d日}"
