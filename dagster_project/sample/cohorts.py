"""Pupils from year to year: cohorts move up, some children move between schools."""

from __future__ import annotations

import numpy as np

from dagster_project.sample.people import some_of

Flows = dict[str, np.ndarray]


def advance(
    before: np.ndarray, entrants: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, Flows]:
    """Next year's pupils by grade (n, grades) and the flows of form 331 that lead there.

    The top grade graduates whole; everyone else moves up but those who leave, and newcomers join
    them. Opening + entrants + resumed + in − graduates − suspended − deaths − out = closing.
    """
    after = np.zeros_like(before)
    after[:, 0] = entrants
    names = ("resumed", "transfers_in", "suspended", "deaths", "transfers_out")
    flows = {name: np.zeros(len(before), np.int64) for name in names}
    for g in range(before.shape[1] - 1):
        left = before[:, g]
        out = some_of(left, 0.009, rng)
        suspended = np.minimum(some_of(left, 0.0012, rng), left - out)
        deaths = np.minimum(
            (rng.random(len(left)) < 0.0005).astype(np.int64), left - out - suspended
        )
        come, resumed = some_of(left, 0.009, rng), some_of(left, 0.001, rng)
        after[:, g + 1] = left - out - suspended - deaths + come + resumed
        for name, number in zip(names, (resumed, come, suspended, deaths, out), strict=True):
            flows[name] += number
    return after, flows | {"graduates": before[:, -1]}


def drifted(entrants: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Entrants a year later: a slow decline with some chance in it; at least one child."""
    return np.maximum(1, np.floor(entrants * rng.uniform(0.92, 1.05, len(entrants)) + 0.5)).astype(
        np.int64
    )


def split_county(
    total: np.ndarray, county: np.ndarray, weights: np.ndarray, fallback: np.ndarray
) -> np.ndarray:
    """Each county's ``total`` over its schools by ``weights``, rounded down (no county gets more).

    ``county`` gives each school's county; where a county's total is 0, ``fallback`` stays.
    """
    sums = np.bincount(county, weights, minlength=len(total))
    share = np.floor(total[county] * weights / np.maximum(sums[county], 1e-9)).astype(np.int64)
    return np.where(total[county] > 0, np.maximum(share, 1), fallback)
