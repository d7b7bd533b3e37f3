"""Flags: ids that hold, cells that are right, and sentences with the figures in them."""

from __future__ import annotations

import pytest

from dagster_project.judgement.flags.flag import (
    Spot,
    Violation,
    _find_where,
    flag_id,
    rows,
    select_own_figures,
)

KEYS = {
    "school_year": 2023, "term": "autumn", "county_code": "640221", "county_name": "平罗县",
    "school_id": "0164000001", "school_name": "城关一小", "stage": "primary", "sha256": "aa",
    "sheet": "小学", "source_row": 6,
}  # fmt: skip
FIGURES = {"observed": 500.0, "pupils": 331, "pupils_girls": 500.0}


def violation(figures=None, frame="section", rule_id="r", **keys) -> Violation:
    return Violation(rule_id, frame, {**KEYS, **keys}, {**FIGURES, **(figures or {})})


@pytest.mark.parametrize(
    "same",
    [
        violation({"pupils": 331.0}),
        violation({"pupils": 331.00000000001}),
        violation(sha256="bb", sheet="Sheet1", source_row=99),
        violation(school_name="城关第一小学", county_name=None),
        violation({"peer_median_pupils": 12.5, "peer_z_pupils": 9.0}),
    ],
)
def test_same_figures_give_the_same_id(same):
    assert flag_id(same) == flag_id(violation())


@pytest.mark.parametrize(
    "other",
    [
        violation({"pupils_girls": 501}),
        violation({"pupils": None}),
        violation({"prev_pupils": 1}),
        violation(rule_id="other"),
        violation(school_year=2022),
        violation(term="spring"),
        violation(school_id="164000001"),
        violation(stage="junior"),
        violation(frame="county"),
    ],
)
def test_another_figure_school_year_or_rule_is_another_flag(other):
    assert flag_id(other) != flag_id(violation())


def test_an_id_is_never_taken_for_a_number():
    assert flag_id(violation())[0] == "F" and len(flag_id(violation())) == 16


def test_a_whole_school_is_the_same_whatever_stage_stands_first():
    one, other = (violation(frame="school", stage=s) for s in ("primary", "junior"))
    assert flag_id(one) == flag_id(other)


def test_a_file_is_known_by_its_content():
    assert flag_id(violation(frame="file")) != flag_id(violation(frame="file", sha256="bb"))


def test_without_reported_figures_the_observed_one_decides():
    assert select_own_figures({"observed": 3.0, "peer_z_pupils": 9.1}) == {"observed": "3"}


@pytest.mark.parametrize(
    ("spots", "where"),
    [
        ([Spot("小学", "Y6"), Spot("小学", "X6")], ("小学", "Y6, X6")),
        ([Spot("基础基312", "D8"), Spot("基础基313", "C5")], ("基础基312", "D8, 基础基313!C5")),
        ([], ("小学", "6:6")),
    ],
)
def test_where_a_flag_points(spots, where):
    assert _find_where(spots, KEYS) == where


def test_a_workbook_row_without_a_cell_points_nowhere():
    assert _find_where([], {**KEYS, "source_row": None, "sheet": None}) == (None, None)


def test_only_the_figures_at_fault_are_flagged_tainted_and_told(catalogue):
    asked = []

    def spots(_, fields):
        asked.append(tuple(fields))
        return [Spot("小学", f"X{number}") for number, _ in enumerate(fields, 1)]

    broken = Violation(
        "figures.negative.section", "section", KEYS,
        {"observed": -12.0, "at_fault": "pupils_girls=-12.0,teachers_arts=-1.0"},
    )  # fmt: skip
    (row,) = rows([broken], catalogue, spots, {})
    assert asked == [("pupils_girls", "teachers_arts")]
    assert (row["fields"], row["cell"]) == ("pupils_girls,teachers_arts", "X1, X2")
    assert row["taints"] == "L3"  # 艺术 teachers go into it, girls into none
    assert row["message"].startswith("女生 -12、艺术（音乐、美术）教师 -1：")
    assert (row["observed"], row["severity"]) == ("-12、-1", "hard")
