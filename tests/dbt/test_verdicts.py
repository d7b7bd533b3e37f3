"""What a verdict rests on: figures in doubt, what is not known, and whom a standard concerns.

One lake of counties that meet everything but for what their case changes (issue 12 §4 and §5, the
rows of its review).
"""

from __future__ import annotations

import pytest
from county_returns import GoodCounty, bins, room
from lake_builder import full, section

YEAR = 2023
CASES = {}
"""County code → what is done to it before it is delivered."""


def case(code: str):
    """The county with this code is spoiled by the function below."""

    def _register(function):
        CASES[code] = function
        return function

    return _register


# --------------------------------------------------------------- §4: figures under a hard flag


@case("130101")
def _an_answer_in_doubt(county, lake):
    county.answer("exchange_moved", 1200)  # of 1081
    county.flag(lake, "G11", "exchange_moved,exchange_eligible")


@case("130102")
def _a_settled_flag(county, lake):
    for status in ("waived", "corrected"):
        county.flag(lake, "G11", "exchange_moved", status=status)
    county.flag(lake, "G11", "exchange_moved", severity="soft")
    county.flag(lake, "G11", "exchange_moved", school_year=2020)


@case("130103")
def _one_veto_in_doubt_and_another_that_stands(county, lake):
    county.answer("veto_school_choice", 1)
    county.flag(lake, "V", "veto_safety")


@case("130104")
def _a_veto_in_doubt(county, lake):
    county.answer("veto_safety", 1)
    county.flag(lake, "V", "veto_safety")


@case("130105")
def _a_school_in_doubt(county, lake):
    county.answer("training_budget_yuan", 90_000, 0)
    county.flag(lake, "Q4", "training_budget_yuan,running_budget_yuan", 0)
    county.answer("teachers_certified", 40, 1)  # of 20
    county.flag(lake, "G12", "teachers_certified", 1, stage="primary")
    county.change(2, **bins(classes_51_55=2, classes_36_40=3))
    county.flag(lake, "G5", "classes_51_55", 2, stage="junior")


@case("130106")
def _a_school_in_doubt_and_another_that_fails(county, lake):
    county.answer("training_budget_yuan", 90_000, 0)
    county.flag(lake, "Q4", "training_budget_yuan", 0)
    county.answer("training_budget_yuan", 40, 1)


@case("130107")
def _a_school_in_doubt_that_fails(county, lake):
    county.answer("training_budget_yuan", 0.4, 0)
    county.flag(lake, "Q4", "training_budget_yuan", 0)


@case("130108")
def _pupils_in_doubt(county, lake):
    county.change(0, pupils=2300)
    county.flag(lake, "all", "pupils_girls,pupils", 0, stage="primary")


@case("130109")
def _an_indicator_in_doubt(county, lake):
    county.change(0, backbone_teachers=90)
    county.flag(lake, "L2", "backbone_teachers,teachers", 0, stage="primary")


@case("130110")
def _an_indicator_in_doubt_and_a_school_that_fails(county, lake):
    county.change(0, backbone_teachers=90)
    county.flag(lake, "L2", "backbone_teachers", 0, stage="primary")
    county.change(1, backbone_teachers=1)


@case("130111")
def _an_answer_that_cannot_be_read(county, lake):
    county.answer("satisfaction_rate", None)
    county.flag(lake, "S1", "satisfaction_rate")
    county.answer("teachers_trained_360h", None, 3)
    county.flag(lake, "G9", "teachers_trained_360h", 3, stage="junior")


@case("130112")
def _one_part_in_doubt(county, lake):
    county.flag(lake, "G13", "nearby_rate_junior", stage="junior")
    county.answer("nearby_rate_primary", 0.9)


@case("130113")
def _the_rest_is_not_reported(county, lake):
    county.answer("senior_places", None)
    county.flag(lake, "Q2", "disabled_inclusive,disabled_registered")


@case("130114")
def _a_roster_of_the_other_semester_in_doubt(county, lake):
    county.flag(lake, "G5", "roster_pupils", 0, term="spring")


@case("130115")
def _one_of_several_indicators_of_a_school_in_doubt(county, lake):
    county.change(0, teaching_area_m2=1000)  # (1000 - 100) / 200 = 4.5, and nearly the floor below
    county.change(
        0, sports_ground_area_m2=1350, multimedia_rooms=4
    )  # 7.25 and 2 per hundred: the floor
    county.flag(lake, "L7", "multimedia_rooms", 0, stage="primary")


