"""Impossible and doubtful returns, as files: each is flagged at its cell and taints its items."""

from __future__ import annotations

import pytest

from dagster_project.judgement.frames.returned import RETURN_FRAMES
from dagster_project.judgement.partitions import list_partitions
from dagster_project.judgement.rules.catalogue import Catalogue
from tests.judgement.returned_files import County, figures, one

YEARS = (2022, 2023)
COUNTY = "640221"
# The county return that passed without a flag: of figures.md §1, the first row.
COUNTY_ANSWERS = {
    "quota_places": 1300, "exchange_moved": 1200, "exchange_moved_backbone": 1500,
    "migrant_children_placed": 5000, "disabled_inclusive": 300, "teacher_pay_yuan": 8,
    "civil_servant_pay_yuan": 100000, "special_education_funding_yuan": 0.6,
}  # fmt: skip
SCHOOL_ANSWERS = {
    "teachers_trained_360h": 300, "teachers_certified": 400, "nearby_entrants": 999,
}  # fmt: skip
FIRST_SCHOOL = "2164000001"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory) -> tuple[County, dict[str, str]]:
    """The county with one fault of every kind, and the cells that they were made in."""
    county = County.write(tmp_path_factory.mktemp("faulty"), YEARS)
    cells: dict[str, str] = {}

    answers = county.template(2023, "autumn", "县级填报表")
    for item, value in COUNTY_ANSWERS.items():
        cells[item] = answers.put(value, "value", item_id=item)
    answers.save()

    schools = county.template(2023, "autumn", "学校填报表")
    for item, value in SCHOOL_ANSWERS.items():
        cells[item] = schools.put(value, item, school_id=FIRST_SCHOOL, stage="小学")
    running = schools.value(schools.rows(school_id=FIRST_SCHOOL)[0], "running_budget_yuan")
    cells["training_budget_yuan"] = schools.put(
        81 * float(running), "training_budget_yuan", school_id=FIRST_SCHOOL, stage="小学"
    )
    schools.save()

    roster = county.template(2023, "autumn", "班级名册")
    seventh = roster.rows(school_name="城关七小")
    assert len(seventh) == 38
    roster.delete(seventh[18:])
    cells["seventh"] = f"E{seventh[0]}:E{seventh[17]}"
    cells["large"] = roster.put(
        450, "pupils", school_id=FIRST_SCHOOL, grade="1", class_name="1班", stage="小学"
    )
    second = roster.rows(school_name="城关二小")
    roster.sheet[f"E{second[1]}"] = "一班"
    cells["twice"] = f"E{second[0]}:E{second[1]}"
    for row in roster.rows(school_name="城关三小"):
        roster.sheet[f"F{row}"] = round(float(roster.value(row, "pupils")) * 1.155)
    roster.save()

    movements = county.template(2022, "spring", "学生异动")
    row = movements.rows(stage="小学", kind="转入")[0]
    movements.sheet[f"F{row}"] = 40
    cells["forty"] = f"F{row}"
    row = movements.rows(stage="初中", kind="转出")[0]
    movements.sheet[f"F{row}"] = 4000
    cells["four thousand"] = f"F{row}"
    movements.save()
    county.load()
    return county, cells


@pytest.fixture(scope="module")
def flags(faulty, about_returns) -> list[dict]:
    return faulty[0].flags(about_returns, YEARS)


def test_the_five_samples_have_no_flag_about_what_they_return(documents):
    frames = ", ".join(f"'{frame}'" for frame in RETURN_FRAMES)
    assert documents.query(
        "select flag.county_code, flag.school_id, flag.message from quality.flag as flag "
        f"join quality.rule as rule using (rule_id) where rule.frame in ({frames})"
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    ("rule_id", "item", "taints"),
    [
        ("answer.part_exceeds_whole.quota_places", "quota_places", "G14"),
        ("answer.part_exceeds_whole.exchange_moved", "exchange_moved", "G11"),
        ("answer.part_exceeds_whole.exchange_moved_backbone", "exchange_moved_backbone", "G11"),
        ("answer.part_exceeds_whole.migrant_children_placed", "migrant_children_placed", "G15"),
        ("answer.disabled_placed_exceed_children", "disabled_inclusive", "Q2"),
        ("answer.amount_in_another_unit.teacher_pay_yuan", "teacher_pay_yuan", "G8"),
        ("answer.pay_ratio_impossible", "teacher_pay_yuan", "G8"),
        ("answer.amount_in_another_unit.special_education_funding_yuan",
         "special_education_funding_yuan", "G7"),
    ],
)  # fmt: skip
def test_an_impossible_answer_of_a_county_is_flagged_at_its_cell(
    flags, faulty, rule_id, item, taints
):
    flag = one(flags, rule_id)
    assert flag["severity"] == "hard"
    assert (flag["county_code"], flag["school_id"], flag["stage"]) == (COUNTY, None, None)
    assert flag["source_file"].endswith("县级填报表.xlsx")
    assert flag["sheet"] == "县级填报表"
    assert faulty[1][item] in flag["cell"].split(", ")
    assert taints in flag["taints"].split(",")
    assert "{" not in flag["message"] and "未填" not in flag["message"]


