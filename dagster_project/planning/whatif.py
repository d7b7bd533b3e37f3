"""A county with changes that a person named: new values, coefficients and verdicts.

What the stages of a school share follows the split of the census: a change of the school's resource
reaches each stage by its share of the weighted pupils (九年一贯制: A/(A+1.1B), DOMAIN §3), and a
merger splits the joint resource anew.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from dagster_project.messages import Message, coded
from dagster_project.planning.changes import (
    Add,
    ChangeInvalid,
    Changes,
    LeaveOut,
    Merge,
    Move,
    School,
)
from dagster_project.planning.county import BY_SECTION, County, Sections


class Scenario:
    """A county being changed; schools that were merged answer to all their old names."""

    def __init__(self, county: County) -> None:
        self.county = county
        self._renamed: dict[str, str] = {}

    def apply(self, changes: Changes) -> County:
        """All changes in their order; ``ChangeInvalid`` names the one that cannot be done."""
        if changes.leave_out_flagged:
            for part in list(self.county.stages.values()):
                left_out = part.left_out | part.tainted
                self.county = self.county.with_stage(replace(part, left_out=left_out))
        for left_out in changes.leave_out:
            self.leave_out(left_out)
        for merge in changes.merges:
            self.merge(merge)
        for move in changes.moves:
            self.move(move)
        for addition in changes.additions:
            self.add(addition)
        if changes.close_gaps:
            self.close_gaps(changes.close_gaps)
        return self.county

    # --- finding what was meant ----------------------------------------------------------------

    def rows(self, school: School) -> dict[str, int]:
        """Where a school stands: its row by stage."""
        written = self._renamed.get(school.written, school.written)
        found: dict[str, dict[str, int]] = {}
        for stage, part in self.county.stages.items():
            for row, (school_id, name) in enumerate(zip(part.school_ids, part.names, strict=True)):
                if written in (school_id, name):
                    found.setdefault(school_id, {})[stage] = row
        if written in found:
            found = {written: found[written]}
        if len(found) != 1:
            trouble = Message("planning.several_schools" if found else "planning.no_school")
            hint = Message("planning.schools_found", {"found": list(found)}) if found else ""
            raise ChangeInvalid(
                "planning.school_not_found",
                trouble=trouble,
                county_name=self.county.county_name,
                school_year=self.county.school_year,
                written=school.written,
                hint=hint,
            )
        (places,) = found.values()
        if school.stage is None:
            return places
        if school.stage not in places:
            raise ChangeInvalid(
                "planning.no_such_section",
                written=school.written,
                stage=coded("stage", school.stage),
                places=[coded("stage", place) for place in places],
            )
        return {school.stage: places[school.stage]}

    def column(self, identity: str) -> int:
        """The position of an indicator."""
        known = [one.indicator_id for one in self.county.indicators]
        if identity not in known:
            raise ChangeInvalid(
                "planning.no_such_indicator",
                standard_id=self.county.standard_id,
                identity=identity,
                known=known,
            )
        column = known.index(identity)
        if self.county.indicators[column].denominator != "pupils":
            raise ChangeInvalid("planning.no_resource", identity=identity)
        return column

    def _change(self, column: int, rows: dict[str, int], amount: float, school: School) -> None:
        """Add ``amount`` (less than 0: take it) of a resource to a school or a section of it."""
        indicator = self.county.indicators[column]
        if not indicator.is_shared and len(rows) > 1:
            raise ChangeInvalid("planning.name_the_section", written=school.written)
        for stage, row in rows.items():
            part = self.county.stages[stage]
            numerator = part.numerator.copy()
            own = amount * (part.share[row] if indicator.is_shared else 1.0)
            if math.isnan(numerator[row, column]) or math.isnan(own):
                raise ChangeInvalid(
                    "planning.no_figure",
                    school=part.names[row],
                    stage=coded("stage", stage),
                    indicator_id=indicator.indicator_id,
                )
            numerator[row, column] += own
            if numerator[row, column] < -1e-9:
                raise ChangeInvalid(
                    "planning.too_little",
                    school=part.names[row],
                    stage=coded("stage", stage),
                    has=part.numerator[row, column],
                    indicator_id=indicator.indicator_id,
                    wanted=-own,
                )
            self.county = self.county.with_stage(replace(part, numerator=numerator))

    # --- the changes ---------------------------------------------------------------------------

    def leave_out(self, change: LeaveOut) -> None:
        """Without the school or section, in its verdicts and in the coefficients."""
        for stage, row in self.rows(change.school).items():
            part = self.county.stages[stage]
            self.county = self.county.with_stage(part.only(np.arange(len(part)) != row))

    def move(self, change: Move) -> None:
        """From one school to another; teachers within one stage."""
        for kind in change.kinds:
            column = self.column(kind)
            indicator = self.county.indicators[column]
            if indicator.is_area:
                raise ChangeInvalid(
                    "planning.floor_cannot_move",
                    indicator_id=indicator.indicator_id,
                    amount=change.amount,
                    kind=kind,
                    written=change.taker.written,
                )
            if indicator.is_counted and change.amount != int(change.amount):
                raise ChangeInvalid("planning.whole_ones", kind=kind, amount=change.amount)
            giver, taker = self.rows(change.giver), self.rows(change.taker)
            if not indicator.is_shared:
                stages = [stage for stage in giver if stage in taker]
                if len(stages) != 1:
                    raise ChangeInvalid(
                        "planning.within_one_stage",
                        written=change.giver.written,
                        giver=[coded("stage", stage) for stage in giver],
                        written2=change.taker.written,
                        taker=[coded("stage", stage) for stage in taker],
                    )
                giver = {stage: giver[stage] for stage in stages}
                taker = {stage: taker[stage] for stage in stages}
            else:
                giver = self.rows(School(change.giver.written))
                taker = self.rows(School(change.taker.written))
            self._change(column, giver, -change.amount, change.giver)
            self._change(column, taker, change.amount, change.taker)

    def add(self, change: Add) -> None:
        """More of a resource at one school."""
        for kind in change.kinds:
            column = self.column(kind)
            shared = self.county.indicators[column].is_shared
            school = School(change.school.written) if shared else change.school
            self._change(column, self.rows(school), change.amount, change.school)

    def close_gaps(self, wanted: tuple[str, ...]) -> None:
        """Every section up to the threshold: whole persons and rooms, areas and money exactly.

        A school's shared resource grows until the worse off of its stages is there.
        """
        names = [one.indicator_id for one in self.county.indicators]
        columns = range(len(names)) if "all" in wanted else [self.column(w) for w in wanted]
        for column in columns:
            indicator = self.county.indicators[column]
            need: dict[tuple[str, str], float] = {}
            for stage, part in self.county.stages.items():
                values = self.county.values(stage)[:, column]
                for row in np.flatnonzero(values < part.threshold[column]):
                    goal = part.threshold[column] * part.denominator[row, column]
                    # A hair more: the rounding of the last bit must not leave it short.
                    goal *= 1 if indicator.is_counted else 1 + 1e-12
                    gap = goal / indicator.multiplier - part.numerator[row, column]
                    share = part.share[row] if indicator.is_shared else 1.0
                    key = (part.school_ids[row], "" if indicator.is_shared else stage)
                    need[key] = max(need.get(key, 0.0), gap / share)
            for (school_id, stage), gap in need.items():
                amount = math.ceil(gap - 1e-9) if indicator.is_counted else gap
                rows = self.rows(School(school_id, stage or None))
                self._change(column, rows, float(amount), School(school_id))

    def merge(self, change: Merge) -> None:
        """One school of several: pupils and teachers add up by stage, the shared resources of all
        form one stock that is split by the weighted pupils of the new school."""
        ids: list[str] = []
        for school in change.schools:
            stage, row = next(iter(self.rows(school).items()))
            school_id = self.county.stages[stage].school_ids[row]
            if school_id not in ids:
                ids.append(school_id)
        if len(ids) < 2:
            raise ChangeInvalid("planning.merge_different")
        stock, weight = self._stock(ids)
        head, names = ids[0], set()
        for part in list(self.county.stages.values()):
            rows = [row for row, school_id in enumerate(part.school_ids) if school_id in ids]
            if rows:
                names |= {part.names[row] for row in rows}
                self.county = self.county.with_stage(self._merged(part, rows, head, stock, weight))
        known = {old: head if new in ids else new for old, new in self._renamed.items()}
        self._renamed = known | dict.fromkeys([*ids, *names], head)

    def _stock(self, ids: list[str]) -> tuple[np.ndarray, float]:
        """What the schools have of each indicator in all their stages, and their weighted pupils.

        Senior stages count through the shares that primary and junior leave over.
        """
        stock, weight = np.zeros(len(self.county.indicators)), 0.0
        for school_id in ids:
            numerator, share, own = np.zeros(len(stock)), 0.0, 0.0
            for part in self.county.stages.values():
                for row, other in enumerate(part.school_ids):
                    if other == school_id:
                        numerator = numerator + part.numerator[row]
                        share += part.share[row]
                        own += part.weight[row]
            stock = stock + numerator / share
            weight += own / share
        return stock, weight

    def _merged(
        self, part: Sections, rows: list[int], head: str, stock: np.ndarray, weight: float
    ) -> Sections:
        shared = np.array([one.is_shared for one in self.county.indicators])
        own = part.weight[rows].sum()
        share = own / weight
        summed = part.numerator[rows].sum(axis=0)
        joined = {
            "pupils": part.pupils[rows].sum(),
            "weight": own,
            "share": share,
            "numerator": np.where(shared, stock * share, summed),
            "denominator": part.denominator[rows].sum(axis=0),
            "tainted": part.tainted[rows].any(axis=0),
            "left_out": part.left_out[rows].any(axis=0),
        }
        keep = [row for row in range(len(part)) if row not in rows]
        rest = part.only(np.isin(np.arange(len(part)), keep))
        figures: dict[str, Any] = {
            name: np.concatenate([getattr(rest, name), np.asarray(joined[name])[None]])
            for name in BY_SECTION
        }
        return replace(
            rest,
            school_ids=(*rest.school_ids, head),
            names=(*rest.names, "+".join(part.names[row] for row in rows)),
            areas=(*rest.areas, part.areas[rows[0]]),
            **figures,
        )
