"""A pioneer county whose schools merge: 116 in 2007, 19 by 2022, after a record of 2022.

The record prints how many schools there were, three mergers by name and a few rates; villages,
years of the other mergers, pupils and the numbers behind the rates are ours. Pupils are kept by
*unit*: the catchment of a school of 2007 (Nanguan's is two, one of which gets a school of its own).
Units never change, only the school that serves them does, so that every cohort survives mergers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from dagster_project.sample import made, movements, other_data, returns
from dagster_project.sample.county import share_out
from dagster_project.sample.model import GRADES, SYNTHETIC, Batch

FIRST_YEAR, LAST_YEAR = 2007, 2022
COUNTY_CODE, COUNTY_NAME = "620999", "XX县（甘肃）"
WHERE = {
    "county_code": COUNTY_CODE,
    "county_name": COUNTY_NAME,
    "city_name": "样例市",
    "province_name": "甘肃省",
}
SEED = 620999
STAGES = ("primary", "junior")
VILLAGES = {2008: 30, 2009: 25, 2010: 15, 2012: 10, 2015: 6, 2017: 4}  # schools closed that year
RURAL_JUNIOR = {2008: 2, 2010: 2, 2014: 2}
CENTRAL = ["三合小学", "天仓小学", "航天小学", *(f"样例{n}乡中心小学" for n in range(1, 12))]
NEW_ROAD, SOUTH_GATE, EAST_STREET = "新路小学", "南关小学", "东大街小学"
NORTH_GARDEN, NINE_YEAR = "北苑小学", "新路九年一贯制学校"
SECOND, FIRST_JUNIOR, THIRD, FOURTH = "第二中学", "第一初级中学", "第三中学", "第四中学"
NORTH_SHARE = 0.43  # of Nanguan's pupils who went to the new school in 2009

# the cohort that left junior school in 2022 entered primary school in 2013, junior school in 2019;
# of 1250 + 52 in − 52 out (none died) 1247 graduated: 99.76 % in nine years, 100 % in three
COHORTS = {
    "primary": {
        2013: {"transfer_in": 40, "transfer_out": 40, "resumed": 4, "suspended": 7, "death": 0}
    },
    "junior": {
        2019: {"transfer_in": 12, "transfer_out": 12, "resumed": 3, "suspended": 3, "death": 0}
    },
}
# Both stages told of their movements from 2013 on: a cohort has all its semesters or is incomplete.
FIRST_MOVEMENTS = {"primary": 2013, "junior": 2013}
BUDGET_YUAN = {2021: 248_069_498, 2022: 257_000_000}  # printed: 2.57 亿 in 2022, 3.6 % more
# printed: 153 moved, disabled children 98.63 %, nearby 100 %; the numbers behind them are ours
COUNTY_2022 = {
    "exchange_eligible": 760,
    "exchange_moved": 153,
    "exchange_moved_backbone": 38,
    "nearby_rate_primary": 1.0,
    "nearby_rate_junior": 1.0,
    "disabled_registered": 73,
    "disabled_deferred": 0,
    "disabled_special_class": 0,
    "disabled_inclusive": 40,
    "disabled_special_school": 20,
    "disabled_home": 12,
}


@dataclass(frozen=True)
class Unit:
    """A catchment: its weight among the county's children and the schools that served it."""

    weight: float
    schools: tuple[tuple[int, str], ...]  # first year, school name; in order

    def school(self, year: int) -> str:
        """Name of the school that serves the unit in ``year``."""
        return [name for first, name in self.schools if first <= year][-1]


@cache
def units(stage: str) -> tuple[Unit, ...]:
    """All catchments of a stage."""
    if stage == "junior":
        town = {SECOND: 25.0, THIRD: 18.0, FOURTH: 21.0}
        found = [
            Unit(town[SECOND], ((FIRST_YEAR, SECOND),)),
            Unit(town[THIRD], ((FIRST_YEAR, FIRST_JUNIOR), (2008, THIRD))),
            Unit(town[FOURTH], ((FIRST_YEAR, FOURTH), (2022, NINE_YEAR))),
        ]
        for n, year in enumerate(y for y, number in RURAL_JUNIOR.items() for _ in range(number)):
            into = list(town)[n % 3]
            path = (FIRST_YEAR, f"样例{n + 1}乡初级中学"), (year, into)
            later = ((2022, NINE_YEAR),) if into == FOURTH else ()
            found.append(Unit(6.0, (*path, *later)))
        return tuple(found)
    south = 11.0
    found = [
        Unit(8.0, ((FIRST_YEAR, NEW_ROAD), (2022, NINE_YEAR))),
        Unit(south * (1 - NORTH_SHARE), ((FIRST_YEAR, SOUTH_GATE),)),
        Unit(south * NORTH_SHARE, ((FIRST_YEAR, SOUTH_GATE), (2009, NORTH_GARDEN))),
        Unit(4.0, ((FIRST_YEAR, EAST_STREET), (2022, SOUTH_GATE))),
    ]
    found += [Unit(2.2, ((FIRST_YEAR, name),)) for name in CENTRAL]
    for n, year in enumerate(y for y, number in VILLAGES.items() for _ in range(number)):
        path = (FIRST_YEAR, f"样例第{n + 1}村小学"), (year, CENTRAL[n % len(CENTRAL)])
        found.append(Unit(0.5, path))
    return tuple(found)


