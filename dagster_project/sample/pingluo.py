"""The Pingluo-like county, autumn 2023: 28 synthetic schools that add up to the printed county.

Base figures come solved from ``data/`` (see :mod:`dagster_project.sample.solve`); the county's
further printed totals (graduates, migrant and left-behind children, staff) are divided here.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

from dagster_project.sample import people, premises
from dagster_project.sample.model import GRADES, Batch, StageTable

DATA = Path(__file__).parent / "data"
COUNTY_CODE, COUNTY_NAME = "640221", "平罗县"
FIRST_YEAR = LAST_YEAR = 2023
SEED = 640221

# circular of 2024-02-04: teachers without the degree (II.2.6), staff 1146 + 799 (I), graduates of
# 2023 (III.1), migrant and left-behind children (II.2.9; the parts per stage are ours). Primary
# graduates are ours: enough for the junior entrants of the same autumn.
DEGREE_SHORTFALL = {"平罗三中": 1, "平罗四中": 2, "平罗六中": 1, "陶乐中学": 9}
OTHER_STAFF = {"primary": 1146 - 1132, "junior": 799 - 771}
GRADUATES = {"primary": 3420, "junior": 3543}
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


def _share_out(total: int, weights: np.ndarray) -> np.ndarray:
    """``total`` divided over the county's sections by ``weights``, whole and exact."""
    ends = np.floor(np.cumsum(weights) / weights.sum() * total + 0.5)
    return np.diff(ends, prepend=0).astype(np.int64)


def _column(rows, name) -> np.ndarray:
    return np.array([int(row[name]) for row in rows], np.int64)


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
    whole = {
        name: np.zeros(len(schools), np.int64)
        for name in (
            *("teachers", "women", "others", "boarding", "pupils", "classes"),
            *("teaching_net", "sports", "equipment", "multimedia_rooms"),
        )
    }
    stages = {}
    for stage in ("primary", "junior"):
        rows = [row for row in _rows() if row["stage"] == stage]
        index = np.array([position[row["school_id"]] for row in rows])
        figures = _section_figures(stage, rows, rng)
        stages[stage] = StageTable(stage, index, figures)
        whole["teachers"][index] += figures["teachers"]
        whole["women"][index] += figures["teachers_women"]
        whole["others"][index] += _share_out(OTHER_STAFF[stage], figures["pupils"])
        for name in ("pupils", "classes"):
            whole[name][index] += figures[name]
        whole["boarding"][index] += figures["pupils_boarding"]
        for name in ("teaching_net", "sports", "equipment", "multimedia_rooms"):
            whole[name][index] += _column(rows, name)
    return Batch(school_year, _attributes(schools, school_year), _shared(whole, rng), stages)


def _section_figures(stage, rows, rng) -> dict[str, np.ndarray]:
    width = GRADES[stage]
    grades = np.array([[int(n) for n in r["pupils_by_grade"].split()] for r in rows], np.int64)
    classes = np.array([[int(n) for n in r["classes_by_grade"].split()] for r in rows], np.int64)
    pupils = grades.sum(axis=1)
    place = [row["place"] for row in rows]
    migrant_weight = pupils * np.array([{"town": 1.0, "edge": 0.6}.get(p, 0.2) for p in place])
    rural_weight = pupils * np.array([{"rural": 1.0, "edge": 0.5}.get(p, 0.02) for p in place])
    boarders = pupils * np.array([BOARDING.get((stage, p), 0.0) for p in place])
    flows = {
        "graduates": _share_out(GRADUATES[stage], grades[:, width - 1]),
        "resumed": people.some_of(pupils, 0.001, rng),
        "transfers_in": people.some_of(pupils, 0.012, rng),
        "suspended": people.some_of(pupils, 0.0015, rng),
        "deaths": np.zeros_like(pupils),
        "transfers_out": people.some_of(pupils, 0.009, rng),
    }
    degree_holders = _column(rows, "degree_teachers")
    short = np.array([DEGREE_SHORTFALL.get(r["school_name"], 0) for r in rows], np.int64)
    if stage == "primary":  # 专科 and above
        master, bachelor, associate = people.apportion(degree_holders, [2, 76, 22], rng).T
    else:  # 本科 and above
        master, bachelor = people.apportion(degree_holders, [7, 93], rng).T
        associate = short
    none = np.zeros_like(pupils)
    degrees = {
        "doctor": none,
        "master": master,
        "bachelor": bachelor,
        "associate": associate,
        "upper_secondary": none,
    }
    return (
        people.pupil_figures(
            stage,
            grades,
            flows,
            _share_out(MIGRANTS[stage], migrant_weight),
            _share_out(LEFT_BEHIND[stage], rural_weight),
            boarders.astype(np.int64),
            rng,
        )
        | people.class_figures(stage, grades, classes)
        | people.teacher_figures(
            stage,
            degrees,
            _column(rows, "backbone_teachers"),
            _column(rows, "pe_art_teachers"),
            rng,
        )
    )


def _shared(whole: dict[str, np.ndarray], rng) -> dict[str, np.ndarray]:
    sports, pupils = whole["sports"], whole["pupils"]
    indoor = np.where(pupils >= 400, sports * 9 // 100, 0)  # small schools have no hall
    buildings = premises.building_figures(whole["teaching_net"], indoor, whole["boarding"] / pupils)
    return (
        premises.staff_figures(whole["teachers"], whole["women"], whole["others"], rng)
        | buildings
        | premises.ground_figures(sports - indoor, buildings["building_area_m2"])
        | premises.equipment_figures(
            pupils, whole["classes"], whole["multimedia_rooms"], whole["equipment"], rng
        )
    )


def _attributes(schools, school_year) -> dict[str, np.ndarray]:
    size = len(schools)
    constants = {
        "sponsor_code": "831",
        "county_code": COUNTY_CODE,
        "county_name": COUNTY_NAME,
        "city_name": "石嘴山市",
        "province_name": "宁夏回族自治区",
        "is_counted": "1",
        "is_new": "0",
        "was_closed": "0",
        "founded": "1998",
    }
    columns = {name: np.full(size, value) for name, value in constants.items()}
    columns["school_id"] = np.array([s["school_id"] for s in schools])
    columns["school_name"] = np.array([s["school_name"] for s in schools])
    columns["school_type_code"] = np.array([s["type_code"] for s in schools])
    columns["urban_rural_code"] = np.array([s["urban_rural_code"] for s in schools])
    return columns
