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
class _Label:
    y: float
    anchor: str
    aside: float


# Floor and threshold stand close together: one is named to the left of its line, one to the right.
_UPPER = _Label(10, "middle", 0)
_LABELS = {"floor": _Label(26, "end", 3), "threshold": _Label(26, "start", -3)}


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
    middle, bottom, top = 58, 88, 32
    marks = axis(scale, bottom, top)
    for held in lines:
        x = scale.at(held.value)
        row = _LABELS.get(held.kind, _UPPER)
        marks.append(line(x, row.y + 3, x, bottom, held.kind))
        marks.append(text(x, row.y, held.label, f"label {held.kind}", row.anchor, row.aside))
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
    return svg(110, title, description, marks, "strip")
