"""Flat exports that are refused, each with a sentence and its cell."""

import openpyxl
import pytest
import xlwt

from dagster_project.census import doubts
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


def left_of(wide, tmp_path, *schools):
    """What is set aside of these schools and three good ones, which are read."""
    rows = wide.csv_rows([*schools, *(wide.school(n) for n in range(101, 104))])
    reading, kept = wide.load(wide.write_csv(tmp_path / "小学.csv", rows))
    assert {row["school_id"] for row in kept} >= {f"{21000000 + n:010d}" for n in range(101, 104)}
    return reading.set_aside, kept


DOUBTFUL = [
    ({"机构编码": ""}, "B5", "no school id"),
    ({"机构编码": "12345"}, "B5", "no 机构编码"),
    ({"机构编码": "64-022100"}, "B5", "no 机构编码"),
    ({"机构编码": "O021000001"}, "B5", "look like digits"),
    ({"机构编码": "00210000l1"}, "B5", "look like digits"),
    ({"机构编码": "1.1E+09"}, "B5", "rewritten as a number"),
    ({"机构编码": "1,1E+09"}, "B5", "rewritten as a number"),
    ({"机构编码": "0021000001²"}, "B5", "holds a note"),
    ({"机构编码": "学校甲乙丙丁"}, "B5", "no 机构编码"),
    ({"所在地区编码": ""}, "J5", "no county code"),
    ({"所在地区编码": "64022"}, "J5", "no county code"),
    ({"所在地区编码": "990221"}, "J5", "no county code"),
    ({"所在地区编码": "平罗县"}, "J5", "no county code"),
    ({"所在地区编码": "64022100"}, "J5", "no county code"),
]


@pytest.mark.parametrize(("change", "cell", "said"), DOUBTFUL)
def test_a_doubtful_row_costs_itself_and_not_the_file(wide, tmp_path, change, cell, said):
    (left,), kept = left_of(wide, tmp_path, wide.school(1, **change))
    assert len(kept) == 3
    assert (left.reason, left.cell, left.source_row) == ("doubtful", cell, 5)
    assert said in left.sentence
    assert left.sentence_zh


@pytest.mark.parametrize(("change", "cell", "said"), DOUBTFUL)
def test_a_file_of_nothing_but_doubtful_rows_is_refused(wide, tmp_path, change, cell, said):
    error = wide.refused_rows(tmp_path, wide.school(1, **change))
    assert error.cell == cell
    assert said in error.reason


def test_the_setting_refuses_the_file_for_one_doubtful_row(wide, tmp_path, monkeypatch):
    monkeypatch.setattr(doubts, "doubtful_costs_the_file", lambda: True)
    good = [wide.school(n) for n in range(2, 9)]
    assert wide.refused_rows(tmp_path, wide.school(1, 机构编码="1"), *good).cell == "B5"


def test_a_school_that_stands_twice_is_named_with_both_cells(wide, tmp_path):
    path = tmp_path / "宽表.xlsx"
    again = wide.school(1, 网络多媒体教室="31")
    others = [wide.school(n) for n in range(2, 6)]
    wide.write_xlsx(path, {"小学": ([wide.school(1), *others, again], TITLE)})
    reading, rows = wide.load(path)
    assert len(rows) == 4
    assert [a.cell for a in reading.set_aside] == ["B10", "B5"]
    assert all("小学!B5 and in 小学!B10" in a.sentence for a in reading.set_aside)


def test_of_two_equal_rows_the_first_is_used(wide, tmp_path):
    left, rows = left_of(wide, tmp_path, wide.school(1), wide.school(1))
    assert [a.cell for a in left] == ["B6"]
    assert len(rows) == 4


def test_a_wrong_yes_or_no_costs_the_answer_only(wide, tmp_path):
    (left,), rows = left_of(wide, tmp_path, wide.school(1, 是否计校数="也许"))
    assert (left.cell, left.reason) == ("G5", "doubtful")
    assert [row["is_counted"] for row in rows] == [None, True, True, True]


def test_a_row_of_another_year_is_doubtful(wide, tmp_path):
    rows = [{"学年": "2023"} | wide.school(n) for n in range(1, 5)]
    rows[2] |= {"学年": "2022"}
    reading, kept = wide.load(wide.write_csv(tmp_path / "小学.csv", wide.csv_rows(rows)))
    assert len(kept) == 3
    assert [a.cell for a in reading.set_aside] == ["A7"]
    for row in rows[1:]:
        row["学年"] = "2022"
    path = wide.write_csv(tmp_path / "小学.csv", wide.csv_rows(rows))
    assert wide.refused(path).cell == "A6"


def test_totals_headers_and_notes_are_no_schools(wide, tmp_path):
    blank = dict.fromkeys(wide.SCHOOL, "")
    labelled = [
        blank | {"机构名称": "合 计", "在校生数>合计": "3600"},
        blank | {"机构编码": "小计：", "在校生数>合计": "3600"},
        blank | {"统计三级": "平罗县合计", "在校生数>合计": "3600"},
        wide.school(9, 机构名称="全县", 机构编码="640221000000"),
        blank | {"机构名称": "填表人：张三"},
        blank | {k: k.split(">")[0] for k in ("机构名称", "机构编码", "办学类型")},
        {k: str(n) for n, k in enumerate(wide.SCHOOL, 1)},
        blank,
    ]
    left, rows = left_of(wide, tmp_path, *labelled)
    assert len(rows) == 3
    reasons = [a.reason for a in sorted(left, key=lambda a: a.source_row)]
    assert reasons == ["total"] * 4 + ["note", "header", "header"]
    assert not any("张三" in f"{a.token}{a.sentence}{a.sentence_zh}" for a in left)


