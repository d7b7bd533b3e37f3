"""Bars that stand in the rows of a table, one on each line."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from dagster_project.reports.web.charts.svg import Scale, line, mark, rect


def bar(value: float, scale: Scale, kind: str, lines: Iterable[tuple[float, str]] = ()) -> Markup:
    """A bar from zero; the figure itself stands beside it in the row, so it is not read aloud."""
    marks = [rect(scale.at(0), 3, scale.width(0, value), 10, f"bar {kind}")]
    marks += [line(scale.at(at), 0, scale.at(at), 16, name) for at, name in lines]
    return _row(marks)


def step(start: float, end: float, scale: Scale, kind: str) -> Markup:
    """A bar between two values: one step of a flow."""
    left = min(start, end)
    marks = [rect(scale.at(left), 3, scale.width(start, end), 10, f"bar {kind}")]
    marks.append(line(scale.at(end), 0, scale.at(end), 16, "edge"))
    return _row(marks)


def reach(
    value: float, furthest: float | None, scale: Scale, lines: Iterable[tuple[float, str]], tip: str
) -> Markup:
    """A mark at ``value`` and a line on to ``furthest``: the mean class and the largest one."""
    marks = [line(scale.at(at), 0, scale.at(at), 16, name) for at, name in lines]
    if furthest is not None:
        marks.append(line(scale.at(value), 8, scale.at(furthest), 8, "reach"))
        marks.append(line(scale.at(furthest), 3, scale.at(furthest), 13, "reach"))
    marks.append(mark("dot", scale.at(value), 8, "mean", tip))
    return _row(marks)


def _row(marks: Iterable[str]) -> Markup:
    return Markup(
        '<svg class="row" aria-hidden="true" focusable="false" width="100%" height="16">'
        f"{''.join(marks)}</svg>"
    )


def stack(parts: Iterable[tuple[float, str, str]], title: str) -> Markup:
    """One bar of several parts (length, class, what it is), the whole width long."""
    parts = [part for part in parts if part[0] > 0]
    total = sum(length for length, _, _ in parts) or 1
    marks, at = [], 0.0
    for length, kind, words in parts:
        wide = length / total * 100
        marks.append(rect(f"{at:.2f}%", 0, f"{wide:.2f}%", 18, f"part {kind}", words))
        at += wide
    words = "，".join(words for _, _, words in parts)
    return Markup(
        f'<svg class="chart stack" role="img" width="100%" height="18"'
        f' aria-label="{escape(title)}：{escape(words)}">{"".join(marks)}</svg>'
    )
