"""Verdicts as documents print them, where a section under a hard flag leaves one open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dagster_project.words import word


def of_county(attains: bool | None, language: str = "zh") -> str:
    """What is said of a county: it attains, it does not, or nobody can tell yet.

    ``attains`` is that of ``marts.county_verdict``; ``None`` is never a failure.
    """
    code = {True: "true", False: "false", None: "null"}[attains]
    return word("county_attains", code, language)


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
