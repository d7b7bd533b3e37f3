"""The Pingluo-like county, 2020 to 2023: 28 synthetic schools that add up to the printed one.

Base figures of 2023 come solved from ``data/`` (solved by ``tests/sample/solvers/pingluo.py``); the
county's further printed totals (graduates, migrant and left-behind children, staff) are divided
here. Earlier years lead to 2023: cohorts move up, and the children who joined and left on the way
add up to what the circular prints about the cohort of 2020.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

from dagster_project.sample import county as assembly
from dagster_project.sample import movements, people
from dagster_project.sample.county import STOCK, StageBase, share_out
from dagster_project.sample.model import GRADES, Batch

DATA = Path(__file__).parent / "data"
COUNTY_CODE, COUNTY_NAME = "640221", "平罗县"
WHERE = {
    "county_code": COUNTY_CODE,
    "county_name": COUNTY_NAME,
    "city_name": "石嘴山市",
    "province_name": "宁夏回族自治区",
}
FIRST_YEAR, LAST_YEAR = 2020, 2023
SEED = 640221

# circular of 2024-02-04: teachers without the degree (II.2.6), staff 1146 + 799 (I), graduates of
# 2023 (III.1), migrant and left-behind children (II.2.9; the parts per stage are ours). Primary
# graduates are ours: enough for the junior entrants of the same autumn.
DEGREE_SHORTFALL = {"平罗三中": 1, "平罗四中": 2, "平罗六中": 1, "陶乐中学": 9}
OTHER_STAFF = {"primary": 1146 - 1132, "junior": 799 - 771}
# by the school year they end: printed for junior 2022 (summer of 2023), ours otherwise
GRADUATES = {
    "primary": {2019: 3590, 2020: 3330, 2021: 3375, 2022: 3420},
    "junior": {2019: 3602, 2020: 3588, 2021: 3561, 2022: 3543},
}
# III.1: what became of the 3526 children who entered junior schools in 2020
COHORT_2020 = {"transfer_in": 108, "resumed": 30, "transfer_out": 77, "suspended": 43, "death": 1}
MIGRANTS = {"primary": 2712, "junior": 1495}
LEFT_BEHIND = {"primary": 121, "junior": 62}
BOARDING = {("junior", "edge"): 0.55, ("junior", "rural"): 0.45, ("primary", "rural"): 0.08}


@cache
def _rows() -> tuple[dict[str, str], ...]:
    """Plan and solved figures of every section, joined by school and stage."""
    solved = {}
    with (DATA / "pingluo_base.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            solved[row["school_name"], row["stage"]] = row
    with (DATA / "pingluo_plan.csv").open(encoding="utf-8") as file:
        return tuple(r | solved[r["school_name"], r["stage"]] for r in csv.DictReader(file))


def sections(stage: str) -> list[dict[str, str]]:
    """Plan and solved figures of the stage's sections, in the order of every array here."""
    return [row for row in _rows() if row["stage"] == stage]


def _column(rows, name) -> np.ndarray:
    return np.array([int(row[name]) for row in rows], np.int64)


def _numbers(rows, name) -> np.ndarray:
    return np.array([[int(n) for n in row[name].split()] for row in rows], np.int64)


@cache
def history(stage: str) -> movements.StageHistory:
    """Pupils and movements of the stage from autumn 2020 to autumn 2023, by section."""
    rows = sections(stage)
    last = _numbers(rows, "pupils_by_grade")
    weights = last[:, -1]
    graduates = {
        year: share_out(total, weights)
        for year, total in GRADUATES[stage].items()
        if FIRST_YEAR <= year < LAST_YEAR
    }
    exact = {2020: COHORT_2020} if stage == "junior" else {}
    rng = np.random.default_rng([SEED, GRADES[stage]])
    return movements.backward(last, LAST_YEAR, FIRST_YEAR, graduates, exact, rng)


