"""The verdicts on an item and their words, as ``dbt/seeds/verdict.csv`` has them.

Models take the words from the seed; documents and the command line take them from here, so that a
verdict has one name everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from dagster_project.seeds import seed_rows


@cache
def chinese() -> dict[str, str]:
    """The Chinese word of every verdict, in the order in which they are listed."""
    return {row["verdict"]: row["name_zh"] for row in _rows()}


@cache
def english() -> dict[str, str]:
    """The English word of every verdict."""
    return {row["verdict"]: row["name_en"] for row in _rows()}


@cache
def _rows() -> list[dict[str, str]]:
    return sorted(seed_rows("verdict"), key=lambda row: int(row["position"]))


def of_coefficient(row: Mapping[str, Any]) -> str | None:
    """The verdict on a county's coefficient as documents print it.

    ``row`` is one of ``marts.county_coefficient``. Within the limit or above it, a coefficient of
    which a section is under a hard flag is unverified. ``None`` where there is no limit.
    """
    is_judged = row["verdict"] in ("met", "not_met")
    return "unverified" if is_judged and row["sections_tainted"] else row["verdict"]


def of_composite(row: Mapping[str, Any], coefficients: Iterable[Mapping[str, Any]]) -> str | None:
    """The verdict on a composite as documents print it.

    ``row`` is one of ``marts.county_composite``, ``coefficients`` the single ones of its standard.
    Where each of them decides, one that is above its limit for certain does; otherwise nothing is
    decided while one is missing or unverified.
    """
    singles = [(of_coefficient(single), single["sections_tainted"]) for single in coefficients]
    if not any(tainted for _, tainted in singles):
        return row["verdict"]
    found = {verdict for verdict, _ in singles}
    return next((said for said in ("not_met", "missing") if said in found), "unverified")
