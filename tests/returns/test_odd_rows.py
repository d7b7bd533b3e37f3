"""Rows and sheets of returns that look like entries and are none: sums, overflow, copies."""

from __future__ import annotations

import openpyxl
import pytest

from dagster_project.census.rejection import FileRejected


def classes_of(school: str, *pupils: int) -> list[dict]:
    return [
        {"school_id": school, "stage": "primary", "grade": 1, "class_name": f"{n}班", "pupils": p,
         "girls": p // 2 - n}
        for n, p in enumerate(pupils, 1)
    ]  # fmt: skip


@pytest.mark.parametrize("at", ["below", "above"])
@pytest.mark.parametrize("whose", ["0640221001", "0640221005"], ids=["its own id", "another id"])
def test_a_row_of_sums_is_no_class_whatever_it_is_called(desk, at, whose):
    classes = classes_of("0640221001", 45, 47, 52, 58, 61)
    sums = {key: sum(row[key] for row in classes) for key in ("pupils", "girls")}
    total = {**classes[0], "school_id": whose, "class_name": "9班", **sums}
    reading = desk.read(desk.roster([*classes, total] if at == "below" else [total, *classes]))
    assert sorted(reading.parts["roster"]["pupils"].to_pylist()) == [45, 47, 52, 58, 61]
    (entry,) = reading.set_aside
    assert entry.reason == "doubtful" and "added up" in entry.sentence
    assert entry.school_id == whose


def test_a_row_of_sums_is_no_school_of_answers(desk):
    schools = [
        {"school_id": f"064022100{n}", "stage": "primary", "teachers_certified": 30 + 7 * n,
         "training_budget_yuan": 10_411 * n}
        for n in range(1, 5)
    ]  # fmt: skip
    total = {"school_id": "0640221009", "stage": "primary",
             "teachers_certified": sum(s["teachers_certified"] for s in schools),
             "training_budget_yuan": sum(s["training_budget_yuan"] for s in schools)}  # fmt: skip
    reading = desk.read(desk.school([*schools, total], ()))
    assert "0640221009" not in reading.parts["answer"]["school_id"].to_pylist()
    assert [e.school_id for e in reading.set_aside] == ["0640221009"]


def test_the_cohort_of_a_county_may_be_the_sum_of_its_schools(desk):
    """Its row names no school: there sums are what is asked for."""
    cohorts = [
        {
            "cohort_years": "6",
            "cohort": 2015,
            "school_id": school,
            "entrants": n,
            "graduates": n - 1,
        }
        for school, n in (("0640221001", 120), ("0640221002", 230), (None, 350))
    ]
    reading = desk.read(desk.county(cohorts=cohorts))
    assert reading.parts["cohort"].num_rows == 3 and not reading.set_aside


def test_what_stands_behind_the_last_heading_is_told(desk):
    """A row that goes on is shifted, or holds two: it is set aside, and so is the one in it."""
    path = desk.roster(classes_of("0640221001", 45, 47) + classes_of("0640221002", 52, 58))
    head = openpyxl.load_workbook(path)["班级名册"]
    rows = [r for r in range(1, head.max_row + 1) if head.cell(r, 1).value == "0640221001"]
    desk.edit(path, {f"班级名册!K{rows[0]}": "0640221003", f"班级名册!L{rows[0]}": 44,
                     f"班级名册!K{rows[1]}": "已核"})  # fmt: skip
    reading = desk.read(path)
    assert sorted(reading.parts["roster"]["pupils"].to_pylist()) == [47, 52, 58]
    said = {(e.reason, e.school_id, e.cell, e.token) for e in reading.set_aside}
    assert said == {
        ("doubtful", "0640221001", f"K{rows[0]}", None),
        ("doubtful", "0640221003", f"K{rows[0]}", None),
        ("note", None, f"K{rows[1]}", None),
    }
    whole = {r["school_id"]: r["is_complete"] for r in reading.parts["roster"].to_pylist()}
    assert whole == {"0640221001": False, "0640221002": True}


@pytest.mark.parametrize("token", ["064022100199999999", "O640221001", "06402210Ol", 640221001])
def test_an_id_that_a_hand_or_a_program_spoilt_is_no_other_school(desk, token):
    path = desk.roster(classes_of("0640221001", 45, 47, 52))
    sheet = openpyxl.load_workbook(path)["班级名册"]
    row = next(r for r in range(1, 40) if sheet.cell(r, 1).value == "0640221001")
    reading = desk.read(desk.edit(path, {f"班级名册!A{row}": token}))
    assert set(reading.parts["roster"]["school_id"].to_pylist()) == {"0640221001"}
    assert [e.reason for e in reading.set_aside] == ["doubtful"]


def copied(desk, state: str, in_front: bool):
    path = desk.roster(classes_of("0640221001", 45, 47, 52))
    book = openpyxl.load_workbook(path)
    copy = book.copy_worksheet(book["班级名册"])
    for row in copy.iter_rows():
        for cell in row:
            if cell.value == 47:
                cell.value = 74
    copy.title, copy.sheet_state = "班级名册 (2)", state
    if in_front:
        book.move_sheet(copy, -len(book.sheetnames))
        book.active = 1
    book.save(path)
    return path


@pytest.mark.parametrize("in_front", [True, False])
def test_a_hidden_copy_of_a_sheet_gives_way_and_is_named(desk, in_front):
    reading = desk.read(copied(desk, "hidden", in_front))
    assert sorted(reading.parts["roster"]["pupils"].to_pylist()) == [45, 47, 52]
    assert [(e.reason, e.sheet) for e in reading.set_aside] == [("hidden", "班级名册 (2)")]


@pytest.mark.parametrize("in_front", [True, False])
def test_of_two_sheets_that_people_see_none_wins_unsaid(desk, in_front):
    with pytest.raises(FileRejected, match="the same sheet of the return"):
        desk.read(copied(desk, "visible", in_front))
