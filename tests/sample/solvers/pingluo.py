"""Solves the sample county's base figures from its published totals and coefficients.

Run ``python -m tests.sample.solvers.pingluo`` to write ``data/pingluo_base.csv`` again. The file
stands in the package so that the sample does not depend on a solver's version; schools, grades
and classes (``data/pingluo_plan.csv``) were chosen to give the printed pupils and class sizes.

What is known is one circular: totals, fourteen coefficients of variation, a few named schools. The
rest is chosen so that it is plausible (rural schools better equipped than town ones) and clean:
pupils of the three nine-year schools make the shares A/(A+1.1B) exactly 1/2 or 3/5, so that divided
rooms, square metres and money add up to the printed totals without rounding.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from dagster_project import sample
from dagster_project.sample.model import JUNIOR_WEIGHT, SHARED, THRESHOLDS

DATA = Path(sample.__file__).parent / "data"


@dataclass(frozen=True)
class Target:
    """Published total (in the unit used here), and coefficient of an indicator."""

    total: int
    cv: float


# pingluo circular of 2024-02-04, published_claims.csv PL-03 … PL-16; areas in 0.01 m²,
# equipment in 0.01 万元 (100 元), people and rooms in ones
TARGETS = {
    "degree_teachers": (Target(1132, 0.34), Target(758, 0.12)),
    "backbone_teachers": (Target(461, 0.45), Target(257, 0.25)),
    "pe_art_teachers": (Target(192, 0.25), Target(104, 0.17)),
    "teaching_net": (Target(10952517, 0.38), Target(7465551, 0.14)),
    "sports": (Target(19985115, 0.41), Target(12712088, 0.15)),
    "equipment": (Target(818297, 0.22), Target(600768, 0.21)),
    "multimedia_rooms": (Target(494, 0.15), Target(274, 0.09)),
}
# printed exceptions: value per pupil in the unit above
NAMED = {("城关八小", "teaching_net"): 428, ("城关一小", "sports"): 696}


@dataclass
class Section:
    """One school's part in one stage while the county is being solved."""

    school: str
    stage: str
    place: str  # town | edge | rural
    grades: list[int]
    classes: list[int]
    got: dict[str, int] = field(default_factory=dict)

    @property
    def pupils(self) -> int:
        return sum(self.grades)


def read_plan() -> list[Section]:
    """Schools, classes and pupils by grade, from ``data/pingluo_plan.csv``."""
    sections = []
    with (DATA / "pingluo_plan.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            grades = [int(n) for n in row["pupils_by_grade"].split()]
            classes = [int(n) for n in row["classes_by_grade"].split()]
            sections.append(
                Section(row["school_name"], row["stage"], row["place"], grades, classes)
            )
    return sections


def weighted_cv(numerators: np.ndarray, pupils: np.ndarray) -> float:
    """DOMAIN §2: pupil-weighted standard deviation over the ratio of totals."""
    mean = numerators.sum() / pupils.sum()
    return (
        math.sqrt(float((pupils * (numerators / pupils - mean) ** 2).sum() / pupils.sum())) / mean
    )


def template(section: Section, index: int, spread: float) -> float:
    """The ratio to the county's mean one expects: small rural schools have far more per pupil."""
    wobble = 0.04 * math.sin(2.3 * index + 9 * spread)
    if section.place == "town":
        return 1 - 0.42 * spread + wobble * (1 + spread)
    if section.place == "edge":
        return 1 + 0.1 * spread + wobble
    scale = min(1.0, 150 / section.pupils)
    return 1 + spread * (1.6 + 3.4 * scale) + wobble


def solve_shares(sections: list[Section], name: str) -> np.ndarray:
    """Values per pupil nearest to the template that meet mean, coefficient and thresholds."""
    from scipy.optimize import minimize

    stages = ("primary", "junior")
    pupils = np.array([s.pupils for s in sections], float)
    wanted = np.zeros(len(sections))
    low, high = np.zeros(len(sections)), np.full(len(sections), np.inf)
    constraints = []
    for stage, target in zip(stages, TARGETS[name], strict=True):
        rows = np.array([i for i, s in enumerate(sections) if s.stage == stage])
        mean = target.total / pupils[rows].sum()
        weight = pupils[rows] / pupils[rows].sum()
        for i in rows:
            wanted[i] = mean * template(sections[i], int(i), target.cv)
            named = NAMED.get((sections[i].school, name))
            slack = 1.015 if name in SHARED else 1.0
            low[i] = named if named else THRESHOLDS[name][stage] * slack
            high[i] = named if named else mean * 6
        constraints += [
            {"type": "eq", "fun": lambda x, r=rows, w=weight, m=mean: w @ x[r] / m - 1},
            {
                "type": "eq",
                "fun": lambda x, r=rows, w=weight, m=mean, c=target.cv: (
                    w @ (x[r] / m - 1) ** 2 / c**2 - 1
                ),
            },
        ]
    if name in SHARED:  # both sections of a nine-year school draw on one stock
        for i, j in nine_year_pairs(sections):
            constraints.append(
                {"type": "eq", "fun": lambda x, i=i, j=j: (JUNIOR_WEIGHT * x[i] - x[j]) / wanted[i]}
            )
    scale = wanted.copy()
    bounded = [(a, b) for a, b in zip(low / scale, high / scale, strict=True)]
    unscaled = [{**c, "fun": lambda y, f=c["fun"]: f(y * scale)} for c in constraints]
    start = np.clip(np.ones(len(sections)), low / scale, high / scale)
    found = minimize(
        lambda y: float(np.sqrt(pupils) @ (y - 1) ** 2) / 10,
        start,
        bounds=bounded,
        constraints=unscaled,
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-10},
    )
    if not found.success:
        raise ArithmeticError(f"no county fits {name}: {found.message}")
    return found.x * scale


