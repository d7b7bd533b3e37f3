"""Frames: other years and rows are found by number, files and cohorts are counted once."""

from __future__ import annotations

import pytest

from dagster_project.judgement.frames import build as frames
from tests.judgement.cohorts import flow

JUDGED = (2023, 2023)


def build(census, catalogue, rows, school_years=JUDGED):
    connection = census(rows)
    frames.build(connection, catalogue, school_years)
    return lambda sql: connection.execute(sql).fetchall()


def test_a_school_that_stands_twice_counts_once_in_cohort_school_and_county(census, catalogue):
    rows = [flow(year, source_row=n) for year in range(2020, 2024) for n in (5, 6)]
    ask = build(census, catalogue, rows)
    assert ask("select distinct cohort_entrants, forms from frame_cohort") == [(120, 3)]
    assert ask("select pupils, sections, has_prev from frame_school") == [(300, 1, True)]
    assert ask("select sum_pupils, prev_schools, schools from frame_county") == [(300, 1, 1)]
    # As rows they stay two; the one that was read first stands for both in other years.
    assert ask("select source_row, copies, prev_pupils from frame_section order by 1") == [
        (5, 2, 300), (6, 2, 300),
    ]  # fmt: skip


@pytest.mark.parametrize("order", [(5, 6), (6, 5)])
def test_of_rows_that_came_twice_the_first_in_the_file_stands_however_they_lie(
    census, catalogue, order
):
    """Threads hand on rows in any order; the year before had 100 pupils in row 5, 200 in row 6."""
    rows = [
        {"school_year": 2022, "source_row": row, "pupils": 100 if row == 5 else 200}
        for row in order
    ]  # fmt: skip
    rows.append({"school_year": 2023, "source_row": 9, "pupils": 110})
    ask = build(census, catalogue, rows)
    assert ask("select source_row, pupils, prev_pupils from frame_section") == [(9, 110, 100)]


def test_what_is_looked_back_at_is_the_same_from_one_table_or_from_several(census, catalogue):
    rows = [
        {"school_year": year, "school_id": school, "pupils": 100 + year % 100 * int(school),
         "pupils_girls": 40 + int(school), "classes": 3, "teachers": 9, "books": 900.5}
        for year in range(2018, 2024) for school in "123456"
    ]  # fmt: skip
    alone = build(census, catalogue, rows)
    together = build(census, catalogue, rows, (2018, 2023))
    for frame in ("section", "school", "county"):
        sql = f"from frame_{frame} where school_year = 2023 order by school_id"
        assert alone(sql) == together(sql) != []


def test_a_file_of_a_year_before_is_not_judged_again(census, catalogue):
    rows = [
        {"school_year": 2022, "sha256": "old", "pupils": 1},
        {"school_year": 2023, "sha256": "old", "school_id": "2", "pupils": 1},
        {"school_year": 2023, "sha256": "new", "school_id": "3", "pupils": 0, "books": 7,
         "classes__status": "unreadable", "teachers__status": "undefined"},
    ]  # fmt: skip
    ask = build(census, catalogue, rows)
    assert ask(
        "select sha256, sections, schools, sections_with_zero_pupils, figures, "
        "figures_unreadable, figures_undefined from frame_file"
    ) == [("new", 1, 1, 1, 4, 1, 1)]


def test_nothing_is_left_behind_but_frames(census, catalogue):
    ask = build(census, catalogue, [flow(2023)])
    left = {name for (name,) in ask("select table_name from duckdb_tables()")}
    assert {name for name in left if "section" in name or "earlier" in name} == {"frame_section"}
