"""Returns read back: what was filled in arrives, and a bad entry costs itself."""

from __future__ import annotations

import shutil

import pyarrow.compute as pc
import pytest

from dagster_project.census.opening.source import open_source
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected
from dagster_project.census.returns import read as returns
from dagster_project.census.returns.layout import version


def rows(table, *names: str) -> list[tuple]:
    """The rows of an Arrow table, of these columns."""
    return [tuple(row[name] for name in names) for row in table.to_pylist()]


def refusal(desk, path) -> FileRejected:
    with pytest.raises(FileRejected) as caught:
        desk.read(path)
    return caught.value


def doubt(desk, path):
    """The one entry of a return that is doubtful; the file is accepted."""
    (entry,) = doubts(desk.read(path))
    return entry


def doubts(reading) -> list:
    return [entry for entry in reading.set_aside if entry.reason == "doubtful"]


# ---------------------------------------------------------------------- round trips


def test_a_school_return_comes_back_with_sheet_and_cell(desk):
    reading = desk.read(desk.school())
    assert (reading.shape, reading.profile) == ("returns", "school_return")
    assert (reading.school_year, reading.term, list(reading.sections)) == (2023, "autumn", [])
    names = ("school_id", "stage", "item_id", "value", "status", "evidence", "cell")
    assert rows(reading.parts["answer"], *names) == [
        ("0640221001", None, "training_budget_yuan", 12345.67, "reported", None, "D10"),
        ("0640221001", None, "running_budget_yuan", 200000, "reported", None, "E10"),
        ("0640221001", "primary", "teachers_trained_360h", 0, "zero", None, "F10"),
        ("0640221001", "primary", "teachers_certified", 60, "reported", None, "G10"),
        ("0640221001", None, "has_charter", 1, "reported", "章程", "I10"),
        ("0640221001", None, "limits_homework", 0, "zero", None, "S10"),
        ("0640221002", "primary", "teachers_certified", 30, "reported", None, "G11"),
        ("0640221002", "junior", "teachers_certified", 31, "reported", None, "G12"),
        ("0640221002", None, "has_charter", 1, "reported", None, "I12"),
    ]
    assert rows(reading.parts["art_room"], "school_id", "kind", "area_m2", "built_year") == [
        ("0640221001", "music", 96.5, None),
        ("0640221001", "fine_art", 67, 2015),
    ]


def test_a_county_return_comes_back_in_the_units_of_the_dictionary(desk):
    reading = desk.read(desk.county())
    assert rows(reading.parts["answer"], "item_id", "value", "text", "evidence") == [
        ("has_layout_plan", 1, "是", "县政府文件"),
        ("exchange_eligible", 1081, "1081", None),
        ("exchange_moved", 143, "143", "交流名册"),
        ("satisfaction_rate", 0.9962, "99.62", None),
        ("veto_safety", 0, "否", None),
        ("education_budget_yuan", 257_000_000, "257000000", None),
    ]
    assert rows(
        reading.parts["monitoring"], "stage", "subject", "level", "between_school_rate"
    ) == [
        ("primary", "数学", 3, 0.12),
        ("junior", "地理", 5, None),
    ]


def test_rosters_and_movements_come_back(desk):
    reading = desk.read(desk.roster())
    assert (reading.profile, reading.vintage) == ("roster", version())
    names = ("county_code", "school_id", "stage", "grade", "class_name", "pupils", "girls")
    assert rows(reading.parts["roster"], *names, "source_row") == [
        ("640221", "0640221001", "primary", 1, "1班", 45, 22, 10),
        ("640221", "0640221001", "primary", 1, "2班", 46, None, 11),
    ]
    moved = desk.read(desk.movements()).parts["movement"]
    assert rows(moved, "stage", "grade", "cohort", "kind", "pupils") == [
        ("junior", 3, 2020, "graduate", 3543),
        ("junior", 2, 2022, "transfer_in", 108),
    ]


def test_the_published_claims_come_back_as_they_were_printed(desk, shared):
    path = desk.place / "claims.csv"
    shutil.copy(shared / "domain" / "published_claims.csv", path)
    claims = desk.read(path).parts["claim"]
    assert claims.num_rows == 32
    by_id = {row["claim_id"]: row for row in claims.to_pylist()}
    assert (by_id["PL-17"]["numerator"], by_id["PL-17"]["published"]) == ("143", 13.24)
    assert (by_id["PL-25"]["numerator"], by_id["PL-25"]["denominator"]) == ("1146+799", None)
    assert (by_id["WH-01"]["school_year"], by_id["JT-02"]["school_year"]) == (None, 2007)


