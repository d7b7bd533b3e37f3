"""The form parser: addresses and labels, whatever the layout, and nobody's personal data."""

from __future__ import annotations

import json

import pytest

from dagster_project.census.labels import key, row_paths
from dagster_project.census.opening.source import open_source
from dagster_project.census.personal import is_personal
from dagster_project.census.workbook.forms import form_name, parse_form


def parse(tmp_path, book, sheet, name="教基9999", suffix=".xlsx"):
    path = book.Book({name: sheet}).write(tmp_path / f"book{suffix}")
    return parse_form(open_source(path).sheet(name), form_name(name).code)


def by_address(form):
    return {(c.row.number, c.column.number): c for c in form.cells()}


@pytest.fixture(scope="module")
def real_forms(shared):
    source = open_source(shared / "census/form_2020/kindergarten_2020_scrubbed.xlsx")
    forms = {}
    for sheet in source.sheets():
        name = form_name(sheet.name)
        if name and (form := parse_form(sheet, name.code)):
            forms[sheet.name] = form
    return forms


@pytest.mark.parametrize(
    ("sheet_name", "code", "suffix"),
    [
        ("教基3112", "教基3112", ""),
        ("教基3112_小学", "教基3112", "小学"),
        ("教基3112小学", "教基3112", "小学"),
        (" 教基 ３１１２ （小学）", "教基3112", "小学"),
        ("基础基112续表1", "基础基112续表1", ""),
        ("基础基4211", "基础基4211", ""),
    ],
)
def test_sheet_names_may_carry_suffixes(sheet_name, code, suffix):
    name = form_name(sheet_name)
    assert (name.code, name.suffix) == (code, suffix)


def test_a_cover_sheet_is_no_form():
    assert form_name("封面") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("其中：女", "#女"),
        ("24岁及以下", "≤24"),
        ("66人及以上", "≥66"),
        ("25-29岁", "25～29"),
        ("总　计", "合计"),
        ("占地面积（平方米）", "占地面积"),
        ("一、教学及辅助用房", "教学及辅助用房"),
        ("研究生毕业", "研究生"),
    ],
)
def test_two_wordings_of_one_label_share_a_key(one, other):
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("县级及以上骨干教师（小学）", "县级及以上骨干教师（初中）"),
        ("6岁", "6岁及以上"),
        ("一年", "一年级"),
        ("高中阶段", "高中阶段以下"),
    ],
)
def test_different_labels_keep_different_keys(one, other):
    assert key(one) != key(other)


def test_rows_stand_under_their_group():
    labels = ["总计", "#随迁子女", "外省迁入", "#进城务工人员随迁子女", "外省迁入", "小学", "　女"]
    paths = row_paths([[label] for label in labels])
    assert paths[2] == ("总计", "#随迁子女", "外省迁入")
    assert paths[4] == ("总计", "#进城务工人员随迁子女", "外省迁入")
    assert paths[6] == ("小学", "女")


def test_real_workbook_parses_completely(shared, real_forms):
    source = open_source(shared / "census/form_2020/kindergarten_2020_scrubbed.xlsx")
    assert len(source.sheet_names) == 19
    not_tables = {"封面", "目录", "基础基111", "基础基112续表1"}
    assert set(source.sheet_names) - set(real_forms) == not_tables
    for form in real_forms.values():
        numbers = [int(line.number) for line in form.columns]
        assert numbers == list(range(1, len(numbers) + 1)), form.code
        codes = [int(line.number) for line in form.rows]
        assert codes == list(range(1, len(codes) + 1)), form.code
        assert all(line.path for line in (*form.rows, *form.columns))
        assert "unreadable" not in {cell.status for cell in form.cells()}


def total(cells, row, columns):
    return sum(cells[row, str(n)].value or 0 for n in columns)


@pytest.mark.parametrize(
    ("form", "opening", "increase", "decrease", "parts_in", "parts_out", "closing"),
    [
        ("基础基331", 1, 2, 7, range(3, 7), range(8, 15), 15),
        ("基础基431", 1, 2, 10, (3, 5, 7, 9), (11, 12, 13, 15, 16), 17),
    ],
)
def test_flow_identities_hold_in_every_row_of_the_real_workbook(
    real_forms, form, opening, increase, decrease, parts_in, parts_out, closing
):
    cells = by_address(real_forms[form])
    rows = {row for row, _ in cells}
    assert len(rows) >= 10
    for row in rows:
        inward, outward = total(cells, row, [increase]), total(cells, row, [decrease])
        assert total(cells, row, parts_in) == inward
        assert total(cells, row, parts_out) == outward
        assert total(cells, row, [opening]) + inward - outward == total(cells, row, [closing])


def test_flow_figures_are_those_of_the_oracle(shared, real_forms):
    oracle = json.loads((shared / "domain/oracles/flow_oracle_331.json").read_text("utf-8"))
    pupils = by_address(real_forms["基础基331"])
    rows = {"合计": "1", "女": "2", "少数民族": "3"}
    columns = {
        "上学年初": 1,
        "增加合计": 2,
        "增加": 2,
        "招生": 3,
        "转入": 5,
        "减少合计": 7,
        "减少": 7,
        "毕业": 8,
        "本学年初": 15,
    }
    for row, figures in oracle["rows"].items():
        for column, value in figures.items():
            assert pupils[rows[row], str(columns[column])].value == value, (row, column)
    teachers = by_address(real_forms["基础基431"])
    for column, number in {"上学年初": 1, "增加": 2, "减少": 10, "本学年初": 17}.items():
        assert teachers["1", str(number)].value == oracle["teacher_431"][column]


