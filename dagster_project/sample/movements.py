"""Pupil movements per semester: how each cohort of a county comes to its size.

A stage's history holds pupils by grade of every autumn and, for both semesters of every school
year, who joined and who left each grade. Autumn grades follow exactly: pupils + joined − left in
grade g are next autumn's grade g + 1, or the graduates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

TERMS = ("autumn", "spring")
JOINED = ("transfer_in", "resumed")
LEFT = ("transfer_out", "suspended", "death")
KINDS = (*JOINED, *LEFT)
# yearly share of a cohort: chosen near the circular's three-year totals for 3526 children
YEARLY = {
    "transfer_in": 0.0102,
    "resumed": 0.0028,
    "transfer_out": 0.0073,
    "suspended": 0.004,
    "death": 0.00009,
}
FORM_331 = {
    "transfer_in": "transfers_in",
    "resumed": "resumed",
    "transfer_out": "transfers_out",
    "suspended": "suspended",
    "death": "deaths",
}


@dataclass
class StageHistory:
    """One stage's sections over the years; arrays (n sections, grades) with the same sections.

    ``pupils[year]`` at 1 September; ``moved[year, term][kind]`` by the grade attended that year;
    ``graduates[year]`` (n) left in the summer that ends school year ``year``.
    """

    pupils: dict[int, np.ndarray]
    moved: dict[tuple[int, str], dict[str, np.ndarray]]
    graduates: dict[int, np.ndarray]

    def net(self, year: int, terms: Iterable[str] = TERMS) -> np.ndarray:
        """Joined less left in ``year`` (n, grades)."""
        return np.sum([net_of(self.moved[year, term]) for term in terms], axis=0)

    def flows(self, year: int) -> dict[str, np.ndarray]:
        """The movements of form 331 of the census of autumn ``year + 1``, per section."""
        both = [self.moved[year, term] for term in TERMS]
        flows = {
            name: np.sum([m[kind].sum(axis=1) for m in both], axis=0).astype(np.int64)
            for kind, name in FORM_331.items()
        }
        return flows | {"graduates": self.graduates[year]}


def net_of(moved: Mapping[str, np.ndarray]) -> np.ndarray:
    """Joined less left of one semester."""
    joined = np.sum([moved[kind] for kind in JOINED], axis=0)
    return joined - np.sum([moved[kind] for kind in LEFT], axis=0)


def backward(
    last: np.ndarray,
    last_year: int,
    first_year: int,
    graduates: Mapping[int, np.ndarray],
    exact: Mapping[int, Mapping[str, int]],
    rng: np.random.Generator,
) -> StageHistory:
    """History that ends in ``last`` (pupils by grade in autumn ``last_year``).

    ``graduates[year]`` leave at the end of each school year ``first_year … last_year - 1``;
    ``exact[cohort][kind]`` fixes a cohort's total over the years it is seen (a cohort is named by
    the school year it entered the stage); other cohorts move at ``YEARLY`` rates.
    """
    sections, width = last.shape
    years = range(first_year, last_year)
    moved = {
        (year, term): {kind: np.zeros((sections, width), np.int64) for kind in KINDS}
        for year in years
        for term in TERMS
    }
    for cohort in range(first_year - width + 1, last_year):
        seen = [year for year in years if 0 <= year - cohort < width]
        grown = graduates.get(cohort + width - 1)
        size = last[:, last_year - cohort] if grown is None else grown
        slots = [(year, term, year - cohort) for year in seen for term in TERMS]
        chance = np.repeat(size / size.sum(), len(slots)) / len(slots)
        for kind in KINDS:
            if cohort in exact:
                total = exact[cohort][kind]
            else:
                total = round(float(size.sum()) * YEARLY[kind] * len(seen))
            drawn = rng.multinomial(total, chance).reshape(sections, len(slots))
            for s, (year, term, grade) in enumerate(slots):
                moved[year, term][kind][:, grade] += drawn[:, s]
    history = StageHistory({last_year: last}, moved, dict(graduates))
    for year in reversed(years):
        after = np.column_stack([history.pupils[year + 1][:, 1:], graduates[year]])
        history.pupils[year] = after - history.net(year)
    return history


def rows(history: StageHistory, year: int, term: str) -> Iterator[tuple[int, int, int, str, int]]:
    """What moved in a semester: (section, grade from 1, cohort, kind, pupils), none of nought.

    Entrants stand in the autumn file, graduates in the spring file.
    """
    moved = dict(history.moved[year, term])
    width = history.pupils[year].shape[1]
    whole = np.zeros_like(history.pupils[year])
    if term == "autumn":
        moved = {"entrant": whole.copy(), **moved}
        moved["entrant"][:, 0] = history.pupils[year][:, 0]
    else:
        moved["graduate"] = whole.copy()
        moved["graduate"][:, -1] = history.graduates[year]
    for section in range(len(whole)):
        for grade in range(width):
            for kind, numbers in moved.items():
                if pupils := int(numbers[section, grade]):
                    yield section, grade + 1, year - grade, kind, pupils