@pytest.mark.parametrize("at", [0, 12])
@pytest.mark.parametrize("shape", ["csv", "xlsx"])
def test_a_sum_under_a_name_of_its_own_is_no_school(wide, tmp_path, at, shape):
    schools = [
        wide.school(n) | {"在校生数>合计": str(300 + 7 * n), "专任教师>合计": str(20 + n * n)}
        for n in range(1, 13)
    ]
    summed = [k for k, v in schools[0].items() if v.replace(",", "").replace(".", "").isdigit()]
    summed = [k for k in summed if ">" in k or k == "室内体育用房"]
    numbers = {k: sum(float(s[k].replace(",", "")) for s in schools) for k in summed}
    total = wide.school(99, 机构名称="平罗县教育局", 机构编码="6402210000")
    rows = list(schools)
    rows.insert(at, total | {k: f"{v:.2f}" for k, v in numbers.items()})
    path = tmp_path / f"小学.{shape}"
    if shape == "csv":
        wide.write_csv(path, wide.csv_rows(rows))
    else:
        wide.write_xlsx(path, {"小学": (rows, TITLE)})
    reading, kept = wide.load(path)
    assert len(kept) == 12
    (left,) = reading.set_aside
    assert (left.reason, left.school_id) == ("doubtful", "6402210000")
    assert "added up" in left.sentence


def test_hidden_sheets_and_rows_do_not_count_and_are_named(wide, tmp_path):
    path = tmp_path / "宽表.xlsx"
    rows = [wide.school(n) for n in range(1, 6)]
    old = [wide.school(n, 网络多媒体教室="1") for n in range(1, 6)]
    wide.write_xlsx(path, {"小学旧": (old, TITLE), "小学": (rows, TITLE)})
    import openpyxl

    book = openpyxl.load_workbook(path)
    book["小学旧"].sheet_state = "hidden"
    book["小学"].row_dimensions[6].hidden = True
    book.active = book["小学"]
    book.save(path)
    reading, kept = wide.load(path)
    assert {row["sheet"] for row in kept} == {"小学"}
    assert {row["source_row"] for row in kept} == {5, 7, 8, 9}
    left = [(a.reason, a.sheet, a.source_row) for a in reading.set_aside]
    assert left == [("hidden", "小学旧", 2), ("doubtful", "小学", 6)]


def test_formulas_without_values_are_unknown_and_said_once(wide, tmp_path):
    path = tmp_path / "宽表.xlsx"
    rows = [wide.school(n) | {"专任教师>合计": f"=3*{n}"} for n in range(1, 4)]
    wide.write_xlsx(path, {"小学": (rows, TITLE)})  # writes zeros and asks to be calculated
    reading, kept = wide.load(path)
    assert [wide.figure(row, "teachers") for row in kept] == [(None, "unreadable")] * 3
    (left,) = reading.set_aside
    assert (left.cell, left.reason) == ("P5", "doubtful")
    assert "3 cell(s)" in left.sentence
    assert "save it" in left.sentence


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


def test_a_header_without_schools_is_refused(wide, tmp_path):
    path = wide.write_csv(tmp_path / "小学.csv", wide.csv_rows([wide.SCHOOL])[:-1])
    assert "no school" in wide.refused(path).reason


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_row_that_goes_on_behind_the_headings_is_not_used(wide, tmp_path, kind):
    """It is shifted, or holds two schools; words there are a remark. Nothing of it is quoted."""
    schools = [wide.school(n) for n in range(1, 7)]
    width = len(wide.SCHOOL)
    path = tmp_path / f"小学.{kind}"
    if kind == "xls":
        book = xlwt.Workbook()
        sheet = book.add_sheet("小学")
        for r, row in enumerate(wide.csv_rows(schools)):
            for c, cell in enumerate(row):
                sheet.write(r, c, cell)
        put, save = sheet.write, lambda: book.save(path)
    else:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "小学"
        for row in wide.csv_rows(schools):
            sheet.append(row)
        put, save = lambda r, c, v: sheet.cell(r + 1, c + 1, v), lambda: book.save(path)
    first = len(wide.csv_rows(schools)) - len(schools)
    put(first + 1, width + 2, "13800000000")
    put(first + 2, width, "张三已核")
    save()
    reading, kept = wide.load(path)
    assert [row["source_row"] - first for row in kept] == [1, 3, 4, 5, 6]
    said = [(e.reason, e.school_id, e.token) for e in reading.set_aside]
    assert said == [("doubtful", "0021000002", None), ("note", "0021000003", None)]
    assert "138" not in str(reading.set_aside) and "张三" not in str(reading.set_aside)


def test_a_column_that_most_rows_fill_lacks_its_heading(wide, tmp_path):
    schools = [wide.school(n) for n in range(1, 7)]
    book = openpyxl.Workbook()
    book.active.title = "小学"
    for number, row in enumerate(wide.csv_rows(schools)):
        book.active.append([*row, number if number > 3 else None])
    book.save(tmp_path / "小学.xlsx")
    reading, kept = wide.load(tmp_path / "小学.xlsx")
    assert len(kept) == 6 and not reading.set_aside
    assert [d.found for d in reading.drift if "without a heading" in d.found]