@pytest.mark.parametrize(
    ("rule_id", "item", "stage", "taints"),
    [
        ("school_answer.part_exceeds_census.teachers_trained_360h", "teachers_trained_360h",
         "primary", "G9"),
        ("school_answer.part_exceeds_census.teachers_certified", "teachers_certified",
         "primary", "G12"),
        ("school_answer.part_exceeds_census.nearby_entrants", "nearby_entrants", "primary", "G13"),
        ("school_answer.training_exceeds_running_budget", "training_budget_yuan", None, "Q4"),
    ],
)  # fmt: skip
def test_an_impossible_answer_of_a_school_is_flagged_at_its_cell(
    flags, faulty, rule_id, item, stage, taints
):
    flag = one(flags, rule_id)
    assert (flag["severity"], flag["stage"], flag["taints"]) == ("hard", stage, taints)
    assert (flag["school_id"], flag["school_name"]) == (FIRST_SCHOOL, "城关一小")
    assert flag["source_file"].endswith("学校填报表.xlsx")
    assert flag["cell"].split(", ")[0] == faulty[1][item]


def test_a_roster_without_twenty_of_its_classes_does_not_decide_on_class_sizes(flags, faulty):
    flag = one(flags, "roster.incomplete.classes", school_name="城关七小")
    assert (flag["severity"], flag["sheet"], flag["cell"]) == (
        "hard", "班级名册", faulty[1]["seventh"],
    )  # fmt: skip
    assert "G5" in flag["taints"].split(",")
    assert "18 个班，事业统计为 38 个班" in flag["message"]


def test_a_roster_with_other_pupils_than_the_census_is_flagged(flags):
    """Of figures.md §1, row 5: 2249 pupils against 1947."""
    flag = one(flags, "roster.differs.pupils", school_name="城关三小")
    assert (flag["severity"], flag["owner"]) == ("soft", "school")
    assert figures(flag)["roster_pupils"] > 1.1 * figures(flag)["census_pupils"]


def test_a_class_that_cannot_be_is_flagged_at_its_cell(flags, faulty):
    flag = one(flags, "roster.class_impossibly_large")
    assert (flag["severity"], flag["cell"]) == ("hard", faulty[1]["large"])


def test_a_class_told_twice_is_flagged_at_both_rows(flags, faulty):
    flag = one(flags, "roster.names_repeated")
    assert (flag["school_name"], flag["cell"]) == ("城关二小", faulty[1]["twice"])


def test_movements_that_cannot_be_are_flagged_at_their_cells(flags, faulty):
    found = [f for f in flags if f["rule_id"] == "movement.more_left_than_there_were"]
    assert {f["school_id"] is None for f in found} == {True, False}  # the county's cohort as well
    (school,) = (f for f in found if f["school_id"])
    assert (school["severity"], school["term"], school["taints"]) == ("hard", "spring", "Q1")
    assert school["sheet"] == "学生异动"
    assert faulty[1]["four thousand"] in school["cell"].split(", ")


def test_a_zero_too_many_is_flagged_at_its_cell(flags, faulty):
    flag = one(flags, "movement.ten_times_usual.transfer_in", school_id=FIRST_SCHOOL)
    assert (flag["severity"], flag["cell"]) == ("soft", faulty[1]["forty"])


def test_last_years_movements_are_pointed_at_in_last_years_file(flags, faulty):
    """The census of 2023 shows what the movements of 2022 came to."""
    flag = one(flags, "movement.differs_from_form_331.transfer_in", school_id=FIRST_SCHOOL)
    assert flag["school_year"] == 2023
    assert "/2022/" in f"/{flag['source_file']}"
    assert one(flags, "movement.grade_difference.school", school_id=FIRST_SCHOOL)


def test_flags_keep_their_ids_when_the_same_return_comes_again(faulty, flags, about_returns):
    county, _ = faulty
    answers = county.template(2023, "autumn", "县级填报表")
    answers.sheet["E3"] = "重报"  # other bytes, the same figures
    answers.save()
    before = contents(county)
    county.load()
    assert {f["flag_id"] for f in county.flags(about_returns, YEARS)} == {
        f["flag_id"] for f in flags
    }
    # The file is another, so the year is told again; the year before knows nothing of it.
    after = contents(county)
    assert {year for year in after if after[year] != before[year]} == {2023}


def contents(county: County) -> dict[int, str]:
    return {
        p.school_year: p.content for p in list_partitions(county.source, Catalogue(()), "rules")
    }


def test_a_county_with_returns_and_no_census_is_judged_by_what_it_returned(tmp_path, about_returns):
    county = County.write(tmp_path, (2023,))
    for path in (tmp_path / "raw" / "2023" / "autumn").glob("*.xlsx"):
        path.unlink()
    answers = county.template(2023, "autumn", "县级填报表")
    answers.put(1300, "value", item_id="quota_places")
    answers.save()
    county.load()
    (flag,) = county.flags(about_returns, (2023,))
    assert (flag["rule_id"], flag["county_name"]) == (
        "answer.part_exceeds_whole.quota_places", "平罗县",
    )  # fmt: skip
