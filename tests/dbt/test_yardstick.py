"""The whole yardstick on built marts: one lake of small counties, each made for one question."""

from __future__ import annotations

import math

import pytest
from county_returns import (
    COUNTY,
    GoodCounty,
    answers,
    bins,
    county_answers,
    room,
    school_answers,
)
from lake_builder import full, section

from dagster_project.seeds import seed_rows

PINGLUO, GOOD, OLD, NEW, SUCHENG, ALONE = "640221", "110101", "330101", "330199", "321302", "710001"
OLD_COUNTY = {"county_code": OLD, "county_name": "旧县"}
NEW_COUNTY = {"county_code": NEW, "county_name": "新区"}
TERMS = [(year, term) for year in (2020, 2021, 2022) for term in ("autumn", "spring")]


def _pingluo(lake):
    """The published cohort of 2020, a school of 2016 pupils, classes over 50, training money."""
    flows = {"transfer_in": 108, "resumed": 30, "transfer_out": 77, "suspended": 43, "death": 1}
    for year, term in TERMS:
        rows = [
            {"kind": kind, "pupils": n} for kind, n in flows.items() if (year, term) == TERMS[2]
        ]
        if (year, term) == TERMS[0]:
            rows.append({"kind": "entrant", "pupils": 3526})
        if (year, term) == TERMS[-1]:
            rows.append({"kind": "graduate", "pupils": 3543})
        rows.append({"kind": "transfer_in", "pupils": 1, "cohort": 2015})  # some other cohort
        key = {"school_id": "P1", "stage": "junior", "grade": 1, "cohort": 2020}
        lake.give(f"{year}/{term}/m.xlsx", year, term, movement=[{**key, **row} for row in rows])
    lake.deliver("2023/autumn/平罗.csv", [
        section("P1", "junior", 2016, school_name="平罗四中", **full(
            classes=40, **bins(classes_46_50=35, classes_51_55=5))),
        section("P2", "junior", 1000, school_name="平罗六中", **full(classes=20, teachers=60)),
    ])  # fmt: skip
    roster = [
        {"school_id": "P2", "stage": "junior", "grade": 1, "class_name": f"{n}", "pupils": size}
        for n, size in enumerate([50, 51, 56, 66, *[49] * 9, *[48] * 7])  # 1000 pupils
    ]
    lake.give(
        "2023/autumn/r.xlsx", 2023, "autumn",
        roster=roster,
        answer=[
            *county_answers(PINGLUO, COUNTY),
            *school_answers(PINGLUO, "P1", "junior", 10),
            *school_answers(PINGLUO, "P2", "junior", 60, share=0.041, certified=58),
        ],
        # P1 needs four of each: three are new and large, one is old, one is too small.
        art_room=[
            *(room(PINGLUO, "P1", "music", area, built)
              for area, built in [(96, 2020), (100, 2020), (96, None), (73, 2016), (95.9, 2020)]),
            *(room(PINGLUO, "P1", "fine_art", area) for area in (90, 90, 89)),
            *(room(PINGLUO, "P2", "music", 96) for _ in range(2)),
            *(room(PINGLUO, "P2", "fine_art", 90) for _ in range(2)),
        ],
    )  # fmt: skip
    lake.give("2023/autumn/c.csv", 2023, "autumn", claim=[
        {"claim_id": "slip", "county": "平罗县", "county_code": None, "stage": "county",
         "statement": "交流轮岗教师比例", "numerator": "1", "denominator": "2", "multiplier": "100",
         "relation": "=", "published": 13.24, "unit": "%", "decimals": "2"},
    ])  # fmt: skip


def _merged(lake):
    """Three schools become one and the county gets a new code; two are not reviewed."""
    names = {"M1": "东小学", "M2": "西小学", "0000000003": "南小学", "0000000009": "北小学"}
    before = [
        section(i, "primary", 100, school_year=2021, school_name=name, **{**OLD_COUNTY, **full()})
        for i, name in names.items()
    ]
    after = [
        section("M9", "primary", 200, school_year=2022, school_name="中心小学", **NEW_COUNTY),
        section("0000000004", "primary", 90, school_year=2022, school_name="新校", **NEW_COUNTY),
    ]
    lake.deliver("2021/autumn/旧.csv", before)
    lake.deliver("2022/autumn/新.csv", after)
    lake.mappings["succession.csv"] = [
        "school_id,successor_school_id,school_year,kind,share,reviewed_by,note",
        "M1,M9,2022,merge,1,王,",
        "M2,M9,2022,merge,1,王,",
    ]
    lake.mappings["county_codes.csv"] = ["old_code,new_code,from_year,note", f"{OLD},{NEW},2022,"]
    lake.mappings["policy_targets.csv"] = [
        "county_code,target_id,school_year,target_value,comparator,document",
        f"{NEW},schools,2022,2,<=,布局调整",
    ]


