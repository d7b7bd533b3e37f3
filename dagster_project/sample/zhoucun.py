"""The Zhoucun-like county, autumn 2021: 28 schools, everything attained, every return filled.

Schools, pupils, teachers, the two composite coefficients and the rates are those of the
self-evaluation of 2021-12-06; sizes of schools and all the rest are ours (solved by
``tests/sample/solvers/zhoucun.py``). Its movement files reach back to the autumns in which the
leavers of 2021 entered: 2015 (primary) and 2018 (junior).
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

from dagster_project.sample import county as assembly
from dagster_project.sample import movements, other_data, people, returns
from dagster_project.sample.county import STOCK, StageBase, share_out
from dagster_project.sample.model import GRADES, Batch

DATA = Path(__file__).parent / "data"
SCHOOL_YEAR = 2021
SEED = 370306
WHERE = {
    "county_code": "370306",
    "county_name": "周村区",
    "city_name": "淄博市",
    "province_name": "山东省",
}
# 15957 primary and 11583 junior pupils; the parts by grade are ours
BY_GRADE = {"primary": (2200, 2350, 2500, 2750, 2980, 3177), "junior": (3800, 3870, 3913)}
CLASS_SIZE = {"primary": 44, "junior": 49}
FIRST_MOVEMENTS = {"primary": 2015, "junior": 2018}
GRADUATES = {
    "primary": {2015: 3560, 2016: 3590, 2017: 3640, 2018: 3700, 2019: 3790, 2020: 3850},
    "junior": {2018: 3890, 2019: 3905, 2020: 3920},
}
# retention is 100 %: as many came as went, nobody suspended or died
LEAVERS_OF_2021 = {
    "primary": {2015: {"transfer_in": 96, "transfer_out": 96}},
    "junior": {2018: {"transfer_in": 60, "transfer_out": 60}},
}
OTHER_STAFF = 210
PER_PUPIL_YUAN = {"primary": 740, "junior": 960}
# nearby 100 %, disabled children 100 %, quotas over 70 %, satisfaction 99.62 %; the rest is ours
COUNTY_2021 = {
    "special_education_funding_yuan": 8000,
    "teacher_pay_yuan": 118600,
    "civil_servant_pay_yuan": 117900,
    "exchange_eligible": 520,
    "exchange_moved": 58,
    "exchange_moved_backbone": 15,
    "nearby_rate_primary": 1.0,
    "nearby_rate_junior": 1.0,
    "quota_places": 842,
    "senior_places": 1190,
    "migrant_children": 2140,
    "migrant_children_placed": 2140,
    "left_behind_children": 96,
    "left_behind_children_placed": 96,
    "disabled_registered": 186,
    "disabled_deferred": 0,
    "disabled_special_class": 0,
    "disabled_inclusive": 120,
    "disabled_special_school": 50,
    "disabled_home": 16,
    "satisfaction_rate": 0.9962,
}


@cache
def plan() -> tuple[dict[str, str], ...]:
    """The schools in order: id, name, codes, pupils by stage."""
    with (DATA / "zhoucun_plan.csv").open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


@cache
def _base() -> dict[tuple[str, str], dict[str, str]]:
    with (DATA / "zhoucun_base.csv").open(encoding="utf-8") as file:
        return {(row["school_id"], row["stage"]): row for row in csv.DictReader(file)}


def _index(stage: str) -> np.ndarray:
    return np.array([i for i, school in enumerate(plan()) if school[stage] != "0"])


@cache
def history(stage: str) -> movements.StageHistory:
    """Pupils and movements of the stage's sections up to autumn 2021."""
    pupils = np.array([int(plan()[i][stage]) for i in _index(stage)])
    last = table_with_margins(pupils, np.array(BY_GRADE[stage]))
    graduates = {year: share_out(total, last[:, -1]) for year, total in GRADUATES[stage].items()}
    none = dict.fromkeys(movements.KINDS, 0)
    exact = {cohort: none | kinds for cohort, kinds in LEAVERS_OF_2021[stage].items()}
    rng = np.random.default_rng([SEED, GRADES[stage]])
    return movements.backward(last, SCHOOL_YEAR, FIRST_MOVEMENTS[stage], graduates, exact, rng)


