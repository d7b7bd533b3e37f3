"""One school's workbook of 2021 and later as sections, and the mistakes of the field."""

from __future__ import annotations

import pytest

from dagster_project.census.opening.source import open_source
from dagster_project.census.reading import Place
from dagster_project.census.schema import cell_schema, fields, origin_schema, section_schema
from dagster_project.census.workbook import read as workbook
from dagster_project.census.workbook.form_map import entries

SHA = "0" * 64
NOWHERE = Place(None, None)


def test_the_real_workbook_is_a_kindergarten_without_sections(shared, book):
    source = open_source(shared / "census/form_2020/kindergarten_2020_scrubbed.xlsx")
    reading = workbook.read(source, SHA, Place(2020, "autumn"))
    assert (reading.school_year, reading.vintage, reading.profile) == (2020, "基础基", "form_2013")
    assert book.stages(reading) == {}
    assert reading.drift == ()
    assert reading.cells.schema == cell_schema()
    closing = [
        row["value"]
        for row in reading.cells.to_pylist()
        if (row["form"], row["form_row"], row["form_column"]) == ("基础基331", "1", "15")
    ]
    assert closing == [305.0]


def test_personal_data_of_the_real_workbook_is_not_loaded(shared):
    source = open_source(shared / "census/form_2020/kindergarten_2020_scrubbed.xlsx")
    tokens = set(workbook.read(source, SHA, NOWHERE).cells["token"].to_pylist())
    assert not {"sample@example.org", "00000000", "0000-00000000"} & tokens


def test_a_nine_year_school_has_two_sections(tmp_path, book, nine_year):
    reading = book.read(tmp_path, nine_year)
    found = book.stages(reading)
    assert list(found) == ["primary", "junior"]
    assert all(batch.schema == section_schema() for batch in reading.sections)
    assert reading.origins.schema == origin_schema()
    primary, junior = found["primary"], found["junior"]
    assert (primary["school_year"], primary["term"]) == (2023, "autumn")
    assert primary["school_id"] == "0164000123"
    assert (primary["county_code"], primary["county_name"]) == ("640221", "平罗县")
    assert (primary["school_type_code"], primary["sponsor_code"]) == ("312", "831")
    assert (primary["urban_rural_code"], primary["is_counted"]) == ("121", True)
    assert (primary["pupils"], junior["pupils"]) == (600, 300)
    assert (primary["backbone_teachers"], junior["backbone_teachers"]) == (8, 6)
    for field_id in ("teaching_area_m2", "equipment_value_yuan", "books"):
        assert primary[field_id] == junior[field_id]


def test_breakdowns_of_pupils(tmp_path, book, nine_year):
    primary = book.stages(book.read(tmp_path, nine_year))["primary"]
    assert primary["pupils_girls"] == 290
    assert primary["pupils_migrant"] == 40
    assert primary["pupils_migrant_other_county"] == 25
    assert primary["pupils_migrant_worker"] == 30
    assert primary["pupils_migrant_worker_other_county"] == 20
    assert [primary[f"pupils_grade_{n}"] for n in range(1, 7)] == [100] * 6
    assert [primary[f"girls_grade_{n}"] for n in range(1, 7)] == [48, 49, 48, 49, 48, 48]
    assert primary["entrants_preschooled"] == 10 + 20 + 70
    assert primary["entrants_not_preschooled"] == 5
    assert (primary["graduates"], primary["expected_graduates"]) == (95, 98)


def test_star_and_minus_one_are_no_numbers(tmp_path, book, nine_year):
    """DOMAIN.md §8: ``*`` and ``-1`` read as numbers."""
    found = book.stages(book.read(tmp_path, nine_year))
    primary, junior = found["primary"], found["junior"]
    assert (primary["pupils_left_behind"], primary["pupils_left_behind__status"]) == (
        None,
        "undefined",
    )
    assert (primary["pupils_minority"], primary["pupils_minority__status"]) == (
        None,
        "not_applicable",
    )
    assert (junior["pupils_grade_4"], junior["pupils_grade_4__status"]) == (None, "not_applicable")
    assert (primary["pupils_boarding"], primary["pupils_boarding__status"]) == (0.0, "zero")
    assert junior["pupils_boarding__status"] == "blank"
    assert junior["classes__status"] == "not_collected"