@case("130116")
def _all_there_is_in_doubt(county, lake):
    for number in range(4):
        county.flag(lake, "G9", "teachers_trained_360h", number)


def _roster(county, number, *sizes):
    stage = county.sections[number]["stage"]
    return [
        {"school_id": county.school(number), "stage": stage, "grade": 1, "class_name": str(name),
         "pupils": pupils}
        for name, pupils in enumerate(sizes)
    ]  # fmt: skip


@case("130117")
def _a_roster_in_doubt_that_does_not_count(county, lake):
    county.roster = _roster(county, 0, 40, 40)
    county.flag(lake, "G5,oversize_56", "roster_classes", 0, stage="primary")


@case("130118")
def _a_roster_in_doubt_that_counts(county, lake):
    county.roster = _roster(county, 0, 40, 40, 40, 40, 40)
    county.flag(lake, "G5,oversize_56", "roster_largest_class", 0, stage="primary")
    county.flag(lake, "G5", "classes_36_40", 1, stage="primary", term="spring")


@case("130119")
def _a_school_of_a_cohort_in_doubt(county, lake):
    moved = {  # of 60 each: 95 graduates of one school, as many as there were of the other
        (2020, "autumn"): ("entrant", 60, 60), (2020, "spring"): ("transfer_in", 0, 0),
        (2021, "autumn"): ("transfer_in", 0, 0), (2021, "spring"): ("transfer_in", 0, 0),
        (2022, "autumn"): ("transfer_in", 0, 0), (2022, "spring"): ("graduate", 95, 60),
    }  # fmt: skip
    for (year, term), (kind, *pupils) in moved.items():
        lake.give(
            f"{year}/{term}/{county.code}.xlsx", year, term,
            movement=[{"county_code": county.code, "school_id": county.school(number),
                       "stage": "junior", "grade": year - 2019, "cohort": 2020, "kind": kind,
                       "pupils": pupils[number - 2]} for number in (2, 3)],
        )  # fmt: skip
    county.flag(lake, "Q1", "movement_graduate", 2, stage="junior")


# ------------------------------------------------------------------------- §5: by the text


def _by_its_schools(county, near):
    for stage in ("primary", "junior"):
        county.answer(f"nearby_rate_{stage}", None)
    for number, entrants in enumerate(near):
        if entrants is not None:
            county.answer("nearby_entrants", entrants, number)


@case("140101")
def _a_boarding_school_takes_children_from_everywhere(county, lake):
    _by_its_schools(county, (20, 60, 60, 60))
    county.change(0, pupils_boarding=100)
    county.change(1, pupils_boarding=0)  # of the others nobody knows: they count


@case("140102")
def _no_boarders_are_known(county, lake):
    _by_its_schools(county, (20, 60, 60, 60))


@case("140103")
def _nothing_but_boarding_schools(county, lake):
    _by_its_schools(county, (60, 60, None, None))
    for number in (2, 3):
        county.change(number, pupils_boarding=1)


@case("140104")
def _a_school_in_doubt_among_those_that_enrol(county, lake):
    _by_its_schools(county, (90, 60, 60, 60))
    county.flag(lake, "G13", "nearby_entrants,entrants", 0, stage="primary")


@case("140105")
def _a_nine_year_school_of_which_one_stage_is_there(county, lake):
    county.change(0, school_type_code="312", pupils=2300)


@case("140106")
def _a_primary_school_as_large(county, lake):
    county.change(0, pupils=2300)


@case("140107")
def _a_school_with_a_teaching_point(county, lake):
    county.change(0, pupils=2000)
    place = {"county_code": county.code, "county_name": county.name}
    county.sections.append(
        section("140107P", "primary", 30, school_type_code="218", **place, **full())
    )
    lake.teaching_points.append(f"140107P,{county.school(0)},,,")


@case("140108")
def _nobody_to_count(county, lake):
    county.answer("migrant_children", 0)
    county.answer("migrant_children_placed", 0)


