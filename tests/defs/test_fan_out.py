"""Reading and judging in many steps: the lake comes out as it does from one process."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pyarrow.parquet as pq
import pytest

from dagster_project import sample
from dagster_project.defs.fan_out import batches, fan_out_job
from dagster_project.judgement.judge import Limits, judge
from dagster_project.lake.ingest import ingest
from dagster_project.lake.reference import write_reference
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake

YEARS = [2022, 2023]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([1, 1, 1], [[1, 1], [1]]),
        ([9, 1, 1], [[9], [1, 1]]),  # larger than a batch may be: alone
        ([3, 3, 1], [[3], [3, 1]]),
    ],
)
def test_batches_are_bounded_by_files_and_bytes(sizes, expected):
    files = [SimpleNamespace(size=size) for size in sizes]
    assert [[f.size for f in batch] for batch in batches(files, 2, 5)] == expected


@pytest.fixture
def counties(tmp_path, monkeypatch):
    """A raw folder with two years of made-up counties, and where it is to be loaded."""
    raw = tmp_path / "raw"
    sample.write_nation(
        raw, counties=2, schools=12, years=len(YEARS), seed=1, first_year=YEARS[0], file_type="csv"
    )
    for year in YEARS:
        _plant_a_twin(next((raw / str(year)).rglob("*小学*.csv")))
    monkeypatch.setenv("JUNHENG_RAW", str(tmp_path / "raw"))
    monkeypatch.setenv("JUNHENG_WAREHOUSE", str(tmp_path / "fanned"))
    return tmp_path


def _plant_a_twin(path: Path) -> None:
    """A school that reports to the last figure what another one does, so that there is a flag."""
    text = path.read_bytes().decode("gb18030").rstrip()
    row = text.splitlines()[-1]
    school_id = re.search(r"\b\d{10}\b", row)[0]
    twin = row.replace(school_id, str(int(school_id) + 7777))
    path.write_bytes(f"{text}\r\n{twin}\r\n".encode("gb18030"))


def _files(counties) -> int:
    return sum(len(list((counties / "raw" / str(year)).rglob("*.csv"))) for year in YEARS)


def _judged(folder, lake: Lake):
    """Flags of what counts in ``lake``, and the years that had to be judged for them."""
    selection = folder / "selection"
    write_reference(lake, folder.parent / "raw")
    select(lake, selection)
    done = judge(lake, selection, folder / "judgement", limits=Limits(folder / "judging"))
    flags = pq.read_table(folder / "judgement" / "flag.parquet").to_pylist()
    return sorted(flags, key=lambda flag: flag["flag_id"]), list(done.judged_now)


def _agrees_with_one_process(counties) -> None:
    alone = Lake(counties / "alone" / "lake")
    ingest(counties / "raw", alone)
    expected, judged_now = _judged(counties / "alone", alone)
    assert expected and judged_now == YEARS

    fanned = Lake(counties / "fanned" / "lake")
    assert not ingest(counties / "raw", fanned).read  # nothing was left to read …
    found, judged_now = _judged(counties / "fanned", fanned)
    assert found == expected and judged_now == []  # … nor to judge
    assert not any((counties / "fanned" / "fanned_out").iterdir())


ONE_FILE_A_STEP = {"ops": {"unread_batches": {"config": {"files": 1}}}}


def test_batches_and_years_add_up_to_what_one_process_does(counties):
    done = fan_out_job().execute_in_process(run_config=ONE_FILE_A_STEP)
    steps = [event.step_key for event in done.get_step_success_events()]
    assert sum(step.startswith("read_batch[") for step in steps) == _files(counties)
    assert sum(step.startswith("year_judged[") for step in steps) == len(YEARS)
    _agrees_with_one_process(counties)


@pytest.mark.long
def test_each_step_is_a_process_of_its_own(counties, monkeypatch):
    home = counties / "dagster"
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    config = home / "run.yaml"
    config.write_text(json.dumps(ONE_FILE_A_STEP), "utf-8")  # JSON is YAML
    command = [sys.executable, "-m", "dagster", "job", "execute", "-j", "fanned_out"]
    command += ["-m", "dagster_project.definitions", "--config", str(config)]
    # Elsewhere than in the checkout, whose .env file names an instance of its own.
    done = subprocess.run(command, capture_output=True, text=True, cwd=counties)
    assert done.returncode == 0, done.stderr[-4000:]
    with dg.DagsterInstance.from_config(str(home)) as instance:
        (run,) = instance.get_runs()
        assert run.status == dg.DagsterRunStatus.SUCCESS
        events = [entry.dagster_event for entry in instance.all_logs(run.run_id)]
        started = [event for event in events if event is not None and event.is_step_start]
    steps = {event.step_key: event.pid for event in started}
    assert sum(step.startswith("read_batch[") for step in steps) == _files(counties)
    assert len(set(steps.values())) == len(steps)
    _agrees_with_one_process(counties)