def test_totals_of_the_real_workbook_are_sums_of_their_parts(real_forms):
    classes = by_address(real_forms["基础基211"])
    assert total(classes, "1", range(2, 6)) == classes["1", "1"].value == 9
    children = by_address(real_forms["基础基311"])
    assert total(children, "1", range(8, 12)) == children["1", "6"].value == 305
    ages = sum(children[str(row), "6"].value or 0 for row in range(5, 10))
    assert ages == 305
    rooms = by_address(real_forms["基础基511"])
    assert sum(rooms[row, "1"].value for row in ("4", "10", "12", "14")) == rooms["1", "1"].value
    assert sum(rooms[str(row), "1"].value for row in range(5, 10)) == rooms["4", "1"].value


def test_real_cells_keep_address_label_and_raw_token(real_forms):
    cell = by_address(real_forms["基础基331"])["1", "5"]
    assert (cell.address, cell.token, cell.value, cell.status) == ("H7", "46", 46.0, "reported")
    assert cell.column.path == ("增加学生数", "转入")
    assert by_address(real_forms["基础基331"])["1", "9"].status == "not_applicable"
    assert by_address(real_forms["基础基511"])["2", "1"].row.path == ("其中", "危房")
    library = by_address(real_forms["基础基511"])["9", "1"]
    assert library.row.path == ("一、教学及辅助用房", "图书室")


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.parametrize("merged", [True, False])
def test_addresses_survive_layout_noise(tmp_path, book, suffix, hidden, merged):
    form = parse(tmp_path, book, book.primary(hidden=hidden, merged=merged), suffix=suffix)
    cells = by_address(form)
    assert len(cells) == 12 * 15
    assert cells["1", "7"].value == 600
    assert cells["1", "2"].value == 1005  # full-width digit and thousands separator
    assert cells["1", "5"].column.path == ("招生数", "接受过学前教育", "两年")
    assert cells["1", "8"].column.key == ("在校生数", "女")
    assert cells["11", "7"].row.key == ("进城务工人员随迁子女", "本省外县迁入")
    assert cells["12", "7"].status == "undefined"
    assert cells["3", "7"].status == "not_applicable"
    assert cells["5", "7"].status == "zero"
    assert cells["2", "4"].status == "blank"
    assert cells["1", "7"].address == ("J8" if hidden else "I7")


def test_a_label_over_two_columns_gives_the_whole_path(tmp_path, book):
    rows = [
        (("总计", None), "1", ["100"]),
        (("教学及辅助用房", None), "2", ["60"]),
        ((None, "教室"), "3", ["40"]),
        ((None, "公共教学用房"), "4", ["20"]),
    ]
    form = parse(
        tmp_path,
        book,
        book.Form("教基9999", ["合计"], rows, lead=("项目", "", "代码"), unit="平方米"),
    )
    assert [row.path[-1] for row in form.rows] == ["总计", "教学及辅助用房", "教室", "公共教学用房"]
    assert form.rows[2].path == ("教学及辅助用房", "教室")
    assert [row.number for row in form.rows] == ["1", "2", "3", "4"]


def test_questions_without_an_index_row(tmp_path, book):
    grid = [
        ["A", "B", "C", "D", "E", "F"],
        [1.0, "学校（机构）基本情况", None, None, None, None],
        [2.0, "基础基112   单位:", None, None, None, None],
        [3.0, "项目", "编号", "内容", "单位", "备注"],
        [4.0, "是否通电", "1", "是", None, "中、小学"],
        [5.0, "县级及以上骨干教师（小学）", "26", "7", "人", "小学"],
        [6.0, "校长", "27", "李四", None, "小学"],
    ]
    form = parse(tmp_path, book, grid, name="基础基112")
    cells = by_address(form)
    assert cells["26", "1"].value == 7
    assert cells["26", "1"].row.unit == "人"
    assert (cells["1", "1"].value, cells["1", "1"].status) == (None, "reported")
    assert ("27", "1") not in cells


def test_a_third_letter_without_header_words_is_the_unit(tmp_path, book):
    grid = [
        ["占地面积等"],
        ["甲", "乙", "丙", "1"],
        ["图书", "册", "１", 55.0],
        ["教室", "间", "2"],
    ]
    form = parse(tmp_path, book, grid)
    cells = by_address(form)
    assert (cells["1", "1"].value, cells["1", "1"].row.unit) == (55, "册")
    assert cells["2", "1"].status == "blank"


@pytest.mark.parametrize(
    "label",
    [
        "单位负责人",
        "填 表 人",
        "校（园）长（签章）",
        "办公电话",
        "传真电话",
        "填表人电子信箱",
        "邮箱",
        "姓  名",
        "身份证号",
    ],
)
def test_labels_of_personal_data_are_known(label):
    assert is_personal([label])


@pytest.mark.parametrize("label", ["园长", "专任教师", "在编人员", "校园足球场", "电子图书(册)"])
def test_counts_of_people_are_no_personal_data(label):
    assert not is_personal([label])


def test_personal_columns_of_any_form_are_left_out(tmp_path, book):
    sheet = book.Form(
        "教基9999", ["人数", "联系人姓名", "电话"], [("总计", "1", ["3", "王五", "123"])]
    )
    form = parse(tmp_path, book, sheet)
    assert [cell.token for cell in form.cells()] == ["3"]
