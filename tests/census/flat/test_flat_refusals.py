"""Flat exports that are refused, each with a sentence and its cell."""

import pytest

from dagster_project.census.reading import Place

AUTUMN = Place(2023, "autumn")
TITLE = "2023/2024学年初小学学校宽表"


def test_missing_key_columns_are_all_named_with_those_found(wide, tmp_path):
    row = {k: v for k, v in wide.SCHOOL.items() if k not in ("所在地区编码", "在校生数>合计")}
    error = wide.refused_rows(tmp_path, row)
    assert "所在地区编码" in error.reason
    assert "在校生数>合计" in error.reason
    assert "机构名称" in error.reason
    assert "lacks the key columns 机构编码" not in error.reason


def test_a_missing_school_id_column_is_named(wide, tmp_path):
    row = {k: v for k, v in wide.SCHOOL.items() if k != "机构编码"}
    assert "lacks the key columns 机构编码." in wide.refused_rows(tmp_path, row).reason


def test_an_ambiguous_key_column_is_refused(wide, tmp_path):
    row = {"甲>在校生数": "1", "乙>在校生数": "2"}
    row = {k: v for k, v in wide.SCHOOL.items() if k != "在校生数>合计"} | row
    error = wide.refused_rows(tmp_path, row)
    assert "甲>在校生数, 乙>在校生数" in error.reason


@pytest.mark.parametrize(
    ("name", "title", "columns", "word"),
    [
        ("宽表", "宽表", {}, "unclear"),
        ("小学", "初中宽表", {}, "contradictory"),
        ("初中", "宽表", {"在校生数>五年级": "1"}, "contradictory"),
        ("宽表", "宽表", {"在校生数>五年级": "1", "在校生数>八年级": "1"}, "contradictory"),
    ],
)
def test_an_unclear_stage_is_refused(wide, tmp_path, name, title, columns, word):
    assert word in wide.refused(wide.stage_file(tmp_path, name, title, columns)).reason


@pytest.mark.parametrize(
    ("code", "cell"),
    [("", "B5"), ("12345", "B5"), ("64-022100", "B5"), ("1.1E+09", "B5"), ("学校甲乙丙丁", "B5")],
)
def test_a_malformed_school_id_is_refused_with_its_cell(wide, tmp_path, code, cell):
    error = wide.refused_rows(tmp_path, wide.school(1, 机构编码=code), wide.school(2))
    assert error.cell == cell
    assert "机构编码" in error.reason


@pytest.mark.parametrize("code", ["", "64022", "990221", "平罗县", "64022100"])
def test_a_wrong_county_code_is_refused_with_its_cell(wide, tmp_path, code):
    error = wide.refused_rows(tmp_path, wide.school(1), wide.school(2, 所在地区编码=code))
    assert error.cell == "J6"


def test_a_school_standing_twice_is_refused_with_both_cells(wide, tmp_path):
    path = tmp_path / "宽表.xlsx"
    wide.write_xlsx(path, {"小学": ([wide.school(1), wide.school(2), wide.school(1)], TITLE)})
    error = wide.refused(path)
    assert "小学!B5" in error.reason
    assert "小学!B7" in error.reason
    assert (error.sheet, error.cell) == ("小学", "B7")


def test_a_wrong_yes_or_no_is_refused(wide, tmp_path):
    assert wide.refused_rows(tmp_path, wide.school(1, 是否计校数="也许")).cell == "G5"


@pytest.mark.parametrize("change", [lambda row: row[:-1], lambda row: [*row, "9"]])
def test_a_ragged_row_is_refused_with_its_number(wide, tmp_path, change):
    rows = wide.csv_rows([wide.school(n) for n in range(1, 40)])
    rows[20] = change(rows[20])
    error = wide.refused(wide.write_csv(tmp_path / "小学.csv", rows))
    assert error.cell == "row 21"
    assert f"header has {len(wide.SCHOOL)}" in error.reason


@pytest.mark.parametrize("codecs", [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_mixed_encodings_are_refused_with_the_line(wide, tmp_path, codecs):
    rows = wide.csv_rows([wide.school(n) for n in range(1, 4000)])
    lines = [",".join(f'"{c}"' if "," in c else c for c in row) + "\n" for row in rows]
    path = tmp_path / "小学.csv"
    path.write_bytes(
        "".join(lines[:3500]).encode(codecs[0]) + "".join(lines[3500:]).encode(codecs[1])
    )
    error = wide.refused(path)
    assert error.cell == "row 3501"


@pytest.mark.parametrize(
    ("title", "place", "word"),
    [
        ("2022/2023学年初小学", AUTUMN, "raw/2023"),
        ("2022/2024学年初小学", AUTUMN, "not one year"),
        ("小学", Place(None, None), "Neither"),
    ],
)
def test_a_contradicted_or_unknown_school_year_is_refused(wide, tmp_path, title, place, word):
    path = wide.write_csv(tmp_path / "宽表.csv", wide.csv_rows([wide.SCHOOL], title))
    assert word in wide.refused(path, place).reason


def test_the_year_column_must_agree_in_every_row(wide, tmp_path):
    path = wide.write_csv(
        tmp_path / "小学.csv",
        wide.csv_rows([{"学年": "2023"} | wide.school(1), {"学年": "2022"} | wide.school(2)]),
    )
    assert wide.refused(path).cell == "A6"


def test_a_header_without_schools_is_refused(wide, tmp_path):
    path = wide.write_csv(tmp_path / "小学.csv", wide.csv_rows([wide.SCHOOL])[:-1])
    assert "no school" in wide.refused(path).reason