@case("140109")
def _subjects_in_turn(county, lake):
    county.monitoring = [
        {"stage": "junior", "subject": "数学", "level": 2, "between_school_rate": 0.25,
         "school_year": 2021},
        {"stage": "junior", "subject": "语文", "level": 3, "between_school_rate": 0.1,
         "school_year": 2021},
    ]  # fmt: skip
    lake.give(
        "2023/spring/监测.xlsx", 2023, "spring",
        monitoring=[{"county_code": county.code, "stage": "junior", "subject": "语文",
                     "level": 4, "between_school_rate": 0.05}],
    )  # fmt: skip


@case("140110")
def _a_subject_monitored_again(county, lake):
    county.monitoring[0].update(level=2, between_school_rate=0.25)
    lake.give(
        "2022/spring/监测.xlsx", 2022, "spring",
        monitoring=[{"county_code": county.code, "stage": "junior", "subject": "数学",
                     "level": 3, "between_school_rate": 0.12}],
    )  # fmt: skip


@case("140120")
def _monitored_under_the_code_of_then(county, lake):
    lake.mappings["county_codes.csv"] = ["old_code,new_code,from_year,note", "140198,140120,2022,"]
    county.monitoring = []
    lake.give(
        "2021/spring/旧代码.xlsx", 2021, "spring",
        monitoring=[{"county_code": "140198", "stage": "junior", "subject": "数学",
                     "level": 3, "between_school_rate": 0.13}],
    )  # fmt: skip


def _rural(county, number, **figures):
    county.change(number, urban_rural_code="220", **figures)
    county.rooms = [r for r in county.rooms if r["school_id"] != county.school(number)]
    county.rooms += [room(county.code, county.school(number), kind, 55, 2020, "primary")
                     for kind in ("music", "fine_art")]  # fmt: skip


@case("140111")
def _a_small_rural_school_by_its_bins(county, lake):
    _rural(county, 0, classes=8, **bins(classes_26_30=4, classes_le25=4))


@case("140112")
def _a_rural_school_of_which_no_class_size_is_known(county, lake):
    _rural(county, 0, classes=8, **dict.fromkeys(bins(), "not_collected"))


@case("140113")
def _a_rural_school_with_large_classes(county, lake):
    _rural(county, 0, classes=6, **bins(classes_31_35=6))


@case("140114")
def _a_school_without_any_room(county, lake):
    county.rooms = [r for r in county.rooms if r["school_id"] != county.school(0)]
    county.rooms.append(room(county.code, county.school(0), "music", 0, None, "primary"))


@case("140115")
def _a_room_of_which_the_year_is_not_known(county, lake):
    county.rooms[0].update(area_m2=80, built_year=None)


@case("140116")
def _rosters_that_agree_and_that_do_not(county, lake):
    county.roster = [
        *_roster(county, 0, 40, 40, 40, 40, 40),  # as the census
        *_roster(county, 1, 40, 40),  # three classes left out
        *_roster(county, 2, 52, 40, 40, 40, 38),  # pupils of another day
        *_roster(county, 3, 40, 40, 40, 40, None),  # one cannot be read
    ]


@case("140190")
def _rosters_of_which_a_class_was_set_aside(county, lake):
    county.roster = [
        {**row, "is_complete": False, "term": term}
        for term in ("autumn", "spring")
        for row in _roster(county, 0, 40, 40, 40, 40, 40)
    ]


@case("140117")
def _sections_that_disagree_about_their_school(county, lake):
    county.change(0, school_type_code="312", urban_rural_code="220", sponsor_code=None)
    place = {"county_code": county.code, "county_name": county.name}
    county.sections.append(
        section(county.school(0), "junior", 90, school_type_code="312", urban_rural_code="112",
                sponsor_code="831", **place, **full())
    )  # fmt: skip


@case("140118")
def _children_that_are_told_of(county, lake):
    county.answer("left_behind_children", 183)
    county.answer("left_behind_children_placed", 183)
    county.answer("education_budget_yuan", 257e6)
    county.answer("public_budget_yuan", 1028e6)


@case("140119")
def _a_stage_of_which_nothing_is_known(county, lake):
    for number in (2, 3):
        county.change(number, teaching_area_m2="blank", indoor_sports_area_m2="blank")


@pytest.fixture(scope="module")
def warehouse(make):
    def fill(lake):
        for code, spoil in CASES.items():
            county = GoodCounty(code)
            spoil(county, lake)
            county.deliver(lake)
        for year, budget in ((2021, 257_000_000.00), (2022, 256_999_999.90)):
            lake.give(
                f"{year}/autumn/预算.xlsx", year, "autumn",
                answer=[{"county_code": "150101", "item_id": "education_budget_yuan",
                         "value": budget}],
            )  # fmt: skip

    return make(fill)


