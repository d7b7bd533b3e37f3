"""What a cell shows is what is read, or it is unreadable: never another number without a word."""

from __future__ import annotations

import openpyxl
import pytest
import xlsxwriter

from dagster_project.census.figures import parse_figure
from dagster_project.census.opening import package
from dagster_project.census.opening.cell_marks import ZeroFormat, is_formula
from dagster_project.census.opening.source import open_source
from dagster_project.census.rejection import FileRejected
from tests.census.test_source import SHEET1, replace_part, xlsx_bytes

HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"


@pytest.fixture(params=["small", "large"])
def path(request, monkeypatch, tmp_path):
    """Where to write a workbook that is read by the library alone, or as a large one."""
    if request.param == "large":
        monkeypatch.setattr(package, "LARGE_SHEET", 0)
    return tmp_path / "t.xlsx"


def rows(path) -> list[list[object]]:
    (sheet,) = open_source(path).sheets()
    return list(sheet.rows)


def raw_rows(path, *cells: str) -> list[list[object]]:
    """The rows of a sheet whose first row consists of ``cells`` (XML)."""
    xml = f'{HEAD}<row r="1">{"".join(cells)}</row>{TAIL}'
    path.write_bytes(replace_part(xlsx_bytes(), SHEET1, xml.encode()))
    return rows(path)


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1"><f>SUM(B1:B9)</f></c>',
        '<c r="A1"><f>SUM(B1:B9)</f><v></v></c>',
        '<c r="A1"><f>SUM(B1:B9)</f><v/></c>',
        '<c r="A1"><f t="shared" si="0"/></c>',
        '<c r="A1"><v>16<!-- x -->80</v></c>',
        '<c r="A1"><v>16<?x y?>80</v></c>',
        '<c r="A1"><v>16<b/>80</v></c>',
        '<c r="A1"><v>16</v><v>80</v></c>',
        '<c r="A1"><v>16</v>\n<v>80</v></c>',
        '<c r="A1" t="e"><v>#DIV/0!</v></c>',
        '<c r="A1" t="inlineStr"><is><r><t>123</t></r><r><rPr><vertAlign val="superscript"/></rPr>'
        "<t>2</t></r></is></c>",
    ],
)
def test_a_cell_that_is_no_one_number_is_unreadable_and_no_blank(path, cell):
    (row,) = raw_rows(path, cell, '<c r="B1"><v>7</v></c>')
    assert parse_figure(row[0]).status == "unreadable"
    assert row[1] == 7


@pytest.mark.parametrize(
    "value", ["&#49;680", "1&#54;80", "168&#48;", "&#x31;&#x36;80", "&#49;680.0"]
)
@pytest.mark.parametrize("kind", ["", ' t="n"', ' t="str"'])
def test_digits_written_as_references_are_these_digits(path, value, kind):
    """The library leaves them out: 16 or nothing would be read."""
    (row,) = raw_rows(path, f'<c r="A1"{kind}><v>{value}</v></c>', '<c r="B1"><v>7</v></c>')
    assert parse_figure(row[0]).value == 1680
    assert row[1] == 7


@pytest.mark.parametrize(
    "cell", ["<v>16&amp;80</v>", '" t="s"><v>&#48;</v>', '" t="b"><v>&#49;</v>']
)
def test_what_else_is_written_as_a_reference_is_no_number(path, cell):
    start = '<c r="A1' if cell.startswith('"') else '<c r="A1">'
    (row,) = raw_rows(path, f"{start}{cell}</c>", '<c r="B1"><v>7</v></c>')
    assert parse_figure(row[0]).status == "unreadable"
    assert row[1] == 7


def test_an_empty_text_of_a_formula_is_a_blank(path):
    (row,) = raw_rows(path, '<c r="A1" t="str"><f>IF(B1,"",1)</f><v></v></c><c r="B1"><v>7</v></c>')
    assert parse_figure(row[0]).status == "blank"


def test_a_row_of_formulas_alone_is_a_row(path):
    book = openpyxl.Workbook()
    book.active.append(["id", "pupils"])
    book.active.append([None, None])
    book.active.append(["=A1", "=SUM(B1:B2)"])
    book.save(path)
    assert rows(path) == [["id", "pupils"], [None, None], ["=A1", "=SUM(B1:B2)"]]
    assert is_formula(rows(path)[2][1])


def test_zeros_of_a_book_that_asks_to_be_calculated_are_unknown(path):
    with xlsxwriter.Workbook(path) as book:  # writes fullCalcOnLoad and zeros
        sheet = book.add_worksheet()
        sheet.write_formula("A1", "=SUM(B1:C1)")
        sheet.write_formula("B1", "=6*7", None, 42)
        sheet.write_number("C1", 0)
    (row,) = rows(path)
    assert is_formula(row[0])
    assert row[1:] == [42, 0]


def test_a_raised_note_is_no_digit(path):
    with xlsxwriter.Workbook(path) as book:
        sheet, raised = book.add_worksheet(), book.add_format({"font_script": 1})
        sheet.write_rich_string("A1", "123", raised, "2")
        sheet.write_rich_string("B1", "001", raised, "a")
        sheet.write_rich_string("C1", "面积(m", raised, "2", ")")
        sheet.write_rich_string("D1", book.add_format({"bold": True}), "12", "3")
        sheet.write_string("E1", "45", raised)
    assert rows(path) == [["123²", "001ª", "面积(m²)", "123", "45"]]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("000000", "001501"),
        ('"64"00000', "6401501"),
        ("[$-804]0000000;@", "0001501"),
        ("000-000", "001-501"),
        (r"\A00000", "A01501"),
        ("00", "1501"),
        ("0", 1501),
        ("#,##0", 1501),
        ("0.00", 1501),
        ("General", 1501),
    ],
)
def test_leading_zeros_of_a_number_format_are_read_as_shown(path, code, shown):
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_number("A1", 1501, book.add_format({"num_format": code}))
        sheet.write_number("B1", 12.5, book.add_format({"num_format": code}))
    assert rows(path) == [[shown, 12.5]]


def test_a_format_of_zeros_keeps_every_digit():
    zeros = ZeroFormat.of("000-000")
    assert [zeros.shown(n) for n in ("0", "7", "1234567")] == ["000-000", "000-007", "1234-567"]


@pytest.mark.parametrize(
    ("xml", "cell"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>', "A1"),
        ('<row r="1"><c r="B1"><v>1</v></c></row><row r="1"><c r="B1"><v>2</v></c></row>', "A1"),
        ('<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A2"><v>2</v></c></row>', "A2"),
    ],
)
def test_two_values_for_one_address_are_refused(path, xml, cell):
    path.write_bytes(replace_part(xlsx_bytes(), SHEET1, f"{HEAD}{xml}{TAIL}".encode()))
    with pytest.raises(FileRejected, match="stands twice") as caught:
        open_source(path)
    assert caught.value.cell == cell


def test_hidden_rows_and_sheets_are_known(path):
    book = openpyxl.Workbook()
    for number in range(6):
        book.active.append([number])
    book.active.row_dimensions[2].hidden = True
    book.active.row_dimensions[5].height = 0.5
    book.create_sheet("old").sheet_state = "hidden"
    book.create_sheet("older").sheet_state = "veryHidden"
    book.save(path)
    source = open_source(path)
    assert source.hidden_sheets == {"old", "older"}
    assert source.sheet(source.sheet_names[0]).hidden_rows == {1, 4}