@pytest.mark.parametrize("sheet_name", ["学校填报表", "填好的表"])
def test_a_return_is_known_by_its_content_wherever_its_head_was_moved(desk, sheet_name):
    import openpyxl

    path = desk.school()
    book = openpyxl.load_workbook(path)
    sheet = book["学校填报表"]
    sheet.insert_rows(1)
    sheet.insert_rows(12)  # a blank row between the schools
    sheet.title = sheet_name
    book.save(path)
    assert desk.read(path).parts["answer"].num_rows == 9


def test_prefilled_rows_that_nobody_touched_are_no_entries(desk):
    untouched = {"school_id": "0640221077", "school_name": "未填学校", "stage": "primary"}
    reading = desk.read(desk.roster([*desk.CLASSES, untouched]))
    assert reading.parts["roster"].num_rows == 2


# ---------------------------------------------------------------------- tokens and units


@pytest.mark.parametrize(
    "token, value",
    [
        *(("是", 1), ("有", 1), ("√", 1), ("Yes", 1), (1, 1), (True, 1)),
        *(("否", 0), ("无", 0), ("×", 0), ("no", 0), (0, 0)),
    ],
)
def test_yes_and_no_are_understood_in_many_ways(desk, token, value):
    path = desk.edit(desk.school(), {"学校填报表!I10": token})
    answers = desk.read(path).parts["answer"]
    assert ("0640221001", "has_charter", value) in rows(answers, "school_id", "item_id", "value")


def county_with(desk, entries: dict[str, object]):
    """A county return of which only ``satisfaction_rate`` (row 38) is filled in."""
    return desk.edit(desk.county({"satisfaction_rate": 0.5}, ()), entries)


@pytest.mark.parametrize(
    "unit, token, value",
    [
        ("%", 99.62, 0.9962),
        ("%", "99.62 %", 0.9962),
        ("%", "99.62％", 0.9962),
        ("%", 100, 1.0),
        ("%", 0, 0.0),
        ("%", "0.5 %", 0.005),
        ("小数", 0.9962, 0.9962),
        ("小数", "99.62%", 0.9962),
        ("小数", 1, 1.0),
    ],
)
def test_a_rate_is_read_in_the_unit_that_the_sheet_states(desk, unit, token, value):
    path = county_with(desk, {"县级填报表!C38": unit, "县级填报表!D38": token})
    assert rows(desk.read(path).parts["answer"], "item_id", "value") == [
        ("satisfaction_rate", value)
    ]


@pytest.mark.parametrize(
    "unit, token, complaint",
    [
        ("%", 0.9962, "counts in %"),
        ("%", 1, "counts in %"),
        ("%", 120, "more than 100 %"),
        ("小数", 99.62, "fractions of 1"),
        ("%", "很高", "no rate"),
        ("%", -3, "negative"),
        ("成", 9.9, "no unit"),
    ],
)
def test_a_rate_that_could_be_meant_otherwise_is_not_guessed_at(desk, unit, token, complaint):
    path = county_with(desk, {"县级填报表!C38": unit, "县级填报表!D38": token})
    entry = doubt(desk, path)
    assert complaint in entry.sentence
    assert (entry.sheet, entry.cell) == ("县级填报表", "C38" if unit == "成" else "D38")
    assert (entry.field_id, entry.taints) == ("satisfaction_rate", "S1")
    assert rows(desk.read(path).parts["answer"], "item_id", "value", "status") == [
        ("satisfaction_rate", None, "unreadable")
    ]


def test_money_may_be_stated_in_ten_thousands(desk):
    path = desk.edit(desk.school(), {"学校填报表!D7": "万元", "学校填报表!D10": 1.5})
    answers = rows(desk.read(path).parts["answer"], "school_id", "item_id", "value")
    assert ("0640221001", "training_budget_yuan", 15000) in answers
    path = desk.edit(desk.county(), {"县级填报表!C45": "万元", "县级填报表!D45": 25700})
    answers = rows(desk.read(path).parts["answer"], "item_id", "value")
    assert ("education_budget_yuan", 257_000_000) in answers


