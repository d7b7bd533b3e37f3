"""Solving a planning program: linear relaxation with cuts, then rounds of HiGHS and more cuts.

Every round gives a bound that no plan can beat and, once repaired to the last decimal, a plan that
keeps every coefficient. The rounds end when the two are within ``GAP`` or time is up.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from dagster_project.planning.decision import Decision, Task
from dagster_project.planning.model import YUAN, Program
from dagster_project.planning.repair import repair

GAP = 0.005
RELAXED_ROUNDS = 40
BLOCK_ROUNDS = 4
OPTIMAL, LIMIT, INFEASIBLE = 0, 1, 2  # statuses of scipy.optimize.milp


@dataclass(frozen=True)
class Clock:
    """Seconds left of a time limit."""

    ends: float

    @classmethod
    def of(cls, seconds: float) -> Clock:
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        return self.ends - time.monotonic()


@dataclass(frozen=True)
class Solved:
    """A decision with its cost and a proven lower bound, in yuan; ``decision`` None: not found."""

    decision: Decision | None
    cost: float
    bound: float
    is_infeasible: bool = False
    rounds: int = 0

    @property
    def gap(self) -> float:
        """How much of the cost is not proven necessary (0.01 = 1 %)."""
        return 0.0 if self.cost <= 0 else max(0.0, (self.cost - self.bound) / self.cost)


def run(program: Program, objective, is_integer: bool, clock: Clock, gap: float = GAP / 2):
    """One call of HiGHS; returns scipy's result."""
    size = len(program.cost)
    padded = np.zeros(size)
    padded[: len(objective)] = objective
    return milp(
        padded,
        integrality=np.array(program.integer, int) if is_integer else np.zeros(size, int),
        bounds=Bounds(np.zeros(size), np.array(program.upper)),
        constraints=LinearConstraint(program.matrix(), program.row_lower, program.row_upper),
        options={"time_limit": max(0.1, clock.left()), "mip_rel_gap": gap},
    )


@dataclass(frozen=True)
class Relaxed:
    """The linear relaxation with its cuts: ``x`` None where it has no solution or none in time."""

    x: np.ndarray | None
    bound: float  # in the unit of the objective
    is_infeasible: bool = False


def relax(program: Program, objective, clock: Clock, stall: float = -1.0) -> Relaxed:
    """Cut the linear relaxation until it keeps the coefficients, or gains less than ``stall``."""
    relaxed = Relaxed(None, 0.0)
    for _ in range(RELAXED_ROUNDS):
        result = run(program, objective, False, clock)
        if result.status == INFEASIBLE:
            return Relaxed(None, np.inf, is_infeasible=True)
        if result.x is None:
            break
        # Optimal over fewer cuts than there are: below every plan.
        gained = float(result.fun) - relaxed.bound
        relaxed = Relaxed(result.x, max(relaxed.bound, float(result.fun)))
        if relaxed.bound > 0 and gained <= stall * relaxed.bound:
            break
        if not program.cut(result.x, 1e-4) or clock.left() < 0:
            break
    return relaxed


def cheapest(task: Task, clock: Clock) -> Solved:
    """The cheapest decision that makes the county attain.

    The relaxation says which indicator of a section stays between floor and threshold; with that
    the indicators are solved one by one. Only if the result is not within ``GAP`` of the bound,
    the whole program is solved with what is left of the time.
    """
    program = Program(task)
    objective = list(program.cost)
    relaxed = relax(program, objective, clock, stall=2e-5)
    if relaxed.is_infeasible:
        return Solved(None, np.inf, np.inf, is_infeasible=True)
    best, best_cost, bound, rounds = None, np.inf, relaxed.bound / YUAN, 1
    if relaxed.x is not None:
        best = block_by_block(task, _chosen(program, relaxed.x), Clock.of(clock.left() * 0.7))
        best_cost = np.inf if best is None else task.cost(best)
    while best is None or best_cost - bound > GAP * best_cost + 1e-6:
        rounds += 1
        result = run(program, objective, True, clock)
        if result.status == INFEASIBLE and best is None:
            return Solved(None, np.inf, np.inf, is_infeasible=True, rounds=rounds)
        if result.mip_dual_bound is not None and np.isfinite(result.mip_dual_bound):
            bound = max(bound, result.mip_dual_bound / YUAN)
        if result.x is None:
            break
        found = repair(task, program.decision(result.x))
        if found is not None and (cost := task.cost(found)) < best_cost:
            best, best_cost = found, cost
        if not program.cut(result.x, 1e-9) or clock.left() < 0.5:
            break
    return Solved(best, float(best_cost), min(bound, float(best_cost)), rounds=rounds)