def test_ten_thousand_yuan_become_yuan(tmp_path, book, nine_year):
    """DOMAIN.md §8: 万元 read as 元; a form that says 元 is believed."""
    primary = book.stages(book.read(tmp_path, nine_year))["primary"]
    assert primary["equipment_value_yuan"] == 81829700
    assert primary["fixed_assets_yuan"] == 100000000
    assert primary["equipment_new_yuan"] == 125000
    nine_year["教基5176"] = book.site(equipment="81829700", unit="元")
    assert (
        book.stages(book.read(tmp_path, nine_year))["primary"]["equipment_value_yuan"] == 81829700
    )


def test_gym_is_kept_apart_from_teaching_rooms(tmp_path, book, nine_year):
    """DOMAIN.md §8: the gym stands inside the teaching area and must be told from it."""
    primary = book.stages(book.read(tmp_path, nine_year))["primary"]
    assert primary["teaching_area_m2"] == 5000
    assert primary["indoor_sports_area_m2"] == 1000
    assert primary["public_teaching_other_area_m2"] == 100
    assert primary["other_area_m2__status"] == "not_applicable"


def test_form_4155_of_2021_adds_courses_side_by_side(tmp_path, book, nine_year):
    """DOMAIN.md §8: 4155 drift, first layout. It says nothing about junior teachers."""
    nine_year["教基4155"] = book.form_4155_primary()
    reading = book.read(tmp_path, nine_year)
    found = book.stages(reading)
    primary, junior = found["primary"], found["junior"]
    assert primary["teachers_arts"] == 1 + 2 + 3
    assert (primary["teachers_pe"], primary["teachers_music"]) == (4, 2)
    assert primary["teachers_fine_art"] == 3
    assert primary["teachers"] == 40
    assert junior["teachers__status"] == "not_collected"
    assert len(book.origin(reading, "primary", "teachers_arts")) == 3
    assert any(d.kind == "missing" and d.label == "教基4156" for d in reading.drift)


def test_form_4155_of_2024_takes_the_parent_only(tmp_path, book, nine_year):
    """DOMAIN.md §8: 4155 drift, second layout: stages in rows, 艺术 holds 音乐 and 美术."""
    reading = book.read(tmp_path, nine_year)
    found = book.stages(reading)
    assert found["primary"]["teachers_arts"] == 5
    assert found["junior"]["teachers_arts"] == 7
    assert found["junior"]["teachers_music"] == 2
    assert len(book.origin(reading, "junior", "teachers_arts")) == 1
    for row in found.values():
        assert row["teachers"] == 40
        assert [row[f"teachers_{d}"] for d in ("doctor", "master", "bachelor", "associate")] == [
            1,
            4,
            30,
            5,
        ]


def test_flat_arts_header_in_a_stage_form_still_means_the_parent(tmp_path, book, nine_year):
    sheet = book.form_4155_compulsory()
    sheet.header = [path.split(">")[0] if "计" in path else path for path in sheet.header]
    sheet.header = [path.split(">#")[-1] for path in sheet.header]
    nine_year["教基4155"] = sheet
    assert book.stages(book.read(tmp_path, nine_year))["primary"]["teachers_arts"] == 5


def test_middle_school_form_goes_before_the_compulsory_one(tmp_path, book, nine_year):
    header = [*book.courses_2021[:9], "体育与健康", "音乐", "美术", "艺术", "本学年不授课"]
    rows = []
    for stage, code, teachers in (("初中", 1, "21"), ("普通高中", 10, "99")):
        total = book.courses(header, 合计=teachers, 体育与健康="2", 音乐="1", 美术="1", 艺术="1")
        rows += [(stage, str(code), total), ("　本科", str(code + 4), [teachers])]
    nine_year["教基4156"] = book.Form("教基4156", header, rows)
    junior = book.stages(book.read(tmp_path, nine_year))["junior"]
    assert (junior["teachers"], junior["teachers_bachelor"]) == (21, 21)
    assert junior["teachers_arts"] == 3