# ---------------------------------------------------------------------- bad entries


@pytest.mark.parametrize(
    "kind, spot, token, complaint",
    [
        ("school", "学校填报表!D10", "很多", "no number"),
        ("school", "学校填报表!G10", -4, "negative"),
        ("school", "学校填报表!G10", -1, "negative"),
        ("school", "学校填报表!G10", 2.5, "whole number"),
        ("school", "学校填报表!I10", "基本达标", "neither yes nor no"),
        ("school", "学校填报表!A10", "城关一小", "no 学校标识码"),
        ("school", "学校填报表!A10", 640221001, "leading zeros"),
        ("school", "学校填报表!C10", "高中", "no 学段"),
        ("school", "学校填报表!C10", None, "学段 is empty"),
        ("school", "音乐美术专用教室!C9", "书法", "no 教室类别"),
        ("school", "音乐美术专用教室!D9", None, "面积 is empty"),
        ("school", "音乐美术专用教室!E9", 2031, "in the future"),
        ("county", "县级填报表!F38", "satisfaction", "no item of a county return"),
        ("county", "县级填报表!D17", "143人", "no number"),
        ("county", "质量监测!C8", "优", "no 学业水平等级"),
        ("county", "质量监测!D8", 12, "fractions of 1"),
        ("roster", "班级名册!D10", 7, "no grade of 小学"),
        ("roster", "班级名册!F10", None, "学生数 is empty"),
        ("roster", "班级名册!F10", "*", "no 学生数"),
        ("roster", "班级名册!G10", 50, "more than the 45 pupils"),
        ("movements", "学生异动!C10", 5, "no grade of 初中"),
        ("movements", "学生异动!D10", 2024, "cannot be in school"),
        ("movements", "学生异动!E10", "失踪", "no 异动类型"),
        ("movements", "学生异动!F10", -3, "negative"),
    ],
)
def test_a_bad_entry_costs_itself_and_gets_its_cell_and_a_sentence(
    desk, kind, spot, token, complaint
):
    whole = desk.read(getattr(desk, kind)()).parts
    entry = doubt(desk, path := desk.edit(getattr(desk, kind)(), {spot: token}))
    assert complaint in entry.sentence and entry.sentence_zh
    assert f"{entry.sheet}!{entry.cell}" == spot
    left = desk.read(path).parts
    used = {part: table.filter(_is_read(table)).num_rows for part, table in left.items()}
    lost = {part: whole[part].num_rows - used[part] for part in whole}
    assert 0 < lost[entry.part] <= 6  # answers of one school and stage, if nobody knows which
    assert {part for part, count in lost.items() if count} == {entry.part}


def _is_read(table):
    """Which rows have a figure: an answer that cannot be read is a row without one."""
    if "item_id" not in table.column_names:
        return pc.scalar(True) if not table.num_rows else [True] * table.num_rows
    return pc.not_equal(table.column("status"), "unreadable")


@pytest.mark.parametrize(
    "kind, spot, token, complaint",
    [
        ("school", "学校填报表!B3", "64022", "no county code"),
        ("school", "学校填报表!B3", None, "县区代码 is empty"),
        ("school", "学校填报表!B4", "去年", "no school year"),
        ("roster", "班级名册!D4", "夏季", "no 学期"),
    ],
)
def test_a_file_of_which_nobody_knows_whose_it_is_is_refused(desk, kind, spot, token, complaint):
    refused = refusal(desk, desk.edit(getattr(desk, kind)(), {spot: token}))
    assert complaint in refused.reason and "1 bad entry" in refused.reason
    assert f"{refused.sheet}!{refused.cell}" == spot


@pytest.mark.parametrize("spot, token", [("班级名册!F10", "许多"), ("班级名册!E11", "1班")])
def test_a_site_may_want_the_whole_file_back(desk, spot, token):
    path = desk.edit(desk.roster(), {spot: token})
    with pytest.raises(FileRejected) as caught:
        returns.read(open_source(path), "0" * 64, Place(2023, "autumn"), costs_the_file=True)
    assert f"{caught.value.sheet}!{caught.value.cell}" == spot


# ---------------------------------------------------------------------- what contradicts itself


