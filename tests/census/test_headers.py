"""Header blocks as they are exported: merged in Excel, blank after the first cell in csv."""

import pytest

from dagster_project.census.codes import is_school_id
from dagster_project.census.flat.headers import find_header, normalise_label, path_key

ANCHORS = ("机构编码", "机构名称")
CSV = [
    ["2023/2024学年初小学宽表", "", "", "", "", "", "", ""],
    ["机构名称", "机构编码", "在校生数", "", "专任教师", "", "", "备注"],
    ["", "", "合计", "其中：女", "合计", "#按学历分", "", ""],
    ["", "", "", "", "", "博士研究生", "硕士\n研究生", ""],
    ["甲", "乙", "1", "2", "3", "4", "5", "6"],
    ["平罗一小", "0012345678", "10", "5", "3", "1", "1", ""],
]
PATHS = [
    "机构名称", "机构编码", "在校生数>合计", "在校生数>#女", "专任教师>合计",
    "专任教师>#按学历分>博士研究生", "专任教师>#按学历分>硕士研究生", "备注",
]  # fmt: skip


def header_of(rows, merges=()):
    return find_header(rows, merges, ANCHORS, is_school_id)


@pytest.mark.parametrize(
    ("cell", "label"),
    [
        ("在校\r\n生数_x000D_", "在校生数"),
        ("其中：女", "#女"),
        ("其中:　# 女", "#女"),
        ("# 女", "#女"),
        ("教学仪器设备资产值（万元）", "教学仪器设备资产值(万元)"),
        ("26～30人", "26-30人"),
        ("26—30人", "26-30人"),
        (None, ""),
        (1.0, "1"),
    ],
)
def test_labels_are_normalised(cell, label):
    assert normalise_label(cell) == label


def test_blanks_of_a_csv_continue_the_label_on_their_left_within_its_parent():
    header = header_of(CSV)
    assert [c.label for c in header.columns] == PATHS
    assert (header.first_row, header.data_row) == (1, 5)
    assert header.captions == ("2023/2024学年初小学宽表",)


def test_merges_of_a_sheet_give_the_same_paths():
    rows = [[c or None for c in row] for row in CSV]
    merges = [
        (0, 0, 0, 7), (1, 0, 3, 0), (1, 1, 3, 1), (1, 2, 1, 3), (2, 2, 3, 2), (2, 3, 3, 3),
        (1, 4, 1, 6), (2, 4, 3, 4), (2, 5, 2, 6), (1, 7, 3, 7),
    ]  # fmt: skip
    header = header_of(rows, merges)
    assert [c.label for c in header.columns] == PATHS
    assert header.data_row == 5


def test_a_blank_is_not_filled_across_parents():
    rows = [
        ["机构编码", "教室", "", "图书", ""],
        ["", "计", "普通", "", "其他"],
        ["A12345", "1", "1", "2", "3"],
    ]
    # 图书 has nothing below it: it was merged downwards, so 其他 stands alone.
    labels = [c.label for c in header_of(rows).columns]
    assert labels == ["机构编码", "教室>计", "教室>普通", "图书", "其他"]


def test_group_labels_above_the_key_columns_belong_to_the_header():
    rows = [
        ["基本情况", "", "在校生数", "", "教职工数"],
        ["机构编码", "机构名称", "合计", "#女", "合计"],
        ["123456", "甲校", "1", "1", "1"],
    ]
    labels = [c.label for c in header_of(rows).columns]
    assert labels[0] == "基本情况>机构编码"
    assert labels[3:] == ["在校生数>#女", "教职工数>合计"]


def test_captions_with_year_and_unit_are_no_header():
    rows = [
        ["填报单位：某市", "2023学年", "单位：人"],
        ["机构编码", "机构名称", "在校生数"],
        ["123456", "甲校", "1"],
    ]
    header = header_of(rows)
    assert header.first_row == 1
    assert "2023学年" in header.captions


@pytest.mark.parametrize("first", ["合计,,12", "12,甲校,12", ",甲校,5"])
def test_a_first_row_that_is_no_school_still_ends_the_header(first):
    rows = [["机构编码", "机构名称", "在校生数"], first.split(",")]
    assert header_of(rows).data_row == 1


def test_without_a_key_label_there_is_no_header():
    assert header_of([["学校", "人数"], ["甲", "1"]]) is None
    assert header_of([]) is None


def test_a_key_forgets_marks_units_stage_and_the_closing_total():
    key = path_key(("#在校生数(小学)", "合计"), ("人",), "小学")
    assert key == path_key(("小学在校生数(人)",), ("人",), "小学") == ("在校生数",)
    assert path_key(("在校生数(女)",), ("人",)) == ("在校生数(女)",)
