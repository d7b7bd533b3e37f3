"""Text stays text, and a province's own wording stands in the workbook."""

from __future__ import annotations

from io import BytesIO

import pytest
from xlsxwriter import Workbook

from dagster_project.figures.rounding import kind_named
from dagster_project.reports.annex.document import render
from dagster_project.reports.annex.layout import layout_for
from dagster_project.reports.annex.looks import Looks, number_format
from dagster_project.reports.annex.page import MOST_SIGNS, Page, height
from dagster_project.reports.templates import TemplateBroken, Templates
from tests.load import flawed
from tests.reports.annex_reading import LAYOUT, opened


def page_with(*texts):
    """A sheet with these texts, read back."""
    stream = BytesIO()
    book = Workbook(stream, {"in_memory": True})
    page = Page(book.add_worksheet("表"), Looks(book, "黑体"), LAYOUT)
    for row, text in enumerate(texts):
        page.text(row, 0, text)
    page.merged(len(texts), 0, 2, texts[0] or "", "wrap")
    book.close()
    return opened(stream.getvalue(), values=False)["表"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_begins_like_a_formula_is_no_formula(start):
    text = f'{start}HYPERLINK("http://example.com","城关一小")'
    sheet = page_with(text)
    for row in (1, 2):
        cell = sheet.cell(row, 1)
        assert cell.data_type == "s" and cell.value.replace("_x000D_", "\r") == text
        assert cell.quotePrefix, "Excel would read it as a formula when the cell is edited"


def test_other_text_is_as_it_is():
    sheet = page_with("城关一小", None, "—（空白）", "2164000001", "1E5", "TRUE")
    values = [sheet.cell(row, 1).value for row in range(1, 7)]
    assert values == ["城关一小", None, "—（空白）", "2164000001", "1E5", "TRUE"]
    assert not sheet.cell(1, 1).quotePrefix


def test_text_longer_than_a_cell_says_that_it_goes_on():
    value = page_with("数" * 40_000).cell(1, 1).value
    assert len(value) < 32_767 and value == "数" * MOST_SIGNS + LAYOUT["shortened"]


def test_a_name_that_would_trip_xml_stands_as_it_is(published):
    (county,) = published.counties([flawed.COUNTY], [flawed.YEAR])
    sheet = opened(render(published, county, Templates()), values=True)["小学指标"]
    names = {cell.value for (cell,) in sheet.iter_rows(min_col=2, max_col=2)}
    (name,) = [
        row["school_name"]
        for row in published.rows(
            "select school_name from marts.dim_school where county_code = ?"
            " and school_name like '%A&B%'",
            flawed.COUNTY,
        )
    ]
    assert name in names


@pytest.mark.parametrize(
    ("kind", "is_tainted", "expected"),
    [
        ("count", False, "0"),
        ("share", False, "0.00%"),
        ("coefficient_fine", False, "0.0000"),
        ("per_pupil_m2", True, '0.00"※"'),
        ("as_is", False, "General"),
    ],
)
def test_excels_format_of_a_kind(kind, is_tainted, expected):
    assert number_format(kind, is_tainted) == expected


def test_a_kind_that_excel_cannot_show_is_refused():
    assert kind_named("ten_thousand_yuan").times != 1
    with pytest.raises(ValueError, match="ten_thousand_yuan"):
        number_format("ten_thousand_yuan")


def test_height_counts_chinese_signs_twice():
    assert height("数" * 10, 21) < height("数" * 11, 21) == height("a" * 22, 21)


def test_a_province_says_what_it_says_otherwise(published, tmp_path):
    folder = tmp_path / "11"
    folder.mkdir()
    changes = [
        "cover: {overview: 本省基本情况}",
        "verdicts: {met: √ 合格}",
        "attains: {attains: √ 合格}",
        "none: =1+1",
    ]
    (folder / "附表.yml").write_text("\n".join(changes), "utf-8")
    templates = Templates(tmp_path)
    assert layout_for(templates, "640221") == LAYOUT
    (county,) = published.counties([flawed.COUNTY], [flawed.YEAR])
    book = opened(render(published, county, templates), values=True)
    said = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert {"本省基本情况", "√ 合格", "=1+1"} <= said
    assert "√ 达标" not in {cell.value for row in book["小学指标"].iter_rows() for cell in row}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("verdict: {met: 合格}", "'verdict' is not known"),
        ("cover: {overviews: x}", "'cover.overviews' is not known"),
        ("verdicts: 合格", "'verdicts' must be as in"),
        ("verdicts: [", "no valid yaml"),
        ("- x", "must be a map of keys with values"),
    ],
)
def test_a_broken_file_is_named_with_what_to_do(tmp_path, text, named):
    (tmp_path / "附表.yml").write_text(text, "utf-8")
    with pytest.raises(TemplateBroken, match=named) as raised:
        layout_for(Templates(tmp_path), "640221")
    assert str(tmp_path / "附表.yml") in str(raised.value)
