"""A county under a three-year plan after Sucheng 2019-2021: classes shrink, budgets grow.

The plan prints targets only (no class of 66 or more by 2019, of 56 or more basically gone by 2020,
15 % of eligible teachers moved every year, budgets that never fall in all and per pupil); schools
and attained figures are ours and reach them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from dagster_project.sample import made, movements, other_data, returns
from dagster_project.sample.model import Batch

FIRST_YEAR, LAST_YEAR = 2019, 2021
COUNTY_CODE, COUNTY_NAME = "321302", "宿城区"
WHERE = {
    "county_code": COUNTY_CODE,
    "county_name": COUNTY_NAME,
    "city_name": "宿迁市",
    "province_name": "江苏省",
}
CHILDREN = 1870  # in a grade of the whole county in 2021
# grades with classes of up to 63, by position of the school in the plan
CROWDED = {2019: dict.fromkeys((0, 1, 3, 4, 6, 7, 9, 10, 17, 19, 20), 6), 2020: {7: 1}, 2021: {}}
EXCHANGE = {2019: (820, 126), 2020: (840, 133), 2021: (850, 142)}  # eligible, moved
BUDGET_YUAN = {2019: 1_163_000_000, 2020: 1_222_500_000, 2021: 1_287_400_000}
ALL_YUAN = {2019: 6_310_000_000, 2020: 6_520_000_000, 2021: 6_790_000_000}
KINDS = (16, 7, 2)


@cache
def _plan() -> tuple[made.School, ...]:
    """The schools with their pupils of the last year."""
    return tuple(made.schools_of("32", 130201, CHILDREN, made.plan_of("样例", *KINDS)))


@cache
def history(stage: str) -> movements.StageHistory:
    """Pupils and movements of the stage's sections from 2019 to 2021."""
    last = np.array([s.grades[stage] for s in _plan() if stage in s.grades], np.int64)
    graduates = {year: last[:, -1] + 2021 - year for year in range(FIRST_YEAR, LAST_YEAR)}
    rng = np.random.default_rng([int(COUNTY_CODE), last.shape[1]])
    return movements.backward(last, LAST_YEAR, FIRST_YEAR, graduates, {}, rng)


def county(school_year: int) -> Batch:
    """The county of one year; ``ValueError`` for a year outside the plan."""
    if school_year not in CROWDED:
        raise ValueError(
            f"the sample county {COUNTY_NAME} exists for school years {FIRST_YEAR} to "
            f"{LAST_YEAR}, not {school_year}; ask for one of these"
        )
    pupils = {stage: iter(history(stage).pupils[school_year]) for stage in returns.COMPULSORY}
    schools = []
    for n, school in enumerate(_plan()):
        grades = {stage: next(pupils[stage]).tolist() for stage in school.grades}
        crowded = CROWDED[school_year].get(n, 0)
        schools.append(_with_classes(replace(school, grades=grades), crowded))
    flows = None
    if school_year > FIRST_YEAR:
        flows = {stage: history(stage).flows(school_year - 1) for stage in returns.COMPULSORY}
    grown = 1 + 0.03 * (school_year - FIRST_YEAR)
    return made.county(school_year, schools, WHERE, int(COUNTY_CODE), flows, grown)


def _with_classes(school: made.School, crowded: int) -> made.School:
    """The school with classes by grade: up to 63 pupils in the ``crowded`` top grades."""
    classes = {}
    for stage, grades in school.grades.items():
        size = np.full(len(grades), made.CLASS_SIZE[stage])
        size[max(len(grades) - crowded, 0) :] = 63
        classes[stage] = [int(n) for n in -(-np.array(grades) // size)]
    return replace(school, classes=classes)


def returns_rows() -> returns.Rows:
    """County returns and class rosters of the three years, by kind."""
    rows: returns.Rows = {"answer": [], "roster": [], "measure": []}
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        batch = county(year)
        eligible, moved = EXCHANGE[year]
        pupils = int(returns.compulsory_pupils(batch).sum())
        values = {
            "exchange_eligible": eligible,
            "exchange_moved": moved,
            "exchange_moved_backbone": moved // 4,
            "education_budget_yuan": BUDGET_YUAN[year],
            "education_budget_per_pupil_yuan": round(BUDGET_YUAN[year] / pupils, 2),
            "public_budget_yuan": ALL_YUAN[year],
        }
        rows["answer"] += returns.county_answers(batch, values)
        rows["roster"] += returns.rosters(batch)
        rows["measure"] += other_data.sucheng(batch)["measure"]
    return rows