def test_a_school_stands_once_per_stage_and_what_differs_is_unknown(desk):
    path = desk.edit(desk.school(), {"学校填报表!C12": "小学", "学校填报表!D12": 77})
    entry = doubt(desk, path)
    assert "School 0640221002 primary stands twice" in entry.sentence
    assert "学校填报表!A11" in entry.sentence and entry.cell == "A12"
    answers = rows(desk.read(path).parts["answer"], "school_id", "item_id", "value", "status")
    assert [row[1:] for row in answers if row[0] == "0640221002"] == [
        ("teachers_certified", None, "unreadable")
    ]


def test_the_rows_of_one_school_agree_on_what_belongs_to_the_school(desk):
    path = desk.edit(desk.school(), {"学校填报表!I11": "否"})
    entry = doubt(desk, path)
    assert "制定学校章程（学校） of school 0640221002 is 是 here and 否 in I11" in entry.sentence
    assert (entry.cell, entry.field_id) == ("I12", "has_charter")
    assert ("0640221002", None, "unreadable") in rows(
        desk.read(path).parts["answer"], "school_id", "value", "status"
    )


def test_evidence_without_an_answer_is_no_answer(desk):
    path = desk.edit(desk.school(), {"学校填报表!J11": "文件"})
    entry = doubt(desk, path)
    assert "evidence but no answer" in entry.sentence and entry.cell == "I11"
    assert desk.read(path).parts["answer"].num_rows == 9


def test_a_class_that_stands_twice_alike_is_used_once(desk):
    path = desk.edit(desk.roster(), {"班级名册!E11": "1班", "班级名册!F11": 45, "班级名册!G11": 22})
    assert "a second time" in doubt(desk, path).sentence
    assert rows(desk.read(path).parts["roster"], "class_name", "pupils", "is_complete") == [
        ("1班", 45, False)
    ]


def test_of_a_class_that_stands_twice_with_other_figures_neither_is_used(desk):
    path = desk.edit(desk.roster(), {"班级名册!E11": "1班"})
    reading = desk.read(path)
    assert [(e.cell, e.school_id) for e in doubts(reading)] == [
        ("E11", "0640221001"),
        ("E10", "0640221001"),
    ]
    assert reading.parts["roster"].num_rows == 0


OTHER_CLASS = {
    "school_id": "0640221009", "school_name": "平罗四中", "stage": "junior", "grade": 1,
    "class_name": "1班", "pupils": 40,
}  # fmt: skip


@pytest.mark.parametrize(
    "entries, complete",
    [
        ({}, [True, True, True]),
        # The school that the class belongs to is known: its roster, and only its.
        ({"F10": "许多"}, [False, True]),
        # Only its name is known.
        ({"A10": "?"}, [False, True]),
        # Nothing is known: the class may be anybody's.
        ({"A10": "?", "B10": None}, [False, False]),
    ],
)
def test_a_roster_says_that_a_class_of_it_is_missing(desk, entries, complete):
    """A list that counts as a whole must not become smaller without a word."""
    path = desk.roster([*desk.CLASSES, OTHER_CLASS])
    named = {f"班级名册!{cell}": token for cell, token in {"B11": "城关一小", **entries}.items()}
    found = desk.read(desk.edit(path, named)).parts["roster"]
    assert [row["is_complete"] for row in found.to_pylist()] == complete


# ---------------------------------------------------------------------- whole columns and files


def test_a_column_whose_unit_nobody_knows_is_unreadable_and_the_others_are_used(desk):
    path = desk.edit(desk.school(), {"学校填报表!D7": "箱"})
    entry = doubt(desk, path)
    assert (entry.cell, entry.field_id) == ("D10", "training_budget_yuan")
    assert "'箱' in 学校填报表!D7 is no unit" in entry.sentence
    answers = desk.read(path).parts["answer"]
    assert answers.filter(_is_read(answers)).num_rows == 8


def test_a_file_of_which_most_rows_are_bad_is_refused_with_all_of_them(desk):
    entries = {f"班级名册!F{row}": "许多" for row in range(10, 40)}
    entries |= {f"班级名册!{c}{row}": v for row in range(10, 40) for c, v in _class(row).items()}
    refused = refusal(desk, desk.edit(desk.roster(), entries))
    assert "30 bad entries" in refused.reason and "10 more" in refused.reason
    assert "30 of its 30 rows are at fault" in refused.reason
    assert refused.reason.count("no number") == 20
    assert (refused.sheet, refused.cell) == ("班级名册", "F10")


