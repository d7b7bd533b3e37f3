"""The annex as it is handed in: Chinese alone, both languages by option, charts of coefficients."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest

from dagster_project.figures.published import CountyYear, Published
from dagster_project.reports.annex.document import render
from dagster_project.reports.annex.layout import NAME
from dagster_project.reports.annex.table import ZH_ROW
from dagster_project.reports.templates import Templates

PINGLUO = CountyYear(2023, "640221", "平罗县")
ENGLISH = re.compile(r"\b(?:school|sponsor|pupils|stage|verdict|Publish|Generated|total|mean)\b")


@pytest.fixture(scope="module")
def written(flat_county, tmp_path_factory):
    """The annex in Chinese alone, and with the English beside it."""
    folder = tmp_path_factory.mktemp("templates")
    (folder / NAME).write_text("bilingual: true\n", "utf-8")
    with Published(flat_county.settings.warehouse) as published:
        return [
            render(published, PINGLUO, templates) for templates in (Templates(), Templates(folder))
        ]


def texts(content: bytes) -> dict[str, list[str]]:
    book = openpyxl.load_workbook(BytesIO(content))
    return {
        sheet.title: [
            cell.value
            for row in sheet.iter_rows(max_row=60)
            for cell in row
            if isinstance(cell.value, str) and not cell.value.startswith("=")
        ]
        for sheet in book
    }


def test_what_is_handed_in_is_chinese_and_english_comes_by_option(written):
    chinese, both = map(texts, written)
    assert chinese.keys() == both.keys()
    # Names of tables and items, by which figures are looked up, are the same in any language.
    found = {
        text
        for title, cells in chinese.items()
        for text in cells
        if title != "数据更正" and ENGLISH.search(text) and not re.fullmatch(r"[a-z_]+", text)
    }
    assert found == set()
    assert sum(bool(ENGLISH.search(text)) for cells in both.values() for text in cells) > 50
    # Nothing that is said in Chinese is lost: a header takes the room of both languages.
    for title, cells in chinese.items():
        told = " ".join(both[title])
        assert [text for text in cells if text not in told and "‖" in text] == []
        assert {text for text in cells if text in ("学校名称", "序号", "学段")} <= set(both[title])


def test_a_header_is_high_enough_for_its_lines(written):
    sheet = openpyxl.load_workbook(BytesIO(written[0]))["小学指标"]
    row = ZH_ROW + 1
    high = sheet.row_dimensions[row].height + sheet.row_dimensions[row + 1].height
    for cell in sheet[row]:
        if isinstance(cell.value, str):
            width = sheet.column_dimensions[cell.column_letter].width
            lines = sum(
                -(-len(line.encode("gbk")) // max(int(width) - 1, 1))
                for line in cell.value.split("\n")
            )
            assert 13 * lines <= high, (cell.value, lines, high)


def test_the_coefficients_are_charted_beside_their_limits(written):
    with ZipFile(BytesIO(written[0])) as package:
        charts = [name for name in package.namelist() if name.startswith("xl/charts/chart")]
        assert len(charts) == 2  # primary and junior
        for name in charts:
            text = package.read(name).decode()
            assert "校际差异系数" in text and text.count("<c:ser>") == 2
            assert "barChart" in text and "lineChart" in text
