"""The mistakes seen in the field (DOMAIN.md §8) and the rules of §1-§3, on the built marts."""

from __future__ import annotations

import csv
import json
import math

import pytest
from lake_builder import full, section

YEAR = 2023


def _indicator(warehouse, school, indicator, column="value", stage="primary"):
    return warehouse.value(
        f"select {column} from marts.school_indicator where school_id = '{school}'"
        f" and indicator_id = '{indicator}' and stage = '{stage}' and school_year = {YEAR}"
    )


def _cv(warehouse, county, indicator, column="cv", stage="primary"):
    return warehouse.value(
        f"select {column} from marts.county_coefficient where county_code = '{county}'"
        f" and indicator_id = '{indicator}' and stage = '{stage}' and school_year = {YEAR}"
    )


def scaled(factor: float) -> dict:
    """The figures of :func:`full` for ``factor`` times as many pupils."""
    return {field: factor * figure for field, figure in full().items()}


def _fill(lake) -> None:
    """One county per question, so that no answer can hide in another."""
    rows = [
        # 110001: five schools whose books are those of the oracle.
        *(
            section(f"A{i}", "primary", pupils, county_code="110001", books=books)
            for i, (pupils, books) in enumerate(
                [(45, 279), (37, 137), (89, 935), (76, 160), (55, 402)]
            )
        ),
        # 110002: no backbone teacher, an unreported one, none in an empty section.
        section("B1", "primary", 100, county_code="110002", **full(backbone_teachers=0)),
        section("B2", "primary", 100, county_code="110002", **full(backbone_teachers=2)),
        section("B3", "primary", 100, county_code="110002", **full(backbone_teachers="undefined")),
        section("B4", "primary", 0, county_code="110002", **full()),
        # 110003: a nine-year, a complete middle and an incomplete nine-year school.
        section("C1", "primary", 166, county_code="110003", school_type_code="312",
                **full(books=23226)),
        section("C1", "junior", 210, county_code="110003", school_type_code="312",
                **full(books=23226)),
        section("C2", "junior", 300, county_code="110003", school_type_code="341",
                **full(books=9000)),
        section("C2", "senior", 500, county_code="110003", school_type_code="341"),
        section("C3", "primary", 100, county_code="110003", school_type_code="312", **full()),
        # 110004: teaching points with and without a parent, an attached class, a special school.
        section("D0", "primary", 400, county_code="110004", **full(books=8000)),
        section("D1", "primary", 20, county_code="110004", school_type_code="218",
                **full(books=100)),
        section("D2", "primary", 50, county_code="110004", school_type_code="218", **full()),
        section("D3", "primary", 49, county_code="110004", school_type_code="218", **full()),
        section("D4", "primary", 30, county_code="110004", school_type_code="219", **full()),
        section("D5", "primary", 40, county_code="110004", school_type_code="511", **full()),
        # 110005: a public and a private school.
        section("E1", "primary", 100, county_code="110005", **full()),
        section("E2", "primary", 300, county_code="110005", sponsor_code="999", **full()),
        # 110006: class sizes, with blank bins and without any.
        section("F1", "primary", 300, county_code="110006", classes=6, classes_41_45=2,
                classes_46_50=1, classes_56_60=1, classes_ge66=2, classes_51_55="blank",
                **{f"classes_{b}": "blank" for b in ("le25", "26_30", "31_35", "36_40", "61_65")}),
        section("F1", "junior", 300, county_code="110006", school_type_code="312", classes=6),
        # 110007: different figures in different locations, one of them under a hard flag.
        section("G1", "primary", 100, county_code="110007", urban_rural_code="111", **full()),
        section("G2", "primary", 200, county_code="110007", urban_rural_code="111",
                **{**scaled(2.2), "teaching_area_m2": 3220}),
        section("G3", "primary", 50, county_code="110007", urban_rural_code="220",
                **{**scaled(0.5), "teaching_area_m2": 100}),
        # 110008: all equal.
        section("H1", "primary", 100, county_code="110008", **full()),
        section("H2", "primary", 200, county_code="110008",
                **scaled(2)),
    ]  # fmt: skip
    rows = [{**row, "source_row": 7 + i} for i, row in enumerate(rows)]
    lake.deliver("2023/autumn/全部.csv", rows,
                 origins=[{"stage": "primary", "field_id": "books", "column_letter": "AB"},
                          {"stage": "primary", "field_id": "pupils", "sheet": "表1",
                           "column_letter": "I", "fixed_row": 6}])  # fmt: skip
    # A digit slipped in the county code of one school of a county's file.
    lake.deliver("2023/autumn/周村.csv", [
        section(f"Z{n}", "primary", 100, county_code=code, county_name="周村区", source_row=n,
                **full())
        for n, code in enumerate(("370306", "370306", "370360"))
    ])  # fmt: skip
    lake.teaching_points.append("D1,D0,,,并入中心校")
    flag = dict.fromkeys(("rule_id", "county_code", "term", "message"), "x")
    lake.flags += [
        {**flag, "flag_id": "1", "severity": "hard", "status": "open", "school_year": YEAR,
         "school_id": "G3", "stage": "primary", "taints": "L4,B1"},
        {**flag, "flag_id": "2", "severity": "hard", "status": "waived", "school_year": YEAR,
         "school_id": "G1", "stage": "primary", "taints": "all"},
        {**flag, "flag_id": "3", "severity": "soft", "status": "open", "school_year": YEAR,
         "school_id": "G1", "stage": None, "taints": "all"},
        {**flag, "flag_id": "4", "severity": "hard", "status": "confirmed", "school_year": YEAR,
         "school_id": "E1", "stage": None, "taints": "all"},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(make):
    return make(_fill)


def test_a_county_code_that_no_list_knows_makes_no_county(warehouse):
    assert warehouse.rows(
        "select distinct county_code, county_name from marts.dim_school where school_id like 'Z%'"
    ) == [("370306", "周村区")]
    assert _cv(warehouse, "370306", "L1", "(sections, pupils)") == (3, 300)
    for table in ("county_verdict", "county_assessment", "county_enrolment", "region_summary"):
        assert "370360" not in str(warehouse.rows(f"select * from marts.{table}"))


def test_the_deviation_is_weighted_by_pupils(warehouse, shared):
    with (shared / "domain/oracles/cv_5school_example.csv").open(encoding="utf-8") as file:
        schools = list(csv.DictReader(file))
    expected = json.loads((shared / "domain/oracles/cv_5school_expected.json").read_text("utf-8"))
    assert [(int(s["students"]), int(s["books"])) for s in schools] == [
        (int(p), int(n))
        for p, n in warehouse.rows(
            "select pupils, numerator from marts.school_indicator"
            " where county_code = '110001' and indicator_id = 'B5' order by school_id"
        )
    ]
    cv = _cv(warehouse, "110001", "B5")
    assert cv == pytest.approx(0.5152566298844764, abs=1e-15)
    assert round(cv, 2) == expected["cv_published"]
    assert round(_cv(warehouse, "110001", "B5", "mean"), 2) == expected["county_mean_published"]


def test_a_zero_numerator_stays_in_and_a_missing_one_is_no_zero(warehouse):
    assert _indicator(warehouse, "B1", "L2") == 0
    assert _indicator(warehouse, "B3", "L2") is None
    assert _indicator(warehouse, "B3", "L2", "value_status") == "undefined"
    assert _cv(warehouse, "110002", "L2", "(sections, sections_missing, pupils, verdict)") == (
        2, 1, 200, "missing",
    )  # fmt: skip
    assert _cv(warehouse, "110002", "L2") == 1
    # What is reported everywhere is judged, the section without pupils left out.
    assert _cv(warehouse, "110002", "L1", "(sections, sections_missing, verdict)") == (3, 0, "met")
    assert _indicator(warehouse, "B4", "L1", "value_status") == "no_pupils"


def test_a_missing_figure_leaves_attainment_open(warehouse):
    rows = warehouse.rows(
        "select school_id, met_count, below_count, missing_count, attains"
        " from marts.school_attainment where county_code = '110002' order by 1"
    )
    assert rows == [("B1", 6, 1, 0, False), ("B2", 7, 0, 0, True), ("B3", 6, 0, 1, None)]


def test_shared_resources_are_split_without_rounding(warehouse, shared):
    exact = json.loads((shared / "domain/oracles/split_example.json").read_text("utf-8"))
    exact = exact["example"]["exact"]
    primary = _indicator(warehouse, "C1", "B5", "numerator")
    junior = _indicator(warehouse, "C1", "B5", "numerator", "junior")
    assert primary == pytest.approx(exact["primary_books"], abs=1e-9)
    assert junior == pytest.approx(exact["junior_books"], abs=1e-9)
    assert primary + junior == pytest.approx(23226, abs=1e-9)
    # Teachers are reported by section and stay whole.
    assert _indicator(warehouse, "C1", "B6", "numerator") == 10


def test_senior_pupils_only_serve_the_split(warehouse):
    assert _indicator(warehouse, "C2", "B5", "numerator", "junior") == pytest.approx(
        9000 * 300 / (300 + 1.2 * 500)
    )
    assert _indicator(warehouse, "C2", "L1", "pupils", "junior") == 300
    for table in ("school_indicator", "county_coefficient", "dim_section", "county_enrolment"):
        assert warehouse.value(f"select count(*) from marts.{table} where stage = 'senior'") == 0


def test_a_stage_nobody_reported_makes_the_split_unknown(warehouse):
    assert _indicator(warehouse, "C3", "L4", "value_status") == "split_unknown"
    assert _indicator(warehouse, "C3", "L4") is None
    assert _indicator(warehouse, "C3", "L1") == 9


def test_teaching_points_count_once(warehouse):
    assert _indicator(warehouse, "D0", "B5", "(numerator, pupils)") == (8100, 420)
    schools = warehouse.rows(
        "select distinct school_id from marts.school_indicator where county_code = '110004'"
        " order by 1"
    )
    assert schools == [("D0",), ("D2",), ("D4",)]
    reasons = dict(
        warehouse.rows(
            "select school_id, exclusion_reason from marts.dim_section"
            " where county_code = '110004' and exclusion_reason is not null"
        )
    )
    assert reasons == {"D3": "small_teaching_point", "D5": "school_type"}
    assert warehouse.row(
        "select schools, sections, pupils from marts.county_enrolment where county_code = '110004'"
    ) == (1, 5, 549)


def test_teaching_points_on_their_own_where_that_is_the_practice(make):
    own = make(_fill, teaching_point_rule="own", teaching_point_min_pupils="20")
    assert _indicator(own, "D0", "B5", "(numerator, pupils)") == (8000, 400)
    assert _indicator(own, "D1", "B5", "pupils") == 20
    assert _indicator(own, "D3", "B5", "pupils") == 49


def test_private_schools_are_in_2017_and_out_of_2012(warehouse):
    assert _cv(warehouse, "110005", "L1", "sections") == 2
    assert _cv(warehouse, "110005", "B7", "sections") == 1


def test_the_gym_counts_for_sports_only(warehouse):
    assert _indicator(warehouse, "E1", "L4", "numerator") == 600
    assert _indicator(warehouse, "E1", "L5", "numerator") == 1100


def test_class_sizes_from_the_bins(warehouse):
    assert warehouse.row(
        "select mean_size, over_standard, oversize_56, super_66 from marts.class_size"
        " where school_id = 'F1' and stage = 'primary'"
    ) == (50, 4, 3, 2)
    assert warehouse.row(
        "select mean_size, over_standard, oversize_56, super_66 from marts.class_size"
        " where school_id = 'F1' and stage = 'junior'"
    ) == (50, None, None, None)


def test_the_composite_is_not_held_against_the_limit_of_single_coefficients(warehouse):
    composite, limit, verdict = warehouse.row(
        "select composite_cv, composite_limit, verdict from marts.county_composite"
        " where county_code = '110007' and standard_id = '2017'"
    )
    singles = [
        cv
        for (cv,) in warehouse.rows(
            "select cv from marts.county_coefficient"
            " where county_code = '110007' and standard_id = '2017'"
        )
    ]
    assert composite == pytest.approx(math.fsum(singles) / 7)
    assert limit is None
    # The mean is within 0.50, yet single coefficients are not.
    assert composite < 0.5 < max(singles)
    assert verdict == "not_met"
    assert warehouse.row(
        "select composite_limit, verdict from marts.county_composite"
        " where county_code = '110007' and standard_id = '2012'"
    ) == (0.65, "met")


def test_contributions_sum_to_one(warehouse):
    sums = warehouse.rows(
        "select sum(share), sum(between_urban_rural) + sum(within) from marts.cv_contribution"
        " where county_code = '110007' group by indicator_id, stage"
    )
    assert len(sums) == 18
    for share, parts in sums:
        assert share == pytest.approx(1)
        assert parts == pytest.approx(1)
    # Where all sections are equal there is nothing to share.
    assert _cv(warehouse, "110008", "L4") == 0
    assert (
        warehouse.value(
            "select count(share) from marts.cv_contribution where county_code = '110008'"
            " and indicator_id = 'L4'"
        )
        == 0
    )


def test_hard_flags_taint_until_they_are_settled(warehouse):
    tainted = warehouse.rows(
        "select school_id, indicator_id from marts.school_indicator"
        " where is_tainted and county_code = '110007' order by all"
    )
    assert tainted == [("G3", "B1"), ("G3", "L4")]
    assert _indicator(warehouse, "E1", "L7", "is_tainted")
    with_all = _cv(warehouse, "110007", "L4")
    assert _cv(warehouse, "110007", "L4", "cv_without_tainted") < with_all
    assert _cv(warehouse, "110007", "L3", "cv_without_tainted") == _cv(warehouse, "110007", "L3")


def test_gaps_are_in_natural_units(warehouse):
    per_pupil, total = _indicator(warehouse, "G3", "L4", "(gap_per_pupil, gap_total)")
    assert per_pupil == pytest.approx(4.5 - 1.0)
    assert total == pytest.approx(3.5 * 50)
    assert _indicator(warehouse, "G1", "L4", "(gap_per_pupil, gap_total)") == (0, 0)


def test_figures_lead_back_to_their_cells(warehouse):
    assert warehouse.row(
        "select path, sheet, cell from quality.figure_origin"
        " where school_id = 'A2' and field_id = 'books'"
    ) == ("2023/autumn/全部.csv", "", "AB9")
    assert (
        warehouse.value(
            "select cell from quality.figure_origin where school_id = 'A2' and field_id = 'pupils'"
        )
        == "I6"
    )


def test_scaling_everything_leaves_the_coefficient_unchanged(make):
    def fill(lake):
        lake.deliver(
            "2023/autumn/x.csv",
            [
                section(f"{county}{i}", "primary", pupils * k, county_code=county,
                        books=books * k, source_row=i)
                for county, k in (("110001", 1), ("110002", 7))
                for i, (pupils, books) in enumerate([(45, 279), (37, 137), (89, 935)])
            ]
            # Two equal halves of a school weigh as much as the school.
            + [
                section(f"H{i}", "primary", pupils, county_code="110003", books=books, source_row=i)
                for i, (pupils, books) in enumerate(
                    [(22.5, 139.5), (22.5, 139.5), (37, 137), (89, 935)]
                )
            ],
        )  # fmt: skip

    scaled = make(fill)
    cvs = [_cv(scaled, county, "B5") for county in ("110001", "110002", "110003")]
    assert cvs == pytest.approx([cvs[0]] * 3, rel=1e-14)