def county(school_year: int = 2023) -> Batch:
    """The county in memory; ``ValueError`` for a year that has not been solved."""
    if not FIRST_YEAR <= school_year <= LAST_YEAR:
        raise ValueError(
            f"the sample county exists for school years {FIRST_YEAR} to {LAST_YEAR}, not "
            f"{school_year}; ask for one of these"
        )
    rng = np.random.default_rng(SEED + school_year)
    schools = list({row["school_id"]: row for row in _rows()}.values())
    position = {row["school_id"]: i for i, row in enumerate(schools)}
    stock = {name: np.zeros(len(schools), np.int64) for name in STOCK}
    others = np.zeros(len(schools), np.int64)
    stages = {}
    for stage in ("primary", "junior"):
        rows = sections(stage)
        index = np.array([position[row["school_id"]] for row in rows])
        stages[stage] = _stage_base(stage, rows, index, school_year, rng)
        others[index] += share_out(OTHER_STAFF[stage], stages[stage].grades.sum(axis=1))
        for name in STOCK:
            stock[name][index] += _column(rows, name)
    stock = {name: _earlier(whole, school_year, 0.02) for name, whole in stock.items()}
    attributes = assembly.attributes(
        [s["school_id"] for s in schools],
        [s["school_name"] for s in schools],
        [s["type_code"] for s in schools],
        [s["urban_rural_code"] for s in schools],
        WHERE,
    )
    return assembly.assemble(school_year, attributes, stages, stock, others, rng)


def _earlier(numbers: np.ndarray, school_year: int, yearly: float) -> np.ndarray:
    """What there was in ``school_year`` of what 2023 has: ``yearly`` less for every year back."""
    if school_year == LAST_YEAR:
        return numbers
    share = round(100 * (1 - yearly * (LAST_YEAR - school_year)))
    return numbers * share // 100


def classes(stage: str, school_year: int) -> np.ndarray:
    """Classes by grade; before 2023 a school's classes were up to 6 % larger than in 2023."""
    rows = sections(stage)
    plan = _numbers(rows, "classes_by_grade")
    if school_year == LAST_YEAR:
        return plan
    pupils = history(stage).pupils
    size = pupils[LAST_YEAR].sum(axis=1) / plan.sum(axis=1)
    size *= 1 + 0.02 * (LAST_YEAR - school_year)
    return np.maximum(np.floor(pupils[school_year] / size[:, None] + 0.5), 1).astype(np.int64)


def _flows(stage: str, school_year: int, rng) -> dict[str, np.ndarray]:
    """Form 331 of the autumn: what happened in the school year before."""
    past = history(stage)
    if school_year > FIRST_YEAR:
        return past.flows(school_year - 1)
    pupils = past.pupils[school_year].sum(axis=1)
    return {
        "graduates": share_out(GRADUATES[stage][school_year - 1], pupils),
        "resumed": people.some_of(pupils, 0.0028, rng),
        "transfers_in": people.some_of(pupils, 0.0102, rng),
        "suspended": people.some_of(pupils, 0.004, rng),
        "deaths": np.zeros_like(pupils),
        "transfers_out": people.some_of(pupils, 0.0073, rng),
    }


def _stage_base(stage, rows, index, school_year, rng) -> StageBase:
    grades = history(stage).pupils[school_year]
    pupils = grades.sum(axis=1)
    place = [row["place"] for row in rows]
    migrant_weight = pupils * np.array([{"town": 1.0, "edge": 0.6}.get(p, 0.2) for p in place])
    rural_weight = pupils * np.array([{"rural": 1.0, "edge": 0.5}.get(p, 0.02) for p in place])
    boarders = pupils * np.array([BOARDING.get((stage, p), 0.0) for p in place])
    holders = _earlier(_column(rows, "degree_teachers"), school_year, 0.01)
    short = np.array([DEGREE_SHORTFALL.get(r["school_name"], 0) for r in rows], np.int64)
    none = np.zeros_like(pupils)
    if stage == "primary":  # 专科 and above
        master, bachelor, associate = people.apportion(holders, [2, 76, 22], rng).T
    else:  # 本科 and above
        master, bachelor = people.apportion(holders, [7, 93], rng).T
        associate = short
    return StageBase(
        index=index,
        grades=grades,
        classes=classes(stage, school_year),
        flows=_flows(stage, school_year, rng),
        degrees={
            "doctor": none,
            "master": master,
            "bachelor": bachelor,
            "associate": associate,
            "upper_secondary": none,
        },
        backbone=_earlier(_column(rows, "backbone_teachers"), school_year, 0.02),
        pe_art=_earlier(_column(rows, "pe_art_teachers"), school_year, 0.02),
        migrants=share_out(MIGRANTS[stage] - 40 * (LAST_YEAR - school_year), migrant_weight),
        left_behind=share_out(LEFT_BEHIND[stage] + 6 * (LAST_YEAR - school_year), rural_weight),
        boarding=boarders.astype(np.int64),
    )
