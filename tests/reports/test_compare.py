"""An edited document against the marts: which of its figures are no longer so, and where."""

from __future__ import annotations

import shutil
from io import BytesIO

import docx
import duckdb
import pytest
from typer.testing import CliRunner

from dagster_project.cli.app import app
from dagster_project.figures.published import CountyYear, Published
from dagster_project.reports import compare as comparing
from dagster_project.reports.documents import CIRCULAR, OF_A_COUNTY, SELF_EVALUATION
from dagster_project.reports.templates import Templates

PINGLUO = CountyYear(2023, "640221", "平罗县")
WORD = [document for document in OF_A_COUNTY if document.name.endswith(".docx")]


@pytest.fixture(scope="module")
def opened(flat_county):
    with Published(flat_county.settings.warehouse) as published:
        yield published


@pytest.fixture(scope="module")
def written(opened):
    """The county's Word documents by name."""
    return {one.name: one.renderer()(opened, PINGLUO, Templates()) for one in WORD}


def compared(opened, data: bytes, name: str):
    document = comparing.document_of(data, name)
    return comparing.compare(data, document, opened, PINGLUO, Templates())


def edited(data: bytes, old: str, new: str, times: int = 1) -> tuple[bytes, int]:
    """The document with a text replaced in its first runs that hold it."""
    document, done = docx.Document(BytesIO(data)), 0
    cells = [p for t in document.tables for r in t.rows for c in r.cells for p in c.paragraphs]
    for paragraph in [*document.paragraphs, *cells]:
        for run in paragraph.runs:
            if done < times and old in run.text:
                run.text = run.text.replace(old, new, 1)
                done += 1
    document.add_paragraph("全县召开推进会12次。")  # a figure of nobody's marts
    made = BytesIO()
    document.save(made)
    return made.getvalue(), done


@pytest.mark.parametrize("name", [SELF_EVALUATION, CIRCULAR])
def test_what_nobody_edited_is_equal(opened, written, name):
    found = compared(opened, written[name], name)
    assert not found.differences and found.figures > 100


@pytest.mark.parametrize("name", [SELF_EVALUATION, CIRCULAR])
def test_a_figure_that_somebody_changed_is_named_with_its_cell(opened, written, name):
    (pupils,) = opened.rows(
        "select value from marts.county_profile where county_code = '640221'"
        " and topic = 'total' and stage = 'all' and category = 'pupils'"
    )
    now = f"{pupils['value']:.0f}"
    data, done = edited(written[name], now, "31999")
    assert done == 1
    found = compared(opened, data, name)
    (one,) = found.differences
    assert (one.said, one.now) == ("31999", now)
    assert one.cell.startswith("county_profile|") and one.cell.endswith("|value")
    assert found.own == ("全县召开推进会12次。",)


def test_a_document_of_other_figures_says_each_of_them(flat_county, written, tmp_path):
    """What was published is restated: the document of before says the old figures."""
    version = tmp_path / "version"
    shutil.copytree(flat_county.settings.current.resolve(), version)
    with duckdb.connect(str(version / "junheng.duckdb")) as connection:
        connection.execute("update facts.figure set value = value * 1.5 where indicator_id = 'L4'")
    with Published(version) as restated:
        found = compared(restated, written[SELF_EVALUATION], SELF_EVALUATION)
    assert {one.cell.split("|")[0] for one in found.differences} == {"school_indicator"}
    assert all("L4" in one.cell for one in found.differences)


def test_junheng_report_compare(flat_county, written, tmp_path):
    settings = flat_county.settings
    where = ["--warehouse", str(settings.warehouse), "--raw", str(settings.raw)]
    equal, other = tmp_path / "报送稿.docx", tmp_path / "修改稿.docx"
    equal.write_bytes(written[SELF_EVALUATION])
    other.write_bytes(edited(written[SELF_EVALUATION], "0.", "1.", times=3)[0])
    (tmp_path / "a.docx").write_bytes(b"x")
    for path, code in ((equal, 0), (other, 3), (tmp_path / "a.docx", 2)):
        result = CliRunner().invoke(app, ["report", *where, "--compare", str(path)])
        assert result.exit_code == code, result.output
