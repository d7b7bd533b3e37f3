"""A decision: who moves, who is hired and what is added; what it costs and what it leads to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from dagster_project.planning import formulas
from dagster_project.planning.county import County, Indicator
from dagster_project.planning.prices import Price, Prices

Stage = str
Column = int  # position of an indicator


@dataclass
class Decision:
    """Whole numbers only. ``net`` teachers received less given per section (sums to zero),
    ``hired`` per section, ``added`` steps of a resource per school."""

    net: dict[tuple[Stage, Column], np.ndarray] = field(default_factory=dict)
    hired: dict[tuple[Stage, Column], np.ndarray] = field(default_factory=dict)
    added: dict[tuple[Column, str], int] = field(default_factory=dict)

    def copy(self) -> Decision:
        """A decision of its own, to change freely."""
        return Decision(
            {key: moved.copy() for key, moved in self.net.items()},
            {key: people.copy() for key, people in self.hired.items()},
            dict(self.added),
        )


@dataclass(frozen=True)
class Task:
    """A county to bring to the standard at given prices."""

    county: County
    prices: Prices

    def price(self, column: Column, action: str) -> Price | None:
        """The price of an action on an indicator; None where it is not to be had."""
        price = self.prices.get((self.county.indicators[column].indicator_id, action))
        return price if price is not None and price.can_be_had else None

    def can_be_bought(self, column: Column) -> bool:
        """Whether more of it is to be had at a price, not only moved from school to school."""
        action = "add" if self.indicator(column).is_shared else "hire"
        return self.price(column, action) is not None

    def indicator(self, column: Column) -> Indicator:
        return self.county.indicators[column]

    def known(self, stage: Stage, column: Column) -> np.ndarray:
        """Sections whose figure is there (booleans)."""
        return ~np.isnan(self.county.values(stage)[:, column])

    def steps_to(self, stage: Stage, row: int, column: Column, target: float) -> int:
        """Fewest steps added to a section's school (or teachers to it) to reach ``target``.

        Exact in the arithmetic of the marts: the value is tried, not only divided. 0 if reached.
        """
        part, multiplier = self.county.stages[stage], self.county.multipliers[column]
        below, unit = part.denominator[row, column], self.unit(stage, row, column)
        start = part.numerator[row, column]

        def reached(steps: int) -> bool:
            return bool(multiplier * (start + unit * steps) / below >= target)

        steps = max(0, int(np.ceil((target * below / multiplier - start) / unit)))
        while steps > 0 and reached(steps - 1):
            steps -= 1
        while not reached(steps):
            steps += 1
        return steps

    def spare(self, stage: Stage, row: int, column: Column) -> int:
        """Most teachers a section can give and still meet its own threshold."""
        part, multiplier = self.county.stages[stage], self.county.multipliers[column]
        start, below = part.numerator[row, column], part.denominator[row, column]
        target = part.threshold[column]
        if not multiplier * start / below >= target:
            return 0
        spare = max(0, int(np.floor(start - target * below / multiplier)))
        while multiplier * (start - spare - 1) / below >= target and spare + 1 <= start:
            spare += 1
        while spare > 0 and not multiplier * (start - spare) / below >= target:
            spare -= 1
        return spare

    def unit(self, stage: Stage, row: int, column: Column) -> float:
        """What one step adds to a section's numerator: one teacher, or its share of what is
        shared."""
        if not self.indicator(column).is_shared:
            return 1.0
        price = self.prices[(self.indicator(column).indicator_id, "add")]
        share = self.county.stages[stage].share[row]
        return float(price.step * (1.0 if np.isnan(share) else share))

    def cost(self, decision: Decision) -> float:
        """Yuan."""
        return sum(self.cost_by_kind(decision).values())

    def cost_by_kind(self, decision: Decision) -> dict[tuple[str, str], float]:
        """Yuan by (indicator_id, action)."""
        costs: dict[tuple[str, str], float] = {}

        def spend(column: Column, action: str, steps: float) -> None:
            if steps > 0:
                price = self.prices[(self.indicator(column).indicator_id, action)]
                key = (price.indicator_id, action)
                costs[key] = costs.get(key, 0.0) + steps * price.yuan * price.step

        for (_, column), moved in decision.net.items():
            spend(column, "move", np.maximum(moved, 0).sum())
        for (_, column), people in decision.hired.items():
            spend(column, "hire", people.sum())
        for (column, _), steps in decision.added.items():
            spend(column, "add", steps)
        return costs

    def after(self, decision: Decision) -> County:
        """The county once the decision is carried out."""
        county = self.county
        for stage, part in county.stages.items():
            numerator = part.numerator.copy()
            for changed in (decision.net, decision.hired):
                for (where, column), people in changed.items():
                    if where == stage:
                        numerator[:, column] += people
            place = {school_id: row for row, school_id in enumerate(part.school_ids)}
            for (column, school_id), steps in decision.added.items():
                if school_id in place:
                    row = place[school_id]
                    numerator[row, column] += steps * self.unit(stage, row, column)
            county = county.with_stage(replace(part, numerator=numerator))
        return county


def violations(county: County) -> dict[tuple[Stage, Column], float]:
    """Coefficients above their limit, with the excess."""
    found = {}
    for stage, part in county.stages.items():
        cv = county.spread(stage).cv
        for column in range(len(county.indicators)):
            if cv[column] > part.cv_limit[column]:
                found[stage, column] = float(cv[column] - part.cv_limit[column])
    return found


def short_sections(county: County) -> list[tuple[Stage, int]]:
    """Sections that do not attain by the figures that are there (an unknown one is not short)."""
    found = []
    for stage, part in county.stages.items():
        verdicts = county.verdicts(stage)
        below = (verdicts == formulas.BELOW).sum(axis=1)
        lowered = (verdicts == formulas.FLOOR).sum(axis=1)
        most = len(county.indicators) - (part.min_met or 0)
        found += [(stage, int(i)) for i in np.flatnonzero((below > 0) | (lowered > most))]
    return found