def nine_year_pairs(sections: list[Section]) -> list[tuple[int, int]]:
    """Positions (primary, junior) of the schools that have both stages."""
    junior = {s.school: i for i, s in enumerate(sections) if s.stage == "junior"}
    return [
        (i, junior[s.school])
        for i, s in enumerate(sections)
        if s.stage == "primary" and s.school in junior
    ]


def to_whole(sections: list[Section], name: str, values: np.ndarray) -> None:
    """Round to whole units with exact totals, then trade units until the coefficient fits."""
    pupils = np.array([s.pupils for s in sections], float)
    raw = values * pupils
    whole = np.floor(raw + 0.5).astype(int)
    fixed = {i for i, s in enumerate(sections) if (s.school, name) in NAMED}
    if name in SHARED:
        for i, j in nine_year_pairs(sections):
            ours, theirs = 10 * sections[i].pupils, 11 * sections[j].pupils
            share = Fraction(ours, ours + theirs)
            both = share.denominator * int((raw[i] + raw[j]) / share.denominator)
            whole[i] = int(both * share)
            whole[j] = both - whole[i]
            fixed |= {i, j}
    for stage, target in zip(("primary", "junior"), TARGETS[name], strict=True):
        rows = [i for i, s in enumerate(sections) if s.stage == stage]
        free = [i for i in rows if i not in fixed]
        floor = {i: math.ceil(THRESHOLDS[name][stage] * pupils[i] - 1e-9) for i in free}
        for i in free:
            whole[i] = max(whole[i], floor[i])
        order = sorted(free, key=lambda i: -pupils[i])
        turn = 0
        while (rest := target.total - whole[rows].sum()) != 0:
            i = order[turn % len(order)]
            move = 1 if rest > 0 else -1
            if target.total > 10000:
                move = int(np.sign(rest)) * max(1, abs(int(rest)) // len(order))
            if whole[i] + move >= floor[i]:
                whole[i] += move
            turn += 1
        trade(whole, pupils, rows, free, floor, target)
    for section, number in zip(sections, whole, strict=True):
        section.got[name] = int(number)


def trade(
    whole: np.ndarray,
    pupils: np.ndarray,
    rows: list[int],
    free: list[int],
    floor: dict[int, int],
    target: Target,
) -> None:
    """Move units between two sections while that brings the coefficient nearer to its target."""
    unit = max(1, target.total // 20000)
    for _ in range(400):
        miss = abs(weighted_cv(whole[rows], pupils[rows]) - target.cv)
        if miss < 0.0015:
            return
        best = None
        for i in free:
            for j in free:
                if i == j or whole[j] - unit < floor[j]:
                    continue
                whole[i] += unit
                whole[j] -= unit
                now = abs(weighted_cv(whole[rows], pupils[rows]) - target.cv)
                whole[i] -= unit
                whole[j] += unit
                if now < miss - 1e-9 and (best is None or now < best[0]):
                    best = (now, i, j)
        if best is None:
            break
        whole[best[1]] += unit
        whole[best[2]] -= unit
    if abs(weighted_cv(whole[rows], pupils[rows]) - target.cv) > 0.004:
        raise ArithmeticError(f"rounding spoils the coefficient {target.cv}")


def solve() -> list[Section]:
    """The county's sections with every published indicator's numerator in ``got``."""
    sections = read_plan()
    for name in TARGETS:
        to_whole(sections, name, solve_shares(sections, name))
    return sections


def write_base(sections: list[Section]) -> str:
    """The base file as text: a row per section; shared resources as its part of the school's."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["school_name", "stage", "pupils", *TARGETS])
    for s in sections:
        writer.writerow([s.school, s.stage, s.pupils, *(s.got[name] for name in TARGETS)])
    return out.getvalue()


if __name__ == "__main__":
    (DATA / "pingluo_base.csv").write_text(write_base(solve()), "utf-8")
