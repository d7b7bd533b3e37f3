"""Rows that are the sum of rows above or below them, found by arithmetic where no label says it.

A row of a county's totals under a name and a code of its own would be one more school, and the
county doubled. A row is a sum if its figures are those of a block of neighbouring rows added up,
in so many and so large figures that chance is out of the question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import log10

import numpy as np

LEAST_ROWS = 2  # of a block
LEAST_FIGURE = 10  # smaller figures agree by chance all the time
MOST_FIGURES = 12  # columns that are looked at
LEAST_ROWS_OF_ALL = 4  # of a block that is all there is, for which one large figure will do
_ALL_EVIDENCE = 1.5  # orders of magnitude that chance has against it, for all rows before or behind
_TRIALS = 1.3 + 1.5  # … for any block: how many there are beside a row, and how seldom we may err
_ROUNDING = 1e-9  # of sums of fractions
_SECOND = slice(1, 4)  # columns in one of which a block has to agree as well


@dataclass(frozen=True)
class Sum:
    """The row ``at`` has the figures of the rows ``first`` to ``last`` added up (numbers of rows).

    ``figures`` says in how many columns.
    """

    at: int
    first: int
    last: int
    figures: int


class SumWatch:
    """Looks at the figures of a table batch by batch and names the rows that are sums."""

    def __init__(self) -> None:
        self._columns: np.ndarray | None = None
        self._numbers: list[np.ndarray] = []
        self._values: list[np.ndarray] = []
        self._active: list[np.ndarray] = []

    def add(self, numbers: Iterable[int], values: np.ndarray, *, is_last: bool) -> list[Sum]:
        """The sums that come to light with these rows, perhaps among rows of an earlier batch.

        ``values`` (rows × columns, NaN where unknown) are figures that add up, in any unit, under
        the row ``numbers``. ``is_last`` says that no rows follow.
        """
        if self._columns is None:
            self._columns = _telling(values)
        values = np.abs(values[:, self._columns])
        self._numbers.append(np.fromiter(numbers, np.int64, len(values)))
        self._values.append(values)
        self._active.append(np.ones(len(values), bool))
        if not values.shape[1]:
            return []
        numbers, values = np.concatenate(self._numbers), np.concatenate(self._values)
        active = np.concatenate(self._active)
        fresh = len(numbers) - len(self._numbers[-1])
        found: list[Sum] = []
        while sums := _search(numbers, values, active, fresh, is_last):
            found += sums
            active[np.searchsorted(numbers, [s.at for s in sums])] = False
        self._numbers, self._values, self._active = [numbers], [values], [active]
        return found


def _telling(values: np.ndarray) -> np.ndarray:
    """The columns to look at: the fullest, of these the largest figures, the best one first."""
    if not len(values):
        return np.zeros(0, np.int64)
    known = (np.nan_to_num(values) > 0).mean(axis=0)
    size = np.nan_to_num(values).max(axis=0)
    order = np.lexsort((-size, -np.round(known, 1)))
    return order[known[order] > 0][:MOST_FIGURES]


def _search(
    numbers: np.ndarray, values: np.ndarray, active: np.ndarray, fresh: int, is_last: bool
) -> list[Sum]:
    """Sums among the active rows that were not to be seen before the row ``fresh``."""
    places = np.flatnonzero(active)
    rows = values if len(places) == len(values) else values[places]
    first_fresh = int(np.searchsorted(places, fresh))
    key = np.nan_to_num(rows[:, 0])
    # Hardly a block agrees in one figure and a second: of the others no sums are made before.
    whole = _running(rows[:, : _SECOND.stop])
    blocks = np.concatenate(
        [_above(whole[:, 0], key, first_fresh), _below(whole[:, 0], key, first_fresh)]
    )
    blocks = blocks[_agree_again(rows, whole, blocks)]
    if not len(blocks):
        return []
    whole, counts = _running(rows), _running(~np.isnan(rows))
    found: dict[int, Sum] = {}
    for at, start, stop in blocks.tolist():
        if at in found:
            continue
        is_all = (start == 0 and stop == at) or (start == at + 1 and is_last and stop == len(rows))
        figures, evidence = _evidence(rows[at], whole, counts, start, stop)
        enough = log10(len(rows)) + _TRIALS
        if is_all and stop - start >= LEAST_ROWS_OF_ALL:
            enough = _ALL_EVIDENCE
        if evidence >= enough:
            at_row, first, last = numbers[places[[at, start, stop - 1]]].tolist()
            found[at] = Sum(at_row, first, last, figures)
    return list(found.values())


def _running(figures: np.ndarray) -> np.ndarray:
    """The sums of all rows before each, and at the end of all of them; what is unknown is none."""
    sums = np.zeros((len(figures) + 1, figures.shape[1]))
    np.cumsum(np.nan_to_num(figures), axis=0, out=sums[1:])
    return sums


def _above(total: np.ndarray, key: np.ndarray, first_fresh: int) -> np.ndarray:
    """Row, start and stop where the key figure is that of a block that ends above the row."""
    at = np.arange(first_fresh, len(key))
    at = at[key[at] >= LEAST_FIGURE]
    found, end = _ends(total, total[at] - key[at])
    return _blocks(at[found], end, at[found])


def _below(total: np.ndarray, key: np.ndarray, first_fresh: int) -> np.ndarray:
    """The same for blocks that begin below the row and end in a fresh one."""
    wanted = total[1:] + key
    at = np.flatnonzero((key >= LEAST_FIGURE) & (wanted > total[first_fresh]))
    found, end = _ends(total, wanted[at])
    return _blocks(at[found], at[found] + 1, end)


def _ends(total: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the ``wanted`` sums are a running total, and at which places, first and last."""
    near = _ROUNDING * max(float(total[-1]), 1.0)
    low = np.searchsorted(total, wanted - near, "left")
    high = np.searchsorted(total, wanted + near, "right") - 1
    found = np.flatnonzero(low <= high)
    several = found[low[found] < high[found]]
    return np.concatenate([found, several]), np.concatenate([low[found], high[several]])


def _blocks(at: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    blocks = np.stack([at, start, stop], axis=1)
    return blocks[stop - start >= LEAST_ROWS]


def _agree_again(rows: np.ndarray, whole: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Which blocks agree in a second figure as well; all of them where there is but one."""
    if rows.shape[1] < 2 or not len(blocks):
        return np.ones(len(blocks), bool)
    at, start, stop = blocks.T
    sums = whole[stop, _SECOND] - whole[start, _SECOND]
    near = _ROUNDING * np.maximum(whole[-1, _SECOND], 1.0)
    return (np.abs(rows[at, _SECOND] - sums) <= near).any(axis=1)


def _evidence(
    row: np.ndarray, whole: np.ndarray, counts: np.ndarray, start: int, stop: int
) -> tuple[int, float]:
    """How many figures of ``row`` are those of the block, and how improbable that is by chance."""
    sums = whole[stop] - whole[start]
    given = ~np.isnan(row)
    same = np.abs(np.where(given, row, 0) - sums) <= _ROUNDING * np.maximum(whole[-1], 1.0)
    agree = given & same & (sums >= LEAST_FIGURE)
    # What some rows leave blank (a stage that they have not) may add up; it need not.
    differ = given & ~same & (counts[stop] - counts[start] == stop - start)
    if differ.sum() * 4 > agree.sum():
        return 0, 0.0
    distinct = np.unique(row[agree])
    return int(agree.sum()), float(np.log10(distinct / 2).sum())
