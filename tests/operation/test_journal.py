"""The journal of a run: a line an event, whatever the disk does, and no file's content."""

import json
from datetime import UTC, datetime

import pytest

from dagster_project.runs import journal
from dagster_project.runs.progress import listening, report
from dagster_project.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(raw=tmp_path / "raw", warehouse=tmp_path / "warehouse", keep_runs=3)


def lines(settings):
    (file,) = settings.logs.glob("*.jsonl")
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_stages_files_and_tables_are_lines(settings):
    with journal.keeping(settings, "run-1", job="yearly_load", partition=None):
        report("read", 0, 2)
        journal.note("file", path="2023/autumn/a.xlsx", outcome="accepted", reason=None)
        report("read", 2, 2)
        report("judge", 0, 0)
    found = lines(settings)
    assert [line["event"] for line in found] == [
        "run_begun", "stage_begun", "file", "stage_ended", "stage_begun", "stage_ended",
        "run_ended",
    ]  # fmt: skip
    assert {line["run"] for line in found} == {"run-1"}
    assert found[0]["job"] == "yearly_load" and "partition" not in found[0]
    assert found[3] == {**found[3], "stage": "read", "steps": 2} and found[3]["seconds"] >= 0
    assert all(line["time"].endswith("+00:00") for line in found)


def test_the_newest_run_is_the_last_whatever_the_clock_says(settings, monkeypatch):
    class Clock(datetime):
        shown: datetime

        @classmethod
        def now(cls, zone=None):
            return cls.shown

    monkeypatch.setattr(journal, "datetime", Clock)
    for number, year in enumerate([2026, 2025, 2026, 2024, 2024]):
        Clock.shown = datetime(year, 1, 1, tzinfo=UTC)
        with journal.keeping(settings, f"run-{number}") as kept:
            kept.note("outcome", outcome=str(number))
        assert journal.last_run(settings).outcome == str(number)
    assert len(list(settings.logs.glob("*.jsonl"))) == settings.keep_runs


def test_what_a_killed_run_did_is_there_already(settings):
    with journal.keeping(settings, "run-1"):
        journal.note("table", name="dim_school")
        assert lines(settings)[-1]["name"] == "dim_school"


def test_outside_of_a_run_nothing_is_kept(settings):
    journal.note("file", path="a")
    assert not settings.logs.exists()


def test_bars_and_journal_listen_side_by_side(settings):
    seen = []
    with listening(lambda *what: seen.append(what)), journal.keeping(settings, "run-1"):
        report("read", 1, 1, "a")
    report("read", 2, 2, "b")
    assert seen == [("read", 1, 1, "a")]


def test_only_the_newest_are_kept(settings):
    settings.logs.mkdir(parents=True)
    for day in range(1, 9):
        (settings.logs / f"2023010{day}T000000Z-abc.jsonl").touch()
    (settings.logs / "notes.txt").touch()
    with journal.keeping(settings, "run-1"):
        pass
    kept = sorted(path.name for path in settings.logs.iterdir())
    assert kept[:2] == ["20230107T000000Z-abc.jsonl", "20230108T000000Z-abc.jsonl"]
    assert len(kept) == 4 and kept[-1] == "notes.txt"


def test_a_disk_that_takes_no_journal_stops_no_load(settings):
    settings.warehouse.mkdir()
    settings.logs.write_text("a file where the folder should be")
    with journal.keeping(settings, "run-1"):
        journal.note("file", path="a")


def test_a_stream_that_breaks_off_stops_no_load(settings):
    class Full:
        def write(self, text):
            raise OSError(28, "No space left on device")

    kept = journal.Journal("run-1", Full(), None, False)
    kept.note("file", path="a")
    kept.note("file", path="b")


@pytest.mark.parametrize("log", ["", "json", "text"])
def test_lines_go_to_stderr_where_asked_for(settings, capsys, log):
    settings = Settings(settings.raw, settings.warehouse, log=log)
    with journal.keeping(settings, "0123456789"):
        journal.note("file", journal.WARNING, path="a.xlsx")
    said = capsys.readouterr().err.splitlines()
    if log == "":
        assert said == []
    elif log == "json":
        assert json.loads(said[1])["path"] == "a.xlsx"
    else:
        assert said[1].endswith("warning 01234567 file path=a.xlsx")
