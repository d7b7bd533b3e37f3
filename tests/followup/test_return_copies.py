"""Flags on returns in the correction lists: the return's own sheets, with colour and comment."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from dagster_project.followup.corrections import write_corrections
from dagster_project.followup.sheets import LIST_SHEET
from dagster_project.judgement.judge import Limits, judge
from dagster_project.lake.ingest import ingest
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake
from dagster_project.returns import writer

HEADING = writer.Heading("640221", "平罗县", 2023, "autumn")
FIRST, SECOND = "2164000001", "2164000002"
RED = "FFFF7C80"


def a_class(school: str, name: str, number: int, pupils) -> dict:
    return {"school_id": school, "school_name": name, "stage": "primary", "grade": 1,
            "class_name": f"{number}班", "pupils": pupils}  # fmt: skip


CLASSES = [
    *(a_class(FIRST, "城关一小", n, 40 + n) for n in (1, 2)),
    a_class(FIRST, "城关一小", 3, "四十三"),
    *(a_class(SECOND, "城关二小", n, 30 + n) for n in (1, 2)),
    a_class("?", "不知名小学", 1, 33),
]


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    """A county's return, two rosters, movements and one school's own return, all with slips."""
    place = tmp_path_factory.mktemp("returns") / "raw" / "2023" / "autumn"
    place.mkdir(parents=True)
    answers = {"exchange_eligible": 1081, "exchange_moved": "一百四十三", "satisfaction_rate": 0.9}
    writer.write_county_return(place / "县.xlsx", HEADING, answers)
    writer.write_roster(place / "名册.xlsx", HEADING, CLASSES)
    section = {"school_id": SECOND, "school_name": "城关二小", "stage": "primary"}
    writer.write_school_return(
        place / "二小.xlsx", HEADING, [{**section, "teachers_certified": -3, "has_charter": True}]
    )
    many = [a_class(FIRST, "城关一小", n, 45) for n in range(1, 501)]
    spring = writer.Heading("640221", "平罗县", 2023, "spring")
    long = place.parent / "spring" / "名册.xlsx"
    writer.write_roster(long, spring, [*many, a_class("?", "不知名小学", 1, 33)])
    moved = place / "异动.csv"
    head = "县区代码,学校标识码,学段,年级,入学学年,异动类型,人数"
    lines = [f"640221,{FIRST},小学,2,2022,转入,3", f"640221,{FIRST},小学,2,2022,失踪,1"]
    moved.write_text("\n".join([head, *lines, ""]), "utf-8")
    return place.parents[1]


@pytest.fixture(scope="module")
def lists(raw, tmp_path_factory) -> dict[str, Path]:
    """The correction lists of a whole judgement, by their names."""
    root = tmp_path_factory.mktemp("judged")
    lake = Lake(root / "lake")
    ingest(raw, lake)
    select(lake, root / "selection")
    judge(lake, root / "selection", root / "out", limits=Limits(root / "work"))
    flags = pq.read_table(root / "out" / "flag.parquet").to_pylist()
    mine = [flag for flag in flags if flag["rule_id"] == "file.doubtful_entry"]
    write_corrections(mine, root / "corrections", raw)
    return {path.stem: path for path in (root / "corrections").rglob("*.xlsx")}


def coloured(sheet) -> dict[str, str]:
    """The cells that are marked hard, and what they say."""
    return {
        cell.coordinate: cell.comment.text if cell.comment else ""
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.start_color.rgb == RED
    }


def test_the_county_gets_its_return_as_it_filled_it_in(lists):
    book = openpyxl.load_workbook(lists["平罗县 更正清单"])
    found = coloured(book["县级填报表"])
    assert list(found) == ["D17"] and "“一百四十三”不是数" in found["D17"]
    assert book["县级填报表"]["D16"].value == 1081
    assert book["县级填报表"].column_dimensions["B"].width > 30


def test_a_list_of_which_nobody_knows_a_school_is_the_countys_too(lists):
    """All that is wrong in that file is coloured there, the schools' rows as well."""
    found = coloured(openpyxl.load_workbook(lists["平罗县 更正清单"])["班级名册_2"])
    assert set(found) == {"F12", "A15"}


def test_of_a_long_list_the_rows_at_fault_are_shown_under_its_headings(lists):
    book = openpyxl.load_workbook(lists["平罗县 更正清单"])
    rows = [[cell.value for cell in row] for row in book["班级名册"].iter_rows()]
    assert [row[0] for row in rows] == ["班级名册（每学期）", "学校标识码", "单位", "?"]


def test_a_school_gets_its_own_return_whole_and_its_rows_of_the_countys(lists):
    own = openpyxl.load_workbook(lists[f"城关二小 {SECOND}"])
    assert list(coloured(own["学校填报表"])) == ["G10"]
    other = openpyxl.load_workbook(lists[f"城关一小 {FIRST}"])["班级名册"]
    rows = [[cell.value for cell in row] for row in other.iter_rows()]
    assert [row[0] for row in rows] == ["班级名册（每学期）", "学校标识码", "单位", FIRST]
    assert "城关二小" not in str(rows)


def test_a_row_of_a_csv_is_shown_with_what_is_wrong_in_it(lists):
    book = openpyxl.load_workbook(lists[f"城关一小 {FIRST}"])
    rows = [[cell.value for cell in row] for row in book["原表"].iter_rows()]
    assert rows[0][:2] == ["县区代码", "学校标识码"] and rows[1][5] == "失踪"
    assert "“失踪”不是可选的异动类型" in book["原表"]["A2"].comment.text


def test_a_copy_is_no_return(lists):
    """Dropped into raw/ by mistake, it is not read as one."""
    for path in lists.values():
        book = openpyxl.load_workbook(path)
        cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
        assert "junheng" not in cells
        assert LIST_SHEET in book.sheetnames
