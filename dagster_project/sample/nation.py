"""A made-up nation of any size, chunk by chunk: the same arguments always give the same schools.

Provinces bear their real two-digit codes and names; everything below them is invented. A chunk is a
few counties of one province with their schools in all years, drawn from the seed and its place, so
that chunks do not depend on each other and memory stays flat.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from dagster_project.sample import cohorts, people, premises
from dagster_project.sample.model import GRADES, TYPE_NAMES, TYPE_STAGES, Batch, StageTable

SCHOOLS_PER_CHUNK = 4000
TYPE_MIX = {"211": 0.55, "218": 0.08, "311": 0.19, "312": 0.12, "341": 0.04, "345": 0.02}
SPONSOR_MIX = {"831": 0.91, "999": 0.07, "832": 0.015, "891": 0.005}
PLACE_MIX = {"111": 0.22, "112": 0.08, "121": 0.25, "122": 0.12, "210": 0.12, "220": 0.21}
FULL_GRADE = {"111": 160, "112": 120, "121": 130, "122": 80, "210": 45, "220": 22}  # pupils
COUNTIES_PER_CITY = 12


@dataclass(frozen=True)
class Plan:
    """What to make: so many counties of so many schools each, from ``first_year`` on."""

    counties: int
    schools: int
    years: int
    seed: int
    first_year: int


@dataclass(frozen=True)
class Chunk:
    """Counties ``first`` to ``last`` (exclusive) of one province, counted within the province."""

    province: str
    province_name: str
    first: int
    last: int


def plan(counties: int, schools: int, years: int, seed: int, first_year: int) -> Plan:
    """Check the arguments; ``ValueError`` says what to change."""
    if counties < 1 or schools < 2 or years < 1 or seed < 0:
        raise ValueError(
            "a nation needs at least 1 county, 2 schools per county (a primary and a junior "
            "school), 1 year and a seed that is not negative"
        )
    if -(-counties // len(provinces())) > 79 * COUNTIES_PER_CITY:
        raise ValueError(f"{counties} counties do not fit the six-digit codes; ask for fewer")
    if -(-counties // len(provinces())) * schools > 999_999:
        raise ValueError("too many schools for the ten-character ids of a province; ask for fewer")
    return Plan(counties, schools, years, seed, first_year)


@cache
def provinces() -> tuple[tuple[str, str], ...]:
    """Code and name of every mainland province."""
    path = Path(__file__).parent / "data" / "provinces.csv"
    with path.open(encoding="utf-8") as file:
        return tuple((row["code"], row["name"]) for row in csv.DictReader(file))


def files(plan: Plan, split: str) -> Iterator[tuple[str, list[Chunk]]]:
    """Names of places and the chunks that belong in their files: the nation, or each province."""
    whole = []
    each = max(1, SCHOOLS_PER_CHUNK // plan.schools)
    for number, (code, name) in enumerate(provinces()):
        size = (plan.counties + len(provinces()) - 1 - number) // len(provinces())
        chunks = [
            Chunk(code, name, first, min(first + each, size)) for first in range(0, size, each)
        ]
        if split == "province" and chunks:
            yield name, chunks
        whole += chunks
    if split == "nation":
        yield "全国", whole


def batches(plan: Plan, chunk: Chunk) -> Iterator[Batch]:
    """The chunk's schools, one batch for each year in order."""
    rng = np.random.default_rng([plan.seed, int(chunk.province), chunk.first])
    county = np.repeat(np.arange(chunk.last - chunk.first), plan.schools)
    schools = _attributes(plan, chunk, county, rng)
    stages = [TYPE_STAGES[code] for code in schools["school_type_code"]]
    index = {s: np.array([i for i, own in enumerate(stages) if s in own], int) for s in GRADES}
    traits = _traits(schools, rng)
    pupils = _first_pupils(schools, county, index, rng)
    for number in range(plan.years):
        flows: dict[str, Any] = {}
        for stage in GRADES:
            at = index[stage]
            entrants = cohorts.drifted(pupils[stage][:, 0], rng)
            if stage == "junior":  # no more than left the county's primary schools (R021)
                leavers = np.bincount(
                    county[index["primary"]],
                    flows["primary"]["graduates"],
                    minlength=chunk.last - chunk.first,
                )
                entrants = cohorts.split_county(leavers, county[at], pupils[stage][:, 0], entrants)
            pupils[stage], flows[stage] = cohorts.advance(pupils[stage], entrants, rng)
        yield _batch(plan.first_year + number, number, schools, index, traits, pupils, flows, rng)


