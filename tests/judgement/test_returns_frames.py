"""Frames of returns: what stands beside an answer, a roster, a movement, and when nothing does."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from dagster_project.census.schema import part_schema
from dagster_project.judgement.frames import build as frames
from dagster_project.judgement.rules.catalogue import Catalogue

JUDGED = (2023, 2023)
KEYS = {"sha256": "r", "school_year": 2023, "term": "autumn", "county_code": "640221"}
SCHOOL = "2164000001"


@pytest.fixture
def build(census, catalogue):
    """Builds the frames of some sections and returns; ``names`` are columns that rules ask for."""

    def make(frame: str, names: str, sections=(), years=JUDGED, **parts):
        rule = replace(
            catalogue.rules[0], frame=frame, fields=(), fails_when=f"{names} is null", observed="1",
            message="", expected="",
        )  # fmt: skip
        connection = census(list(sections))
        for part in ("answer", "roster", "movement"):
            rows = [{**KEYS, **row} for row in parts.get(part, ())]
            connection.register(part, pa.Table.from_pylist(rows, part_schema(part)))
        frames.build(connection, Catalogue((rule,)), years)
        return lambda sql: connection.execute(sql).fetchall()

    return make


def answered(item: str, value: float | None, **more) -> dict:
    return {"item_id": item, "value": value, "county_name": "平罗县", **more}


def section(**more) -> dict:
    return {"teachers": 20, "pupils": 300, "staff": 25, **more}


BOTH = [section(), section(stage="junior", teachers=30)]


# ------------------------------------------------------------------ answers of counties


@pytest.mark.parametrize(
    ("sections", "teachers", "primary", "staff"),
    [
        # The staff of a school with two stages is one figure, told twice.
        (BOTH, 50, 20, 25),
        ([*BOTH, section(school_id="2", staff=5)], 70, 40, 30),
        ([*BOTH, section(school_id="2", teachers=None, teachers__status="blank")], 50, 20, 50),
        ([*BOTH, section(school_id="2", teachers=None, teachers__status="unreadable")],
         None, None, 50),
        # The census of one stage has not arrived: nobody knows how many teachers the county has.
        ([section()], None, 20, None),
        # The senior stage is not compulsory.
        ([*BOTH, section(school_id="3", stage="senior", teachers=99)], 50, 20, 25),
        ([], None, None, None),
    ],
)  # fmt: skip
def test_sums_of_the_census_are_of_all_or_of_nothing(build, sections, teachers, primary, staff):
    ask = build(
        "answer", "census_teachers + census_teachers_primary + census_staff", sections,
        answer=[answered("exchange_moved", 5)],
    )  # fmt: skip
    assert ask(
        "select exchange_moved, census_teachers, census_teachers_primary, census_staff, has_census "
        "from frame_answer"
    ) == [(5, teachers, primary, staff, bool(sections))]


def test_last_years_answers_and_census_stand_beside_this_years(build):
    ask = build(
        "answer", "prev_census_pupils",
        [{**row, "school_year": year} for year in (2022, 2023) for row in BOTH],
        answer=[answered("exchange_moved", 5), answered("exchange_moved", 4, school_year=2022)],
    )  # fmt: skip
    assert ask(
        "select school_year, exchange_moved, prev_exchange_moved, prev_census_pupils, "
        "prev_quota_places, has_prev from frame_answer"
    ) == [(2023, 5, 4, 600, None, True)]


def test_what_the_schools_answered_is_added_up(build):
    ask = build(
        "answer", "schools_that_answered", BOTH,
        answer=[
            answered("exchange_moved", 5),
            answered("has_charter", 1, school_id="1"), answered("has_charter", 0, school_id="2"),
            answered("teachers_certified", 20, school_id="1", stage="primary"),
            answered("teachers_certified", 30, school_id="1", stage="junior"),
            answered("running_budget_yuan", None, school_id="1"),
        ],
    )  # fmt: skip
    assert ask(
        "select schools_that_answered, schools_has_charter, answered_has_charter, "
        "schools_teachers_certified, schools_teachers_certified_junior, "
        "schools_running_budget_yuan, answered_running_budget_yuan from frame_answer"
    ) == [(2, 1, 2, 50, 30, None, 0)]


# ------------------------------------------------------------------ answers of schools


def test_items_of_a_school_stand_apart_from_those_of_its_stages(build):
    ask = build(
        "school_answer", "census_teachers + census_staff", BOTH,
        answer=[
            answered("has_charter", 1, school_id=SCHOOL),
            answered("teachers_certified", 20, school_id=SCHOOL, stage="primary"),
            answered("teachers_certified", 29, school_id=SCHOOL, stage="junior"),
            answered("teachers_certified", 7, school_id="9", stage="junior"),
        ],
    )  # fmt: skip
    assert ask(
        "select school_id, stage, has_charter, teachers_certified, census_teachers, census_staff, "
        "has_census, school_name from frame_school_answer order by school_id, stage"
    ) == [
        (SCHOOL, "junior", None, 29, 30, 25, True, "城关一小"),
        (SCHOOL, "primary", None, 20, 20, 25, True, "城关一小"),
        (SCHOOL, None, 1, None, 50, 25, True, "城关一小"),
        ("9", "junior", None, 7, None, None, False, None),
    ]


# ------------------------------------------------------------------ rosters


def class_of(grade: int, name: str, pupils: float | None, **more) -> dict:
    return {"school_id": SCHOOL, "stage": "primary", "grade": grade, "class_name": name,
            "pupils": pupils, "source_row": 10, **more}  # fmt: skip


def test_classes_are_counted_beside_those_of_the_census(build):
    ask = build(
        "roster", "census_classes + census_pupils",
        [section(classes=4), section(school_id="2", classes=9)],
        roster=[
            class_of(1, "1班", 46, girls=20), class_of(1, "一班", 50, girls=51),
            class_of(2, "1班", 30), class_of(2, "2班", 66),
            class_of(1, "1班", 40, term="spring"),
        ],
    )  # fmt: skip
    assert ask(
        "select school_id, term, has_roster, census_classes, census_pupils, roster_classes, "
        "roster_pupils, roster_pupils_girls, roster_largest_class, roster_over_standard, "
        "roster_super, roster_repeated_names, roster_classes_with_more_girls, "
        "roster_pupils_grade_1, roster_classes_grade_3, roster_classes_46_50, prev_roster_classes "
        "from frame_roster order by school_id, term"
    ) == [
        ("2", "autumn", False, 9, 300, *[None] * 12),
        ("2", "spring", False, 9, 300, *[None] * 12),
        (SCHOOL, "autumn", True, 4, 300, 4, 192, None, 66, 3, 1, 2, 1, 96, 0, 2, None),
        (SCHOOL, "spring", True, 4, 300, 1, 40, None, 40, 0, 0, 0, 0, 40, 0, 0, 4),
    ]


def test_a_class_without_a_number_makes_no_smaller_school(build):
    ask = build(
        "roster", "census_classes", [section(classes=2)],
        roster=[class_of(1, "1班", 46), class_of(2, "1班", None, is_complete=False)],
    )  # fmt: skip
    assert ask(
        "select roster_classes, roster_pupils, roster_pupils_grade_1, roster_over_standard, "
        "roster_largest_class, is_complete from frame_roster"
    ) == [(2, None, 46, None, 46, False)]


# ------------------------------------------------------------------ movements


def moved(kind: str, pupils: float, cohort: int = 2022, **more) -> dict:
    return {"school_id": SCHOOL, "stage": "junior", "grade": more.pop("grade", None) or 2,
            "cohort": cohort, "kind": kind, "pupils": pupils, "source_row": 10, **more}  # fmt: skip


def test_schools_cohorts_and_stages_are_told_apart_and_added_up(build):
    ask = build(
        "movement", "census_entrants",
        [section(stage="junior", pupils=200, pupils_grade_2=90, entrants=70)],
        movement=[
            moved("transfer_in", 3), moved("transfer_out", 2),
            moved("transfer_in", 1, 2021, grade=3), moved("transfer_in", 5, school_id="2"),
        ],
    )  # fmt: skip
    assert ask(
        "select school_id, cohort, grade, movement_transfer_in, movement_transfer_out, "
        "movement_death, census_pupils, census_entrants, entries "
        "from frame_movement order by school_id nulls first, cohort nulls first"
    ) == [
        (None, None, None, 9, 2, 0, 200, 70, 4),
        (None, 2021, 3, 1, 0, 0, None, None, 1),
        (None, 2022, 2, 8, 2, 0, 90, None, 3),
        ("2", None, None, 5, 0, 0, None, None, 1),
        ("2", 2022, 2, 5, 0, 0, None, None, 1),
        (SCHOOL, None, None, 4, 2, 0, 200, 70, 3),
        (SCHOOL, 2021, 3, 1, 0, 0, None, None, 1),
        (SCHOOL, 2022, 2, 3, 2, 0, 90, None, 2),
    ]


def test_last_years_movements_stand_beside_the_census_they_led_to(build):
    ask = build(
        "movement", "census_flow_transfers_in",
        [
            section(stage="junior", school_year=2022, pupils_grade_1=90, pupils_grade_2=80),
            section(stage="junior", pupils_grade_2=94, pupils_grade_3=80, flow_transfers_in=5),
        ],
        movement=[
            moved("transfer_in", 3, grade=1, school_year=2022),
            moved("transfer_in", 2, grade=1, school_year=2022, term="spring"),
        ],
    )  # fmt: skip
    assert ask(
        "select cohort, prev_census_pupils, census_pupils, last_year_transfer_in, "
        "census_flow_transfers_in, last_year_terms, has_movements from frame_movement "
        f"where school_id = '{SCHOOL}' order by cohort nulls first"
    ) == [
        (None, 300, 300, 5, 5, 2, False),
        (2021, 80, 80, None, None, 2, False),  # nobody of them moved
        (2022, 90, 94, 5, None, 2, False),
    ]


def test_the_usual_does_not_know_the_years_that_are_judged_together(build):
    rows = [
        moved("transfer_in", number, cohort=year - 1, school_year=year)
        for year, number in ((2020, 2), (2021, 3), (2022, 4), (2023, 500))
    ]
    sql = "select usual_transfer_in, usual_rows from frame_movement " \
          "where school_year = 2022 and school_id is null and cohort is not null"  # fmt: skip
    together = build("movement", "usual_transfer_in", years=(2022, 2023), movement=rows)
    alone = build("movement", "usual_transfer_in", years=(2022, 2022), movement=rows)
    assert together(sql) == alone(sql) == [(3, 3)]


def test_a_school_that_merged_is_known_by_the_succession_file(census, catalogue):
    connection = census([section(stage="junior")])
    connection.execute(
        "create table succession as select '9' as school_id, ? as successor_school_id, "
        "2023 as school_year, 'merge' as kind, 1.0 as share", [SCHOOL],
    )  # fmt: skip
    rows = [{**KEYS, **moved("transfer_in", 3)}]
    connection.register("movement", pa.Table.from_pylist(rows, part_schema("movement")))
    frames.build(connection, catalogue, JUDGED)
    assert connection.execute(
        "select distinct school_id, is_reorganised from frame_movement order by 1 nulls first"
    ).fetchall() == [(None, False), (SCHOOL, True)]


# ------------------------------------------------------------------ nothing there


@pytest.mark.parametrize("frame", ["answer", "school_answer", "roster", "movement"])
def test_without_returns_there_is_no_row(build, frame):
    assert build(frame, "school_year", BOTH)(f"from frame_{frame}") == []