@cache
def school_ids() -> dict[str, str]:
    """Id of every school there ever was, by name."""
    named = [name for stage in STAGES for unit in units(stage) for _, name in unit.schools]
    junior = {name for unit in units("junior") for _, name in unit.schools}
    return {
        name: made.school_id("62", "311" if name in junior else "211", n + 1)
        for n, name in enumerate(dict.fromkeys(named))
    }


@cache
def schools(year: int) -> tuple[str, ...]:
    """Names of the schools open in ``year``, primary before junior."""
    names = [unit.school(year) for stage in STAGES for unit in units(stage)]
    return tuple(dict.fromkeys(names))


@cache
def closed(year: int) -> tuple[str, ...]:
    """Names of the schools that were open the year before ``year`` and are no more."""
    if year == FIRST_YEAR:
        return ()
    return tuple(name for name in schools(year - 1) if name not in schools(year))


def type_code(name: str) -> str:
    """办学类型 of a school."""
    if name == NINE_YEAR:
        return "312"
    return "311" if school_ids()[name][:2] == "31" else "211"


def place_code(name: str) -> str:
    """城乡类型 of a school."""
    if "村小学" in name:
        return "220"
    return "210" if name in CENTRAL or "乡" in name else "121"


def children(stage: str, cohort: int) -> int:
    """Children of the county who finish the stage; ``cohort`` is the year they entered it."""
    entered = cohort if stage == "primary" else cohort - GRADES["primary"]
    return 1247 + 30 * (2013 - entered)


@cache
def history(stage: str) -> movements.StageHistory:
    """Pupils and movements by unit from 2007 to 2022."""
    weights = np.array([unit.weight for unit in units(stage)])
    width = GRADES[stage]
    last = np.stack(
        [share_out(children(stage, LAST_YEAR - g), weights) for g in range(width)], axis=1
    )
    graduates = {
        year: share_out(children(stage, year - width + 1), weights)
        for year in range(FIRST_YEAR, LAST_YEAR)
    }
    rng = np.random.default_rng([SEED, width])
    return movements.backward(last, LAST_YEAR, FIRST_YEAR, graduates, COHORTS[stage], rng)


def by_school(stage: str, year: int, numbers: np.ndarray) -> dict[str, np.ndarray]:
    """``numbers`` by unit summed for the schools of ``year``."""
    sums: dict[str, np.ndarray] = {}
    for unit, row in zip(units(stage), numbers, strict=True):
        name = unit.school(year)
        sums[name] = sums.get(name, 0) + row
    return sums


def succession() -> list[dict]:
    """The reviewed succession of every school that changed, in the order it happened."""
    rows, ids = [], school_ids()
    for year in range(FIRST_YEAR + 1, LAST_YEAR + 1):
        for stage in STAGES:
            for unit in units(stage):
                before, after = unit.school(year - 1), unit.school(year)
                if before != after:
                    rows.append((ids[before], ids[after], year, _kind(before, after)))
    rows.append((ids[SOUTH_GATE], ids[SOUTH_GATE], 2009, "split"))
    names = ("school_id", "successor_school_id", "school_year", "kind")
    called = {identity: name for name, identity in ids.items()}
    out = []
    for row in sorted(dict.fromkeys(rows), key=lambda r: (r[2], r[0], r[1])):
        share = 1.0
        if row[3] == "split":
            share = NORTH_SHARE if row[0] != row[1] else round(1 - NORTH_SHARE, 2)
        note = f"{SYNTHETIC}：{called[row[0]]}→{called[row[1]]}"
        done = {"share": share, "reviewed_by": "样例", "note": note}
        out.append(dict(zip(names, row, strict=True)) | done)
    return out


def _kind(before: str, after: str) -> str:
    if before == FIRST_JUNIOR:
        return "rename"
    if after == NORTH_GARDEN:
        return "split"
    return "campus" if before == EAST_STREET else "merge"


