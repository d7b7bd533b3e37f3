"""The flat national export, read from real files: keys, figures, stages, years, rows."""

import random

import pytest

from dagster_project.census.flat import read as flat
from dagster_project.census.opening.source import open_source
from dagster_project.census.reading import Place

AUTUMN = Place(2023, "autumn")
TITLE = "2023/2024学年初小学学校宽表"
EQUIPMENT = "固定资产总值>教学仪器设备资产值(万元)"
SHA = "ab" * 32
JUNIOR_COLUMNS = {"在校生数>一年级": "1", "在校生数>四年级": "*"}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_csv_in_every_encoding(wide, tmp_path, encoding):
    path = wide.write_csv(
        tmp_path / "小学.csv", wide.csv_rows([wide.school(1), wide.school(2)]), encoding
    )
    reading, rows = wide.load(path)
    assert len(rows) == 2
    wide.check_first(rows[0])
    assert (reading.shape, reading.profile, reading.vintage) == ("flat", "flat_2021", "2021")
    assert rows[0]["standards"] == "2017,2012,general"
    assert [row["source_row"] for row in rows] == [5, 6]
    assert rows[0]["sheet"] is None


def test_xlsx_with_merges_and_its_origins(wide, tmp_path):
    reading, rows = wide.load(
        wide.write_xlsx(tmp_path / "宽表.xlsx", {"小学": ([wide.school(1)], TITLE)})
    )
    wide.check_first(rows[0])
    assert rows[0]["sheet"] == "小学"
    origins = {row["field_id"]: row for row in reading.origins.to_pylist()}
    place = list(wide.SCHOOL).index("教基1102>县级以上骨干教师(小学)")
    assert origins["backbone_teachers"]["column_letter"] == "U" == chr(65 + place)
    assert origins["backbone_teachers"]["form"] == "教基1102"
    assert origins["teachers_bachelor"]["label"] == "专任教师>#按学历分>本科"
    assert origins["pupils"]["fixed_row"] is None


def test_xls_with_merges(wide, tmp_path):
    _, rows = wide.load(wide.write_xls(tmp_path / "宽表.xls", [wide.school(1)]))
    wide.check_first(rows[0])


@pytest.mark.parametrize("seed", range(4))
def test_columns_may_stand_in_any_order(wide, tmp_path, seed):
    groups = {}
    for path, value in wide.SCHOOL.items():
        groups.setdefault(path.split(">")[0], []).append((path, value))
    shuffled = list(groups.values())
    random.Random(seed).shuffle(shuffled)
    row = dict(pair for group in shuffled for pair in group)
    _, rows = wide.load(wide.write_csv(tmp_path / "小学.csv", wide.csv_rows([row])))
    wide.check_first(rows[0])


def test_numbers_in_excel_cells_are_read_like_text(wide, tmp_path):
    row = wide.school(
        1, 机构编码=1100000001.0, 所在地区编码=640221, **{"在校生数>合计": 12, EQUIPMENT: 0.07}
    )
    _, rows = wide.load(wide.write_xlsx(tmp_path / "宽表.xlsx", {"小学": ([row], TITLE)}))
    assert rows[0]["school_id"] == "1100000001"
    assert rows[0]["pupils"] == 12
    assert rows[0]["equipment_value_yuan"] == 700


def test_a_combined_school_stands_in_the_files_of_both_stages(wide, tmp_path):
    primary = wide.school(9, 办学类型编码="312")
    junior = {k: v for k, v in primary.items() if not k.endswith("六年级")}
    junior["在校生数>合计"] = "300"
    book = {"小学": ([primary], "2023学年小学"), "初中": ([junior], "2023学年初中")}
    reading, rows = wide.load(wide.write_xlsx(tmp_path / "宽表.xlsx", book))
    by_stage = {row["stage"]: row for row in rows}
    assert by_stage["primary"]["pupils"] == 1200
    assert by_stage["junior"]["pupils"] == 300
    assert (by_stage["primary"]["backbone_teachers"], by_stage["junior"]["backbone_teachers"]) == (
        4,
        7,
    )
    assert len({row["teaching_area_m2"] for row in rows}) == 1
    assert {row["stage"] for row in reading.origins.to_pylist()} == {"primary", "junior"}


def test_a_quotation_mark_inside_a_cell_quotes_nothing(wide, tmp_path):
    path = wide.write_csv(
        tmp_path / "小学.csv", wide.csv_rows([wide.school(1), wide.school(2), wide.school(3)])
    )
    path.write_bytes(path.read_bytes().replace("1小".encode(), '1"小'.encode()))
    _, rows = wide.load(path)
    assert [row["school_name"] for row in rows] == ['1"小', "2小", "3小"]


@pytest.mark.parametrize(
    ("name", "title", "columns", "stage"),
    [
        ("宽表", "宽表", {"在校生数>五年级": "1"}, "primary"),
        ("宽表", "宽表", JUNIOR_COLUMNS, "junior"),
        ("宽表", "宽表", {"在校生数>七年级": "1"}, "junior"),
        ("宽表", "宽表", {"在校生数>高一": "1"}, "senior"),
        ("宽表", "中小学普通高中宽表", {}, "senior"),
        ("初中", "宽表", {"在校生数>一年级": "1"}, "junior"),
        ("平罗县初级中学", "九年一贯制学校在内", {}, "junior"),
    ],
)
def test_the_stage_is_found(wide, tmp_path, name, title, columns, stage):
    _, rows = wide.load(wide.stage_file(tmp_path, name, title, columns))
    assert rows[0]["stage"] == stage