def _sucheng(lake):
    """15 % exchange in 2021, 10 % in 2022; budgets that rise and fall."""
    for year, moved, budget in ((2021, 12, 100), (2022, 12, 90)):
        where = {"school_year": year, "county_code": SUCHENG, "county_name": "宿城区"}
        sizes = bins(classes_46_50=1, classes_56_60=1)
        rows = [section("S1", "primary", 100, **where, **full(classes=2, **sizes))]
        lake.deliver(f"{year}/autumn/宿.csv", rows)
        given = {"exchange_eligible": 100, "exchange_moved": moved, "exchange_moved_backbone": 3,
                 "education_budget_yuan": budget}  # fmt: skip
        lake.give(f"{year}/autumn/宿.xlsx", year, "autumn", answer=answers(SUCHENG, given))


def _fill(lake) -> None:
    _pingluo(lake)
    GoodCounty(GOOD).deliver(lake)
    _merged(lake)
    _sucheng(lake)
    noise = full(teaching_area_m2=514.8, indoor_sports_area_m2=33.3)
    place = {"county_code": "120101", "county_name": "邻县"}
    lake.deliver("2023/autumn/n.csv", [section("N1", "primary", 107, **place, **noise)])
    place = {"county_code": ALONE, "county_name": "别处", "standards": "general"}
    lake.deliver("2023/autumn/a.csv", [section("T1", "primary", 100, **place, **full())])


@pytest.fixture(scope="module")
def warehouse(make):
    return make(_fill)


def _item(warehouse, item, county=PINGLUO, year=2023):
    return warehouse.row(
        "select verdict, value, evidence from marts.county_assessment"
        f" where county_code = '{county}' and school_year = {year} and item_id = '{item}'"
    )


CASES = [
    ("G4", "not_met", 2016, "平罗四中（2016人）"),
    # 5 classes of the bins 51-55 and, from the roster, 51, 56 and 66.
    ("G5", "not_met", 8, "平罗六中（3个）"),
    ("G3", "not_met", 0.5, "平罗四中（缺2间）"),
    ("G9", "met", 1, "应完成70人，完成70人"),
    ("G11", "met", 143 / 1081, "骨干教师52人，占交流轮岗教师的36.36%"),
    ("G12", "not_met", 68 / 70, "平罗六中（96.67%）"),
    ("G14", "met", 664 / 1107, "59.98%"),
    ("G6", "not_applicable", None, "不涉及"),
    ("G7", "not_reported", None, "未填报"),
    ("Q1", "met", 3543 / 3556, "99.63%"),
    ("Q2", "met", 210 / 215, "97.67%"),
    ("Q4", "not_met", 0.041, "1所：平罗六中（4.10%）"),
    ("Q9", "not_reported", None, "未填报"),
    ("V", "met", 0, "未发生"),
]


@pytest.mark.parametrize("item,verdict,value,said", CASES)
def test_every_item_has_its_verdict_and_evidence(warehouse, item, verdict, value, said):
    found, figure, evidence = _item(warehouse, item)
    assert found == verdict
    assert figure == (None if value is None else pytest.approx(value))
    assert said in evidence


def test_all_items_stand_there_for_every_assessed_county(warehouse):
    assert warehouse.rows(
        "select county_code, school_year, count(*) from marts.county_assessment"
        f" where county_code in ('{GOOD}', '{ALONE}') group by all order by all"
    ) == [(GOOD, 2020, 33), (GOOD, 2023, 33)]


def test_a_county_that_meets_everything_attains(warehouse):
    assert warehouse.rows(
        f"select item_id, evidence from marts.county_assessment where county_code = '{GOOD}'"
        " and school_year = 2023 and verdict <> 'met'"
    ) == [("G6", "不涉及")]
    assert warehouse.row(
        "select attains, items_met + items_not_applicable, items_total, reasons, rank_in_nation"
        f" from marts.county_verdict where county_code = '{GOOD}' and school_year = 2023"
    ) == (True, 31, 31, "各项指标全部达标", 1)
    assert (
        warehouse.value(
            "select ready_counties from marts.region_summary"
            " where level = 'province' and region_code = '11' and school_year = 2023"
        )
        == "好县"
    )


def test_monitoring_counts_for_some_years_and_below_the_limit_only(warehouse):
    verdict, value, evidence = _item(warehouse, "Q9", GOOD)
    assert (verdict, value) == ("met", pytest.approx(0.149))
    assert "2021年监测" in evidence


def test_the_published_cohort(warehouse):
    row = warehouse.row(
        "select entrants, graduates, retention, retention_alternative, flow_balance, status"
        f" from marts.retention where county_code = '{PINGLUO}' and school_id is null"
        " and cohort_years = 3 and school_year = 2023"
    )
    assert row == (
        3526,
        3543,
        pytest.approx(3543 / 3556),
        pytest.approx(3512 / 3525),
        0,
        "reported",
    )


