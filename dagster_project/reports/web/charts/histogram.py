"""Histogram of class sizes with the limits that classes are held against."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from dagster_project.reports.web.charts.svg import Scale, line, plain, rect, svg, text

_WIDE = 5
_HEIGHT, _TOP, _BOTTOM = 170, 30, 138


def bins(sizes: Iterable[tuple[float, float]]) -> dict[int, float]:
    """Classes by bin of five pupils (its lower end); ``sizes`` are pairs of size and classes."""
    found: dict[int, float] = {}
    for size, classes in sizes:
        low = math.floor((size - 1e-9) / _WIDE) * _WIDE
        found[low] = found.get(low, 0) + classes
    return dict(sorted(found.items()))


def histogram(
    counted: dict[int, float], limits: Sequence[tuple[float, str]], title: str, description: str
) -> Markup:
    """Bars over bins of five (low, low + 5], and the limits as lines with their labels."""
    most = max(counted.values(), default=1) or 1
    across = Scale(
        min([*counted, limits[0][0] - 20]), max([*(n + _WIDE for n in counted), limits[-1][0] + 5])
    )
    marks = [line("0%", _BOTTOM, "100%", _BOTTOM, "axis")]
    for tick in range(math.ceil(across.low / 10) * 10, int(across.high) + 1, 10):
        marks.append(text(across.at(tick), _BOTTOM + 15, str(tick), "tick"))
    for low, classes in counted.items():
        high = classes / most * (_BOTTOM - _TOP - 14)
        kind = "bar over" if low >= limits[0][0] else "bar"
        words = f"{low}—{low + _WIDE} 人：{plain(classes)} 班"
        marks.append(
            rect(across.at(low + 0.15), _BOTTOM - high, across.width(0, 4.7), high, kind, words)
        )
        marks.append(text(across.at(low + 2.5), _BOTTOM - high - 4, plain(classes), "count"))
    for at, label in limits:
        marks.append(line(across.at(at), 16, across.at(at), _BOTTOM, "threshold"))
        marks.append(text(across.at(at), 11, label, "label threshold"))
    return svg(_HEIGHT, title, description, marks, "histogram")
