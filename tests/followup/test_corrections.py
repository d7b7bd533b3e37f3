"""The correction lists: what is in them, how they look, and that they come back as reviews."""

from __future__ import annotations

import hashlib

import openpyxl
import pytest

from dagster_project.followup import corrections
from dagster_project.followup.census_copy import find_marks
from dagster_project.followup.corrections import write_corrections
from dagster_project.followup.reviews import read_folder
from dagster_project.followup.sheets import LIST_SHEET
from dagster_project.judgement import tables
from dagster_project.machine.helper_process import Limits
from dagster_project.sample import write_pingluo

PATH = "2023/autumn/form.xlsx"


def flag(number: int = 1, **given) -> dict:
    row = dict.fromkeys(tables.FLAG.names) | {
        "flag_id": f"F{number:015x}", "rule_id": "r", "severity": "hard", "school_year": 2023,
        "term": "autumn", "county_code": "640221", "county_name": "平罗县",
        "school_id": "0164000001", "school_name": "城关一小",
        "stage": "primary", "observed": "500", "expected": "不超过 331",
        "message": "女生多于在校生。", "remedy": "核对。", "status": "open", "owner": "school",
        "title": "部分大于整体", "shape": "workbook",
    }  # fmt: skip
    return row | given


@pytest.fixture
def raw(tmp_path):
    path = tmp_path / "raw" / PATH
    path.parent.mkdir(parents=True)
    book = openpyxl.Workbook()
    book.active.title = "基础基312"
    for row in (["小学学生数"], ["甲", 1, 2], ["总计", 331, 500], ["=1+1", "@x", "=HYPERLINK(1)"]):
        book.active.append(row)
    book.active["A4"].data_type = book.active["C4"].data_type = "s"
    book.active["B5"] = "=B3*2"
    book.active.merge_cells("A1:C1")
    book.create_sheet("封面").append(["城关一小"])
    book.save(path)
    return tmp_path / "raw"


def sha(raw) -> str:
    return hashlib.sha256((raw / PATH).read_bytes()).hexdigest()


def lists(folder):
    return {path.stem: path for path in sorted((folder / "2023").rglob("*.xlsx"))}


def test_county_and_school_lists_with_the_census_sheets(raw, tmp_path):
    where = {"source_file": PATH, "sha256": sha(raw), "sheet": "基础基312", "cell": "C3, B3"}
    flags = [flag(1, **where), flag(2, school_id=None, school_name=None, severity="soft")]
    flags.append(flag(3, status="confirmed", school_id="9", school_name="另一所"))
    write_corrections(flags, tmp_path / "out", raw)
    found = lists(tmp_path / "out")
    assert set(found) == {"平罗县 更正清单", "城关一小 0164000001"}
    county = openpyxl.load_workbook(found["平罗县 更正清单"])[LIST_SHEET]
    assert county.max_row == 3 and county.freeze_panes == "C2"
    assert county.column_dimensions["R"].hidden and county["R2"].value == flags[0]["flag_id"]
    assert county.protection.sheet and not county["O2"].protection.locked
    school = openpyxl.load_workbook(found["城关一小 0164000001"])
    assert school.sheetnames == ["说明与汇总", LIST_SHEET, "基础基312", "封面"]
    form = school["基础基312"]
    assert (form["C3"].value, form["C3"].fill.start_color.rgb) == (500, "FFFF7C80")
    assert "女生多于在校生" in form["C3"].comment.text and form["A3"].comment is None
    assert str(next(iter(form.merged_cells.ranges))) == "A1:C1"


def test_a_list_is_printed_in_eight_columns_on_a4_with_originals_in_quotes(raw, tmp_path):
    """The other columns are hidden or stand right of what is printed."""
    where = {"source_file": PATH, "sheet": "基础基312", "cell": "C3", "observed": "-5"}
    flags = [flag(1, **where), flag(2, observed="unreadable", school_id="2")]
    write_corrections(flags, tmp_path / "out", raw)
    sheet = openpyxl.load_workbook(lists(tmp_path / "out")["平罗县 更正清单"])[LIST_SHEET]
    assert int(sheet.page_setup.paperSize) == 9 and sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$1:$1"
    printed = sheet.print_area.replace("$", "").split("!")[1]
    (head,) = sheet[f"{printed.split(':')[0]}:{printed.split(':')[1][0]}1"]
    shown = [cell for cell in head if not sheet.column_dimensions[cell.column_letter].hidden]
    assert [cell.value for cell in shown] == [
        *("学校", "位置", "填报数", "应为", "为什么有疑问", "怎么办", "审核结论", "情况说明")
    ]
    widths = sum(sheet.column_dimensions[cell.column_letter].width for cell in shown)
    assert widths < 170  # of 150 signs that stand on A4: printed at 88 % or more
    first, second = (
        {cell.value: sheet.cell(row, cell.column).value for cell in shown} for row in (2, 3)
    )
    assert first["填报数"] == "“-5”" and second["填报数"] == "无法识别"
    assert first["位置"] == f"{PATH}\n基础基312 C3" and first["学校"] == "城关一小（小学）"
    assert first["为什么有疑问"] == "【严重】部分大于整体。女生多于在校生。"