def table_with_margins(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Whole numbers (n, k) near proportion whose row and column sums are exactly these."""
    ends = np.cumsum(rows)[:, None] * np.cumsum(columns)[None, :]
    corner = (ends + columns.sum() // 2) // columns.sum()
    down = np.diff(corner, axis=0, prepend=0)
    return np.diff(down, axis=1, prepend=0)


def county() -> Batch:
    """The county in memory."""
    rng = np.random.default_rng(SEED)
    schools = plan()
    stock = {
        name: np.array([int(_base()[_key(school)][name]) for school in schools], np.int64)
        for name in STOCK
    }
    stages = {stage: _stage_base(stage, rng) for stage in returns.COMPULSORY}
    weights = np.array([int(s["primary"]) + int(s["junior"]) for s in schools])
    attributes = assembly.attributes(
        [s["school_id"] for s in schools],
        [s["school_name"] for s in schools],
        [s["type_code"] for s in schools],
        [s["urban_rural_code"] for s in schools],
        WHERE,
        [s["sponsor_code"] for s in schools],
    )
    others = share_out(OTHER_STAFF, weights)
    return assembly.assemble(SCHOOL_YEAR, attributes, stages, stock, others, rng)


def _key(school: dict[str, str]) -> tuple[str, str]:
    return school["school_id"], "primary" if school["primary"] != "0" else "junior"


def _stage_base(stage: str, rng) -> StageBase:
    index = _index(stage)
    rows = [_base()[plan()[i]["school_id"], stage] for i in index]
    grades = history(stage).pupils[SCHOOL_YEAR]
    pupils = grades.sum(axis=1)
    place = [plan()[i]["place"] for i in index]
    rural = np.array([{"town": 0.05, "edge": 0.4}.get(p, 1.0) for p in place])
    holders, backbone, pe_art = (
        np.array([int(row[name]) for row in rows], np.int64)
        for name in ("degree_teachers", "backbone_teachers", "pe_art_teachers")
    )
    parts = [4, 78, 18] if stage == "primary" else [9, 91]
    levels = ("master", "bachelor", "associate")
    none = np.zeros_like(pupils)
    degrees = dict.fromkeys(("doctor", "master", "bachelor", "associate", "upper_secondary"), none)
    degrees |= zip(levels, people.apportion(holders, parts, rng).T, strict=False)
    return StageBase(
        index=index,
        grades=grades,
        classes=-(-grades // CLASS_SIZE[stage]),
        flows=history(stage).flows(SCHOOL_YEAR - 1),
        degrees=degrees,
        backbone=backbone,
        pe_art=pe_art,
        migrants=share_out(int(COUNTY_2021["migrant_children"] // 2), pupils * (1.1 - rural)),
        left_behind=share_out(int(COUNTY_2021["left_behind_children"] // 2), pupils * rural),
        boarding=(pupils * 0.3 * rural * (stage == "junior")).astype(np.int64),
    )


def returns_rows() -> returns.Rows:
    """Rows of every return, by kind: all 31 items can be judged."""
    batch = county()
    budget = returns.running_budget(batch, PER_PUPIL_YUAN)
    training = np.ceil(budget * (0.051 + 0.001 * (np.arange(len(budget)) % 7)))
    rows: returns.Rows = {
        "answer": returns.school_answers(batch, training, budget)
        + returns.county_answers(batch, COUNTY_2021, returns.GOOD_COUNTY),
        "art_room": returns.art_rooms(batch),
        "monitoring": returns.monitoring_rows(batch, 4, 0.09),
        "roster": returns.rosters(batch),
        "movement": [],
        **other_data.zhoucun(batch),
    }
    for stage, first in FIRST_MOVEMENTS.items():
        past = {stage: history(stage)}
        for year in range(first, SCHOOL_YEAR):
            for term in movements.TERMS:
                rows["movement"] += returns.movement_rows(batch, past, year, term)
    return rows
