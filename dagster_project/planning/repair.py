"""The last decimals: a decision that breaks a coefficient by rounding is put right step by step.

A whole number of rooms or a rounded-up square metre can leave a coefficient a hair above its limit.
The step that lowers it most for its price is taken until the formulas agree.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from dagster_project.planning import formulas
from dagster_project.planning.decision import Column, Decision, Stage, Task, violations

MOST_STEPS = 3000


def repair(
    task: Task, decision: Decision, may_break: Collection[tuple[Stage, Column]] = ()
) -> Decision | None:
    """``decision``, with what it takes to keep the coefficients; None if that cannot be done.

    Those of ``may_break`` may stay above their limit.
    """
    decision = decision.copy()
    for taken in range(MOST_STEPS):
        county = task.after(decision)
        broken = {key: by for key, by in violations(county).items() if key not in may_break}
        if not broken:
            return decision
        stage, column = max(broken, key=lambda key: (broken[key], key))
        stride = 2 ** (taken // 100)
        if task.indicator(column).is_shared:
            moved = _add(task, decision, county, stage, column, stride)
        else:
            moved = _teachers(task, decision, county, stage, column)
        if not moved:
            return None
    return None


def _pull(task: Task, county, stage: Stage, column: Column) -> tuple[np.ndarray, float]:
    """Slope of Σ n²/p − (1+L²)N²/P by each section's numerator, and the part that N brings."""
    part = county.stages[stage]
    known = ~np.isnan(county.values(stage)[:, column])
    numerator, below = part.numerator[:, column], part.denominator[:, column]
    total, weight = numerator[known].sum(), below[known].sum()
    slope = np.where(known, 2 * numerator / np.where(known, below, 1.0), np.nan)
    return slope, 2 * (1 + part.cv_limit[column] ** 2) * total / weight


def _add(task: Task, decision: Decision, county, stage, column, stride: int) -> bool:
    price = task.price(column, "add")
    if price is None:
        return False
    slope, level = _pull(task, county, stage, column)
    units = np.array([task.unit(stage, i, column) for i in range(len(slope))])
    gain = np.where(np.isnan(slope), -np.inf, (level - slope) * units)
    row = int(np.argmax(gain))
    if gain[row] <= 0:
        return False
    key = (column, county.stages[stage].school_ids[row])
    decision.added[key] = decision.added.get(key, 0) + stride
    return True


def _teachers(task: Task, decision: Decision, county, stage, column) -> bool:
    """Move one teacher from the richest section that can give to the poorest; else hire one."""
    part, original = county.stages[stage], task.county.stages[stage]
    slope, level = _pull(task, county, stage, column)
    net = decision.net.get((stage, column))
    if net is None:
        return False
    # What one teacher less or more changes, exactly: a small section feels the whole person.
    step = 1 / np.where(np.isnan(slope), np.nan, original.denominator[:, column])
    taking, giving = slope + step, slope - step
    verdicts = formulas.verdicts(county.values(stage), part.threshold, part.floor)[:, column]
    taker = int(np.nanargmin(taking))
    if task.price(column, "move") is not None:
        givers = [
            int(i)
            for i in np.argsort(-giving, kind="stable")
            if giving[i] > taking[taker]
            and _can_give(task, county, stage, int(i), column, net, verdicts[i])
        ]
        if givers:
            net[givers[0]] -= 1
            net[taker] += 1
            return True
    if task.price(column, "hire") is None or taking[taker] >= level:
        return False
    decision.hired[stage, column][taker] += 1
    return True


def _can_give(task: Task, county, stage, row: int, column, net, verdict: str) -> bool:
    """Whether one teacher fewer leaves the section's verdict and its own staff as they must be."""
    part = county.stages[stage]
    if net[row] <= 0 and -net[row] >= task.spare(stage, row, column):
        return False
    one_less = task.county.multipliers[column] * (part.numerator[row, column] - 1)
    lowest = {
        formulas.MET: part.threshold[column],
        formulas.FLOOR: part.floor[column],
        formulas.BELOW: 0.0,
    }.get(verdict, np.inf)
    return bool(one_less / part.denominator[row, column] >= lowest)