def test_no_text_becomes_a_formula(raw, tmp_path):
    where = {"source_file": PATH, "sha256": sha(raw), "sheet": "基础基312", "cell": "C3"}
    row = flag(1, school_name='=HYPERLINK("x")', message="@SUM(A1)", observed="-2+3", **where)
    write_corrections([row], tmp_path / "out", raw)
    for path in lists(tmp_path / "out").values():
        for sheet in openpyxl.load_workbook(path):
            for line in sheet.iter_rows():
                assert not [cell.coordinate for cell in line if cell.data_type == "f"]


def test_a_replaced_or_missing_file_is_not_copied(raw, tmp_path):
    gone = flag(1, source_file=PATH, sha256="0" * 64, sheet="基础基312", cell="C3")
    write_corrections([gone], tmp_path / "out", raw)
    school = openpyxl.load_workbook(lists(tmp_path / "out")["城关一小 0164000001"])
    assert school.sheetnames == ["说明与汇总", LIST_SHEET]


def test_a_file_that_cannot_be_copied_in_time_leaves_the_lists_without_copies(raw, tmp_path):
    """A merged range over the whole sheet: harmless to the reader, endless for who copies it."""
    import zipfile

    with zipfile.ZipFile(raw / PATH) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(raw / PATH, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data.replace(b'ref="A1:C1"', b'ref="A1:XFD1048576"'))
    where = {"source_file": PATH, "sha256": sha(raw), "sheet": "基础基312", "cell": "C3"}
    limits = Limits(seconds=3, memory=1 << 30)
    write_corrections([flag(1, **where)], tmp_path / "out", raw, limits=limits)
    found = lists(tmp_path / "out")
    assert set(found) == {"平罗县 更正清单", "城关一小 0164000001"}
    school = openpyxl.load_workbook(found["城关一小 0164000001"])
    assert school.sheetnames == ["说明与汇总", LIST_SHEET]
    assert school[LIST_SHEET].max_row == 2


def test_a_school_of_a_flat_file_is_shown_under_the_headings(tmp_path):
    path = next(p for p in write_pingluo(tmp_path / "raw", "flat") if "小学" in p.name)
    place = {
        "source_file": path.relative_to(tmp_path / "raw").as_posix(), "shape": "flat",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "sheet": "小学",
    }  # fmt: skip
    flags = [flag(1, cell="Y9", **place), flag(2, cell="9:9", severity="soft", **place)]
    write_corrections(flags, tmp_path / "out", tmp_path / "raw")
    sheet = openpyxl.load_workbook(lists(tmp_path / "out")["城关一小 0164000001"])["小学"]
    original = openpyxl.load_workbook(path).active
    assert sheet.max_row == 6 and sheet["X2"].value == original["X2"].value
    assert (sheet["F6"].value, sheet["Y6"].value) == (original["F9"].value, original["Y9"].value)
    assert sheet["Y6"].fill.start_color.rgb == "FFFF7C80"
    assert sheet["Z6"].fill.start_color.rgb == "FFFFE699"


def test_rows_of_a_csv_are_shown_as_text_with_what_was_said_about_them(tmp_path):
    path = tmp_path / "raw" / PATH.replace(".xlsx", ".csv")
    path.parent.mkdir(parents=True)
    path.write_text("标识码,校名,人数\n1,甲校,5\n2,=1+1,7\n3,丙校,9\n", "utf-8")
    place = {
        "source_file": path.relative_to(tmp_path / "raw").as_posix(), "shape": "table",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }  # fmt: skip
    flags = [
        flag(1, cell="C3", **place),
        flag(2, cell="C3", severity="soft", message="又一处。", remedy=None, **place),
        flag(3, cell="3:3", severity="soft", message="整行。", remedy=None, **place),
        flag(4, cell="E4, C900", severity="soft", **place),
    ]
    write_corrections(flags, tmp_path / "out", tmp_path / "raw")
    sheet = openpyxl.load_workbook(lists(tmp_path / "out")["城关一小 0164000001"])["原表"]
    shown = [[cell.value for cell in row[:3]] for row in sheet.iter_rows()]
    assert shown == [["标识码", "校名", "人数"], ["2", "=1+1", "7"], ["3", "丙校", "9"]]
    assert (sheet["B2"].data_type, sheet["B2"].quotePrefix) == ("s", True)
    assert (sheet.freeze_panes, sheet.sheet_properties.tabColor.rgb) == ("A2", "FFC00000")
    fills = {c.coordinate: c.fill.start_color.rgb for r in sheet for c in r if c.fill.fill_type}
    assert fills == {"C2": "FFFF7C80"} | dict.fromkeys(("A2", "B2", "E3"), "FFFFE699")
    said = {c.coordinate: c.comment.text for r in sheet for c in r if c.comment}
    assert said == {
        "A2": "整行。 ",
        "C2": "女生多于在校生。 核对。\n\n又一处。 ",
        "E3": "女生多于在校生。 核对。",
    }
    assert sheet["C2"].comment.author == "数据校验"


