"""What the Word templates may print: the names below are the template's vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dagster_project.reports import chapters, chapters_of_change
from dagster_project.reports.facts import Facts, Figure, Source
from dagster_project.reports.rounding import taint_mark
from dagster_project.reports.wording import whole

_ZONE = ZoneInfo("Asia/Shanghai")


def context_of(facts: Facts) -> dict[str, Any]:
    """Everything that both Word documents say about a county-year, by the name that tags use."""
    county, standing = facts.county, facts.standing
    entries = chapters.items(facts)
    indicators = chapters.indicators(facts)
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
            "hard": _flags(facts, "hard", standing.hard_open),
            "soft": _flags(facts, "soft", standing.soft_open),
            "has_flags": bool(standing.hard_open or standing.soft_open),
        },
        "published": {"id": facts.published.publish_id, "at": _day(facts.published.published_at)},
        "overview": chapters.overview(facts),
        "conclusion": chapters.conclusion(facts),
        "indicators": indicators,
        "composites": chapters.composites(facts),
        "degrees": chapters.degrees(facts),
        "has_short": any(stage["short"] for entry in indicators for stage in entry["stages"]),
        "attainment": chapters.attainment(facts),
        "items": entries,
        "parts": chapters.parts(of_the_31),
        "outside": [entry for entry in entries if entry["id"] in ("S1", "V")],
        "not_met": [entry for entry in entries if entry["verdict"] == "not_met"],
        "unverified": [entry for entry in entries if entry["verdict"] == "unverified"],
        "not_reported": [entry for entry in entries if entry["verdict"] == "not_reported"],
        "retention": chapters_of_change.retention(facts),
        "class_sizes": chapters_of_change.class_sizes(facts),
        "changes": chapters_of_change.changes(facts),
        "restated": chapters_of_change.restatements(facts),
        "targets": chapters_of_change.targets(facts),
        "tasks": chapters_of_change.tasks(facts),
    }


def _flags(facts: Facts, severity: str, number: int) -> Figure:
    key = (
        ("county_code", facts.county.county_code),
        ("school_year", facts.county.school_year),
        ("severity", severity),
        ("status", "open"),
    )
    return Figure(number, "count", Source("flag", key, "count"), trace=facts.trace)


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(_ZONE):%Y年%m月%d日}"
