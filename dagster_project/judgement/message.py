"""What is said about a broken rule: Chinese sentences, figures written as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dagster_project.census.schema import fields as dictionary
from dagster_project.judgement.catalogue import Rule

NOT_REPORTED = "未填"
PLACEHOLDER = re.compile(r"\{(\w+)(?::(wan|pct|m2))?\}")

_SHIFTS = re.compile(r"^(?:(?:prev\d?|sibling|sum|least|most|peer_median)_)+")


def figure(value: object, style: str | None = None) -> str:
    """``value`` as it is written in a sentence: 113 and not 113.0, square metres with two decimals.

    ``style`` is ``m2`` (two decimals), ``wan`` (yuan shown in 万元), ``pct`` (a fraction shown in
    percent) or nothing: whole numbers bare, others with at most two decimals. None is 未填.
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
        return _short(value / 10_000, 4)
    if style == "pct":
        return f"{_short(value * 100, 1)}%"
    return _short(value, 2)


def _short(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def sentence(template: str, figures: Mapping[str, object]) -> str:
    """``template`` with ``{column}`` or ``{column:style}`` replaced by the figures of a row.

    A column of the dictionary that is an area takes two decimals by itself. Raises ``KeyError`` for
    a placeholder that ``figures`` has no entry for.
    """

    def fill(place: re.Match) -> str:
        name, style = place[1], place[2]
        entry = dictionary().get(_SHIFTS.sub("", name))
        if style is None and entry is not None and entry.unit == "m2":
            style = "m2"
        return figure(figures[name], style)

    return PLACEHOLDER.sub(fill, template)


def message(rule: Rule, figures: Mapping[str, object]) -> str:
    """The rule's message for a row that breaks it."""
    return sentence(rule.message, figures)


def expected(rule: Rule, figures: Mapping[str, object]) -> str:
    """What the rule expected of this row, as a short text."""
    return sentence(rule.expected, figures)


def observed(figures: Mapping[str, object]) -> str:
    """The figure that the rule observed, as text."""
    return figure(figures.get("observed"))
