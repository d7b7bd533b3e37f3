"""A pioneer county's record: 116 schools become 19, and its cohorts survive every merger."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import pairwise

import pytest

from dagster_project.sample import pioneer

COUNTY = "620999"
FIRST, LAST = 2007, 2022
# in 2022 新路小学 and 第四中学 merge into the first, 东大街小学 becomes a campus of the second
NINE_YEAR, SOUTH = "新路九年一贯制学校", "南关小学"


def open_schools(documents, year: int) -> dict[str, str]:
    """Type code by name of the schools that stand in ``year``."""
    return dict(
        documents.query(
            "select school_name, school_type_code from marts.dim_school"
            " where county_code = ? and school_year = ? and not coalesce(was_closed, false)",
            COUNTY,
            year,
        )
    )


def predecessors(documents, name: str, year: int) -> set[str]:
    """Names of the schools that ``name`` took over in ``year`` or before."""
    (ids,) = documents.row(
        "select predecessor_school_id from marts.dim_school"
        " where county_code = ? and school_year = ? and school_name = ?",
        COUNTY,
        year,
        name,
    )
    called = {identity: school for school, identity in pioneer.school_ids().items()}
    return {called[identity] for identity in (ids or "").split(",") if identity}


def test_116_schools_become_19(documents):
    before, after = open_schools(documents, FIRST), open_schools(documents, LAST)
    assert (len(before), len(after)) == (116, 19)
    kinds = [sum(code == kind for code in before.values()) for kind in ("211", "311")]
    assert kinds == [107, 9]
    # printed as 3 junior and 16 primary schools: the nine-year school is one of the three
    kinds = [sum(code == kind for code in after.values()) for kind in ("211", "311", "312")]
    assert kinds == [16, 2, 1]


def test_every_year_can_be_compared_with_the_last(documents):
    rows = documents.query(
        "select school_year, value, change, previous_year from marts.trend"
        " where county_code = ? and stage = 'all' and item_id = 'schools' order by school_year",
        COUNTY,
    )
    assert [row[0] for row in rows] == list(range(FIRST, LAST + 1))
    assert (rows[0][1], rows[-1][1]) == (116, 19)
    assert sum(row[2] for row in rows[1:]) == 19 - 116
    for (year, before, *_), (_, value, change, previous) in pairwise(rows):
        assert (change, previous) == (value - before, year) and change <= 0


def test_the_printed_numbers_of_schools_hold(documents):
    rows = documents.query(
        "select claim_id, recomputed, recomputed_from, verdict from marts.claim_audit"
        " where county_code = ? order by claim_id",
        COUNTY,
    )
    assert rows == [
        ("S-JT-01", 19, "warehouse", "holds"),
        ("S-JT-02", 116, "warehouse", "holds"),
    ]


def test_mergers_and_the_school_on_two_campuses_are_followed(documents):
    assert {"新路小学", "第四中学"} <= predecessors(documents, NINE_YEAR, LAST)
    assert "东大街小学" in predecessors(documents, SOUTH, LAST)
    assert predecessors(documents, "北苑小学", LAST) == {SOUTH}  # split off in 2009
    assert {"新路小学", "第四中学", "东大街小学"}.isdisjoint(open_schools(documents, LAST))


def test_nothing_reviewed_is_proposed_again(documents):
    assert documents.query("select * from quality.succession_proposal") == []


def test_nine_year_and_three_year_retention(documents):
    rows = documents.query(
        "select cohort_years, cohort, entrants, graduates, transfers_in, transfers_out,"
        " retention, flow_balance, semesters, status from marts.retention"
        " where county_code = ? and school_year = ? and school_id is null and stage = 'junior'"
        " order by cohort_years",
        COUNTY,
        LAST,
    )
    assert rows == [
        (3, 2019, 1247, 1247, 12, 12, pytest.approx(1.0), 0, 6, "reported"),
        (9, 2013, 1250, 1247, 52, 52, pytest.approx(0.9976), 0, 18, "reported"),
    ]


def of_cohort(documents, year: int, stage: str, cohort_years: int) -> dict[str, tuple]:
    """Entrants, graduates and flow balance of a cohort by the school it graduated from."""
    rows = documents.query(
        "select school_name, entrants, graduates, flow_balance from marts.retention"
        " where county_code = ? and school_year = ? and stage = ? and cohort_years = ?"
        " and school_id is not null",
        COUNTY,
        year,
        stage,
        cohort_years,
    )
    return {name: tuple(rest) for name, *rest in rows}


def test_the_cohorts_of_merged_schools_are_those_of_their_successors(documents):
    # entered in 2014; six village schools closed in 2015, four in 2017; graduated in 2020
    raw = documents.settings.raw
    with (raw / "mappings" / "succession.csv").open(encoding="utf-8") as file:
        successor = {
            row["school_id"]: row["successor_school_id"]
            for row in csv.DictReader(file)
            if 2014 < int(row["school_year"]) <= 2020
        }
    assert len(successor) == 10
    entered: Counter[str] = Counter()
    (table,) = (raw / "2014").rglob("*.csv")
    with table.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["学段"] == "小学":
                school = row["学校标识码"]
                entered[successor.get(school, school)] += int(row["招生数"])
    called = {identity: name for name, identity in pioneer.school_ids().items()}
    cohort = of_cohort(documents, 2020, "primary", 6)
    assert {name: entrants for name, (entrants, *_) in cohort.items()} == {
        called[identity]: entrants for identity, entrants in entered.items()
    }
    assert {balance for *_, balance in cohort.values()} == {0}


def test_who_left_a_school_just_before_it_merged_is_still_its_own(documents):
    cohort = of_cohort(documents, LAST, "junior", 3)
    assert set(cohort) == {"第二中学", "第三中学", "第四中学"}
    assert sum(entrants for entrants, *_ in cohort.values()) == 1247
    assert sum(graduates for _, graduates, _ in cohort.values()) == 1247


def test_rates_of_the_record(documents):
    items = dict(
        documents.query(
            "select item_id, value from marts.county_assessment"
            " where county_code = ? and school_year = ? and standard_id = '2017'"
            " and verdict = 'met'",
            COUNTY,
            LAST,
        )
    )
    assert f"{items['Q2']:.4f}" == "0.9863"  # disabled children
    assert items["Q1"] == pytest.approx(1.0)
    assert items["G13"] == 1
    (evidence,) = documents.row(
        "select evidence from marts.county_assessment"
        " where county_code = ? and school_year = ? and item_id = 'G11'",
        COUNTY,
        LAST,
    )
    assert "交流轮岗教师153人" in evidence


def test_the_budget_grows_by_3_6_percent(documents):
    row = documents.row(
        "select value, change, tendency from marts.trend where county_code = ?"
        " and school_year = ? and item_id = 'education_budget'",
        COUNTY,
        LAST,
    )
    assert (row[0], row[2]) == (257_000_000, "better")
    assert f"{100 * row[1] / (row[0] - row[1]):.1f}" == "3.6"
    verdicts = documents.query(
        "select target_id, verdict from marts.policy_target"
        " where county_code = ? and school_year = ?",
        COUNTY,
        LAST,
    )
    assert sorted(verdicts) == [("education_budget", "met"), ("education_budget_per_pupil", "met")]


def test_graduates_of_schools_just_closed_are_not_lost(documents):
    rows = documents.query(
        "select stage, entrants, graduates from marts.county_enrolment"
        " where county_code = ? and school_year = ?",
        COUNTY,
        LAST,
    )
    graduates = {stage: number for stage, _, number in rows}
    entrants = {stage: number for stage, number, _ in rows}
    assert graduates == {"primary": 1157, "junior": 1247}
    assert entrants["junior"] == graduates["primary"]
    flags = documents.query(
        "select rule_id from quality.flag where county_code = ? and school_year = ?", COUNTY, LAST
    )
    assert flags == []


def test_closures_that_the_succession_file_explains_are_not_asked_about(documents):
    rows = documents.query(
        "select school_year, message from quality.flag"
        " where county_code = ? and rule_id = 'county.school_count_changed'",
        COUNTY,
    )
    assert pioneer.VILLAGES and rows == []
