"""Solves the Zhoucun-like county from the few figures its self-evaluation prints.

Run ``python -m tests.sample.solvers.zhoucun`` to write ``data/zhoucun_base.csv`` again. The
report gives schools, pupils, teachers and the two composite coefficients; single ones, means and
the sizes of schools are ours, such that every section reaches every threshold. Stock is per
school: a nine-year school's is divided A : 1.1 B between its stages (DOMAIN §3).
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from dagster_project import sample
from dagster_project.sample.model import JUNIOR_WEIGHT, SHARED, STAGES, THRESHOLDS
from tests.sample.solvers.pingluo import weighted_cv

DATA = Path(sample.__file__).parent / "data"
COMPOSITE = {"primary": 0.4233, "junior": 0.2896}
TEACHERS = {"primary": 1147, "junior": 1132}
# single coefficients aimed at; what the composite still lacks falls to the teaching rooms
AIM = {
    "primary": {
        "degree_teachers": 0.355,
        "backbone_teachers": 0.46,
        "pe_art_teachers": 0.40,
        "sports": 0.47,
        "equipment": 0.43,
        "multimedia_rooms": 0.41,
    },
    "junior": {
        "degree_teachers": 0.24,
        "backbone_teachers": 0.33,
        "pe_art_teachers": 0.29,
        "sports": 0.33,
        "equipment": 0.30,
        "multimedia_rooms": 0.27,
    },
}
LAST = "teaching_net"
MEAN_OVER_THRESHOLD = 2.0


def read_plan() -> list[dict]:
    """Schools with their pupils by stage, from ``data/zhoucun_plan.csv``."""
    with (DATA / "zhoucun_plan.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        {**row, "pupils": {stage: int(row[stage]) for stage in STAGES if row[stage] != "0"}}
        for row in rows
    ]


def template(school: dict, number: int) -> float:
    """How well off a school is beside others: the smaller and the more rural, the better."""
    base = {"town": 0.0, "edge": 0.5, "rural": 1.4}[school["place"]]
    return base + 0.35 * np.sin(1.7 * number) + 150 / sum(school["pupils"].values())


def spread(pupils: np.ndarray, pattern: np.ndarray, mean: float, cv: float) -> np.ndarray:
    """Values per pupil that follow ``pattern`` and have exactly this mean and coefficient."""
    weight = pupils / pupils.sum()
    centred = pattern - weight @ pattern
    return mean * (1 + centred * cv / np.sqrt(weight @ centred**2))


def whole_people(raw: np.ndarray, least: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers near ``raw``, none below ``least``, that add up to ``total``."""
    whole = np.maximum(np.floor(raw), np.ceil(least - 1e-9)).astype(int)
    while (rest := total - whole.sum()) != 0:
        step = int(np.sign(rest))
        room = (raw - whole) * step
        room[(whole + step) < least] = -np.inf
        whole[int(np.argmax(room))] += step
    return whole


def teachers(pupils, pattern, stage, name) -> np.ndarray:
    """Teachers of one kind by section of ``stage``."""
    threshold = THRESHOLDS[name][stage]
    total = TEACHERS[stage] if name == "degree_teachers" else round(pupils.sum() * threshold * 2)
    values = spread(pupils, pattern, total / pupils.sum(), AIM[stage][name])
    return whole_people(values * pupils, pupils * threshold, total)


class Stock:
    """One kind of stock by school, and its values per pupil in each stage's sections."""

    def __init__(self, name: str, schools: list[dict]) -> None:
        self.name, self.schools = name, schools
        self.patterns = np.array([template(s, n) for n, s in enumerate(schools)])
        counts = {stage: [s["pupils"].get(stage, 0) for s in schools] for stage in STAGES}
        self.pupils = {stage: np.array(counts[stage], float) for stage in STAGES}
        self.nine_year = np.array([len(s["pupils"]) == 2 for s in schools])
        self.whole = np.zeros(len(schools), int)
        # weighted pupils: the stage's own where it is alone, A + 1.1 B where there are two
        self.weight = self.pupils["primary"] + self.pupils["junior"] * np.where(
            self.nine_year, JUNIOR_WEIGHT, 1
        )

    def parts(self, stage: str) -> np.ndarray:
        """The stage's part of each school's stock (0 where it has no such stage)."""
        factor = np.where(self.nine_year & (stage == "junior"), JUNIOR_WEIGHT, 1.0)
        return self.whole * self.pupils[stage] * factor / self.weight

    def cv(self, stage: str) -> float:
        has = self.pupils[stage] > 0
        return weighted_cv(self.parts(stage)[has], self.pupils[stage][has])

    def solve(self, stage: str, cv: float) -> None:
        """Spread the stage's own schools so that its sections have the coefficient ``cv``.

        Nine-year schools are settled with the junior stage and stay when primary is solved.
        """
        own = (self.pupils[stage] > 0) & (stage == "junior" or ~self.nine_year)
        least = THRESHOLDS[self.name][stage]
        pupils, mean = self.pupils[stage][own], least * MEAN_OVER_THRESHOLD
        factor = np.where(self.nine_year & (stage == "junior"), JUNIOR_WEIGHT, 1.0)[own]

        def stand(at: float) -> None:
            values = np.maximum(spread(pupils, self.patterns[own], mean, at), least * 1.001)
            self.whole[own] = np.ceil(values / factor * self.weight[own]).astype(int)

        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            stand(middle)
            low, high = (middle, high) if self.cv(stage) < cv else (low, middle)
        # Where the two meet one school's stock jumps by one; above the jump every processor agrees.
        stand(high)


def solve() -> list[dict]:
    """The plan's schools with teachers (``got[stage][name]``) and stock (``got[name]``)."""
    schools = read_plan()
    for school in schools:
        school["got"] = {stage: {} for stage in school["pupils"]}
    single = {stage: [] for stage in STAGES}
    for stage in STAGES:
        rows = [(n, s) for n, s in enumerate(schools) if stage in s["pupils"]]
        pupils = np.array([s["pupils"][stage] for _, s in rows], float)
        pattern = np.array([template(s, n) for n, s in rows])
        for name in ("degree_teachers", "backbone_teachers", "pe_art_teachers"):
            numbers = teachers(pupils, pattern, stage, name)
            single[stage].append(weighted_cv(numbers, pupils))
            for (_, school), number in zip(rows, numbers, strict=True):
                school["got"][stage][name] = int(number)
    for name in (*(n for n in SHARED if n != LAST), LAST):
        stock = Stock(name, schools)
        for stage in ("junior", "primary"):
            rest = 7 * COMPOSITE[stage] - sum(single[stage])
            stock.solve(stage, rest if name == LAST else AIM[stage][name])
        for stage in STAGES:
            single[stage].append(stock.cv(stage))
        for school, number in zip(schools, stock.whole, strict=True):
            school["got"][name] = int(number)
    return schools


def write_base(schools: list[dict]) -> str:
    """The base file as text: a row per section; ``stock`` columns repeat the whole school's."""
    people = ("degree_teachers", "backbone_teachers", "pe_art_teachers")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["school_id", "stage", *people, *SHARED])
    for school in schools:
        stock = [school["got"][name] for name in SHARED]
        for stage in school["pupils"]:
            own = [school["got"][stage][name] for name in people]
            writer.writerow([school["school_id"], stage, *own, *stock])
    return out.getvalue()


if __name__ == "__main__":
    (DATA / "zhoucun_base.csv").write_text(write_base(solve()), "utf-8")
