"""Figures over the years against their limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from dagster_project.reports.web.charts.svg import Scale, line, mark, plain, svg, text

_HEIGHT, _TOP, _BOTTOM = 150, 14, 122


@dataclass(frozen=True)
class Course:
    """One line: values by year (missing ones left out), the shape of its marks, and its limit."""

    name: str
    kind: str
    shape: str
    values: dict[int, float]
    limits: dict[int, float]
    titles: dict[int, str]


def years(courses: Sequence[Course], every: Sequence[int], title: str, description: str) -> Markup:
    """Lines over the school years ``every``; a year without a figure breaks the line."""
    across = Scale(min(every) - 0.7, max(every) + 0.3)
    known = [v for c in courses for v in (*c.values.values(), *c.limits.values())]
    up = Scale(0.0, max(known, default=1.0) * 1.1 or 1.0)

    def height(value: float) -> float:
        return round(_BOTTOM - (value - up.low) / (up.high - up.low) * (_BOTTOM - _TOP), 1)

    marks = [line("0%", _BOTTOM, "100%", _BOTTOM, "axis")]
    for tick in up.ticks(3):
        if tick:
            marks.append(line("0%", height(tick), "100%", height(tick), "grid"))
            marks.append(text("0%", height(tick) - 3, plain(tick), "tick", "start"))
    for year in every:
        marks.append(text(across.at(year), _BOTTOM + 16, str(year), "tick"))
    for course in courses:
        for year, limit in course.limits.items():
            y = height(limit)
            marks.append(
                line(across.at(year - 0.3), y, across.at(year + 0.3), y, f"limit {course.kind}")
            )
        for before, after in pairwise(every):
            if before in course.values and after in course.values:
                start, end = height(course.values[before]), height(course.values[after])
                marks.append(
                    line(across.at(before), start, across.at(after), end, f"course {course.kind}")
                )
        for year, value in course.values.items():
            marks.append(
                mark(course.shape, across.at(year), height(value), course.kind, course.titles[year])
            )
    return svg(_HEIGHT, title, description, marks, "years")
