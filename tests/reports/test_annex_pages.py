"""How the annex workbook looks: draft stamp, marks, decimals, print set-up."""

from __future__ import annotations

import math

import pytest

from dagster_project.figures.rounding import kind_of_unit, taint_mark
from dagster_project.reports.annex.document import render
from dagster_project.reports.templates import Templates
from tests.reports.annex_reading import (
    FIRST_ROW,
    FIRST_SCHOOL,
    LAYOUT,
    annex_of,
    equal,
    foot_rows,
    groups,
    tables,
)

COUNTIES = {"sample": ("640221", 2023), "flawed": ("110121", 2023)}


@pytest.fixture(scope="module")
def written(published):
    """A complete county and a flawed one of one stage."""
    return {name: annex_of(published, *county) for name, county in COUNTIES.items()}


@pytest.fixture(params=COUNTIES)
def annex(request, written):
    return written[request.param]


@pytest.fixture
def flawed(written):
    return written["flawed"]


def test_a_draft_says_so_on_every_sheet_and_marks_what_is_tainted(flawed):
    stamp = LAYOUT["draft"].format(hard=1)
    for sheet in flawed.values:
        said = [str(cell.value or "") for row in sheet.iter_rows(max_row=3) for cell in row]
        assert any(stamp in text for text in said), sheet.title
        assert LAYOUT["draft_short"] in sheet.oddHeader.right.text
    sheet = flawed.values["小学指标"]
    columns, rows = groups(sheet), foot_rows(sheet)
    marked = {
        indicator
        for indicator, column in columns.items()
        if taint_mark() in sheet.cell(rows["cv"], column + 2).number_format
    }
    assert marked == {"L2"}
    tainted = [
        row
        for row in flawed.mart("marts.school_indicator", "and standard_id = '2017'")
        if row["is_tainted"]
    ]
    shown = [
        sheet.cell(line, columns["L2"] + 2).value
        for line in range(FIRST_SCHOOL, rows["total"])
        if taint_mark() in sheet.cell(line, columns["L2"] + 2).number_format
    ]
    assert len(shown) == len(tainted) > 0
    assert all(equal(value, row["value"]) for value, row in zip(shown, tainted, strict=True))


def test_a_county_without_hard_flags_is_no_draft(written):
    sample = written["sample"]
    texts = {
        str(cell.value)
        for sheet in sample.values
        for row in sheet.iter_rows(max_row=3)
        for cell in row
    }
    assert not any(LAYOUT["draft_short"] in text for text in texts)
    assert LAYOUT["final"] in texts


def test_one_stage_has_the_sheets_of_that_stage(flawed):
    names = flawed.values.sheetnames
    assert "小学指标" in names and not any("初中" in name for name in names)


def test_decimals_are_those_of_the_kind(annex):
    units = {
        row["indicator_id"]: row["unit"]
        for row in annex.published.rows("select indicator_id, unit from ref.indicator")
    }
    formats = {"per_hundred": "0.00", "per_pupil_m2": "0.00", "per_pupil_yuan": "0",
               "ratio": "0.00", "per_pupil_fine": "0.000"}  # fmt: skip
    for sheet, *_ in tables(annex):
        rows = foot_rows(sheet)
        for indicator, column in groups(sheet).items():
            found = sheet.cell(rows["mean"], column + 2).number_format
            assert found.split('"')[0] == formats[kind_of_unit(units[indicator])]


def test_pages_can_be_read_and_printed(annex):
    for sheet in list(annex.values)[1:]:
        assert (sheet.freeze_panes is not None and sheet.auto_filter.ref is not None) or (
            sheet.max_row <= FIRST_ROW + 3
        ), sheet.title
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows
        assert annex.county.county_name in sheet.oddHeader.left.text
        assert "&P" in sheet.oddFooter.right.text and "&N" in sheet.oddFooter.right.text
    for sheet in annex.values:
        assert len(sheet.title) <= 31 and not set("[]:*?/\\") & set(sheet.title)
    cover = annex.values.worksheets[0]
    links = {cell.hyperlink.location for row in cover.iter_rows() for cell in row if cell.hyperlink}
    assert links == {f"'{name}'!A1" for name in annex.values.sheetnames[1:]}


def test_the_same_version_gives_the_same_bytes(flawed):
    assert render(flawed.published, flawed.county, Templates()) == flawed.content


def test_cached_results_are_figures(annex):
    for sheet in annex.values:
        for row in sheet.iter_rows():
            for cell in row:
                value = cell.value
                assert not (isinstance(value, float) and not math.isfinite(value))
                assert not str(value).startswith("#"), (sheet.title, cell.coordinate)
