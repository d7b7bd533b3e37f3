"""Which documents are written, which are left alone, and what a failure leaves behind."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import docx
import duckdb
import pytest
from typer.testing import CliRunner

from dagster_project.cli.app import app
from dagster_project.defs.described import KEPT
from dagster_project.defs.reports import yearly_reports
from dagster_project.defs.resources import Warehouse
from dagster_project.figures.published import CountyYear, NothingPublished, Published
from dagster_project.reports.changes import Contents
from dagster_project.reports.documents import (
    ANNEX,
    CIRCULAR,
    OF_A_COUNTY,
    OF_A_REGION,
    SELF_EVALUATION,
)
from dagster_project.reports.standing import RECORD
from dagster_project.reports.templates import Templates
from dagster_project.reports.worker import Task
from dagster_project.reports.write import within, write_reports

PLACE = Path("2023/640221-平罗县")
NAMES = {document.name for document in OF_A_COUNTY}


@pytest.fixture
def settings(flat_county, tmp_path):
    """The sample county's published version and the reports its load wrote, to write in."""
    warehouse = tmp_path / "warehouse"
    shutil.copytree(flat_county.settings.current.resolve(), warehouse / "versions" / "one")
    (warehouse / "current").symlink_to("versions/one")
    shutil.copytree(flat_county.settings.reports, warehouse / "reports")
    return replace(flat_county.settings, raw=tmp_path / "raw", warehouse=warehouse, workers=1)


def written(settings) -> dict[str, int]:
    """The documents of the sample county and when they were written."""
    folder = settings.reports / PLACE
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.*") if path.name in NAMES}


def test_a_load_ends_with_the_reports(flat_county):
    assert flat_county.exit_code == 0
    folder = flat_county.settings.reports / PLACE
    assert {path.name for path in folder.iterdir()} == {*NAMES, RECORD}
    for level in ("6402-石嘴山市", "64-宁夏回族自治区", "CN"):
        for document in OF_A_REGION:
            assert (flat_county.settings.reports / "2023" / level / document.name).exists()


def test_what_would_come_out_the_same_is_not_written_again(settings):
    before = written(settings)
    again = write_reports(settings)
    assert (again.written, again.unchanged, written(settings)) == ((), 1, before)


def test_a_document_taken_away_is_written_again(settings):
    (settings.reports / PLACE / CIRCULAR).unlink()
    assert len(write_reports(settings).written) == 1
    assert set(written(settings)) == NAMES


@pytest.mark.parametrize(
    ("change", "is_changed"),
    [
        ("update facts.figure set value = value + 0.01 where indicator_id = 'L4'", True),
        ("delete from marts.gap where school_name = '城关八小'", True),
        ("update ref.item set name_zh = name_zh || '（改）' where item_id = 'L4'", True),
        # a sum in another order
        ("update marts.county_coefficient set mean = mean + 1e-12", False),
        # next year's figures change nothing about this year's report
        (
            "insert into marts.county_enrolment by name select * replace (2024 as school_year)"
            " from marts.county_enrolment",
            False,
        ),
    ],
)
def test_what_a_report_is_made_of(settings, change, is_changed):
    def made() -> str:
        with Published(settings.warehouse) as published:
            (county,) = published.counties(["640221"], [2023])
            return Contents(published).of(county, Templates())

    before = made()
    assert made() == before
    with duckdb.connect(str(settings.current / "junheng.duckdb")) as connection:
        connection.execute(change)
    assert (made() != before) is is_changed


def test_a_template_of_ones_own_is_a_change(settings):
    path = settings.templates / "64" / CIRCULAR
    path.parent.mkdir(parents=True)
    path.write_bytes(b"broken")
    before = written(settings)
    result = junheng(settings, "--changed")
    assert result.exit_code == 1
    said = result.output.replace("\n", "")
    assert "not written" in said and CIRCULAR in said and str(path) in said
    after = written(settings)
    # the others go on; the circular written before stays, and is tried again next time
    assert after[CIRCULAR] == before[CIRCULAR]
    assert all(after[name] > before[name] for name in NAMES - {CIRCULAR})
    path.unlink()
    assert not write_reports(settings).failures
    assert written(settings)[CIRCULAR] > before[CIRCULAR]


def restate(settings, step: int) -> None:
    """The figures of the county change once more."""
    with duckdb.connect(str(settings.current / "junheng.duckdb")) as connection:
        connection.execute(
            f"update facts.figure set value = value + {step} where indicator_id = 'L4'"
        )