def _attributes(plan: Plan, chunk: Chunk, county: np.ndarray, rng) -> dict[str, np.ndarray]:
    size, within = len(county), np.tile(np.arange(plan.schools), chunk.last - chunk.first)
    types = rng.choice(list(TYPE_MIX), size, p=list(TYPE_MIX.values()))
    types = np.where(within == 0, "211", np.where(within == 1, "311", types))
    places = rng.choice(list(PLACE_MIX), size, p=list(PLACE_MIX.values()))
    places = np.where(types == "218", "220", places)
    sponsors = rng.choice(list(SPONSOR_MIX), size, p=list(SPONSOR_MIX.values()))
    sponsors = np.where(types == "218", "831", sponsors)
    number = county + chunk.first
    city, rest = number // COUNTIES_PER_CITY + 1, number % COUNTIES_PER_CITY + 21
    codes = [f"{chunk.province}{a:02d}{b:02d}" for a, b in zip(city, rest, strict=True)]
    serial = number * plan.schools + within + 1
    front = np.where(np.isin(types, ["211", "218"]), "21", "31")
    return {
        "school_id": np.array(
            [f"{f}{chunk.province}{n:06d}" for f, n in zip(front, serial, strict=True)]
        ),
        "school_name": np.array(
            [
                f"样例{c}县第{w + 1}{TYPE_NAMES[t]}"
                for c, w, t in zip(codes, within, types, strict=True)
            ]
        ),
        "school_type_code": types,
        "sponsor_code": sponsors,
        "urban_rural_code": places,
        "county_code": np.array(codes),
        "county_name": np.array([f"样例{code}县" for code in codes]),
        "city_name": np.array([f"样例{code[:4]}市" for code in codes]),
        "province_name": np.full(size, chunk.province_name),
        "is_counted": np.where(types == "218", "0", "1"),
        "is_new": np.full(size, "0"),
        "was_closed": np.full(size, "0"),
        "parent_school_id": np.where(
            types == "218", [f"21{chunk.province}{n * plan.schools + 1:06d}" for n in number], ""
        ),
        "founded": rng.integers(1950, 2020, size).astype(str),
    }


def _traits(schools: dict[str, np.ndarray], rng) -> dict[str, np.ndarray]:
    """What a school keeps over the years: class size, staffing, room and equipment per pupil."""
    size = len(schools["school_id"])
    place = schools["urban_rural_code"].astype(int)
    rural, town = place >= 200, (place >= 120) & (place < 200)
    more = np.where(rural, 1.5, np.where(town, 1.1, 1.0))
    return {
        "class_size": rng.integers(38, 51, size) + np.where(rng.random(size) < 0.03, 8, 0),
        "pupils_per_teacher": rng.uniform(13, 19, size) / more,
        "degree": rng.uniform(0.86, 1.0, size),
        "backbone": rng.uniform(0.08, 0.3, size),
        "pe_art": rng.uniform(0.008, 0.014, size) * more,
        "net_m2": rng.uniform(4.2, 8.5, size) * more,
        "sports_m2": rng.uniform(7.0, 13.0, size) * more,
        "equipment_yuan": rng.uniform(1700, 5200, size) * more,
        "rooms": rng.uniform(2.2, 3.4, size) * more / 100,
        "migrant": rng.uniform(0.02, 0.3, size) / more**2,
        "left_behind": np.where(rural, rng.uniform(0, 0.15, size), 0.0),
        "boarding": np.where(town | rural, rng.uniform(0, 0.4, size), 0.0),
    }


