"""An inspection circular with exceptions by school: 平罗县 2023, 26 figures and the verdicts."""

from __future__ import annotations

import csv
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest

COUNTY, YEAR = "640221", 2023
MEAN = (
    "select mean from marts.county_coefficient where county_code = '640221' and school_year = 2023"
    " and standard_id = '2017' and stage = $1 and indicator_id = "
)
ENROLMENT = (
    " from marts.county_enrolment where county_code = '640221' and school_year = 2023"
    " and $1 in (stage, 'county')"
)
TREND = (
    "select value from marts.trend where county_code = '640221' and school_year = 2023"
    " and stage = if($1 = 'county', 'all', $1) and item_id = "
)
ITEM = (
    "select 100 * value from marts.county_assessment where county_code = '640221'"
    " and school_year = 2023 and standard_id = '2017' and $1 is not null and item_id = "
)
LACKING = (
    "select shortfall_per_pupil from marts.gap where county_code = '640221'"
    " and school_year = 2023 and stage = $1 and (school_name, part_id) = "
)
# where the warehouse has the figure of every statement; $1 is the stage of the claim
FIGURES = {
    "平均班额": "select sum(pupils) / sum(classes)" + ENROLMENT,
    "每百名学生拥有高于规定学历教师数": MEAN + "'L1'",
    "每百名学生拥有县级及以上骨干教师数": MEAN + "'L2'",
    "每百名学生拥有体育艺术专任教师数": MEAN + "'L3'",
    "生均教学及辅助用房面积": MEAN + "'L4'",
    "生均体育运动场馆面积": MEAN + "'L5'",
    "生均教学仪器设备值": MEAN + "'L6'",
    "每百名学生拥有网络多媒体教室数": MEAN + "'L7'",
    "交流轮岗教师比例": ITEM + "'G11'",
    "交流轮岗中骨干教师比例": f"select 100 * value from ({TREND}'exchange_backbone')",
    "高于规定学历比例": f"select 100 * value from ({TREND}'degree_share')",
    "优质高中招生名额分配比例": ITEM + "'G14'",
    "初中三年巩固率": (
        "select 100 * retention from marts.retention where county_code = '640221'"
        " and school_year = 2023 and school_id is null and cohort_years = 3 and stage = $1"
    ),
    "残疾儿童入学率": ITEM + "'Q2'",
    "城关一小生均体育场馆面积缺口": LACKING + "('城关一小', 'L5')",
    "城关八小生均教学及辅助用房缺口": LACKING + "('城关八小', 'L4')",
    "教职工合计": TREND + "'staff'",
    "在校生合计": "select sum(pupils)" + ENROLMENT,
}
# printed wrongly, and what should have been printed (DOMAIN.md §7)
SLIPS = {"PL-17": "13.23", "PL-20": "60", "PL-23": "0.54"}
SHORT_OF_TRAINING_MONEY = {"平罗六中", "陶乐中学", "城关五小", "城关八小", "红瑞燕宝小学"}
UNMET = {"G4", "G5", "Q4"}
# the circular says nothing of these, and nothing is returned
NOT_REPORTED = {"G7", "G8", "Q9", "S1"}