def test_a_sum_of_rows_is_no_class_and_no_fault(desk):
    path = desk.edit(desk.roster(), {"班级名册!A12": "合 计", "班级名册!F12": 91})
    reading = desk.read(path)
    assert [(e.reason, e.cell, e.token) for e in reading.set_aside] == [("total", "A12", "合 计")]
    assert reading.parts["roster"].num_rows == 2
    assert all(reading.parts["roster"].column("is_complete").to_pylist())


@pytest.mark.parametrize(
    "label, reason", [("全县", "total"), ("Total general", "total"), ("注：含民办", "note")]
)
def test_sums_and_notes_are_known_by_their_label_in_any_spelling(desk, label, reason):
    lines = ["0640221001,城关一小,小学,1,1班,45,22", f"{label},,,,,45,"]
    reading = desk.read(desk.text("roster.csv", ROSTER_HEAD, *lines))
    assert [(e.reason, e.source_row) for e in reading.set_aside] == [(reason, 3)]
    assert reading.parts["roster"].num_rows == 1


def test_a_line_about_a_person_is_no_item_and_nothing_of_it_is_kept(desk):
    path = desk.edit(desk.county(), {"县级填报表!B60": "填表人", "县级填报表!D60": "张三"})
    reading = desk.read(path)
    assert doubts(reading) == []
    assert "张三" not in str(reading.set_aside) and reading.set_aside[0].reason == "note"


def test_no_rooms_of_a_kind_is_an_answer(desk):
    rooms = [
        {"school_id": "0640221001", "stage": "primary", "kind": "music", "area_m2": 96},
        {"school_id": "0640221001", "stage": "primary", "kind": "fine_art", "area_m2": 0},
    ]
    found = desk.read(desk.school(rooms=rooms)).parts["art_room"]
    assert rows(found, "kind", "area_m2", "status") == [
        ("music", 96, "reported"),
        ("fine_art", 0, "zero"),
    ]


def test_no_rooms_beside_a_room_is_a_contradiction(desk):
    path = desk.edit(desk.school(), {"音乐美术专用教室!C9": "音乐", "音乐美术专用教室!D9": 0})
    entry = doubt(desk, path)
    assert "音乐美术专用教室!D8 lists one" in entry.sentence and entry.cell == "D9"
    assert entry.taints == "G3"


def test_lists_say_in_which_column_their_figures_stand(desk):
    origins = desk.read(desk.roster()).origins.to_pylist()
    found = {row["field_id"]: (row["sheet"], row["column_letter"]) for row in origins}
    assert found["roster.pupils"] == ("班级名册", "F")
    assert found["roster.girls"] == ("班级名册", "G")


def _class(row: int) -> dict[str, object]:
    return {"A": "0640221001", "C": "小学", "D": 2, "E": f"{row}班"}


def test_an_empty_template_says_so(desk):
    assert "no entry" in refusal(desk, desk.roster([])).reason


@pytest.mark.parametrize("folder", ["2023/spring", "2022/autumn"])
def test_a_folder_that_contradicts_the_cells_is_refused(desk, folder):
    path = desk.roster()
    other = desk.raw / folder / "roster.xlsx"
    other.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, other)
    assert "but the file lies in" in refusal(desk, other).reason


def test_a_template_of_a_later_version_is_refused(desk):
    refused = refusal(desk, desk.edit(desk.roster(), {"班级名册!C1": 99}))
    assert "version 99" in refused.reason


# ---------------------------------------------------------------------- plain tables

ROSTER_HEAD = "学校标识码,学校名称,学段,年级,班级,学生数,女生数"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_roster_may_be_a_plain_csv_with_the_same_headings(desk, encoding):
    lines = ["0640221001,城关一小,小学,一年级,1班,45,22", "0640221009,平罗四中,初中,七年级,1班,50,"]
    path = desk.text("roster.csv", ROSTER_HEAD, *lines, encoding=encoding)
    reading = desk.read(path)
    names = ("county_code", "school_id", "stage", "grade", "pupils", "sheet", "source_row")
    assert rows(reading.parts["roster"], *names) == [
        (None, "0640221001", "primary", 1, 45, None, 2),
        (None, "0640221009", "junior", 1, 50, None, 3),
    ]