def _item(warehouse, county, item, columns="verdict, evidence"):
    return warehouse.row(
        f"select {columns} from marts.county_assessment where county_code = '{county}'"
        f" and school_year = {YEAR} and item_id = '{item}'"
    )


VERDICTS = [
    # county, item, verdict, what the evidence says of it
    ("130101", "G11", "unverified", "数据存疑，待核实"),
    ("130102", "G11", "met", "13.23%"),
    ("130103", "V", "not_met", "违规择校：发生"),
    ("130104", "V", "unverified", "待核实"),
    ("130105", "Q4", "unverified",
     "1所学校数据存疑（学校1301050000），待核实，剔除后6.00%，其余3所学校均达标"),
    ("130105", "G12", "unverified", "剔除后100.00%，其余3处均达标"),
    ("130105", "G5", "unverified", "剔除后其余1处均达标"),
    ("130106", "Q4", "not_met",
     "学校1301060001（4.00%）；另有1所学校数据存疑（学校1301060000），待核实"),
    ("130107", "Q4", "unverified", "其余3所学校均达标"),
    ("130108", "G4", "unverified", "其余3所学校均达标"),
    ("130109", "L2", "unverified", "1校数据存疑，待核实，剔除后差异系数0.00"),
    ("130110", "L2", "not_met", "学校1301100001（0.50"),
    ("130111", "S1", "unverified", "满意度：填报数据存疑，待核实"),
    ("130111", "G9", "unverified", "其余3处均达标"),
    ("130112", "G13", "not_met", "小学就近划片入学比例90.00%"),
    ("130113", "G14", "not_reported", "未填报"),
    ("130113", "Q2", "unverified", "97.67%"),
    ("130114", "G5", "met", "均不超过"),
    ("130117", "G5", "met", "均不超过"),
    ("130119", "Q1", "unverified", "数据存疑，待核实，剔除后100.00%"),
    ("130118", "G5", "unverified",
     "1处数据存疑（学校1301180000），待核实，剔除后其余1处"),
    ("130115", "L7", "unverified", "2.00※"),
    ("130115", "L5", "unverified", "1校能否达标取决于其存疑的其他指标，待核实"),
    ("130116", "G9", "unverified", "没有其余学校的数据"),
    ("140101", "G13", "met", "小学就近划片入学比例100.00%"),
    ("140102", "G13", "not_met", "小学就近划片入学比例66.67%"),
    ("140103", "G13", "met", "初中就近划片入学比例：不涉及"),
    ("140104", "G13", "unverified",
     "小学就近划片入学比例125.00%※（标准为不低于100%），数据存疑，待核实，剔除后100.00%"),
    ("140105", "G4", "met", "1所一贯制学校义务教育阶段均不超过2500人（最多2300人）"),
    ("140106", "G4", "not_met", "超过2000人的小学、初中有1所：学校1401060000（2300人）"),
    ("140107", "G4", "met", "最多2000人"),
    ("140108", "G15", "not_applicable", "不涉及"),
    ("140109", "Q9", "not_met", "2个学科校际差异率最高0.250（标准为低于0.15），2021—2023年监测"),
    ("140110", "Q9", "met", "1个学科校际差异率最高0.120（标准为低于0.15），2022年监测"),
    ("140120", "Q9", "met", "1个学科校际差异率最高0.130（标准为低于0.15），2021年监测"),
    ("140111", "G3", "met", "4所学校音乐专用教室均达标"),
    ("140112", "G3", "not_reported", "各校音乐专用教室：已填报3所，数据不足、无法判定1所"),
    ("140113", "G3", "not_met", "学校1401130000（缺1间）"),
    ("140114", "G3", "not_met", "学校1401140000（缺1间）"),
    ("140115", "G3", "not_reported", "无法判定1所"),
    ("140118", "G15", "met", "留守儿童183人，在公办学校就读183人，占100.00%"),
    ("140118", "Q2", "met",
     "97.67%（标准为不低于95%）；随班就读121人；送教上门30人；特殊教育学校就读59人"),
    ("140119", "L4", "not_reported",
     "初中平均无法计算，差异系数无法计算（标准为不高于0.45，0校参评，另有2校缺数据）"),
]  # fmt: skip


