"""Several files and years: what supersedes what, who is missing, which rules were in force."""

from __future__ import annotations

import json

import pytest
from lake_builder import full, section

from dagster_project.census.set_aside import SetAside


def _rows(year=2023, **changes):
    return [
        section(f"0{i}", "primary", 100, school_year=year, **full(**changes)) for i in range(1, 4)
    ]


def _fill(lake) -> None:
    lake.deliver("2022/autumn/县.csv", [
        *_rows(2022),
        section("09", "primary", 60, school_year=2022, **full()),
        section("08", "primary", 60, school_year=2022, **full()),
        section("07", "primary", 60, school_year=2022, is_counted=False, **full()),
    ])  # fmt: skip
    left_out = [
        SetAside("total", "A sum of the rows above.", cell="row 5", source_row=5, token="合计"),
        SetAside("header", "The header again.", cell="row 9", source_row=9, rows=2),
        SetAside("doubtful", "No number.", cell="row 7", source_row=7, school_id="04"),
    ]
    lake.first = lake.deliver("2023/autumn/县.csv", _rows(backbone_teachers=1), set_aside=left_out)
    lake.second = lake.deliver("2023/autumn/县.csv", [
        *_rows(backbone_teachers=2),
        section("08", "primary", 0, was_closed=True),
    ])  # fmt: skip
    lake.third = lake.deliver(
        "2023/autumn/更正/02.csv",
        [section("02", "primary", 100, **full(backbone_teachers=5))],
        set_aside=left_out[2:],
    )
    lake.deliver("2022/spring/县.csv", [
        section("01", "primary", 90, school_year=2022, term="spring", classes=3),
    ])  # fmt: skip
    lake.deliver("2016/autumn/县.csv", _rows(2016))
    lake.refuse("2023/autumn/坏.xlsx", "The file is empty.")


@pytest.fixture(scope="module")
def warehouse(make):
    return make(_fill)


def test_the_corrected_file_speaks_for_its_schools(warehouse):
    rows = warehouse.rows(
        "select school_id, numerator from marts.school_indicator"
        " where school_year = 2023 and indicator_id = 'L2' and pupils > 0 order by 1"
    )
    assert rows == [("01", 2), ("02", 5), ("03", 2)]


def test_every_version_stays_on_record(warehouse):
    rows = warehouse.rows(
        "select path, rows, current_rows, superseded_by is null from quality.load"
        " where school_year = 2023 order by loaded_at"
    )
    assert rows == [
        ("2023/autumn/县.csv", 3, 0, False),
        ("2023/autumn/县.csv", 4, 3, True),
        ("2023/autumn/更正/02.csv", 1, 1, True),
    ]
    assert warehouse.rows("select path, reason from quality.rejected_file") == [
        ("2023/autumn/坏.xlsx", "The file is empty.")
    ]


def test_what_was_not_used_is_counted_by_reason_and_told_row_by_row(warehouse):
    rows = warehouse.rows(
        "select set_aside_rows, doubtful_rows, set_aside_reasons from quality.load"
        " where school_year = 2023 order by loaded_at"
    )
    assert [(every, doubtful, json.loads(reasons)) for every, doubtful, reasons in rows] == [
        (4, 1, {"total": 1, "header": 2, "doubtful": 1}),
        (0, 0, {}),
        (1, 1, {"doubtful": 1}),
    ]
    assert warehouse.rows(
        "select path, reason, reason_zh, cell, token, school_id, is_standing"
        " from quality.set_aside where reason <> 'header' order by path, reason"
    ) == [
        ("2023/autumn/县.csv", "doubtful", "存疑，须更正", "row 7", None, "04", False),
        ("2023/autumn/县.csv", "total", "合计行", "row 5", "合计", None, False),
        ("2023/autumn/更正/02.csv", "doubtful", "存疑，须更正", "row 7", None, "04", True),
    ]


def test_expected_schools_are_last_years_that_were_not_closed(warehouse):
    rows = warehouse.rows(
        "select school_year, term, expected_schools, received_schools, missing, status,"
        " missing_school_ids from quality.completeness where school_year >= 2022 order by 1, 2"
    )
    assert rows == [
        (2022, "autumn", 6, 6, 0, "complete", None),
        (2022, "spring", 5, 1, 4, "partial", "02,03,08,09"),
        (2023, "autumn", 4, 3, 1, "not_due", "09"),  # the newest delivery came on the due day
    ]


def test_a_semester_file_enters_no_yearly_indicator(warehouse):
    assert warehouse.rows(
        "select pupils from marts.school_indicator"
        " where school_year = 2022 and school_id = '01' and indicator_id = 'C1'"
    ) == [(100,)]
    assert warehouse.rows(
        "select term, mean_size from marts.class_size"
        " where school_year = 2022 and school_id = '01' order by 1"
    ) == [("autumn", 25), ("spring", 30)]


def test_a_standard_judges_only_from_the_day_it_came_into_force(warehouse):
    # 教督〔2017〕6号 is of April 2017; the figures of 2016 are computed all the same.
    rows = warehouse.rows(
        "select school_year, bool_and(value is not null), count(threshold), count(verdict)"
        " from marts.school_indicator where standard_id = '2017' and school_id = '01' group by 1"
        " order by 1"
    )
    assert rows == [(2016, True, 0, 0), (2022, True, 7, 7), (2023, True, 7, 7)]


def test_a_file_whose_schools_were_all_delivered_again_names_its_successor(make):
    def fill(lake):
        fill.old = lake.deliver("2023/autumn/a.csv", _rows())
        fill.new = lake.deliver("2023/autumn/b.csv", _rows(backbone_teachers=4))

    warehouse = make(fill)
    assert dict(warehouse.rows("select path, superseded_by from quality.load")) == {
        "2023/autumn/a.csv": fill.new,
        "2023/autumn/b.csv": None,
    }