def test_senior_pupils_are_a_section_of_their_own(tmp_path, book, nine_year):
    """DOMAIN.md §8: senior pupils leaking into the denominator."""
    header = ["毕业生数", "招生数", "在校生数>合计", "在校生数>#女", "预计毕业生数"]
    nine_year["教基3118"] = book.Form("教基3118", header, [("总计", "01", ["90", "99", "280"])])
    rows = [("总计", "01", ["8", "7"]), ("36-40人", "05", ["8", "7"])]
    nine_year["教基2107_中学"] = book.Form("教基2107", ["初中>合计", "高中>合计"], rows)
    found = book.stages(book.read(tmp_path, nine_year))
    assert found["junior"]["pupils"] == 300
    assert found["senior"]["pupils"] == 280
    assert found["junior"]["classes"] == found["junior"]["classes_36_40"] == 8


def test_zeros_in_the_form_of_another_stage_make_no_section(tmp_path, book, nine_year):
    nine_year["教基1001"] = book.identity(**{"学校(机构)办学类型代码": "211"})
    zeros = book.junior()
    zeros.rows = [(label, code, ["0"] * 9) for label, code, _ in zeros.rows]
    nine_year["教基3115 "] = zeros
    assert list(book.stages(book.read(tmp_path, nine_year))) == ["primary"]


def test_a_blank_total_beside_reported_grades_keeps_the_section(tmp_path, book, nine_year):
    """Missing is not zero, and a school whose total was forgotten is not lost."""
    nine_year["教基3112_小学"].rows[0][2][6] = None
    primary = book.stages(book.read(tmp_path, nine_year))["primary"]
    assert (primary["pupils"], primary["pupils__status"]) == (None, "blank")


def test_a_pupil_form_that_the_type_demands_is_missed(tmp_path, book, nine_year):
    del nine_year["教基3115 "]
    reading = book.read(tmp_path, nine_year)
    assert list(book.stages(reading)) == ["primary"]
    assert any((d.label, d.field_id) == ("教基3115", "pupils") for d in reading.drift)


def test_an_explanation_may_speak_of_another_year(tmp_path, book, old_school):
    old_school["基础基112续表1"] = [["数据核查结果说明及建议"], ["说明：2018学年新建"]]
    assert book.read(tmp_path, old_school).school_year == 2019


def test_a_moved_row_is_read_by_its_label_and_reported(tmp_path, book, nine_year):
    sheet = book.primary()
    sheet.rows = [row for row in sheet.rows if row[0] != "#复式班"]
    sheet.rows = [(label, f"{n:02}", v) for n, (label, _, v) in enumerate(sheet.rows, 1)]
    nine_year["教基3112_小学"] = sheet
    reading = book.read(tmp_path, nine_year)
    primary = book.stages(reading)["primary"]
    assert primary["pupils_migrant_worker"] == 30
    assert primary["pupils_multigrade__status"] == "not_collected"
    said = {(d.kind, d.label): d for d in reading.drift}
    assert said["missing", "教基3112 row 4 复式班"].field_id == "pupils_multigrade"
    assert said["missing", "教基3112 row 6 随迁子女"].found.endswith("row 5")


def test_new_columns_and_forms_are_reported(tmp_path, book, nine_year):
    sheet = book.primary()
    sheet.header[14] = "预计毕业人数(新)"
    nine_year["教基3112_小学"] = sheet
    nine_year["教基9876"] = book.Form("教基9876", ["合计"], [("总计", "1", ["1"])])
    reading = book.read(tmp_path, nine_year)
    labels = {(d.kind, d.label) for d in reading.drift}
    assert ("new", "教基9876") in labels
    assert ("new", "教基3112 column 15 预计毕业人数(新)") in labels
    assert ("missing", "教基3112 column 15 预计毕业生数") in labels
    assert "教基9876" in set(reading.cells["form"].to_pylist())