@pytest.mark.parametrize("county,item,verdict,said", VERDICTS)
def test_a_verdict_rests_on_what_is_known(warehouse, county, item, verdict, said):
    found, evidence = _item(warehouse, county, item)
    assert (found, said in evidence) == (verdict, True), evidence


def test_nothing_is_said_of_all_schools_where_there_are_none(warehouse):
    rows = warehouse.rows(
        "select evidence from marts.county_assessment where county_code = '140119'"
        " and item_id = 'L4' and school_year = 2023"
    )
    assert [evidence.split("；")[-1].count("各校均达标") for (evidence,) in rows] == [0]


@pytest.mark.parametrize(
    "county,item,value,without",
    [
        ("130105", "G12", 100 / 80, 1),
        ("130105", "Q4", 0.06, 0.06),
        ("130105", "G5", 2, 0),
        ("130101", "G11", 1200 / 1081, None),
        ("140104", "G13", 150 / 120, 1),
    ],
)
def test_the_figure_without_what_is_in_doubt_stands_beside(warehouse, county, item, value, without):
    assert _item(warehouse, county, item, "value, value_without_tainted, is_tainted") == (
        pytest.approx(value),
        None if without is None else pytest.approx(without),
        True,
    )


def _verdict(warehouse, county):
    return warehouse.row(
        "select attains, items_unverified, items_not_applicable, reasons from marts.county_verdict"
        f" where county_code = '{county}' and school_year = {YEAR}"
    )


@pytest.mark.parametrize(
    "county,expected",
    [
        ("130101", (None, 1, 1, "待核实：G11")),
        ("130102", (True, 0, 1, "各项指标全部达标")),
        ("130104", (None, 0, 1, "待核实：V")),
        ("130113", (None, 1, 1, "待核实：Q2；未填报：G14")),
        ("140108", (True, 0, 2, "各项指标全部达标")),
    ],
)
def test_a_county_is_undecided_while_a_figure_is_in_doubt(warehouse, county, expected):
    assert _verdict(warehouse, county) == expected


def test_a_county_that_fails_for_certain_fails(warehouse):
    attains, unverified, _, reasons = _verdict(warehouse, "130106")
    assert (attains, unverified) == (False, 0) and reasons.startswith("Q4 ")


def test_a_school_does_not_attain_by_a_figure_in_doubt(warehouse):
    rows = warehouse.rows(
        "select school_id, attains, tainted_count from marts.school_attainment"
        " where county_code in ('130109', '130115') and stage = 'primary' and standard_id = '2017'"
        f" and school_year = {YEAR} order by 1"
    )
    assert rows == [
        ("1301090000", None, 1), ("1301090001", True, 0),
        ("1301150000", None, 1), ("1301150001", True, 0),
    ]  # fmt: skip


def test_regions_count_what_is_undecided(warehouse):
    counties, attaining, open_, unverified = warehouse.row(
        "select counties, counties_attaining, counties_open, counties_unverified"
        f" from marts.region_summary where level = 'city' and region_code = '1301'"
        f" and school_year = {YEAR}"
    )
    doubted = {county for county, _, verdict, _ in VERDICTS if verdict == "unverified"}
    failing = {county for county, _, verdict, _ in VERDICTS if verdict == "not_met"}
    doubted = {county for county in doubted - failing if county.startswith("13")}
    of_the_city = {county for county in CASES if county.startswith("1301")}
    assert (counties, unverified) == (len(of_the_city), len(doubted))
    assert (open_, attaining) == (len(doubted), len(of_the_city - doubted - failing))
    assert warehouse.row(
        "select counties, counties_met, counties_unverified from marts.region_coefficient"
        " where level = 'city' and region_code = '1301' and indicator_id = 'L2'"
        f" and stage = 'primary' and school_year = {YEAR}"
    ) == (len(of_the_city), len(of_the_city) - 3, 3)