def test_totals_remarks_and_empty_rows_are_no_schools(wide, tmp_path):
    total = dict.fromkeys(wide.SCHOOL, "") | {"机构名称": "合计", "在校生数>合计": "2400"}
    county = dict.fromkeys(wide.SCHOOL, "") | {"统计三级": "平罗县小计", "在校生数>合计": "2400"}
    remark = dict.fromkeys(wide.SCHOOL, "") | {"机构名称": "填表人：", "机构编码": ""}
    empty = dict.fromkeys(wide.SCHOOL, "")
    schools = [total, wide.school(1), empty, county, wide.school(2), remark]
    _, rows = wide.load(wide.write_csv(tmp_path / "小学.csv", wide.csv_rows(schools)))
    assert [(r["school_id"], r["source_row"]) for r in rows] == [
        ("0021000001", 6), ("0021000002", 9),
    ]  # fmt: skip
    assert sum(r["pupils"] for r in rows) == 2400


def test_blank_lines_keep_the_row_numbers_right(wide, tmp_path):
    path = wide.write_csv(tmp_path / "小学.csv", wide.csv_rows([wide.school(1), wide.school(2)]))
    text = path.read_bytes()
    at = text.index("2小".encode())
    path.write_bytes(text[:at] + b"\r\n" + text[at:] + b"\r\n\r\n")
    _, rows = wide.load(path)
    assert [row["source_row"] for row in rows] == [5, 7]


def test_a_quoted_line_break_is_one_row(wide, tmp_path):
    path = wide.write_csv(
        tmp_path / "小学.csv",
        wide.csv_rows([wide.school(1, 机构名称="城关\n一小"), wide.school(2)]),
    )
    _, rows = wide.load(path)
    assert [row["source_row"] for row in rows] == [5, 6]
    assert rows[0]["school_name"] == "城关\n一小"


def test_a_school_of_this_stage_alone_stays_and_others_need_pupils_in_it(wide, tmp_path):
    none = {k: "" for k in wide.SCHOOL if k.startswith("在校生数")}
    schools = [
        wide.school(1),
        wide.school(2) | none,  # a primary school that reports nothing: it must not vanish
        wide.school(3) | none | {"在校生数>合计": "0"},
        wide.school(4, 是否上年撤销="是") | none | {"在校生数>合计": "0"},
        wide.school(5, 是否上年撤销="是"),
        wide.school(6) | none | {"在校生数>合计": "-1"},
        wide.school(7) | none | {"在校生数>一年级": "8"},
        wide.school(8, 办学类型="九年一贯制学校", 办学类型编码="312") | none,
    ]
    reading, rows = wide.load(wide.write_csv(tmp_path / "小学.csv", wide.csv_rows(schools)))
    assert [row["school_id"][-1] for row in rows] == ["1", "2", "3", "5", "6", "7"]
    assert wide.figure(rows[1], "pupils") == (None, "blank")
    assert wide.figure(rows[2], "pupils") == (0, "zero")
    assert rows[3]["was_closed"] is True
    left = [(a.reason, a.school_id[-1]) for a in reading.set_aside]
    assert left == [("no_figures", "4"), ("no_figures", "8")]


def test_graduates_of_a_school_just_closed_still_count(wide, tmp_path):
    none = {k: "" for k in wide.SCHOOL if k.startswith("在校生数")} | {"在校生数>合计": "0"}
    schools = [
        wide.school(1) | {"毕业生数>合计": "20"},
        wide.school(2, 是否上年撤销="是") | none | {"毕业生数>合计": "9"},
        wide.school(3, 是否上年撤销="是") | none | {"毕业生数>合计": "0"},
    ]
    _, rows = wide.load(wide.write_csv(tmp_path / "小学.csv", wide.csv_rows(schools)))
    assert [row["school_id"][-1] for row in rows] == ["1", "2"]
    assert wide.figure(rows[1], "graduates") == (9, "reported")
    assert wide.figure(rows[1], "pupils") == (0, "zero")


def test_a_type_name_stands_in_for_its_code(wide, tmp_path):
    row = {
        k: v for k, v in wide.school(1, 办学类型="九年一贯制学校").items() if k != "办学类型编码"
    }
    _, rows = wide.load(wide.write_csv(tmp_path / "小学.csv", wide.csv_rows([row])))
    assert rows[0]["school_type_code"] == "312"


@pytest.mark.parametrize(
    ("title", "place", "expected"),
    [
        ("2022/2023学年初小学", Place(None, None), 2022),
        ("2022学年小学", Place(2022, "autumn"), 2022),
        ("小学2022年统计", Place(None, None), 2022),
        ("小学2024年1月印", Place(2023, "autumn"), 2023),
        ("小学", Place(2019, None), 2019),
    ],
)
def test_the_school_year_is_found(wide, tmp_path, title, place, expected):
    reading, rows = wide.load(
        wide.write_csv(tmp_path / "宽表.csv", wide.csv_rows([wide.SCHOOL], title)), place
    )
    assert rows[0]["school_year"] == reading.school_year == expected
    assert reading.term == "autumn"


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "机构名称,人数\n甲,1\n"])
def test_other_tables_are_not_recognised(tmp_path, text):
    path = tmp_path / "other.csv"
    path.write_text(text, encoding="utf-8")
    assert not flat.recognises(open_source(path))


def test_sections_come_batch_by_batch(wide, tmp_path):
    path = wide.write_csv(
        tmp_path / "小学.csv", wide.csv_rows([wide.school(n) for n in range(1, 12_001)])
    )
    reading = flat.read(open_source(path), SHA, AUTUMN)
    sizes = [batch.num_rows for batch in reading.sections]
    assert len(sizes) > 1
    assert sum(sizes) == 12_000
