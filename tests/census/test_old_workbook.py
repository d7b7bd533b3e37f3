"""What an old workbook shows and its library does not say: rows, formats, runs and formulas."""

from __future__ import annotations

import io
import struct

import pytest
import xlwt

from dagster_project.census.figures import UNREADABLE, parse_figure
from dagster_project.census.opening.old_workbook import look_through
from dagster_project.census.opening.source import open_source
from dagster_project.census.rejection import FileRejected
from tests.hostile.books import Cell, Sheet
from tests.hostile.writing import Book, xls


def book(cells: list[Cell], **sheet) -> bytes:
    rows = [[cell] for cell in cells]
    return xls(Book("table", "xls", "t.xls", [Sheet("甲", rows, **sheet)], {}, {}, {}, {}))


def opened(tmp_path, data: bytes):
    path = tmp_path / "t.xls"
    path.write_bytes(data)
    return open_source(path).sheet("甲")


SHOWN = [
    (Cell(1501, style="000000"), "001501"),
    (Cell(1501, style='"64"0000'), "641501"),
    (Cell(runs=(("123", False), ("2", True))), "123²"),
    (Cell(runs=(("12", False), ("3", False))), "123"),
    (Cell(1501, style="#,##0"), 1501),
    (Cell(15.5, style="0000"), 15.5),
    (Cell("001501"), "001501"),
    (Cell(7), 7),
]


@pytest.mark.parametrize(("cell", "token"), SHOWN)
def test_a_cell_is_read_as_it_is_shown(tmp_path, cell, token):
    assert opened(tmp_path, book([Cell("x"), cell])).value(1, 0) == token


@pytest.mark.parametrize("stored", ["", "0"], ids=["nothing", "a zero"])
def test_a_formula_that_was_never_calculated_is_unreadable(tmp_path, stored):
    sheet = opened(tmp_path, book([Cell("x"), Cell(raw=(stored, "A1")), Cell(0)]))
    assert parse_figure(sheet.value(1, 0)).status == UNREADABLE
    assert sheet.value(2, 0) == 0


def test_an_empty_text_is_a_value_where_other_formulas_have_theirs():
    """``=IF(A1="","",A1)`` gives it; so the book was calculated."""
    with_value = bytearray(book([Cell(1), Cell(raw=("0", "A1")), Cell(raw=("", "A1"))]))
    zero = with_value.index(struct.pack("<HHdH", 0, 15, 0.0, 2))
    with_value[zero + 4 : zero + 14] = struct.pack("<dH", 17.0, 0)
    assert look_through(bytes(with_value))["甲"].tokens == {}


def test_hidden_rows_are_known(tmp_path):
    assert opened(tmp_path, book([Cell(1), Cell(2), Cell(3)], hidden_rows={1})).hidden_rows == {1}


def test_whatever_is_damaged_in_it_is_a_sentence():
    made = xlwt.Workbook()
    made.add_sheet("甲").write(0, 0, "机构名称")
    buffer = io.BytesIO()
    made.save(buffer)
    data = buffer.getvalue()
    for size in range(600, len(data), 997):
        try:
            look_through(data[:size])
        except FileRejected as refusal:
            assert len(refusal.sentence.split()) > 6
