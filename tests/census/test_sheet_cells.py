"""Large sheets are told apart in their XML, and give what the spreadsheet library gives."""

from __future__ import annotations

import datetime
from itertools import product

import openpyxl
import pytest
import xlsxwriter
from openpyxl.styles import Font

from dagster_project.census.opening import package
from dagster_project.census.opening.sheet_cells import NotPlain, scan
from dagster_project.census.opening.sheet_grid import Grid
from dagster_project.census.opening.source import open_source
from dagster_project.census.rejection import FileRejected
from tests.census.test_source import SHEET1, replace_part, xlsx_bytes

CELLS = [
    *(1, 0, -1, 2.5, 4.6, 1 / 3, 0.1 + 0.2, 1e-5, 12345.67, True, False),
    *("*", "-", " ", "  空 ", "_x000D_甲", "a\r\nb", "１２", "001", "&<>\"'", "学校", "", None),
    *("#N/A", "#DIV/0!", "=1/0", "=A1+1", "=TRUE", '="x"'),
    *(datetime.datetime(2023, 9, 1, 12, 30), datetime.date(2022, 1, 1), datetime.time(8, 30)),
    datetime.timedelta(hours=30),
]
FORMATS = ["General", "0.00", "@", "0%", "yyyy-mm-dd", "h:mm", "[h]:mm", "#,##0_ ", "yyyy年m月"]