def test_a_province_opens_its_file_in_one_process(tmp_path, monkeypatch):
    monkeypatch.setattr(corrections, "PARALLEL_FROM_COUNTIES", 3)
    monkeypatch.setattr(corrections, "COUNTIES_AT_A_TIME", 2)
    monkeypatch.setattr(corrections, "MOST_SCHOOL_LISTS", 2)
    flags = [
        flag(n, county_code=f"64022{n}", county_name=f"{n}县", school_id=f"016400000{n}")
        for n in range(1, 7)
    ]
    counties = corrections._group_by_county(flags)
    shares = [
        [county.code[-1] for county in share]
        for share in corrections._split_among_processes(counties)
    ]
    assert shares == [["1", "2"], ["3", "4"], ["5", "6"]]
    write_corrections(flags, tmp_path / "out", tmp_path)
    names = {path.parent.name: path.stem for path in lists(tmp_path / "out").values()}
    assert set(names) == {f"64022{n} {n}县" for n in range(1, 7)}
    assert len(list((tmp_path / "out").rglob("*.xlsx"))) == 8


def test_only_years_whose_flags_changed_are_written_and_edits_survive(raw, tmp_path):
    out = tmp_path / "out"
    assert len(write_corrections([flag(1), flag(2, school_year=2022)], out, raw)) == 2
    assert write_corrections([flag(1), flag(2, school_year=2022)], out, raw) == []
    edited = lists(out)["平罗县 更正清单"]
    book = openpyxl.load_workbook(edited)
    book[LIST_SHEET]["O2"] = "本年合并"
    book.save(edited)
    changed = write_corrections([flag(3), flag(2, school_year=2022)], out, raw)
    assert [folder.name for folder in changed] == ["2023"]
    rescued = next(path for name, path in lists(out).items() if "已填写" in name)
    assert openpyxl.load_workbook(rescued)[LIST_SHEET]["O2"].value == "本年合并"


def test_lists_of_a_county_whose_flags_are_as_they_were_are_carried_over(raw, tmp_path):
    out = tmp_path / "out"
    other = flag(4, county_code="640181", county_name="灵武市", school_id="0164000009")
    write_corrections([flag(1), other], out, raw)
    before = {name: path.stat().st_ino for name, path in lists(out).items()}
    write_corrections([flag(1), flag(2), other], out, raw)
    after = {name: path.stat().st_ino for name, path in lists(out).items()}
    assert after["灵武市 更正清单"] == before["灵武市 更正清单"]
    assert after["平罗县 更正清单"] != before["平罗县 更正清单"]
    assert openpyxl.load_workbook(lists(out)["平罗县 更正清单"])[LIST_SHEET].max_row == 3


def test_a_filled_in_list_is_a_review(raw, tmp_path):
    write_corrections([flag(1), flag(2), flag(3)], tmp_path / "out", raw)
    path = lists(tmp_path / "out")["平罗县 更正清单"]
    book = openpyxl.load_workbook(path)
    book[LIST_SHEET]["O2"] = "本年合并三校"
    book[LIST_SHEET]["N3"], book[LIST_SHEET]["O3"] = "豁免", "省里同意"
    (raw / "reviews").mkdir()
    book.save(raw / "reviews" / "平罗县 更正清单.xlsx")
    found = [(e.flag_id, e.decision, e.sheet, e.cell) for e in read_folder(raw / "reviews")]
    assert found == [
        (flag(1)["flag_id"], "confirmed", LIST_SHEET, "O2"),
        (flag(2)["flag_id"], "waived", LIST_SHEET, "N3"),
    ]


def test_marks_find_cells_other_sheets_and_rows():
    row = flag(cell="D8, 基础基313!C5; 7:7", sheet="基础基312")
    found = [(m.sheet, m.column, m.row) for m in find_marks([row])]
    assert found == [("基础基312", "D", 8), ("基础基313", "C", 5), ("基础基312", None, 7)]


@pytest.mark.parametrize(
    ("cell", "places"),
    [
        ("D5", [("D", 5)]),
        ("D5:D7", [("D", 5), ("D", 6), ("D", 7)]),  # classes of a roster that stand together
        ("5:6", [(None, 5), (None, 6)]),
        ("D5:E7", []),
        ("D5, 12:12", [("D", 5), (None, 12)]),
    ],
)
def test_a_flag_may_point_at_several_rows_of_a_column(cell, places):
    flag = {"message": "", "remedy": None, "cell": cell, "sheet": "班级名册", "severity": "soft"}
    assert [(mark.column, mark.row) for mark in find_marks([flag])] == places