def test_forms_that_concern_no_stage_of_the_school_are_not_missed(tmp_path, book, nine_year):
    missing = {d.label for d in book.read(tmp_path, nine_year).drift if d.kind == "missing"}
    assert {"教基2106", "教基2107", "教基3113", "教基3116", "教基4149", "教基4153"} <= missing
    assert not missing & {"教基3118", "教基2105", "教基4148"}


@pytest.mark.parametrize(
    ("stage", "field_id", "form", "cell"),
    [
        ("primary", "backbone_teachers", "教基1102", "D6"),
        ("primary", "sports_ground_area_m2", "教基5176", "D7"),
        ("junior", "books", "教基5176", "D12"),
        ("junior", "multimedia_rooms", "教基5176", "D17"),
        ("primary", "equipment_value_yuan", "教基5176", "D19"),
        ("junior", "pupils", "教基3115", "E6"),
    ],
)
def test_origins_lead_to_the_cell(tmp_path, book, nine_year, stage, field_id, form, cell):
    place = book.origin(book.read(tmp_path, nine_year), stage, field_id)[0]
    assert place["form"] == form
    assert f"{place['column_letter']}{place['fixed_row']}" == cell
    seen = {
        e.cell_seen for c in entries("教基", 2023)[_key(stage, field_id)] for e in c if e.cell_seen
    }
    assert cell in seen or field_id == "backbone_teachers"


def _key(stage, field_id):
    return ("", field_id) if fields()[field_id].scope == "school" else (stage, field_id)


def test_the_cell_of_every_figure_is_kept(tmp_path, book, nine_year):
    cells = book.read(tmp_path, nine_year).cells.to_pylist()
    cell = next(c for c in cells if (c["form"], c["cell"]) == ("教基5176", "D7"))
    assert (cell["token"], cell["value"], cell["form_row"]) == ("７０００", 7000.0, "3")
    assert cell["row_label"] == "占地面积 > #运动场地面积"
    tokens = {c["token"] for c in cells}
    assert not {"赵六", "张三", "0952-0000000", "zhangsan@example.org"} & tokens


def test_a_school_that_reports_nothing_stays_in_the_stages_of_its_type(tmp_path, book, nine_year):
    for name in [n for n in nine_year if n.startswith(("教基3112", "教基3115"))]:
        nine_year[name].rows = [(label, code, [None] * len(v)) for label, code, v in
                                (row[:3] for row in nine_year[name].rows)]  # fmt: skip
    found = book.stages(book.read(tmp_path, nine_year))
    assert found.keys() == {"primary", "junior"}
    assert {row["pupils__status"] for row in found.values()} == {"blank"}


def test_a_form_that_nobody_sees_gives_way_to_the_one_people_see(tmp_path, book, nine_year):
    path = book.Book({**nine_year, "教基5176 ": book.site(equipment="1")}).write(
        tmp_path / "a.xlsx"
    )
    import openpyxl

    made = openpyxl.load_workbook(path)
    made["教基5176 "].sheet_state = "hidden"
    made.save(path)
    reading = workbook.read(open_source(path), SHA, NOWHERE)
    assert book.stages(reading)["primary"]["equipment_value_yuan"] == 81829700
    assert [(a.reason, a.sheet) for a in reading.set_aside] == [("hidden", "教基5176 ")]


def test_a_formula_without_its_value_is_unknown_and_said(tmp_path, book, nine_year):
    nine_year["教基5176"] = book.site(equipment="=1+1")
    reading = book.read(tmp_path, nine_year)
    primary = book.stages(reading)["primary"]
    assert primary["equipment_value_yuan__status"] == "unreadable"
    (left,) = reading.set_aside
    assert (left.reason, left.sheet, left.cell) == ("doubtful", "教基5176", "D19")
    assert "save it" in left.sentence
