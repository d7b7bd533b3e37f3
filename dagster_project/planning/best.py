"""The lowest coefficient that moving teachers alone can reach."""

from __future__ import annotations

import numpy as np

from dagster_project.planning.decision import Column, Stage, Task


def best_reachable(task: Task, stage: Stage, column: Column) -> float:
    """The coefficient of a kind of teacher once no move lowers it any more; NaN if undefined.

    Donors keep their own threshold, and a section below it gives nobody. The sum of squares is
    separable and convex and the teachers are a fixed number, so an arrangement that no exchange of
    one person improves is the best of all.
    """
    part = task.county.stages[stage]
    rows = np.flatnonzero(task.known(stage, column))
    below = part.denominator[rows, column]
    numerator = part.numerator[rows, column].copy()
    total = numerator.sum()
    if total <= 0:
        return float("nan")
    least = numerator - [task.spare(stage, int(row), column) for row in rows]
    while True:
        giving = np.where(numerator - 1 >= least, (2 * numerator - 1) / below, -np.inf)
        taking = (2 * numerator + 1) / below
        giver, taker = int(np.argmax(giving)), int(np.argmin(taking))
        if giving[giver] <= taking[taker] * (1 + 1e-12):
            break
        numerator[giver] -= 1
        numerator[taker] += 1
    mean = total / below.sum()
    squares = (below * (numerator / below - mean) ** 2).sum() / below.sum()
    return float(np.sqrt(squares) / mean)
