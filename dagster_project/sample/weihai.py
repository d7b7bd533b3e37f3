"""A city of four districts after the Weihai overview: teachers exchanged beyond the limit.

The overview prints rates of the whole city only (moved 18.13 % of the eligible, backbone 38.87 % of
the moved); districts, schools and the numbers behind the rates are ours. The districts' own rates
differ, so that a mean of rates gives something else than totals over totals.
"""

from __future__ import annotations

from dagster_project.sample import made, other_data, returns
from dagster_project.sample.model import Batch

SCHOOL_YEAR = 2021
CITY, PROVINCE = "威海市", "山东省"
# code, name, children in a grade, schools (primary, junior, nine-year), eligible, moved, backbone
DISTRICTS = (
    ("371002", "环翠区", 1500, (11, 5, 3), 560, 120, 50),
    ("371003", "文登区", 900, (8, 4, 2), 400, 60, 22),
    ("371082", "荣成市", 860, (7, 3, 2), 322, 50, 18),
    ("371083", "乳山市", 520, (5, 3, 1), 180, 35, 13),
)


def districts() -> list[Batch]:
    """The four districts, each a county of its own."""
    batches, serial = [], 1
    for code, name, children, kinds, *_ in DISTRICTS:
        plan = made.plan_of(f"{name}样例", *kinds)
        schools = made.schools_of("37", serial, children, plan)
        serial += len(plan)
        where = {
            "county_code": code,
            "county_name": name,
            "city_name": CITY,
            "province_name": PROVINCE,
        }
        batches.append(made.county(SCHOOL_YEAR, schools, where, int(code)))
    return batches


def returns_rows() -> returns.Rows:
    """County returns and class rosters of the four districts, by kind."""
    batches = districts()
    rows: returns.Rows = {"answer": [], "roster": [], **other_data.city(batches)}
    for batch, (*_, eligible, moved, backbone) in zip(batches, DISTRICTS, strict=True):
        values = {
            "exchange_eligible": eligible,
            "exchange_moved": moved,
            "exchange_moved_backbone": backbone,
            "nearby_rate_primary": 1.0,
            "nearby_rate_junior": 1.0,
            # 保持在20%以上; the amounts are ours
            "education_budget_yuan": eligible * 2_100_000,
            "public_budget_yuan": eligible * 10_000_000,
        }
        rows["answer"] += returns.county_answers(batch, values, returns.GOOD_COUNTY)
        rows["roster"] += returns.rosters(batch)
    return rows
