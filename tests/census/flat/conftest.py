"""Flat exports written as they come: xlsx and xls with merges, csv with blanks in their place."""

import csv
from types import SimpleNamespace

import pyarrow as pa
import pytest
import xlsxwriter
import xlwt

from dagster_project.census.flat import read as flat
from dagster_project.census.opening.source import open_source
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected
from dagster_project.census.schema import origin_schema, section_schema

AUTUMN = Place(2023, "autumn")


SHA = "ab" * 32


TITLE = "2023/2024学年初小学学校宽表"


EQUIPMENT = "固定资产总值>教学仪器设备资产值(万元)"


COURSES = "专任教师>#按授课课程分>"
# One school, by header path; paths of one parent stand side by side.


SCHOOL = {
    "机构名称": "城关一小",
    "机构编码": "0021000001",
    "办学类型": "小学",
    "办学类型编码": "211",
    "举办者类型编码": "831",
    "城乡类型编码": "121",
    "是否计校数": "是",
    "是否上年撤销": "否",
    "是否本年新增": "",
    "所在地区编码": "640221001002",
    "统计三级": "平罗县",
    "在校生数>合计": "1,200",
    "在校生数>#女": "６００",
    "在校生数>一年级": "200",
    "在校生数>六年级": "*",
    "专任教师>合计": "60",
    "专任教师>#按学历分>博士研究生": "",
    "专任教师>#按学历分>硕士研究生": "-1",
    "专任教师>#按学历分>本科": "40",
    COURSES + "体育与健康": "5",
    "教基1102>县级以上骨干教师(小学)": "4",
    "教基1102>县级以上骨干教师(初中)": "7",
    "教学及辅助用房>计": "5136.50",
    "室内体育用房": "0",
    "占地面积>运动场地面积": "9000",
    EQUIPMENT: "8182.97",
    "网络多媒体教室": "三十",
}


def school(number=1, **cells):
    row = SCHOOL | {"机构编码": f"{21000000 + number:010d}", "机构名称": f"{number}小"}
    return row | cells


def labels(paths):
    """Header rows with every label spelled out, and None below the end of a path."""
    paths = [p.split(">") for p in paths]
    depth = max(map(len, paths))
    return [[p[d] if d < len(p) else None for p in paths] for d in range(depth)]


def runs(header):
    """Cells of a header that are merged: (first row, first column, last row, last column, text)."""
    depth, width = len(header), len(header[0])
    for d, row in enumerate(header):
        c = 0
        while c < width:
            if row[c] is None:
                c += 1
                continue
            above = [tuple(h[c] for h in header[: d + 1])]
            leaf = d == depth - 1 or header[d + 1][c] is None
            e = c
            while (
                not leaf and e + 1 < width and [tuple(h[e + 1] for h in header[: d + 1])] == above
            ):
                e += 1
            yield d, c, depth - 1 if leaf else d, e, row[c]
            c = e + 1


def csv_rows(schools, title=TITLE):
    paths = list(schools[0])
    header = labels(paths)
    grid = [[""] * len(paths) for _ in header]
    for d, c, _, _, text in runs(header):
        grid[d][c] = text
    return [[title, *[""] * (len(paths) - 1)], *grid, *[list(s.values()) for s in schools]]


def write_csv(path, rows, encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows(rows)
    return path


def write_xlsx(path, sheets):
    book = xlsxwriter.Workbook(str(path))
    for name, (schools, title) in sheets.items():
        sheet = book.add_worksheet(name)
        header = labels(list(schools[0]))
        sheet.merge_range(0, 0, 0, len(schools[0]) - 1, title)
        for d, c, last, right, text in runs(header):
            if (d, c) == (last, right):
                sheet.write(d + 1, c, text)
            else:
                sheet.merge_range(d + 1, c, last + 1, right, text)
        for r, row in enumerate(schools, len(header) + 1):
            for c, value in enumerate(row.values()):
                sheet.write(r, c, value)
    book.close()
    return path


def write_xls(path, schools):
    book = xlwt.Workbook()
    sheet = book.add_sheet("小学")
    header = labels(list(schools[0]))
    sheet.write_merge(0, 0, 0, len(schools[0]) - 1, TITLE)
    for d, c, last, right, text in runs(header):
        sheet.write_merge(d + 1, last + 1, c, right, text)
    for r, row in enumerate(schools, len(header) + 1):
        for c, value in enumerate(row.values()):
            sheet.write(r, c, value)
    book.save(str(path))
    return path


def load(path, place=AUTUMN):
    source = open_source(path)
    assert flat.recognises(source)
    reading = flat.read(source, SHA, place)
    table = pa.Table.from_batches(list(reading.sections), section_schema())
    assert reading.origins.schema == origin_schema()
    return reading, table.to_pylist()


def refused(path, place=AUTUMN):
    with pytest.raises(FileRejected) as caught:
        load(path, place)
    assert caught.value.reason.endswith(".")
    assert caught.value.advice
    return caught.value


def refused_rows(tmp_path, *schools):
    return refused(write_csv(tmp_path / "小学.csv", csv_rows(schools)))


def figure(row, field_id):
    return row[field_id], row[f"{field_id}__status"]


def check_first(row):
    assert row["school_id"] == "0021000001"
    assert row["county_code"] == "640221"
    assert row["county_name"] == "平罗县"
    assert (row["school_year"], row["term"], row["stage"]) == (2023, "autumn", "primary")
    assert (row["school_type_code"], row["sponsor_code"], row["urban_rural_code"]) == (
        "211", "831", "121",
    )  # fmt: skip
    labels = (row["school_type_label"], row["sponsor_label"], row["urban_rural_label"])
    assert labels == ("小学", None, None)
    assert (row["is_counted"], row["was_closed"], row["is_new"]) == (True, False, None)
    assert figure(row, "pupils") == (1200, "reported")
    assert figure(row, "pupils_girls") == (600, "reported")
    assert figure(row, "pupils_grade_6") == (None, "not_applicable")
    assert figure(row, "pupils_grade_5") == (None, "not_collected")
    assert figure(row, "teachers_doctor") == (None, "blank")
    assert figure(row, "teachers_master") == (None, "undefined")
    assert figure(row, "teachers_bachelor") == (40, "reported")
    assert figure(row, "backbone_teachers") == (4, "reported")
    assert figure(row, "teaching_area_m2") == (5136.5, "reported")
    assert figure(row, "indoor_sports_area_m2") == (0, "zero")
    assert figure(row, "equipment_value_yuan") == (81829700, "reported")
    assert figure(row, "multimedia_rooms") == (None, "unreadable")


def stage_file(tmp_path, name, title, columns):
    row = {k: v for k, v in SCHOOL.items() if "年级" not in k}
    items = list(row.items())
    at = [k for k, _ in items].index("在校生数>#女") + 1
    row = dict([*items[:at], *columns.items(), *items[at:]])
    return write_csv(tmp_path / f"{name}.csv", csv_rows([row], title))


@pytest.fixture(scope="session")
def wide():
    """Writers and readers of flat exports."""
    made = (
        school, csv_rows, write_csv, write_xlsx, write_xls, load, refused, refused_rows, figure,
        check_first, stage_file,
    )  # fmt: skip
    return SimpleNamespace(SCHOOL=SCHOOL, **{made_one.__name__: made_one for made_one in made})