@pytest.fixture(scope="module")
def claims(shared) -> list[dict[str, str]]:
    """What the circular prints."""
    with (shared / "domain" / "published_claims.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["county"] == "平罗县"]
    assert len(rows) == 26
    return rows


@pytest.fixture(scope="module")
def items(documents) -> dict[str, tuple]:
    """Value, threshold, verdict and evidence of every item."""
    rows = documents.query(
        "select item_id, value, threshold, verdict, evidence from marts.county_assessment"
        " where county_code = ? and school_year = ? and standard_id = '2017'",
        COUNTY,
        YEAR,
    )
    return {item: rest for item, *rest in rows}


def rounded(value: float, decimals: str) -> Decimal:
    """``value`` rounded once, half up."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-int(decimals)), ROUND_HALF_UP)


def test_every_line_of_the_circular_comes_out_of_the_marts(documents, claims):
    ours, printed = {}, {}
    for claim in claims:
        (value,) = documents.row(FIGURES[claim["statement"]], claim["stage"])
        ours[claim["claim_id"]] = rounded(value, claim["decimals"])
        printed[claim["claim_id"]] = Decimal(claim["published"])
    assert ours == printed | {claim: Decimal(value) for claim, value in SLIPS.items()}


def test_numerators_and_denominators_are_the_printed_ones(documents, claims):
    rows = documents.query(
        "select stage, numerator, denominator from marts.trend"
        " where county_code = ? and school_year = ? and denominator is not null",
        COUNTY,
        YEAR,
    )
    known = {(stage, round(top, 2), round(bottom, 2)) for stage, top, bottom in rows}
    ratios = [claim for claim in claims if claim["multiplier"] in ("1", "100")]
    assert len(ratios) == 22
    for claim in ratios:
        stage = "all" if claim["stage"] == "county" else claim["stage"]
        key = stage, float(claim["numerator"]), float(claim["denominator"])
        assert key in known, claim


def test_the_audit_finds_the_three_slips_and_no_other(documents, claims):
    rows = documents.query(
        "select claim_id, verdict, recomputed_from, published from marts.claim_audit"
        " where county_code = ?",
        COUNTY,
    )
    # the sample carries the circular's own lines, their ids marked as the sample's
    assert {row[0].removeprefix("S-"): row[3] for row in rows} == {
        claim["claim_id"]: float(claim["published"]) for claim in claims
    }
    assert {row[2] for row in rows} == {"warehouse"}
    odd = {claim.removeprefix("S-"): verdict for claim, verdict, *_ in rows if verdict != "holds"}
    assert odd == dict.fromkeys(SLIPS, "does_not_hold")


def test_60_percent_and_more_is_59_98(documents):
    found = documents.row(
        "select recomputed, verdict from marts.claim_audit where claim_id = 'S-PL-20'"
    )
    assert found == (pytest.approx(100 * 664 / 1107, rel=1e-12), "does_not_hold")


def test_verdicts_are_the_printed_ones_but_for_certificates(items):
    expected = dict.fromkeys(items, "met")
    expected |= dict.fromkeys(UNMET, "not_met") | dict.fromkeys(NOT_REPORTED, "not_reported")
    assert len(items) == 33
    assert {item: verdict for item, (_, _, verdict, _) in items.items()} == expected


def test_one_school_is_too_large(items):
    value, threshold, _, evidence = items["G4"]
    assert (value, threshold) == (2016, 2000)
    assert "1所：平罗四中（2016人）" in evidence


def test_classes_are_too_large_in_primary_and_junior_schools(documents, items):
    value, _, _, evidence = items["G5"]
    assert value == 178 + 30
    assert "小学超过45人的班级178个" in evidence
    assert "初中超过50人的班级30个" in evidence
    rows = documents.query(
        "select stage, sum(over_standard), any_value(source) from marts.class_size"
        " where county_code = ? and school_year = ? and term = 'autumn' group by stage",
        COUNTY,
        YEAR,
    )
    assert {stage: (over, source) for stage, over, source in rows} == {
        "primary": (178, "roster"),
        "junior": (30, "roster"),
    }


def test_classes_too_large_are_all_in_the_county_town(documents):
    rows = documents.query(
        "select distinct school.urban_rural from marts.class_size as size"
        " join marts.dim_school as school using (school_year, school_id)"
        " where size.county_code = ? and size.school_year = ? and size.over_standard > 0",
        COUNTY,
        YEAR,
    )
    assert rows == [("town",)]


def test_five_schools_are_short_of_training_money(documents, items):
    _, threshold, _, evidence = items["Q4"]
    assert threshold == 0.05
    assert "5所" in evidence and all(name in evidence for name in SHORT_OF_TRAINING_MONEY)
    rows = documents.query(
        "select school_name from marts.gap"
        " where county_code = ? and school_year = ? and item_id = 'Q4' and shortfall > 0",
        COUNTY,
        YEAR,
    )
    assert sorted(name for (name,) in rows) == sorted(SHORT_OF_TRAINING_MONEY)


def test_certificates_are_met_though_the_circular_prints_not_met(documents, items):
    value, threshold, verdict, evidence = items["G12"]
    assert (value, threshold, verdict) == (1, 1, "met") and "专任教师1903人，持证1903人" in evidence
    # 98.31 % is the share with a degree above the required one: right, but another item
    published, verdict, note = documents.row(
        "select published, verdict, note from marts.claim_audit where claim_id = 'S-PL-19'"
    )
    assert (published, verdict) == (98.31, "holds")
    assert "G12" in note and "不是持证率" in note


def test_retention_by_both_formulas_and_an_exact_balance(documents):
    row = documents.row(
        "select entrants, graduates, transfers_in, resumed, transfers_out, suspended, deaths,"
        " retention, retention_alternative, flow_balance, semesters, status from marts.retention"
        " where county_code = ? and school_year = ? and school_id is null and stage = 'junior'"
        " and cohort_years = 3",
        COUNTY,
        YEAR,
    )
    assert row[:7] == (3526, 3543, 108, 30, 77, 43, 1)
    assert row[7:9] == (pytest.approx(3543 / 3556), pytest.approx(3512 / 3525))
    assert [round(100 * rate, 3) for rate in row[7:9]] == [99.634, 99.631]
    assert row[9:] == (0, 6, "reported")


def test_the_two_schools_below_a_threshold_are_told_what_they_lack(documents):
    rows = documents.query(
        "select what_to_do from marts.gap"
        " where county_code = ? and school_year = ? and item_id like 'L%' order by all",
        COUNTY,
        YEAR,
    )
    assert rows == [
        ("城关一小缺体育运动场馆0.54平方米/生，共907.20平方米",),
        ("城关八小缺教学及辅助用房0.22平方米/生，共428.34平方米",),
    ]


def test_the_county_does_not_attain_and_is_told_why(documents):
    attains, met, total, unmet, reasons = documents.row(
        "select attains, items_met, items_total, items_not_met, reasons from marts.county_verdict"
        " where county_code = ? and school_year = ? and standard_id = '2017'",
        COUNTY,
        YEAR,
    )
    assert (attains, met, total, unmet) == (False, 31 - 3 - 3, 31, 3)
    assert all(
        part in reasons for part in ("（2016人）", "178个", "30个", *SHORT_OF_TRAINING_MONEY)
    )
    assert reasons.endswith("未填报：G7、G8、Q9、S1")


def test_four_years_stand_side_by_side(documents):
    rows = documents.query(
        "select school_year, value, change from marts.trend where county_code = ?"
        " and stage = 'all' and item_id = 'G4' order by school_year",
        COUNTY,
    )
    assert [year for year, *_ in rows] == [2020, 2021, 2022, 2023]
    for (_, before, _), (_, value, change) in pairwise(rows):
        assert change == value - before < 0
