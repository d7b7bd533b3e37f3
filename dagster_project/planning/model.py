"""The planning problem of a county as a mixed-integer linear program with lazy cone cuts.

Variables: teachers received, given and hired per section and kind; steps of a resource added per
school and indicator; a binary per section and unmet indicator, which says that this one may stay
between floor and threshold (at most seven less ``min_met`` in a section).

The coefficient of a stage and indicator is at most its limit L when

    Σ w_i (y_i − 1)² ≤ L²     with  y_i = x_i / X̄,  w_i = pupils_i / Σ pupils.

With the numerators n_i = w_i y_i N and their sum N this is the second-order cone
Σ n_i² / w_i ≤ (1 + L²) N². It is approximated from outside in the lifted form, where each section
has its own δ_i ≥ w_i (y_i − 1)² N and Σ δ_i ≤ L² N: the perspective of the square is convex in
(n_i, N) and its tangent at ŷ is  δ_i ≥ 2(ŷ − 1) n_i − (ŷ² − 1) w_i N.  Cuts are added at the points
the solver visits; every one is valid, so the program's bound never exceeds the true optimum.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from dagster_project.planning.decision import Column, Decision, Stage, Task

YUAN = 1e-4  # the program counts in 万元


@dataclass
class _Cone:
    """The coefficient of one stage and indicator: affine numerators and, once active, its cuts."""

    rows: np.ndarray  # sections with a figure
    base: np.ndarray
    terms: list[list[tuple[int, float]]]  # per section: (variable, numerator per unit)
    weights: np.ndarray  # sums to one
    limit: float
    scale: float
    excess: int = -1  # variable that lets the coefficient stay above its limit
    total: int = -1  # scaled sum of the numerators, once active
    deviation: int = -1  # first δ, once active


class Program:
    """Variables and rows of a task.

    ``elastic`` relaxes what money cannot buy at these prices: a section may stay short of such a
    resource (``missing`` steps, ``short`` marks the section), an unmet coefficient unmet
    (``excess``). Then there always is a solution.

    ``block`` restricts the program to some stages and indicators that nothing couples to the rest
    once ``chosen`` says which (stage, section, indicator) may stay between floor and threshold.
    """

    def __init__(
        self,
        task: Task,
        elastic: bool = False,
        block: Collection[tuple[Stage, Column]] | None = None,
        chosen: Collection[tuple[Stage, int, Column]] | None = None,
    ) -> None:
        self.task = task
        self.elastic = elastic
        self.chosen = chosen
        self.block = [
            (stage, column)
            for stage in task.county.stages
            for column in range(len(task.county.indicators))
            if block is None or (stage, column) in block
        ]
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.integer: list[int] = []
        self._entries: tuple[list[int], list[int], list[float]] = ([], [], [])
        self.row_lower: list[float] = []
        self.row_upper: list[float] = []
        self.received: dict[tuple[Stage, Column], dict[int, int]] = {}
        self.given: dict[tuple[Stage, Column], dict[int, int]] = {}
        self.hired: dict[tuple[Stage, Column], dict[int, int]] = {}
        self.added: dict[tuple[Column, str], int] = {}
        self.lowered: dict[tuple[Stage, int, Column], int] = {}
        self.short: dict[tuple[Stage, int], int] = {}
        self.missing: list[int] = []
        self.needs: list[tuple[tuple[Column, str], int, int, int]] = []
        self.cones: dict[tuple[Stage, Column], _Cone] = {}
        self._build()

    # --- parts of a program ------------------------------------------------------------------

    def variable(self, cost: float = 0.0, upper: float = np.inf, integer: bool = False) -> int:
        """A variable from 0 up; returns its index."""
        self.cost.append(cost)
        self.upper.append(upper)
        self.integer.append(int(integer))
        return len(self.cost) - 1

    def row(self, terms: list[tuple[int, float]], lower: float, upper: float = np.inf) -> None:
        """``lower ≤ Σ coefficient · variable ≤ upper``."""
        number = len(self.row_lower)
        for variable, coefficient in terms:
            if coefficient:
                self._entries[0].append(number)
                self._entries[1].append(variable)
                self._entries[2].append(coefficient)
        self.row_lower.append(lower)
        self.row_upper.append(upper)

    def matrix(self) -> csr_matrix:
        """The rows so far."""
        rows, columns, values = self._entries
        return csr_matrix((values, (rows, columns)), shape=(len(self.row_lower), len(self.cost)))

    # --- the county --------------------------------------------------------------------------

    def _build(self) -> None:
        task = self.task
        for stage, column in self.block:
            if not task.indicator(column).is_shared:
                self._teachers(stage, column)
        for column in sorted({column for _, column in self.block}):
            indicator = task.indicator(column)
            price = task.price(column, "add") if indicator.is_shared else None
            if price is not None:
                schools = {s for part in task.county.stages.values() for s in part.school_ids}
                for school_id in sorted(schools):
                    self.added[column, school_id] = self.variable(
                        price.per_step * YUAN, integer=indicator.is_counted
                    )
        for stage, part in task.county.stages.items():
            for row in range(len(part)):
                self._section(stage, row)
        for stage, column in self.block:
            self._cone(stage, column)

    def _teachers(self, stage: Stage, column: Column) -> None:
        task, key = self.task, (stage, column)
        rows = [int(i) for i in np.flatnonzero(task.known(stage, column))]
        self.received[key], self.given[key], self.hired[key] = {}, {}, {}
        move, hire = task.price(column, "move"), task.price(column, "hire")
        spare = {row: task.spare(stage, row, column) for row in rows}
        if move is not None and any(spare.values()):
            for row in rows:
                self.received[key][row] = self.variable(
                    move.per_step * YUAN, upper=sum(spare.values()), integer=True
                )
                if spare[row]:
                    self.given[key][row] = self.variable(upper=spare[row], integer=True)
            balance = [(variable, 1.0) for variable in self.received[key].values()]
            balance += [(variable, -1.0) for variable in self.given[key].values()]
            self.row(balance, 0.0, 0.0)
        if hire is not None:
            for row in rows:
                self.hired[key][row] = self.variable(hire.per_step * YUAN, integer=True)

    def changes(self, stage: Stage, row: int, column: Column) -> list[tuple[int, float]]:
        """What moves a section's resource: variables with the steps one unit of each makes."""
        if self.task.indicator(column).is_shared:
            variable = self.added.get((column, self.task.county.stages[stage].school_ids[row]))
            return [] if variable is None else [(variable, 1.0)]
        key = (stage, column)
        terms = [
            (group[key][row], sign)
            for group, sign in ((self.received, 1.0), (self.given, -1.0), (self.hired, 1.0))
            if row in group[key]
        ]
        return terms

    def _section(self, stage: Stage, row: int) -> None:
        """Rows that make a section attain, or mark it short where that is allowed."""
        task, part = self.task, self.task.county.stages[stage]
        values = task.county.values(stage)[row]
        lowered: list[int] = []
        needs: list[tuple[Column, int, list[tuple[int, float]]]] = []
        for column, threshold in enumerate(part.threshold):
            if (stage, column) not in self.block or not values[column] < threshold:
                continue
            whole = task.steps_to(stage, row, column, threshold)
            least = task.steps_to(stage, row, column, part.floor[column])
            if self.chosen is not None:
                may_stay = (stage, row, column) in self.chosen
                needs.append((column, least if may_stay else whole, []))
                continue
            choice = self.variable(upper=1.0, integer=True)
            self.lowered[stage, row, column] = choice
            lowered.append(choice)
            needs.append((column, whole, [(choice, float(whole - least))]))
            self.needs.append(((column, part.school_ids[row]), choice, whole, least))
        if not needs:
            return
        for column, whole, relief in needs:
            if self.elastic and not self.task.can_be_bought(column):
                relief = [*relief, (self._missing(stage, row, whole), 1.0)]
            self.row([*self.changes(stage, row, column), *relief], float(whole))
        if self.chosen is not None:
            return
        most = len(task.county.indicators) - (part.min_met or 0)
        self.row([(choice, 1.0) for choice in lowered], 0.0, float(most))

    def _missing(self, stage: Stage, row: int, whole: int) -> int:
        missing = self.variable(upper=float(whole))
        if (stage, row) not in self.short:
            self.short[stage, row] = self.variable(upper=1.0, integer=True)
        self.row([(self.short[stage, row], float(whole)), (missing, -1.0)], 0.0)
        self.missing.append(missing)
        return missing

    def _cone(self, stage: Stage, column: Column) -> None:
        part = self.task.county.stages[stage]
        rows = np.flatnonzero(self.task.known(stage, column))
        limit = part.cv_limit[column]
        if not len(rows) or np.isnan(limit):
            return
        base, below = part.numerator[rows, column], part.denominator[rows, column]
        cone = _Cone(
            rows=rows,
            base=base,
            terms=[
                [
                    (variable, steps * self.task.unit(stage, int(row), column))
                    for variable, steps in self.changes(stage, int(row), column)
                ]
                for row in rows
            ],
            weights=below / below.sum(),
            limit=float(limit),
            scale=len(rows) / (base.sum() or 1.0),
        )
        self.cones[stage, column] = cone
        cv = self.task.county.spread(stage).cv[column]
        if self.elastic and not cv <= limit and not self.task.can_be_bought(column):
            cone.excess = self.variable()

    # --- cuts --------------------------------------------------------------------------------

    def numerators(self, cone: _Cone, x: np.ndarray) -> np.ndarray:
        """Numerators of the sections of a cone at a point."""
        changed = [sum(per * x[variable] for variable, per in terms) for terms in cone.terms]
        return cone.base + np.array(changed)

    def cut(self, x: np.ndarray, tolerance: float) -> int:
        """Add tangents where ``x`` breaks a coefficient; returns how many coefficients it breaks.

        ``tolerance`` is relative to the squared limit.
        """
        broken = 0
        for cone in self.cones.values():
            numerators = self.numerators(cone, x)
            total = numerators.sum()
            if total <= 0:
                continue
            ratio = numerators / (cone.weights * total)
            squares = cone.weights * (ratio - 1) ** 2
            slack = x[cone.excess] / (cone.scale * total) if cone.excess >= 0 else 0.0
            if squares.sum() <= cone.limit**2 * (1 + tolerance) + slack:
                continue
            broken += 1
            if cone.deviation < 0:
                self._activate(cone)
                x = np.append(x, np.zeros(len(self.cost) - len(x)))
            for i in range(len(cone.rows)):
                has = x[cone.deviation + i] / (cone.scale * total)
                if squares[i] > has + 1e-9:
                    self._tangent(cone, i, float(ratio[i]))
        return broken

    def _activate(self, cone: _Cone) -> None:
        cone.total = self.variable()
        everything = [(variable, per) for some in cone.terms for variable, per in some]
        self.row(
            [(cone.total, 1.0), *((variable, -cone.scale * per) for variable, per in everything)],
            cone.scale * float(cone.base.sum()),
            cone.scale * float(cone.base.sum()),
        )
        cone.deviation = len(self.cost)
        for _ in cone.rows:
            self.variable()
        terms = [(cone.deviation + i, 1.0) for i in range(len(cone.rows))]
        terms.append((cone.total, -(cone.limit**2)))
        if cone.excess >= 0:
            terms.append((cone.excess, -1.0))
        self.row(terms, -np.inf, 0.0)
        for i in range(len(cone.rows)):
            for ratio in (0.5, 1.5):
                self._tangent(cone, i, ratio)

    def _tangent(self, cone: _Cone, i: int, ratio: float) -> None:
        slope = 2 * (ratio - 1) * cone.scale
        terms = [(variable, -slope * per) for variable, per in cone.terms[i]]
        terms += [(cone.deviation + i, 1.0), (cone.total, (ratio**2 - 1) * cone.weights[i])]
        self.row(terms, float(slope * cone.base[i]))

    # --- back to people and rooms ------------------------------------------------------------

    def decision(self, x: np.ndarray) -> Decision:
        """The decision at a point, amounts that are not counted rounded up to whole steps."""
        decision = Decision()
        for key in self.received:
            size = len(self.task.county.stages[key[0]])
            net, hired = np.zeros(size, int), np.zeros(size, int)
            for row, variable in self.received[key].items():
                net[row] += round(x[variable])
            for row, variable in self.given[key].items():
                net[row] -= round(x[variable])
            for row, variable in self.hired[key].items():
                hired[row] += round(x[variable])
            decision.net[key], decision.hired[key] = net, hired
        for stock, variable in self.added.items():
            steps = int(np.ceil(x[variable] - 1e-5))
            if steps > 0:
                decision.added[stock] = steps
        # A binary that is a millionth off must not cost a section its last square metre.
        for stock, choice, whole, least in self.needs:
            steps = least if round(x[choice]) else whole
            if stock in self.added and steps > decision.added.get(stock, 0):
                decision.added[stock] = steps
        return decision
