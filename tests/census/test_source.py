"""A file is what its bytes are; what is no table, or too dangerous to open, gets one sentence."""

from __future__ import annotations

import datetime
import io
import time
import zipfile

import pytest
import xlsxwriter
import xlwt

from dagster_project.census.addresses import cell_address, column_letter
from dagster_project.census.figures import NOT_APPLICABLE, REPORTED, UNREADABLE, parse_figure
from dagster_project.census.opening.source import Workbook, open_source
from dagster_project.census.rejection import FileRejected


def xlsx_bytes(fill=lambda book, sheet: sheet.write(0, 0, "机构名称")) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    fill(book, book.add_worksheet("教基3112"))
    book.close()
    return buffer.getvalue()


def xls_bytes(fill=lambda sheet: sheet.write(0, 0, "机构名称")) -> bytes:
    book = xlwt.Workbook()
    fill(book.add_sheet("基础基312"))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zip_bytes(*parts: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return buffer.getvalue()


def encrypted_xls() -> bytes:
    """An xls whose second record is FILEPASS, as Excel writes it for a protected workbook."""
    data = xls_bytes()
    return data.replace(b"\xe1\x00\x02\x00", b"\x2f\x00\x02\x00", 1)


def replace_part(data: bytes, name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [(n, content if n == name else archive.read(n)) for n in archive.namelist()]
    return zip_bytes(*parts)


SHEET1 = "xl/worksheets/sheet1.xml"
STRAY = (
    b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    b'main"><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">'
    b'<c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("name", "data", "reason", "advice"),
    [
        ("empty.xlsx", b"", "is empty", "again"),
        ("empty.csv", b"", "is empty", "again"),
        ("blank.csv", b"\r\n  \n", "nothing but empty space", "again"),
        ("page.xls", b"<html><table><tr><td>1</td></tr></table></html>", "web page", "xlsx"),
        ("page.xlsx", "\ufeff\n<!DOCTYPE html><p>".encode(), "web page", "xlsx"),
        ("book.xls", b'<?xml version="1.0"?><Workbook/>', "XML text", "xlsx"),
        ("table.xlsx", "机构编码,人数\n1,2\n".encode("gb18030"), "csv text under", ".csv"),
        ("table.xls", b"id,pupils\n1,2\n", "csv text under", "Rename it to .csv"),
        ("cut.xlsx", xlsx_bytes()[:2000], "damaged or cut off", "again"),
        ("cut.xls", xls_bytes()[:1500], "cut off", "again"),
        ("stub.xls", OLE, "cut off or holds no workbook", "again"),
        ("locked.xls", encrypted_xls(), "protected by a password", "remove the password"),
        (
            "locked.xlsx",
            OLE + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
            "remove the password",
        ),
        ("old.doc", OLE + "WordDocument".encode("utf-16-le"), "Word", "Export"),
        ("letter.docx", zip_bytes(("word/document.xml", b"<w/>")), "a Word document", "Export"),
        ("files.zip", zip_bytes(("a.csv", b"1"), ("b.csv", b"2")), "2 tables (a.csv", "Unpack"),
        ("notes.zip", zip_bytes(("a.md", b"1,2")), "zip archive", "Unpack"),
        ("inner.zip", zip_bytes(("a.csv", b"%PDF-1.7")), "PDF", "Export"),
        ("piece.xls", b"\r\n<div>\n<table><tr><td>1</td></tr></table></div>", "web page", "xlsx"),
        ("piece.csv", b"<style>td {}</style>\n<tr><td>1</td></tr>", "web page", "xlsx"),
        ("rows.xlsx", b"\xef\xbb\xbf<tr><th>a</th></tr>", "web page", "xlsx"),
        ("old.xls", b'<?xml version="1.0"?><Workbook><Table></Table></Workbook>', "XML", "xlsx"),
        ("none.xlsx", zip_bytes(), "zip archive", "Unpack"),
        ("sheet.ods", zip_bytes(("content.xml", b"<x/>")), "OpenDocument", "xlsx"),
        ("report.pdf", b"%PDF-1.7\n", "PDF", "Export"),
        ("photo.png", b"\x89PNG\r\n\x1a\n", "picture", "Export"),
        ("noise.csv", bytes(range(256)) * 20, "binary data", "Export"),
        ("badxml.xlsx", zip_bytes(("xl/workbook.xml", b"<oops")), "damaged", ""),
        ("stray.xlsx", replace_part(xlsx_bytes(), SHEET1, STRAY), "reaches down", "stray cells"),
        ("bomb.xlsx", replace_part(xlsx_bytes(), SHEET1, b" " * (80 << 20)), "unpack to", "csv"),
    ],
)
def test_what_is_no_readable_table_is_refused_with_a_sentence(tmp_path, name, data, reason, advice):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(FileRejected) as caught:
        open_source(path)
    assert reason in caught.value.reason
    assert advice in caught.value.advice
    assert caught.value.reason.endswith(".")


def test_a_stray_cell_is_named(tmp_path):
    path = tmp_path / "stray.xlsx"
    path.write_bytes(replace_part(xlsx_bytes(), SHEET1, STRAY))
    with pytest.raises(FileRejected) as caught:
        open_source(path)
    assert (caught.value.sheet, caught.value.cell) == ("教基3112", "XFD1048576")


def test_the_suffix_does_not_matter(tmp_path):
    for name, data in (("a.xls", xlsx_bytes()), ("b.csv", xlsx_bytes()), ("c.xlsx", xls_bytes())):
        path = tmp_path / name
        path.write_bytes(data)
        source = open_source(path)
        assert isinstance(source, Workbook)
        assert source.sheet(source.sheet_names[0]).rows == [["机构名称"]]


def test_a_million_formatted_empty_rows_are_cut(tmp_path):
    empty = "".join(
        f'<row r="{n}" s="1" customFormat="1"><c r="C{n}" s="1"/></row>'
        for n in range(3, 1_048_576)
    )
    content = (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
        '2006/main"><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr">'
        '<is><t>机构编码</t></is></c></row><row r="2"><c r="B2"><v>12</v></c></row>'
        f'{empty}<row r="1048576"><c r="A1048576" t="inlineStr"><is><t> </t></is></c></row>'
        "</sheetData></worksheet>"
    )
    path = tmp_path / "used_range.xlsx"
    path.write_bytes(replace_part(xlsx_bytes(), SHEET1, content.encode()))
    start = time.process_time()
    rows = open_source(path).sheet("教基3112").rows
    assert list(rows) == [["机构编码", None], [None, 12]]
    assert time.process_time() - start < 15


def test_stray_formatting_far_right_does_not_matter(tmp_path):
    content = STRAY.replace(b'<c r="XFD1048576"><v>1</v></c>', b'<c r="XFD1048576" s="1"/>')
    path = tmp_path / "format.xlsx"
    path.write_bytes(replace_part(xlsx_bytes(), SHEET1, content))
    assert open_source(path).sheet("教基3112").rows == [[1]]


def test_cells_keep_what_the_figure_judge_needs(tmp_path):
    def fill(book, sheet):
        sheet.write_row(1, 1, [12, 3.5, "１，０２４", "*", True])
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(2, 1, datetime.datetime(2020, 9, 1), date)
        sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
        sheet.merge_range(3, 1, 4, 3, "合计")

    path = tmp_path / "cells.xlsx"
    path.write_bytes(xlsx_bytes(fill))
    sheet = open_source(path).sheet("教基3112")
    judged = [parse_figure(sheet.value(1, column)) for column in range(1, 6)]
    assert [f.value for f in judged] == [12.0, 3.5, 1024.0, None, None]
    assert [f.status for f in judged] == [REPORTED] * 3 + [NOT_APPLICABLE, UNREADABLE]
    assert sheet.value(2, 1) == "2020-09-01"
    assert sheet.value(2, 2) == "#DIV/0!"
    assert parse_figure(sheet.value(2, 2)).status == UNREADABLE
    assert sheet.merges == ((3, 1, 4, 3),)
    assert sheet.value(0, 0) is None
    assert sheet.value(99, 99) is None
    assert {len(row) for row in sheet.rows} == {6}


def test_xls_gives_the_same_grid(tmp_path):
    def fill(sheet):
        sheet.write(2, 1, 12)
        sheet.write(2, 2, True)
        sheet.write(2, 3, datetime.date(2020, 9, 1), xlwt.easyxf(num_format_str="YYYY-MM-DD"))
        sheet.write_merge(3, 4, 0, 1, "合计")

    path = tmp_path / "cells.xls"
    path.write_bytes(xls_bytes(fill))
    sheet = open_source(path).sheet("基础基312")
    assert sheet.rows[2] == [None, 12, "TRUE", "2020-09-01"]
    assert sheet.rows[0] == [None] * 4
    assert sheet.merges == ((3, 0, 4, 1),)


def test_chart_sheets_are_no_sheets(tmp_path):
    path = tmp_path / "chart.xlsx"
    path.write_bytes(xlsx_bytes(lambda book, sheet: book.add_chartsheet("图")))
    source = open_source(path)
    assert source.sheet_names == ("教基3112",)
    assert source.sheet("教基3112").rows == []


def test_a_quote_that_never_closes_is_refused(tmp_path):
    path = tmp_path / "quote.csv"
    path.write_text('id,name\n1,"一小\n' + "2,二小\n" * 40_000, encoding="utf-8")
    with pytest.raises(FileRejected, match="quotation mark") as caught:
        list(open_source(path).rows())
    assert caught.value.cell == "row 2"


LINES = [f"2100{n:02},第{n}小学,1班,{40 + n},{20 + n}" for n in range(1, 7)]
CSV = "\n".join(["标识码,名称,班,学生,女生", *LINES])


@pytest.mark.parametrize(
    "cut",
    [
        *(range(-len(LINES[-1]) + 1, 0)),  # within any cell of the last line, and behind any comma
        pytest.param("2100", id="a piece of an id"),
    ],
)
def test_a_text_that_ends_within_a_line_is_refused(tmp_path, cut):
    """A copy that ended early has lost rows, and nothing else says so."""
    path = tmp_path / "cut.csv"
    path.write_text(CSV[:cut] if isinstance(cut, int) else f"{CSV}\n{cut}", encoding="utf-8")
    with pytest.raises(FileRejected, match="ended early") as caught:
        list(open_source(path).rows())
    assert caught.value.cell == ("row 7" if isinstance(cut, int) else "row 8")


@pytest.mark.parametrize(
    "end",
    ["", "\n", "\r\n", "\x1a", "\n\x1a", "\n\n", "\n210007\n", "\n注：截至9月1日", "\n合计,261"],
)
def test_a_text_that_ends_without_a_line_end_is_whole(tmp_path, end):
    """Many programs write none; notes, totals and short lines with an end are what they are."""
    path = tmp_path / "whole.csv"
    path.write_text(CSV + end, encoding="utf-8", newline="")
    assert len([row for row in open_source(path).rows() if any(row)]) >= 7


@pytest.mark.parametrize("last", ["0", "9.5", "100", '"9"', ""])
def test_a_last_figure_unlike_the_others_may_be_what_it_is(tmp_path, last):
    """None, as long as others, quoted, or blank as in other rows."""
    text = CSV.replace(",21\n", ",\n") if not last else CSV
    path = tmp_path / "whole.csv"
    path.write_text(f"{text}\n210007,第7小学,1班,50,{last}", encoding="utf-8")
    assert len(list(open_source(path).rows())) == 8


@pytest.mark.parametrize(("column", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (16383, "XFD")])
def test_column_letters(column, letter):
    assert column_letter(column) == letter
    assert cell_address(4, column) == f"{letter}5"
