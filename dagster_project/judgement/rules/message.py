"""What is said about a broken rule: Chinese sentences, figures written as people write them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from dagster_project.census.schema import fields as dictionary
from dagster_project.judgement.rules.catalogue import Rule

# Below, two decimals would show a per-pupil figure as nought: 生均 0.0031 册.
LEAST_WITH_TWO_DECIMALS = 0.01
NOT_REPORTED = "未填"
PLACEHOLDER = re.compile(r"\{(\w+)(?::(wan|pct|m2|rate|whole))?\}")

AT_FAULT = "at_fault"
_SHIFTS = re.compile(r"^(?:(?:prev\d?|sibling|sum|least|most|peer_median)_)+")


def write_figure(value: object, style: str | None = None) -> str:
    """``value`` as it is written in a sentence: 113 and not 113.0, square metres with two decimals.

    ``style`` is ``m2`` (two decimals), ``wan`` (yuan shown in 万元), ``pct`` (a fraction shown in
    percent), ``rate`` (the same with two decimals, as rates are published), ``whole`` (persons that
    were estimated) or nothing: whole numbers bare, others with at most two decimals, small ones
    with two digits. None is 未填.
    """
    if value is None:
        return NOT_REPORTED
    if isinstance(value, bool):
        return "是" if value else "否"
    if not isinstance(value, int | float):
        return str(value)
    if style == "m2":
        return f"{value:.2f}"
    if style == "wan":
        return _shorten(value / 10_000, 4)
    if style == "pct":
        return f"{_shorten(value * 100, 1)}%"
    if style == "rate":
        return f"{value * 100:.2f}%"
    if style == "whole":
        return f"{math.floor(value + 0.5)}"
    if 0 < value < LEAST_WITH_TWO_DECIMALS:
        return _shorten(value, -math.floor(math.log10(value)) + 1)
    return _shorten(value, 2)


def _shorten(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def fill_in(template: str, figures: Mapping[str, object]) -> str:
    """``template`` with ``{column}`` or ``{column:style}`` replaced by the figures of a row.

    A column of the dictionary that is an area takes two decimals by itself. Raises ``KeyError`` for
    a placeholder that ``figures`` has no entry for.
    """

    def fill(place: re.Match) -> str:
        name, style = place[1], place[2]
        if name == AT_FAULT:
            return _write_faults(figures[name])
        entry = dictionary().get(_SHIFTS.sub("", name))
        if style is None and entry is not None and entry.unit == "m2":
            style = "m2"
        return write_figure(figures[name], style)

    return PLACEHOLDER.sub(fill, template)


def parse_faults(text: object) -> list[tuple[str, float | None]]:
    """Fields and figures of what a rule says is ``at_fault``: ``pupils=-3.0,classes=``."""
    pairs = (pair.partition("=") for pair in str(text or "").split(",") if pair)
    return [(name, float(value) if value else None) for name, _, value in pairs]


def _write_faults(text: object) -> str:
    """The figures at fault with their names."""
    told = (
        dictionary()[name].said + ("" if value is None else f" {write_figure(value)}")
        for name, value in parse_faults(text)
    )
    return "、".join(told)


def write_message(rule: Rule, figures: Mapping[str, object]) -> str:
    """The rule's message for a row that breaks it."""
    return fill_in(rule.message, figures)


def write_expected(rule: Rule, figures: Mapping[str, object]) -> str:
    """What the rule expected of this row, as a short text."""
    return fill_in(rule.expected, figures)


def write_observed(figures: Mapping[str, object]) -> str:
    """The figure that the rule observed, as text."""
    if AT_FAULT in figures:
        return "、".join(
            write_figure(value) for _, value in parse_faults(figures[AT_FAULT]) if value is not None
        )
    return write_figure(figures.get("observed"))