def by_openpyxl(path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "一 & 二"
    for row, column in product(range(len(CELLS)), range(len(FORMATS))):
        cell = sheet.cell(row + 3, column + 2, CELLS[row])
        if column:
            cell.number_format = FORMATS[column]
    sheet["A1"], sheet["AA1"], sheet["AB1"] = "学校", 1e22, 123456789012345678
    sheet.merge_cells("B3:C4")
    sheet["ZZ900"].font = Font(bold=True)  # a look and nothing in it
    spaces = book.create_sheet("spaces")
    spaces["B2"], spaces["C3"], spaces["F9"], spaces["A5"] = "x", " ", " ", " "
    book.create_sheet("empty")
    book.save(path)


def by_openpyxl_in_a_stream(path):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("stream")
    for row in range(60):
        sheet.append([CELLS[(row * 7 + column) % len(CELLS)] for column in range(30)])
    book.save(path)


def by_xlsxwriter(path, **options):
    with xlsxwriter.Workbook(path, {"nan_inf_to_errors": True, **options}) as book:
        sheet = book.add_worksheet("x")
        looks = [book.add_format({"num_format": code}) for code in (*FORMATS, 14, 27, 31, 57, 45)]
        for row, column in product(range(len(CELLS)), range(len(looks))):
            value, look = CELLS[row], looks[column]
            if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
                sheet.write_datetime(row + 2, column + 3, value, look)
            elif isinstance(value, str) and value.startswith("="):
                result = (3, "字", True, "#DIV/0!")[column % 4]
                sheet.write_formula(row + 2, column + 3, value, look, result)
            else:
                sheet.write(row + 2, column + 3, value, look)
        sheet.merge_range(0, 0, 1, 3, "m")
        sheet.write(90, 5, float("nan"))
        sheet.write_rich_string(95, 1, "a", book.add_format({"bold": True}), "bc")


def contents(path, monkeypatch, large_from):
    """Name, rows (with the types of the cells) and merged ranges of every sheet."""
    monkeypatch.setattr(package, "LARGE_SHEET", large_from)
    sheets = list(open_source(path).sheets())
    assert isinstance(sheets[0].rows, Grid) == (large_from == 0)
    return [(s.name, repr(list(s.rows)), s.merges) for s in sheets]


@pytest.mark.parametrize(
    "write",
    [
        by_openpyxl,
        by_openpyxl_in_a_stream,
        by_xlsxwriter,
        lambda path: by_xlsxwriter(path, constant_memory=True),
        lambda path: by_xlsxwriter(path, date_1904=True),
    ],
    ids=["openpyxl", "openpyxl, stream", "xlsxwriter", "texts in the cells", "dates from 1904"],
)
def test_a_large_sheet_is_what_the_library_reads(tmp_path, monkeypatch, write):
    path = tmp_path / "any.xlsx"
    write(path)
    assert contents(path, monkeypatch, 0) == contents(path, monkeypatch, 1 << 40)


def test_rows_columns_and_texts_of_a_grid(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "LARGE_SHEET", 0)
    book = openpyxl.Workbook()
    for row in (["名称", 12, None], [" 甲", 2.50, "x"], [None, None, None], [None, 12, True]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (sheet,) = open_source(tmp_path / "a.xlsx").sheets()
    grid = sheet.rows
    assert (len(grid), grid.width) == (4, 3)
    assert grid[1] == [" 甲", 2.5, "x"]
    assert grid[-1] == [None, 12.0, "TRUE"]
    assert grid[2:] == list(grid)[2:] == [[None] * 3, [None, 12.0, "TRUE"]]
    assert grid.texts(1, 0, 4).to_pylist() == ["12", "2.5", "", "12"]
    assert grid.texts(0, 1, 3).to_pylist() == [" 甲", ""]


BEGIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
END = b"</sheetData></worksheet>"


def test_cells_by_place_and_content():
    xml = (
        BEGIN + b'<row r="2"><c r="B2"><v>7</v></c><c r="D2" s="3"/></row><row r="5"/>'
        b'<row r="10" spans="1:3"><c r="A10" t="s"><v>7</v></c><c r="AA10"><v>7</v></c>'
        b'<c r="XFD10"><f>B2*1.5</f><v>10.5</v></c></row>' + END
    )
    # However the blocks are cut, the cells are the same.
    for size in (1, 7, 50, len(xml)):
        cells = scan((xml[at : at + size] for at in range(0, len(xml), size)), 10**6)
        places = zip(cells.rows.tolist(), cells.columns.tolist(), cells.codes.tolist(), strict=True)
        assert {(row, column): cells.contents.body(code) for row, column, code in places} == {
            (1, 1): b'"><v>7</v>',
            (9, 0): b'" t="s"><v>7</v>',
            (9, 26): b'"><v>7</v>',
            (9, 16383): b'"><f>B2*1.5</f><v>10.5</v>',
        }


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="1"><c r="A2"><v>1</v></c></row>',  # the cell says another row
        b'<row r="1"><c><v>1</v></c></row>',
        b'<row r="1"><c s="1" r="A1"><v>1</v></c></row>',
        b"<row r='1'><c r='A1'><v>1</v></c></row>",
        b'<row><c r="A1"><v>1</v></c></row>',
        b'<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        b'<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
        b'<row r="1"><c r="A1" r="B1"><v>1</v></c></row>',
        b'<row r="1"><c r="XFE1"><v>1</v></c></row>',
        b'<row r="1048577"><c r="A1048577"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</c></v></row>',
        b'<row r="1"><c r="A1"><v>1</v></row>',
        b'<row r="1"><c r="A1"><f><c r="B1"/></f></c></row>',
        b'<row r="1"><!-- <c r="A1"><v>1</v></c> --></row>',
        b'<row r="1"><c r="A1"><v>1</vv></c></row>',
        b'<row r="1"><c r="A1"><v>1\0</v></c></row>',
        b'<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row>',
        b'<row r="1"><c r="A1"><v>1 > 0</v></c></row>',
        b'</sheetData><sheetData><row r="1"/>',
        b'<row r="1"><c r="A1"><v>1</v></c></row>'
        b'<row r="999999"><c r="XFD999999"><v>1</v></c></row>',  # more cells than are read
    ],
)
def test_xml_in_another_manner_is_left_to_the_library(rows):
    with pytest.raises(NotPlain):
        scan([BEGIN + rows + END], package.MAX_CELLS)


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<worksheet/>",
        b'<?xml version="1.0" encoding="gbk"?>' + BEGIN + b'<row r="1"/>' + END,
        b'<?xml version="1.0" encoding="none"?>' + BEGIN + b'<row r="1"/>' + END,
        BEGIN + b'<row r="1"/>',
        BEGIN + b'<row r="1"/></sheetData>',
        BEGIN + END.replace(b"</work", b'<mergeCells><mergeCell ref="A1"/></mergeCells></work'),
    ],
)
def test_a_sheet_that_is_not_whole_is_left_to_the_library(xml):
    with pytest.raises(NotPlain):
        scan([xml], package.MAX_CELLS)


def test_what_the_library_refuses_is_refused_in_its_words(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "LARGE_SHEET", 0)
    path = tmp_path / "bad.xlsx"
    rows = b'<row r="1"><c r="A1" t="s"><v>77</v></c></row>'  # there is no such text
    path.write_bytes(replace_part(xlsx_bytes(), SHEET1, BEGIN + rows + END))
    with pytest.raises(FileRejected, match="damaged"):
        list(open_source(path).sheets())
