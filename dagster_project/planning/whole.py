"""The county's whole verdict, 31 items with satisfaction and vetoes, before and after changes.

The seven indicators are judged anew from what the changes make of them; the four items that works
can mend (:mod:`.works`) are met once the works are done; the others stay as published. Whether the
county attains is decided as ``marts.county_verdict`` decides it, by :func:`decided` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from dagster_project.planning import formulas
from dagster_project.planning.county import County

BESIDE = ("S1", "V")
"""Satisfaction and vetoes decide, and are none of the 31."""
_IN_ORDER = ("not_met", "not_reported", "unverified", "met", "not_applicable", "not_due")


@dataclass(frozen=True)
class Whole:
    """The verdict of every item, by its id in the order of the document."""

    items: Mapping[str, str]

    @property
    def attains(self) -> bool | None:
        """Whether the county attains; ``None`` while nobody can tell."""
        return decided(self.items.values())

    def those(self, verdict: str) -> list[str]:
        """The items of a verdict, S1 and V among them."""
        return [item for item, found in self.items.items() if found == verdict]

    @property
    def met(self) -> int:
        """How many of the 31 are met."""
        return sum(found == "met" and item not in BESIDE for item, found in self.items.items())

    @property
    def total(self) -> int:
        """31, where all are there."""
        return sum(item not in BESIDE for item in self.items)


def decided(verdicts: Iterable[str]) -> bool | None:
    """Whether a county with items of these verdicts attains (``dbt/models/marts/county_verdict``).

    One that is not met decides against it; one that is not reported or unverified leaves it open.
    """
    found = list(verdicts)
    if "not_met" in found:
        return False
    if "not_reported" in found or "unverified" in found or "met" not in found:
        return None
    return True


def whole_of(county: County) -> Whole:
    """The verdict as it is published."""
    return Whole(county.items)


def whole_after(before: County, after: County, mended: Iterable[str] = ()) -> Whole:
    """The verdict once the changes from ``before`` to ``after`` are made.

    ``mended`` are the items whose works are done. A merger changes sizes of schools and classes
    that nobody has counted: the items on them wait to be verified.
    """
    items = dict(before.items)
    for indicator in before.indicators:
        identity = indicator.indicator_id
        if identity in items and _has_changed(before, after, before.column(identity)):
            items[identity] = indicator_verdict(after, identity)
    for item in mended:
        if items.get(item) == "not_met":
            items[item] = "met"
    if _are_merged(before, after):
        items |= {item: "unverified" for item in ("G3", "G4", "G5") if item in items}
    return Whole(items)


def indicator_verdict(county: County, identity: str) -> str:
    """Of one of the seven, from its sections, as ``marts.county_assessment`` judges it.

    Not met where a coefficient is above its limit, or a section below the floor or short of the
    threshold while its school does not attain.
    """
    column = county.column(identity)
    found = {_stage_verdict(county, stage, column) for stage in county.stages}
    return next((verdict for verdict in _IN_ORDER if verdict in found), "not_reported")


def _stage_verdict(county: County, stage: str, column: int) -> str:
    part = county.stages[stage]
    if np.isnan(part.cv_limit[column]):
        return "not_due"
    attains = np.array(county.attains(stage) or [None] * len(part), dtype=object)
    of_sections, tainted = county.verdicts(stage)[:, column], part.tainted[:, column]
    short = (of_sections == formulas.BELOW) | (of_sections == formulas.FLOOR)
    fails = (of_sections == formulas.BELOW) | (short & (attains == False))  # noqa: E712
    if (fails & ~tainted).any():
        return "not_met"
    judged = county.coefficient_verdicts(stage)[column]
    if judged == formulas.MISSING:
        return "not_reported"
    is_open = short & np.array([found is None for found in attains]) & part.tainted.any(axis=1)
    if (tainted & ~part.left_out[:, column]).any() or is_open.any():
        return "unverified"
    return judged or "not_due"


def _has_changed(before: County, after: County, column: int) -> bool:
    """Whether anything that the item's verdict is made of is another."""
    if before.stages.keys() != after.stages.keys():
        return True
    for stage, part in before.stages.items():
        other = after.stages[stage]
        same_schools = part.school_ids == other.school_ids
        if not same_schools or before.attains(stage) != after.attains(stage):
            return True
        for name in ("numerator", "denominator", "tainted", "left_out"):
            ours, theirs = getattr(part, name)[:, column], getattr(other, name)[:, column]
            if not np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f"):
                return True
    return False


def _are_merged(before: County, after: County) -> bool:
    return any(
        set(after.stages[stage].names) - set(part.names)
        for stage, part in before.stages.items()
        if stage in after.stages
    )
