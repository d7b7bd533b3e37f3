"""Valid files of every shape and form, small and with every figure known."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl

from dagster_project import sample
from dagster_project.returns.writer import (
    Heading,
    write_county_return,
    write_movements,
    write_roster,
    write_school_return,
)
from tests.hostile.books import Book, book_of

PROFILE = """
profile: mutated
recognise: {columns: [学校代码, 区县代码, 在校生, 教学班, 教师]}
school_year: {file_name: '_(20\\d\\d)[.]'}
term: autumn
stage: primary
standards: [general]
school_id: 学校代码
school_name: 学校名称
county_code: 区县代码
fields:
  pupils: 在校生
  pupils_girls: 女生
  classes: 教学班
  teachers: 教师
  teachers_postgraduate: {columns: [本科教师, 专科教师]}
  books: 图书
  equipment_value_yuan: {columns: 设备值万元, factor: 10000}
  sports_ground_area_m2: 运动场面积
"""


STAGES = """
profile: mutated_stages
recognise: {columns: [编码, 县, 小学生, 初中生]}
school_year: {file_name: '_(20\\d\\d)[.]'}
term: autumn
standards: [general]
school_id: 编码
school_name: 名称
county_code: {column: 县, cut: 6}
skip_rows: {column: 类别, values: [幼儿园]}
stages:
  primary: {pupils: 小学生, classes: 小学班}
  junior: {pupils: 初中生, classes: 初中班}
fields: {teachers: {columns: [高级, 其他]}}
values: {none: ["*"]}
"""
PROFILES = {"mutated.yml": PROFILE, "mutated_stages.yml": STAGES}
COUNTY = {
    **{"exchange_eligible": 1081, "exchange_moved": 143, "exchange_moved_backbone": 37},
    **{"quota_places": 1210, "senior_places": 2030, "teacher_pay_yuan": 91_240},
    **{"migrant_children": 2107, "migrant_children_placed": 1998, "left_behind_children": 411},
}
NARROW = 200  # columns of a wide table that an old workbook can hold


def bases(folder: Path) -> list[Book]:
    """A book of every shape and form; ``folder`` is where they are written first."""
    made = {"counties": 1, "schools": 6, "years": 1, "seed": 5, "first_year": 2023}
    flat = sample.write_nation(folder, **made)
    school = sample.write_nation(folder / "b", **made, shape="workbook")
    place = folder / "2023" / "autumn"
    write_profiles(folder)
    texts = {
        "flat": {"小学_窄_2023.csv": _narrow(flat)},
        "returns": {"班级_2023.csv": _plain_roster()},
        "table": {"table_2023.csv": table_text(), "stages_2023.csv": stages_text()},
    }
    books = [book_of(path, folder, "flat") for path in flat]
    books += [book_of(path, folder / "b", "workbook") for path in school[:3]]
    books += [book_of(path, folder, "returns") for path in _returns(place)]
    for shape, named in texts.items():
        for name, text in named.items():
            (place / name).write_text(text, "utf-8")
            books.append(book_of(place / name, folder, shape))
    # The forms that a book can be written in besides its own.
    others = {"flat": ("csv", "xls"), "workbook": ("xls",), "returns": ("xls",)}
    for book in list(books):
        for form in others.get(book.shape, ("xlsx", "xls")):
            if form == book.form or (form == "xls" and _is_wide(book)):
                continue
            other = book.copy()
            other.form = form
            other.path = f"{Path(book.path).with_suffix('')}_{form}.{form}"
            books.append(other)
    return books


def write_profiles(raw: Path) -> None:
    (raw / "profiles").mkdir(parents=True, exist_ok=True)
    for name, text in PROFILES.items():
        (raw / "profiles" / name).write_text(text, "utf-8")


def _narrow(flat: list[Path]) -> str:
    """The first columns of a wide table of primary schools."""
    path = next(path for path in flat if "小学" in path.name)
    text = io.StringIO()
    rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    csv.writer(text, lineterminator="\n").writerows(row[:NARROW] for row in rows)
    return text.getvalue()


def stages_text() -> str:
    """A table of schools of one or two stages, as :data:`STAGES` reads it."""
    head = "编码,名称,县,类别,小学生,小学班,初中生,初中班,高级,其他"
    rows = ["RX64000099,幼儿园,6402210,幼儿园,,,,,3,9"]
    for n in range(1, 9):
        primary = f"{310 + 37 * n},{8 + n}" if n % 3 else ","
        junior = f"{205 + 41 * n},{5 + n}" if n % 2 else ","
        teachers = f"{11 + n},{'*' if n == 4 else 23 + n}"
        rows.append(f"RX640000{n:02},第{n}学校,6402210,普通,{primary},{junior},{teachers}")
    return "\n".join([head, *rows, ""])


def _plain_roster() -> str:
    rows = [
        f"640221,秋季,216400000{school},样例{school}小,小学,{grade},{number}班,"
        f"{37 + 3 * grade + number},{15 + grade + school}"
        for school in (3, 4)
        for grade in range(1, 5)
        for number in (1, 2)
    ]
    head = "县区代码,学期,学校标识码,学校名称,学段,年级,班级,学生数,女生数"
    return "\n".join([head, *rows, ""])


def _is_wide(book: Book) -> bool:
    """Whether the book has more columns than an old workbook can."""
    return any(len(row) > 256 for sheet in book.sheets for row in sheet.rows)


def table_text() -> str:
    """A table of eight schools, as :data:`PROFILE` reads it."""
    head = "学校代码,学校名称,区县代码,在校生,女生,教学班,教师,本科教师,专科教师"
    head += ",图书,设备值万元,运动场面积"
    rows = [
        f"01640000{n:02},样例第{n}小学,640221,{430 + 61 * n},{207 + 30 * n},{10 + n},{31 + 3 * n},"
        f"{20 + 2 * n},{9 + n},{9000 + 731 * n},{123.5 + 7 * n},{5210 + 97 * n}"
        for n in range(1, 9)
    ]
    return "\n".join([head, *rows, ""])


def _returns(folder: Path) -> list[Path]:
    heading = Heading(county_code="640221", county_name="平罗县", school_year=2023, term="autumn")
    schools = [{"school_id": f"216400000{n}", "school_name": f"样例{n}小", "stage": "primary"}
               for n in (1, 2)]  # fmt: skip
    classes = [
        {
            **school,
            "grade": grade,
            "class_name": f"{grade}班",
            "pupils": 38 + grade,
            "girls": 17 + n,
        }
        for n, school in enumerate(schools)
        for grade in range(1, 7)
    ]
    moved = [
        {"school_id": school["school_id"], "stage": "primary", "grade": grade,
         "cohort": 2024 - grade, "kind": kind, "pupils": 11 + grade}
        for school in schools for grade in (2, 4) for kind in ("transfer_in", "transfer_out")
    ]  # fmt: skip
    items = {"nearby_entrants": 130, "teachers_certified": 61, "training_budget_yuan": 125_400,
             "running_budget_yuan": 1_234_500, "teachers_trained_360h": 58}  # fmt: skip
    answers = [{**school, **items} for school in schools]
    return [
        write_roster(folder / "名册.xlsx", heading, classes),
        write_movements(folder / "异动.xlsx", heading, moved),
        write_county_return(folder / "县.xlsx", heading, COUNTY),
        write_school_return(folder / "学校.xlsx", heading, answers),
    ]