def _chosen(program: Program, x: np.ndarray) -> set:
    """The indicators that may stay between floor and threshold: the relaxation's, made whole."""
    wanted: dict[tuple, list] = {}
    for key, variable in program.lowered.items():
        if x[variable] > 1e-6:
            wanted.setdefault(key[:2], []).append((-x[variable], key))
    county = program.task.county
    return {
        key
        for (stage, _), keys in wanted.items()
        for _, key in sorted(keys)[: len(county.indicators) - (county.stages[stage].min_met or 0)]
    }


def _drop_hires(program: Program, x: np.ndarray) -> None:
    """Forbid dear hires where the relaxation wants none: half as many ways to try."""
    for people in program.hired.values():
        if all(x[variable] < 1e-6 for variable in people.values()):
            for variable in people.values():
                program.upper[variable] = 0.0


def block_by_block(task: Task, chosen: set, clock: Clock) -> Decision | None:
    """A decision from one small program per indicator (and stage, where no resource is shared)."""
    decision = Decision()
    blocks: dict[tuple, list] = {}
    for column, indicator in enumerate(task.county.indicators):
        for stage in task.county.stages:
            blocks.setdefault((column, "" if indicator.is_shared else stage), []).append(
                (stage, column)
            )
    for done, block in enumerate(blocks.values()):
        until = Clock.of(clock.left() / (len(blocks) - done))
        program = Program(task, block=block, chosen=chosen)
        if not program.cost:
            continue
        relaxed = relax(program, list(program.cost), until)
        if relaxed.x is not None:
            _drop_hires(program, relaxed.x)
        point = None
        for _ in range(BLOCK_ROUNDS):
            result = run(program, list(program.cost), True, until)
            if result.x is None:
                break
            point = result.x
            if not program.cut(point, 1e-6) or until.left() < 0.1:
                break
        if point is None:
            return None
        part = program.decision(point)
        decision.net.update(part.net)
        decision.hired.update(part.hired)
        decision.added.update(part.added)
    return repair(task, decision)


def nearest(task: Task, clock: Clock) -> Solved:
    """What comes nearest when attainment is out of reach, at the least cost.

    First as few persons missing as possible (and, among equals, in few sections), then the
    coefficients that cannot be met as low as possible, then cheap. What money can buy is bought,
    and coefficients that are met stay met. Each of the three gets its part of the time.
    """
    program = Program(task, elastic=True)
    cost = np.array(program.cost)
    absent, excess = np.zeros(len(cost)), np.zeros(len(cost))
    absent[program.missing] = 1.0
    absent[list(program.short.values())] = 0.1
    unmet = {}
    for key, cone in program.cones.items():
        if cone.excess >= 0:
            excess[cone.excess] = 1.0
            unmet[key] = cone.excess
    best, rounds = Decision(), 0
    given_up = set(unmet)
    for objective, part in ((absent, 0.4), (excess, 0.5), (cost, 1.0)):
        if not objective.any():
            continue
        until = Clock.of(clock.left() * part)
        relax(program, objective, until)
        point, reached = None, np.inf
        for _ in range(6):
            rounds += 1
            result = run(program, objective, True, until, gap=GAP)
            if result.x is None:
                break
            point, reached = result.x, float(result.fun)
            if objective is cost:
                found = repair(task, program.decision(point), may_break=given_up)
                best = found if found is not None else best
            if not program.cut(point, 1e-4) or until.left() < 0.5:
                break
        if point is None:
            break
        if objective is excess:
            # What turned out to be reachable has to be reached.
            given_up = {key for key, at in unmet.items() if point[at] > 1e-4}
            for key in set(unmet) - given_up:
                program.upper[unmet[key]] = 0.0
        terms = [(int(i), float(objective[i])) for i in np.flatnonzero(objective)]
        program.row(terms, -np.inf, reached * (1 + 1e-3) + 1e-4)
    return Solved(best, task.cost(best), 0.0, is_infeasible=True, rounds=rounds)