def county() -> Batch:
    """The whole county of 2022; the schools closed that year stand in it without pupils."""
    pupils = {
        stage: by_school(stage, LAST_YEAR, history(stage).pupils[LAST_YEAR]) for stage in STAGES
    }
    ids, before = school_ids(), schools(LAST_YEAR - 1)
    found = []
    for name in schools(LAST_YEAR) + closed(LAST_YEAR):
        was_closed = name not in schools(LAST_YEAR)
        stages = {stage: own[name] for stage, own in pupils.items() if name in own}
        if was_closed:
            stage = "junior" if type_code(name) == "311" else "primary"
            stages = {stage: np.zeros(GRADES[stage], np.int64)}
        found.append(
            made.School(
                ids[name],
                name,
                type_code(name),
                place_code(name),
                stages,
                is_new="0" if name in before else "1",
                was_closed="1" if was_closed else "0",
            )
        )
    flows = {stage: _flows(stage, [s.name for s in found if stage in s.grades]) for stage in STAGES}
    batch = made.county(LAST_YEAR, found, WHERE, SEED, flows)
    _set_titles(batch)
    _set_boarders(batch)
    return batch


def _set_titles(batch: Batch) -> None:
    """高级职称 255、中级 469; who of them is of full senior title, and the others, are ours."""
    tables = [batch.stages[stage] for stage in STAGES]
    teachers = np.concatenate([table.figures["teachers"] for table in tables])
    senior, middle = share_out(255, teachers), share_out(469, teachers)
    full = senior // 12
    titles = {
        "full_senior": full,
        "associate_senior": senior - full,
        "intermediate": middle,
        "assistant": teachers - senior - middle,
    }
    none = np.zeros_like(teachers)
    for name in ("full_senior", "associate_senior", "intermediate", "assistant", "junior", "none"):
        parts = np.split(titles.get(name, none), np.cumsum([len(t) for t in tables])[:-1])
        for table, part in zip(tables, parts, strict=True):
            table.figures[f"teachers_title_{name}"] = part


def _set_boarders(batch: Batch) -> None:
    """In the rural schools a third of the pupils board; the document tells of their bathrooms."""
    places = batch.schools["urban_rural_code"]
    for stage in STAGES:
        table = batch.stages[stage]
        is_rural = np.isin(places[table.index], ("210", "220"))
        table.figures["pupils_boarding"] = table.figures["pupils"] // 3 * is_rural


def _flows(stage: str, names: list[str]) -> dict[str, np.ndarray]:
    """Form 331 of 2022 for the schools ``names``: who merged counts as gone and come otherwise."""
    past = history(stage)
    sums = {
        kind: by_school(stage, LAST_YEAR - 1, numbers)
        for kind, numbers in past.flows(LAST_YEAR - 1).items()
    }
    came: dict[str, int] = {}
    went: dict[str, int] = {}
    for unit, grades in zip(units(stage), past.pupils[LAST_YEAR], strict=True):
        before, after = unit.school(LAST_YEAR - 1), unit.school(LAST_YEAR)
        if before != after:
            moved = int(grades[1:].sum())
            went[before] = went.get(before, 0) + moved
            came[after] = came.get(after, 0) + moved
    every: dict[str, Mapping[str, Any]] = {**sums, "other_in": came, "other_out": went}
    return {
        kind: np.array([own.get(name, 0) for name in names], np.int64)
        for kind, own in every.items()
    }


def returns_rows() -> returns.Rows:
    """Movements of the nine years to 2022 and the county returns of 2021 and 2022, by kind."""
    batch = county()
    rows: returns.Rows = {"answer": [], "movement": [], **other_data.pioneer(batch)}
    for year, budget in BUDGET_YUAN.items():
        pupils = sum(int(history(stage).pupils[year].sum()) for stage in STAGES)
        values = {
            "education_budget_yuan": budget,
            "education_budget_per_pupil_yuan": round(budget / pupils, 2),
        }
        said = None
        if year == LAST_YEAR:
            values, said = COUNTY_2022 | values, returns.GOOD_COUNTY
        rows["answer"] += returns.county_answers(batch, values, said, year)
    for stage, first in FIRST_MOVEMENTS.items():
        for year in range(first, LAST_YEAR):
            for term in movements.TERMS:
                rows["movement"] += _movements(stage, year, term)
    return rows


def _movements(stage: str, year: int, term: str) -> list[returns.Row]:
    past = history(stage)
    sums: dict[tuple, int] = {}
    for unit, *key, pupils in movements.rows(past, year, term):
        at = (units(stage)[unit].school(year), *key)
        sums[at] = sums.get(at, 0) + pupils
    names = ("school_name", "grade", "cohort", "kind")
    when = {"school_year": year, "term": term, "stage": stage}
    where = {"county_code": COUNTY_CODE, "county_name": COUNTY_NAME}
    return [
        {
            **when,
            **where,
            **dict(zip(names, at, strict=True)),
            "school_id": school_ids()[at[0]],
            "pupils": pupils,
        }
        for at, pupils in sorted(sums.items())
    ]