def test_trends_and_totals_say_what_is_in_doubt(warehouse):
    rows = dict(warehouse.rows(
        "select item_id, is_tainted from marts.trend where county_code = '130101'"
        f" and school_year = {YEAR} and item_id in ('G11', 'exchange_backbone', 'G14')"
    ))  # fmt: skip
    assert rows == {"G11": True, "exchange_backbone": True, "G14": False}
    assert warehouse.rows(
        "select county_code, bool_or(is_tainted) from marts.trend where item_id = 'oversize_56'"
        " and county_code in ('130117', '130118') and school_year = 2023 group by 1 order by 1"
    ) == [("130117", False), ("130118", True)]
    assert (
        warehouse.value(
            "select counties_tainted from marts.region_item where level = 'nation'"
            " and item_id = 'G11'"
            f" and school_year = {YEAR}"
        )
        == 1
    )


def test_a_budget_that_fell_by_a_cent_fell(warehouse):
    assert warehouse.row(
        "select verdict, target_value from marts.policy_target where county_code = '150101'"
        " and target_id = 'education_budget' and school_year = 2022"
    ) == ("not_met", 257_000_000)
    assert (
        warehouse.value(
            "select direction from marts.trend where county_code = '150101' and school_year = 2022"
            " and item_id = 'education_budget'"
        )
        == "down"
    )


def test_a_roster_stands_for_the_census_only_where_they_agree(warehouse):
    rows = warehouse.rows(
        "select source, classes, pupils, over_standard, roster_classes, roster_pupils"
        f" from marts.class_size where county_code = '140116' and school_year = {YEAR}"
        " order by school_id"
    )
    assert rows == [
        ("roster", 5, 200, 0, 5, 200),
        ("census_bins", 5, 200, 0, 2, 80),
        ("census_bins", 5, 200, 0, 5, 210),
        ("census_bins", 5, 200, 0, 5, None),
    ]
    assert _item(warehouse, "140116", "G5", "verdict") == ("met",)


def test_a_roster_that_lost_a_class_stands_for_nothing(warehouse):
    """Its figures agree with the census by chance; the spring has nobody to agree with."""
    rows = warehouse.rows(
        "select term, source, classes, pupils, largest_class, roster_classes"
        f" from marts.class_size where county_code = '140190' and school_year = {YEAR}"
        " and school_id like '%0' order by term"
    )
    assert rows == [
        ("autumn", "census_bins", 5, 200, 40, 5),
        ("spring", "roster", None, None, None, 5),
    ]


def test_one_section_says_what_a_school_is(warehouse):
    assert warehouse.row(
        "select school_type_code, urban_rural_code, urban_rural, sponsor_code, is_public,"
        f" has_junior from marts.dim_school where school_id = '1401170000' and school_year = {YEAR}"
    ) == ("312", "112", "urban", "831", True, True)


def test_answers_that_decide_nothing_are_told(warehouse):
    rows = dict(warehouse.rows(
        "select item_id, value from marts.trend where county_code = '140118'"
        f" and school_year = {YEAR} and (item_id like 'left_behind%' or item_id like 'disabled%'"
        " or item_id like '%budget%')"
    ))  # fmt: skip
    assert rows == {
        "left_behind_children": 183, "left_behind_placed": 1, "disabled_inclusive": 121,
        "disabled_home": 30, "disabled_special_school": 59, "education_budget": 257e6,
        "public_budget": 1028e6, "education_budget_share": 0.25,
    }  # fmt: skip


def test_public_funds_per_pupil_stand_beside_their_dated_norm(warehouse):
    # every school of 200 pupils has a running budget of 1000 yuan; the norms are of 2023
    assert warehouse.rows(
        "select stage, value, threshold from marts.trend where county_code = '130102'"
        f" and item_id = 'public_funds_per_pupil' and school_year = {YEAR} order by 1"
    ) == [("junior", 5.0, 940.0), ("primary", 5.0, 720.0)]


def test_points_count_with_their_school_where_that_is_the_practice(make):
    def fill(lake):
        county = GoodCounty("140107")
        CASES["140107"](county, lake)
        county.deliver(lake)

    merged = make(fill, school_size_points="merge")
    verdict, evidence = _item(merged, "140107", "G4")
    assert verdict == "not_met" and "学校1401070000（2030人）" in evidence


def test_drafts_decide_where_the_setting_says_so(make):
    def fill(lake):
        GoodCounty("320101").deliver(lake)

    threshold = (
        "select threshold from marts.county_assessment where item_id = 'Q1' and school_year = 2023"
    )
    assert make(fill, draft_standards="apply").value(threshold) == 0.99
    assert make(fill).value(threshold) == 0.95