def test_movements_may_be_a_csv_in_another_order_with_its_own_county_column(desk):
    path = desk.text(
        "moves.csv",
        "县区代码,人数,异动类型,入学学年,年级,学段,学校标识码,学期",
        "640221,108,转入,2021,3,初中,0640221009,秋季",
        "640221,1,死亡,2021,3,初中,0640221009,秋季",
    )
    moved = desk.read(path).parts["movement"]
    assert rows(moved, "county_code", "kind", "cohort", "pupils") == [
        ("640221", "transfer_in", 2021, 108),
        ("640221", "death", 2021, 1),
    ]


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("0640221001,城关一小,小学,7,1班,45,22", "row 3, column 年级"),
        ("0640221001,城关一小,小学,1,2班,很多,22", "row 3, column 学生数"),
        ("0640221001,城关一小,小学,1,1班,45,22", "first in row 2"),
        ("城关,,,,,45,", "row 3, column 学校标识码"),
    ],
)
def test_a_bad_line_of_a_csv_is_named_by_row_and_column(desk, line, complaint):
    good = "0640221001,城关一小,小学,1,1班,45,22"
    entry = doubt(desk, path := desk.text("roster.csv", ROSTER_HEAD, good, line))
    assert complaint in entry.sentence
    assert (entry.sheet, entry.cell, entry.source_row) == (None, "row 3", 3)
    assert desk.read(path).parts["roster"].num_rows == 1


def test_a_csv_that_mixes_two_semesters_is_refused(desk):
    head = f"{ROSTER_HEAD},学期"
    lines = [f"0640221001,城关一小,小学,1,{n}班,45,22,{t}" for n, t in ((1, "秋季"), (2, "春季"))]
    assert "differs from" in refusal(desk, desk.text("roster.csv", head, *lines)).reason


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("A,文,平罗县,2023,primary,句,一千,428,1,=,41.89,人,2", "no sum of numbers"),
        ("A,文,平罗县,2023,primary,句,17930,,1,=,41.89,人,2", "denominator is empty"),
        ("A,文,平罗县,2023,primary,句,17930,428,乘,=,41.89,人,2", "no multiplier"),
        ("A,文,平罗县,2023,primary,句,17930,428,1,约,41.89,人,2", "no 关系"),
        ("A,文,平罗县,2023,primary,句,17930,428,1,=,四十二,人,2", "no number"),
        ("A,文,平罗县,23,primary,句,17930,428,1,=,41.89,人,2", "no school year"),
    ],
)
def test_a_bad_claim_costs_itself(desk, line, complaint):
    head = (
        "claim_id,document,county,school_year,stage,statement,numerator,denominator,multiplier,"
        "relation,published,unit,decimals"
    )
    good = "B,文,平罗县,2023,primary,句,17930,428,1,=,41.89,人,2"
    entry = doubt(desk, path := desk.text("claims.csv", head, good, line))
    assert complaint in entry.sentence and entry.source_row == 3
    assert rows(desk.read(path).parts["claim"], "claim_id") == [("B",)]


COHORTS = (
    {
        "cohort_years": 3, "cohort": 2020, "entrants": 3526, "transfers_in": 108,
        "transfers_out": 77, "resumed": 30, "suspended": 43, "dropouts": 0, "deaths": 1,
        "graduates": 3543,
    },
    {"cohort_years": 9, "cohort": 2014, "school_id": "0640221001", "entrants": 90, "graduates": 88},
)  # fmt: skip


def test_cohorts_come_back_with_the_stage_that_they_graduated_from(desk):
    path = desk.county(cohorts=COHORTS)
    cohorts = desk.read(path).parts["cohort"]
    names = ("school_id", "stage", "cohort_years", "cohort", "entrants", "resumed", "graduates")
    assert rows(cohorts, *names, "sheet", "source_row") == [
        (None, "junior", 3, 2020, 3526, 30, 3543, "学生巩固情况", 8),
        ("0640221001", "junior", 9, 2014, 90, None, 88, "学生巩固情况", 9),
    ]


def test_a_cohort_that_has_not_graduated_costs_itself(desk):
    young = {**COHORTS[0], "cohort": 2022}
    reading = desk.read(desk.county(cohorts=[young, COHORTS[1]]))
    assert reading.parts["cohort"].column("cohort").to_pylist() == [2014]
    (aside,) = reading.set_aside
    assert (aside.reason, aside.part, aside.sheet) == ("doubtful", "cohort", "学生巩固情况")
    assert "尚未毕业" in aside.sentence_zh
