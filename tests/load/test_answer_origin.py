"""A figure of a return leads to its cells: what stands there is what was reported."""

from __future__ import annotations

from functools import cache

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

PARTS = ("answer", "art_room", "monitoring", "roster", "movement", "measure", "project")


@pytest.fixture(scope="module")
def cells(documents):
    """The values of a cell or range of a raw file, read by somebody else's library."""

    @cache
    def book(path: str):
        return openpyxl.load_workbook(documents.settings.raw / path, data_only=True)

    def at(path: str, sheet: str, cell: str) -> list:
        left, top, right, bottom = range_boundaries(cell)
        page = book(path)[sheet]
        return [
            page.cell(r, c).value for r in range(top, bottom + 1) for c in range(left, right + 1)
        ]

    return at


def test_every_entry_of_every_part_has_a_place(documents):
    rows = documents.query(
        "select part, sum(entries), min(length(path)), min(length(cell)) from quality.answer_origin"
        " group by part"
    )
    assert {row[0] for row in rows} == set(PARTS)
    assert all(entries > 0 and path and cell for _, entries, path, cell in rows)


@pytest.mark.parametrize("part", PARTS)
def test_the_cells_hold_what_was_reported(documents, cells, part):
    """Money, rates and levels are written in units of their own; counts and areas as they are."""
    rows = documents.query(
        "select path, sheet, cell, value, entries, field_id from quality.answer_origin"
        " where part = ? and value is not null order by path, sheet, cell limit 300",
        part,
    )
    assert rows
    for path, sheet, cell, value, entries, field_id in rows:
        there = cells(path, sheet, cell)
        assert len(there) == entries
        if part in ("art_room", "roster", "movement"):
            assert sum(there) == pytest.approx(value, abs=1e-9), (path, sheet, cell)
        elif field_id.startswith(("exchange", "teachers", "migrant", "disabled")):
            assert there == [value], (path, sheet, cell)
        else:
            assert there[0] is not None, (path, sheet, cell)


def test_a_class_list_is_one_place_where_its_rows_are_neighbours(documents):
    """All classes of a school in one semester, counted by their own rows in the file."""
    (cell, entries), *_ = documents.query(
        "select cell, entries from quality.answer_origin where part = 'roster'"
        " order by entries desc, cell"
    )
    first, last = (int("".join(filter(str.isdigit, end))) for end in cell.split(":"))
    assert last - first + 1 == entries > 1


def test_what_the_verdict_was_made_of_is_found(documents):
    """G11 of the county: teachers moved of those eligible, as the circular printed it."""
    moved, eligible = (
        documents.row(
            "select value from quality.answer_origin where county_code = '640221'"
            " and school_year = 2023 and field_id = ?",
            field_id,
        )[0]
        for field_id in ("exchange_moved", "exchange_eligible")
    )
    ((value,),) = documents.query(
        "select value from marts.county_assessment where county_code = '640221'"
        " and school_year = 2023 and item_id = 'G11'"
    )
    assert value == pytest.approx(moved / eligible)