def test_what_to_do_is_a_sentence_in_natural_units(warehouse):
    said = dict(warehouse.rows(
        "select part_id, what_to_do from marts.gap where county_code = '640221'"
        " and part_id in ('school_size', 'training_money', 'certified', 'L5')"
        " and school_year = 2023 and (part_id <> 'L5' or school_id = 'P2')"
    ))  # fmt: skip
    assert said == {
        "school_size": "平罗四中在校生2016人，超过规模上限2000人，需分流16人",
        "training_money": "平罗六中教师培训经费占公用经费预算4.10%，低于5%，需增加9.00元",
        "certified": "平罗六中有2名专任教师未持教师资格证",
        "L5": "平罗六中缺体育运动场馆9.10平方米/生，共9100.00平方米",
    }


def test_rosters_come_before_bins(warehouse):
    assert warehouse.rows(
        "select school_id, source, classes, over_standard, oversize_56, super_66, largest_class"
        f" from marts.class_size where county_code = '{PINGLUO}' order by 1"
    ) == [("P1", "census_bins", 40, 5, 0, 0, 55), ("P2", "roster", 20, 3, 2, 1, 66)]


def test_a_slip_is_found_against_the_warehouse(warehouse):
    assert warehouse.row(
        "select round(recomputed, 2), verdict, recomputed_from from marts.claim_audit"
    ) == (13.23, "does_not_hold", "warehouse")


def test_a_countys_own_plan_stands_beside_the_national_verdict(warehouse):
    # 12 % moved: above the national 10 %, below the 15 % that the county asks of itself.
    verdict, _, evidence = _item(warehouse, "G11", SUCHENG, 2021)
    assert verdict == "met" and "宿城" not in evidence and "10%" in evidence
    assert warehouse.row(
        "select target_value, verdict, document like '宿城区%' from marts.policy_target"
        f" where county_code = '{SUCHENG}' and target_id = 'exchange' and school_year = 2021"
    ) == (0.15, "not_met", True)


def test_targets_are_judged_by_year(warehouse):
    rows = warehouse.rows(
        "select target_id, school_year, verdict from marts.policy_target"
        f" where county_code in ('{SUCHENG}', '{NEW}') order by all"
    )
    # Of the rest of its plan the county reports nothing, which is said of the years of the plan.
    planned = {
        (target["target_id"], year, "not_reported")
        for target in seed_rows("plan_target")
        for year in (2021, 2022)
        if target["county_code"] == SUCHENG
        and int(target["first_year"]) <= year <= int(target["last_year"])
        and target["target_id"] not in ("exchange", "oversize_56_share", "super_66")
    }
    assert len(planned) == 23
    assert [row for row in rows if row not in planned] == [
        ("education_budget", 2021, "not_due"),
        ("education_budget", 2022, "not_met"),
        ("exchange", 2021, "not_met"),
        ("oversize_56_share", 2021, "not_met"),
        ("schools", 2022, "met"),
        ("super_66", 2021, "met"),
    ]
    assert planned <= set(rows)


def test_a_county_keeps_its_history_under_its_new_code(warehouse):
    assert warehouse.rows(
        f"select school_year, value, change, direction from marts.trend where county_code = '{NEW}'"
        " and item_id = 'schools' and stage = 'all' order by 1"
    ) == [(2021, 4, None, None), (2022, 2, -2, "down")]
    assert warehouse.rows("select county_code from marts.trend where county_code = '330101'") == []


def test_successions_are_known_or_proposed(warehouse):
    assert (
        warehouse.value("select predecessor_school_id from marts.dim_school where school_id = 'M9'")
        == "M1,M2"
    )
    # The county has a new code, so only what it kept can be compared.
    assert warehouse.rows(
        "select school_id, successor_school_id, kind from quality.succession_proposal order by 1"
    ) == [("0000000003", "0000000004", "merge"), ("0000000009", "0000000004", "merge")]


def test_regions_are_totals_over_totals(warehouse):
    value, between = warehouse.row(
        "select cv, between_counties from marts.region_coefficient where level = 'nation'"
        " and school_year = 2023 and indicator_id = 'L2' and stage = 'junior'"
    )
    rows = warehouse.rows(
        "select numerator, pupils from marts.school_indicator"
        " where school_year = 2023 and indicator_id = 'L2' and stage = 'junior'"
    )
    weight = sum(pupils for _, pupils in rows)
    mean = 100 * sum(number for number, _ in rows) / weight
    spread = sum(p * (100 * n / p - mean) ** 2 for n, p in rows) / weight
    assert value == pytest.approx(math.sqrt(spread) / mean, rel=1e-12)
    assert 0 < between < 1
    assert warehouse.row(
        "select value, numerator, denominator from marts.region_item where level = 'nation'"
        " and school_year = 2023 and item_id = 'G12'"
    ) == (pytest.approx(148 / 150), 148, 150)


def test_limits_are_reached_but_for_binary_noise(warehouse):
    # 514.8 m² less 33.3 m² of gym are a hair less than 4.5 for each of 107 pupils.
    assert (514.8 - 33.3) / 107 < 4.5
    assert warehouse.row(
        "select verdict, gap_total from marts.school_indicator"
        " where school_id = 'N1' and indicator_id = 'L4'"
    ) == ("met", 0)
