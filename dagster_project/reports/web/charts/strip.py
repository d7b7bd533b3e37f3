"""Strip plots: every section, or every county, as one mark on the scale of a figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from dagster_project.reports.web.charts.svg import Scale, axis, line, mark, svg, text

_LANES = (0, -9, 9, -18, 18)
_TOUCH = 1.5
"""Marks nearer than this share of the width (per cent) would cover each other."""


@dataclass(frozen=True)
class Dot:
    """One mark: where it stands, its shape and class, what it says and which figure it opens."""

    value: float
    shape: str
    kind: str
    title: str
    opens: str = ""


@dataclass(frozen=True)
class Line:
    """A value that all marks are held against, such as the threshold."""

    value: float
    kind: str
    label: str


def strip(
    dots: Iterable[Dot], lines: Iterable[Line], scale: Scale, title: str, description: str
) -> Markup:
    """Marks on one scale, in lanes where they would hide each other, over the named lines."""
    middle, bottom, top = 44, 74, 18
    marks = axis(scale, bottom, top)
    right = ""
    for held in sorted(lines, key=lambda held: held.value):
        x = scale.at(held.value)
        marks.append(line(x, top - 4, x, bottom, held.kind))
        # Labels of lines that stand close together share the row above: left and right of them.
        near = right and float(x[:-1]) - float(right[:-1]) < 12
        anchor = "start" if near or float(x[:-1]) < 8 else "middle"
        marks.append(text(x, 10, held.label, f"label {held.kind}", anchor))
        right = x
    lanes: list[float] = []
    for dot in sorted(dots, key=lambda dot: dot.value):
        x = scale.at(dot.value)
        place = float(x[:-1])
        lane = next(
            (n for n in range(len(lanes)) if place - lanes[n] >= _TOUCH),
            len(lanes) if len(lanes) < len(_LANES) else lanes.index(min(lanes)),
        )
        if lane == len(lanes):
            lanes.append(place)
        lanes[lane] = place
        marks.append(mark(dot.shape, x, middle + _LANES[lane], dot.kind, dot.title, dot.opens))
    return svg(96, title, description, marks, "strip")
