"""What the figures of a column say about it: are they numbers, whole, and do sums hold?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dagster_project.census.figures import clean_text, parse_figure
from dagster_project.census.opening.number_marks import POINT, Evidence, NumberMarks

MOSTLY = 0.6  # share of filled cells that are numbers in a column of figures
HOLDS = 0.98  # share of rows in which a sum or an order holds that is no chance
FEW_ROWS = 3


@dataclass(frozen=True)
class Column:
    """The figures of one column (NaN where there is none) and how many cells are filled."""

    figures: np.ndarray
    filled: int

    @property
    def are_numbers(self) -> bool:
        """Whether most of what stands there are numbers."""
        return self.filled == 0 or int((~np.isnan(self.figures)).sum()) >= MOSTLY * self.filled

    @property
    def are_whole(self) -> bool:
        """Whether no figure has decimals."""
        known = self.figures[~np.isnan(self.figures)]
        return bool((known == np.floor(known)).all())

    @property
    def median(self) -> float:
        """The median of the figures; NaN without any."""
        known = self.figures[~np.isnan(self.figures)]
        return float(np.median(known)) if len(known) else float("nan")


def marks_of(columns: Iterable[Sequence[object]]) -> NumberMarks | None:
    """The marks of decimals and thousands that the table's columns agree on; ``None`` if unclear.

    A table that says nothing has points, as ever.
    """
    evidence = [Evidence.of(column) for column in columns]
    said = {found.marks for found in evidence if found.comma or found.point}
    if not said:
        is_doubtful = any(found.doubtful and "." in found.doubtful for found in evidence)
        return None if is_doubtful else POINT
    return said.pop() if len(said) == 1 else None


def column_of(cells: Sequence[object], marks: NumberMarks | None) -> Column:
    """The figures of ``cells`` read with ``marks``."""
    filled = sum(bool(clean_text(cell)) for cell in cells)
    return Column(np.array([_figure(cell, marks or POINT) for cell in cells], float), filled)


def _figure(cell: object, marks: NumberMarks) -> float:
    if isinstance(cell, str) and marks != POINT:
        cell = marks.plain(clean_text(cell)) or cell
    value = parse_figure(cell).value
    return float("nan") if value is None else value


def equals_sum(whole: np.ndarray, parts: Sequence[np.ndarray]) -> float | None:
    """Share of the rows in which ``whole`` is the sum of ``parts``; ``None`` where too few tell."""
    total = np.sum(parts, axis=0)
    known = ~np.isnan(whole) & ~np.isnan(total) & (whole != 0)
    if known.sum() < FEW_ROWS:
        return None
    return float((np.abs(whole[known] - total[known]) < 0.01).mean())


def at_most(part: np.ndarray, whole: np.ndarray) -> float | None:
    """Share of the rows in which ``part`` does not exceed ``whole``; ``None`` as above."""
    known = ~np.isnan(part) & ~np.isnan(whole)
    if known.sum() < FEW_ROWS:
        return None
    return float((part[known] <= whole[known] + 0.01).mean())