def test_what_somebody_wrote_into_a_document_survives_ten_loads(settings, monkeypatch):
    """The document keeps its bytes, the figures of now stand beside it, and people are told."""
    edited = settings.reports / PLACE / SELF_EVALUATION
    document = docx.Document(str(edited))
    document.add_paragraph("我县还成立了由县长任组长的领导小组。")
    document.save(str(edited))
    by_hand = edited.read_bytes()
    new = edited.with_name("自评报告（新数据）.docx")
    monkeypatch.setenv("JUNHENG_REPORT_COUNTIES", "1")
    warehouse = Warehouse(raw=str(settings.raw), warehouse=str(settings.warehouse))
    seen = set()
    for step in range(1, 10):
        restate(settings, step)
        reports = write_reports(settings)
        assert edited.read_bytes() == by_hand
        assert [(one.edited, one.new) for one in reports.kept] == [((edited,), new)]
        seen.add(new.read_bytes())
    assert len(seen) == 9  # it has the figures of each load
    restate(settings, 10)
    result = dg.materialize([yearly_reports], resources={"warehouse": warehouse})
    (event,) = result.get_asset_materialization_events()
    (sentence,) = event.materialization.metadata[KEPT].value
    assert str(edited) in sentence and str(new) in sentence
    assert edited.read_bytes() == by_hand and new.read_bytes() not in seen
    assert {path.name for path in edited.parent.iterdir()} == {*NAMES, RECORD, new.name}


@pytest.mark.parametrize("name", [SELF_EVALUATION, ANNEX])
def test_junheng_report_leaves_what_was_edited_and_says_so(settings, name):
    edited = settings.reports / PLACE / name
    edited.write_bytes(edited.read_bytes() + b"edited")
    by_hand = edited.read_bytes()
    for arguments in ([], ["--changed"]):  # told as long as they stand side by side
        result = junheng(settings, *arguments)
        said = result.output.replace("\n", "")
        assert result.exit_code == 0, said
        assert "kept" in said and str(edited) in said and f"{edited.stem}（新数据）" in said
        assert edited.read_bytes() == by_hand


def test_more_than_a_load_may_write_is_left_and_said(settings):
    shutil.rmtree(settings.reports)
    reports = write_reports(settings, most=0)
    assert (reports.written, len(reports.left)) == ((), 1)
    assert not settings.reports.exists()


@pytest.mark.parametrize(
    ("most", "years"), [(None, [2023, 2023, 2022]), (3, [2023, 2023, 2022]), (2, [2023, 2023])]
)
def test_the_newest_years_that_fit_are_written_whole(most, years):
    places = [CountyYear(2022, "110121", ""), *(CountyYear(2023, c, "") for c in ("2", "1"))]
    tasks = [Task(place, Path(), "") for place in places]
    now, left = within(tasks, most)
    assert [task.place.school_year for task in now] == years
    assert len(now) + len(left) == 3 and within(tasks, 1)[0] == []


def test_nothing_published_is_said(tmp_path):
    with pytest.raises(NothingPublished, match="junheng load"), Published(tmp_path):
        pass


def junheng(settings, *arguments: str):
    """Run ``junheng report``."""
    where = ["--warehouse", str(settings.warehouse), "--raw", str(settings.raw)]
    return CliRunner().invoke(app, ["report", *where, *arguments])


def test_junheng_report(settings):
    before = written(settings)
    result = junheng(settings, "--county", "平罗县", "--school-year", "2023")
    assert result.exit_code == 0, result.output
    assert all(written(settings)[name] > moment for name, moment in before.items())
    assert "4 places written" in result.output  # county, city, province, nation
    result = junheng(settings, "--county", "640221", "--changed")
    assert "0 places written, 1 unchanged" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--county", "999999"], "640221 平罗县"),
        (["--school-year", "1999"], "There are: 2023"),
    ],
)
def test_what_is_not_there_is_wrong_usage(settings, arguments, said):
    result = junheng(settings, *arguments)
    assert result.exit_code == 2
    assert said in result.output.replace("\n", "")


def test_a_report_that_fails_fails_no_load(settings, monkeypatch):
    """The asset after publish: the run succeeds, its check warns with the sentence."""
    monkeypatch.setenv("JUNHENG_REPORT_COUNTIES", "1")
    path = settings.templates / CIRCULAR
    path.parent.mkdir(parents=True)
    path.write_bytes(b"broken")
    warehouse = Warehouse(raw=str(settings.raw), warehouse=str(settings.warehouse))
    before = written(settings)
    result = dg.materialize([yearly_reports], resources={"warehouse": warehouse})
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed and check.severity == dg.AssetCheckSeverity.WARN
    assert CIRCULAR in check.description and "Word document" in check.description
    assert written(settings)[CIRCULAR] == before[CIRCULAR]
