"""Kinds of document that are written when they are asked for, and PDFs beside them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.cli.report import NOT_WRITTEN, WRITTEN, WRONG_USAGE, run
from dagster_project.reports import pdf
from dagster_project.reports.documents import ALL_KINDS, FURTHER_OF_A_COUNTY, OF_A_COUNTY
from dagster_project.reports.write import write_reports

PLACE = Path("2023/640221-平罗县")
WHERE = {"county": "640221", "school_year": 2023, "only_changed": False}


@pytest.fixture
def settings(flat_county, tmp_path):
    """The sample county's published version, without reports."""
    warehouse = tmp_path / "warehouse"
    shutil.copytree(flat_county.settings.current.resolve(), warehouse / "versions" / "one")
    (warehouse / "current").symlink_to("versions/one")
    return replace(flat_county.settings, raw=tmp_path / "raw", warehouse=warehouse, workers=1)


def names(settings) -> set[str]:
    return {path.name for path in (settings.reports / PLACE).glob("*.*") if path.name[0] != "."}


def test_only_the_kinds_that_are_asked_for_are_written(settings):
    assert run(settings, **WHERE, kinds=["record", "一校一策"]) == WRITTEN
    assert names(settings) == {"创建纪实.docx", "一校一策.docx"}
    assert not (settings.reports / "2023" / "CN").exists()


def test_a_load_writes_the_usual_ones_and_keeps_current_what_stands(settings):
    write_reports(settings)
    usual = {document.name for document in OF_A_COUNTY}
    assert names(settings) == usual
    run(settings, **WHERE, kinds=["plan"])
    plan = settings.reports / PLACE / "三年行动计划.docx"
    before = plan.stat().st_mtime_ns
    assert names(settings) == usual | {plan.name}
    assert write_reports(settings).written == () and plan.stat().st_mtime_ns == before
    write_reports(settings, everything=True)
    assert plan.stat().st_mtime_ns > before


def test_a_city_has_its_overview_in_its_own_folder(settings):
    assert run(settings, **WHERE, kinds=["市级概况"]) == WRITTEN
    assert (settings.reports / "2023" / "6402-石嘴山市" / "市级概况.docx").exists()
    assert [path.name for path in (settings.reports / "2023").iterdir()] == ["6402-石嘴山市"]


def test_all_is_every_kind(settings):
    assert run(settings, **WHERE, kinds=["all"]) == WRITTEN
    assert names(settings) == {d.name for d in (*OF_A_COUNTY, *FURTHER_OF_A_COUNTY)}


def test_a_kind_that_does_not_exist_is_wrong_usage(settings, capsys):
    assert run(settings, **WHERE, kinds=["报告"]) == WRONG_USAGE
    said = "".join(capsys.readouterr().err.split())
    assert all(kind.replace(" ", "") in said for kind in ALL_KINDS)


def test_without_libreoffice_the_word_files_stand_and_it_is_said(settings, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert run(settings, **WHERE, kinds=["plan"], pdf=True) == NOT_WRITTEN
    assert "LibreOffice" in capsys.readouterr().err
    assert names(settings) == {"三年行动计划.docx"}


@pytest.mark.skipif(
    pdf.office() is None, reason="LibreOffice is not installed: apt-get install libreoffice-writer"
)
def test_a_pdf_stands_beside_every_word_file(settings):
    assert run(settings, **WHERE, kinds=["plan", "page"], pdf=True) == WRITTEN
    assert names(settings) == {"三年行动计划.docx", "三年行动计划.pdf", "网页报告.html"}
    assert (settings.reports / PLACE / "三年行动计划.pdf").read_bytes().startswith(b"%PDF")