def _first_pupils(schools, county, index, rng) -> dict[str, np.ndarray]:
    """Pupils by grade in the year before the first; junior schools share the county's children."""
    full = np.array([FULL_GRADE[code] for code in schools["urban_rural_code"]], float)
    full = np.where(schools["school_type_code"] == "218", 9.0, full)
    full *= np.exp(rng.normal(0, 0.35, len(full)))
    pupils = {}
    for stage, width in GRADES.items():
        at = index[stage]
        grade = full[at]
        if stage == "junior":
            counties = int(county.max()) + 1
            children = np.bincount(county[index["primary"]], full[index["primary"]], counties)
            grade = cohorts.split_county(children, county[at], grade, grade)
        noise = rng.uniform(0.93, 1.07, (len(at), width))
        pupils[stage] = np.maximum(2, np.floor(grade[:, None] * noise)).astype(np.int64)
    return pupils


def _batch(year, age, schools, index, traits, pupils, flows, rng) -> Batch:
    size = len(schools["school_id"])
    names = ("teachers", "women", "others", "boarding", "pupils", "classes", "first_pupils")
    whole = {name: np.zeros(size, np.int64) for name in names}
    stages = {}
    for stage, at in index.items():
        own = {name: value[at] for name, value in traits.items()}
        figures = _section_figures(stage, pupils[stage], flows[stage], own, rng)
        stages[stage] = StageTable(stage, at, figures)
        for name, field in (
            ("teachers", "teachers"),
            ("women", "teachers_women"),
            ("boarding", "pupils_boarding"),
            ("pupils", "pupils"),
            ("classes", "classes"),
        ):
            whole[name][at] += figures[field]
    if age == 0:  # rooms and grounds were built for the first year's pupils
        traits["built_for"] = whole["pupils"].copy()
    return Batch(year, schools, _shared(year, whole, traits, age, rng), stages)


def _section_figures(stage, grades, flows, own, rng) -> dict[str, np.ndarray]:
    total = grades.sum(axis=1)
    teachers = np.maximum(np.ceil(total / own["pupils_per_teacher"]), 2).astype(np.int64)
    none = np.zeros_like(teachers)
    qualified = np.floor(teachers * own["degree"] + 0.5).astype(np.int64)
    if stage == "primary":
        master, bachelor, associate = people.apportion(qualified, [2, 68, 30], rng).T
        degrees = {"associate": associate, "upper_secondary": teachers - qualified}
    else:
        master, bachelor = people.apportion(qualified, [8, 92], rng).T
        degrees = {"associate": teachers - qualified, "upper_secondary": none}
    degrees = {"doctor": none, "master": master, "bachelor": bachelor} | degrees
    pe_art = np.minimum(np.ceil(total * own["pe_art"]).astype(np.int64), teachers)
    return (
        people.pupil_figures(
            stage,
            grades,
            flows,
            np.floor(total * own["migrant"]).astype(np.int64),
            np.floor(total * own["left_behind"]).astype(np.int64),
            np.floor(total * own["boarding"]).astype(np.int64),
            rng,
        )
        | people.class_figures(stage, grades, -(-grades // own["class_size"][:, None]))
        | people.teacher_figures(
            stage, degrees, np.floor(teachers * own["backbone"]).astype(np.int64), pe_art, rng
        )
    )


def _shared(year, whole, traits, age: int, rng) -> dict[str, np.ndarray]:
    built = traits["built_for"]
    net = np.floor(traits["net_m2"] * built * 100).astype(np.int64)
    sports = np.floor(traits["sports_m2"] * built * 100).astype(np.int64)
    indoor = np.where(built >= 400, sports * 9 // 100, 0)
    # 0.01 万元 = 100 yuan; equipment grows a little every year
    equipment = np.floor(traits["equipment_yuan"] * built / 100 * 1.04**age).astype(np.int64)
    rooms = np.ceil(traits["rooms"] * built).astype(np.int64)
    whole["others"] = whole["teachers"] // 9
    boarding_share = whole["boarding"] / whole["pupils"]
    buildings = premises.building_figures(net, indoor, boarding_share, year)
    return (
        premises.staff_figures(whole["teachers"], whole["women"], whole["others"], rng)
        | buildings
        | premises.ground_figures(sports - indoor, buildings["building_area_m2"])
        | premises.equipment_figures(whole["pupils"], whole["classes"], rooms, equipment, rng)
    )
