"""Made-up counties of good schools: from names and pupils by grade to a whole county.

Used where a document prints figures about a county but none about its schools. Every section
reaches the thresholds of the seven indicators; smaller and more rural schools have more per pupil.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dagster_project.sample import county as assembly
from dagster_project.sample import people
from dagster_project.sample.county import STOCK, StageBase
from dagster_project.sample.model import (
    JUNIOR_WEIGHT,
    SHARED,
    STAGES,
    THRESHOLDS,
    TYPE_NAMES,
    Batch,
)

RICHER = {"1": 1.15, "2": 1.75}  # beside the threshold, by first digit of 城乡类型: town, rural
CLASS_SIZE = {"primary": 45, "junior": 50}


@dataclass(frozen=True)
class School:
    """A school of a made-up county: names, codes and pupils by grade of each of its stages."""

    school_id: str
    name: str
    type_code: str
    urban_rural_code: str
    grades: Mapping[str, Sequence[int] | np.ndarray] = field(default_factory=dict)
    classes: Mapping[str, Sequence[int]] | None = None  # by grade; as few as lawful if not given
    sponsor_code: str = "831"
    is_new: str = "0"
    was_closed: str = "0"


def school_id(province: str, type_code: str, serial: int) -> str:
    """A ten-character 学校标识码 of a made-up school."""
    return f"{'21' if type_code in ('211', '218') else '31'}{province}{serial:06d}"


def schools_of(
    province: str, first_serial: int, children: int, plan: Sequence[tuple[str, str, str]]
) -> list[School]:
    """Schools named and typed by ``plan`` (name, type, 城乡类型), with ``children`` in each grade.

    Town schools take four times the children of rural ones; every stage of every school has some.
    """
    share = np.array([4.0 if place[0] == "1" else 1.0 for _, _, place in plan])
    wobble = 1 + 0.15 * np.sin(np.arange(len(plan)) * 2.3)
    out = []
    for stage, types in (("primary", ("211", "312")), ("junior", ("311", "312"))):
        weight = share * wobble * np.array([t in types for _, t, _ in plan])
        by_grade = [
            assembly.share_out(children + 12 * (g % 3), weight)
            for g in range(6 if stage == "primary" else 3)
        ]
        out.append(np.stack(by_grade, axis=1))
    schools = []
    for n, (name, type_code, place) in enumerate(plan):
        stages = zip(("primary", "junior"), out, strict=True)
        grades = {stage: [int(p) for p in table[n]] for stage, table in stages if table[n].sum()}
        identity = school_id(province, type_code, first_serial + n)
        schools.append(School(identity, name, type_code, place, grades))
    return schools


def plan_of(prefix: str, primary: int, junior: int, nine_year: int) -> list[tuple[str, str, str]]:
    """Names, types and places of so many schools; about one in three is rural."""
    kinds = (("211", primary), ("311", junior), ("312", nine_year))
    return [
        (f"{prefix}第{n + 1}{TYPE_NAMES[code]}", code, "210" if n % 3 == 2 else "121")
        for code, number in kinds
        for n in range(number)
    ]


def county(
    school_year: int,
    schools: Sequence[School],
    where: Mapping[str, str],
    seed: int,
    flows: Mapping[str, Mapping[str, np.ndarray]] | None = None,
    grown: float = 1.0,
) -> Batch:
    """The schools as a Batch at ``where``; ``flows[stage]`` of form 331, made up if not given.

    ``grown`` is how much more they have of everything than in another year.
    """
    rng = np.random.default_rng([seed, school_year])
    richer = np.array([RICHER[s.urban_rural_code[0]] for s in schools])
    richer = richer * (1 + 0.1 * np.sin(np.arange(len(schools)) * 1.3))
    stages = {}
    for stage in ("primary", "junior"):
        index = np.array([i for i, s in enumerate(schools) if stage in s.grades], int)
        own = [schools[i] for i in index]
        given = flows[stage] if flows else None
        stages[stage] = _stage_base(stage, index, own, richer[index], given, rng)
    attributes = assembly.attributes(
        [s.school_id for s in schools],
        [s.name for s in schools],
        [s.type_code for s in schools],
        [s.urban_rural_code for s in schools],
        where,
        [s.sponsor_code for s in schools],
    )
    for name in ("is_new", "was_closed"):
        attributes[name] = np.array([getattr(s, name) for s in schools])
    others = np.array([-(-sum(map(sum, s.grades.values())) // 130) for s in schools])
    stock = _stock(schools, richer * grown)
    return assembly.assemble(school_year, attributes, stages, stock, others, rng)


def _stage_base(stage, index, schools, richer, flows, rng) -> StageBase:
    grades = np.array([s.grades[stage] for s in schools], np.int64)
    pupils = grades.sum(axis=1)
    if all(s.classes for s in schools):
        classes = np.array([s.classes[stage] for s in schools], np.int64)
    else:
        classes = -(-grades // CLASS_SIZE[stage])
    need = {
        name: np.ceil(pupils * THRESHOLDS[name][stage] * richer * extra).astype(np.int64)
        for name, extra in (
            ("degree_teachers", 1.3),
            ("backbone_teachers", 1.2),
            ("pe_art_teachers", 1.0),
        )
    }
    parts = [4, 78, 18] if stage == "primary" else [9, 91]
    none = np.zeros_like(pupils)
    degrees = dict.fromkeys(("doctor", "master", "bachelor", "associate", "upper_secondary"), none)
    shares = people.apportion(need["degree_teachers"], parts, rng).T
    degrees |= zip(("master", "bachelor", "associate"), shares, strict=False)
    rural = np.array([s.urban_rural_code[0] == "2" for s in schools])
    return StageBase(
        index=index,
        grades=grades,
        classes=classes,
        flows=flows or _quiet_flows(grades, pupils, rng),
        degrees=degrees,
        backbone=need["backbone_teachers"],
        pe_art=need["pe_art_teachers"],
        migrants=np.where(rural, pupils // 40, pupils // 9),
        left_behind=np.where(rural, pupils // 12, 0),
        boarding=np.where(rural & (stage == "junior"), pupils // 3, 0),
    )


def _quiet_flows(grades, pupils, rng) -> dict[str, np.ndarray]:
    return {
        "graduates": grades[:, -1] + 1 + pupils // 200,
        "resumed": people.some_of(pupils, 0.001, rng),
        "transfers_in": people.some_of(pupils, 0.009, rng),
        "suspended": people.some_of(pupils, 0.001, rng),
        "deaths": np.zeros_like(pupils),
        "transfers_out": people.some_of(pupils, 0.009, rng),
    }


def _stock(schools: Sequence[School], richer: np.ndarray) -> dict[str, np.ndarray]:
    """Stock per school that gives both sections of a nine-year school enough (DOMAIN §3)."""
    stock = {}
    for name in SHARED:
        numbers = []
        for school, more in zip(schools, richer, strict=True):
            a, b = (sum(school.grades.get(stage, ())) for stage in ("primary", "junior"))
            primary, junior = (THRESHOLDS[name][stage] for stage in STAGES)
            if a and b:
                least = max(primary, junior / JUNIOR_WEIGHT) * (a + JUNIOR_WEIGHT * b)
            else:
                least = primary * a + junior * b
            numbers.append(np.ceil(least * more))
        stock[name] = np.array(numbers, np.int64)
    return {name: stock[name] for name in STOCK}
