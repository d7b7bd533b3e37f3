"""Verdicts by the text, on files as they come: one county, one load, a change per question."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project import sample
from tests.load.whole import Loaded, load_once

COUNTY, YEAR = "640221", 2023
BOARDING, WITHOUT_ROOMS, HALF_A_ROSTER = "城关一小", "城关五小", "城关七小"
NINE_YEAR, TWO_PLACES = "高滩九年制学校", "灵沙九年制学校"


def _edit(path: Path, change: Callable[[openpyxl.Workbook], None]) -> None:
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)


def _column(sheet: Worksheet, *header: str) -> int:
    """The column of a wide table under this path of headers (a group stands over its first one)."""
    group = [None] * 5
    for column in range(1, sheet.max_column + 1):
        for level, row in enumerate(range(2, 6)):
            if sheet.cell(row, column).value is not None:
                group[level:] = [sheet.cell(row, column).value] + [None] * (4 - level)
        if tuple(text for text in group if text)[: len(header)] == header:
            return column
    raise AssertionError(f"no column {header}")


def _row(sheet: Worksheet, school: str) -> int:
    (found,) = {
        cell.row for row in sheet.iter_rows(max_col=8) for cell in row if cell.value == school
    }
    return found


def _code(sheet: Worksheet, school: str) -> str:
    return sheet.cell(_row(sheet, school), _column(sheet, "机构编码")).value


def _delete(sheet: Worksheet, school: str, most: int | None = None) -> None:
    rows = [
        row[0].row
        for row in sheet.iter_rows()
        if school in (row[0].value, row[1].value if len(row) > 1 else None)
    ]
    for row in reversed(rows[:most]):
        sheet.delete_rows(row)


def _spoil(raw: Path) -> None:
    sample.write_pingluo(raw, school_years=[YEAR], returns=True)
    autumn = raw / str(YEAR) / "autumn"
    (primary,) = autumn.glob("*平罗县_小学.xlsx")
    (junior,) = autumn.glob("*平罗县_初中.xlsx")
    codes = {}

    def change_primary(book):
        sheet = book.active
        codes.update({name: _code(sheet, name) for name in (BOARDING, WITHOUT_ROOMS)})
        sheet.cell(_row(sheet, BOARDING), _column(sheet, "在校生数", "#寄宿生")).value = 300
        sheet.cell(_row(sheet, NINE_YEAR), _column(sheet, "在校生数", "合计")).value = 2300
        sheet.cell(_row(sheet, TWO_PLACES), _column(sheet, "城乡类型编码")).value = "220"

    def change_junior(book):
        sheet = book.active
        sheet.cell(_row(sheet, TWO_PLACES), _column(sheet, "城乡类型编码")).value = "112"
        sheet.delete_rows(_row(sheet, NINE_YEAR))

    def change_school_return(book):
        sheet = book["学校填报表"]
        sheet.cell(_row(sheet, BOARDING), 8).value = 100  # of 288 entrants
        rooms = book["音乐美术专用教室"]
        _delete(rooms, codes[WITHOUT_ROOMS])
        for kind in ("音乐", "美术"):
            rooms.append([codes[WITHOUT_ROOMS], "小学", kind, 0, None])

    def change_county_return(book):
        for row in book["县级填报表"].iter_rows():
            if str(row[5].value).startswith("nearby_rate"):
                row[3].value = None

    _edit(primary, change_primary)
    _edit(junior, change_junior)
    for name, change in (
        ("学校填报表", change_school_return),
        ("县级填报表", change_county_return),
        ("班级名册", lambda book: _delete(book.active, HALF_A_ROSTER, 20)),
    ):
        (path,) = (autumn / "returns").glob(f"*{name}.xlsx")
        _edit(path, change)


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory) -> Loaded:
    """Pingluo of one year, spoiled."""
    return load_once(tmp_path_factory, "verdicts", _spoil)


def _item(spoiled: Loaded, item: str) -> tuple[str, str]:
    return spoiled.row(
        "select verdict, evidence from marts.county_assessment"
        " where county_code = ? and school_year = ? and item_id = ?",
        COUNTY,
        YEAR,
        item,
    )


def test_boarding_schools_are_left_out_of_nearby_enrolment(spoiled):
    verdict, evidence = _item(spoiled, "G13")
    assert (verdict, "小学就近划片入学比例100.00%" in evidence) == ("met", True), evidence


def test_the_limit_of_a_school_goes_by_its_type(spoiled):
    verdict, evidence = _item(spoiled, "G4")
    assert verdict == "not_met"
    small, combined = evidence.split("；", 1)
    assert small == "超过2000人的小学、初中有1所：平罗四中（2016人）"
    assert NINE_YEAR not in small and "超过" not in combined


def test_half_a_roster_takes_no_large_class_away(spoiled):
    over, classes, source, listed = spoiled.row(
        "select over_standard, classes, source, roster_classes from marts.class_size"
        " where school_name = ? and school_year = ? and stage = 'primary'",
        HALF_A_ROSTER,
        YEAR,
    )
    assert (over, classes, source, listed) == (12, 38, "census_bins", 18)
    verdict, evidence = _item(spoiled, "G5")
    assert verdict == "not_met" and "小学超过45人的班级178个" in evidence
    rules = spoiled.query(
        "select distinct rule_id from quality.flag join marts.dim_school"
        " using (school_year, school_id) where school_name = ? and rule_id like 'roster.%'",
        HALF_A_ROSTER,
    )
    assert rules, "nothing says why the roster was not used"


def test_a_school_may_say_that_it_has_no_room(spoiled):
    verdict, evidence = _item(spoiled, "G3")
    assert verdict == "not_met" and f"音乐专用教室不足的学校1所：{WITHOUT_ROOMS}（缺" in evidence


def test_one_section_says_where_a_school_lies(spoiled):
    code, area = spoiled.row(
        "select urban_rural_code, urban_rural from marts.dim_school"
        " where school_name = ? and school_year = ?",
        TWO_PLACES,
        YEAR,
    )
    assert (code, area) in {("220", "rural"), ("112", "urban")}


def test_rosters_of_the_other_schools_are_used(spoiled):
    rows = spoiled.query(
        "select school_name from marts.class_size where school_year = ? and term = 'autumn'"
        " and roster_classes is not null and source <> 'roster'",
        YEAR,
    )
    assert sorted(name for (name,) in rows) == sorted([HALF_A_ROSTER, NINE_YEAR])
