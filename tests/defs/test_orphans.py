"""Runs whose process is gone do not hold the queue."""

import shutil
import subprocess
import sys
import threading

import dagster as dg
import pytest
from dagster._core.storage.tags import ROOT_RUN_ID_TAG, WILL_RETRY_TAG

from dagster_project.defs.orphans import WHY, end_orphans, end_runs_of_dead_processes, process_tag
from dagster_project.defs.tags import PROCESS
from dagster_project.project import DAGSTER
from dagster_project.publish.lock import writing
from dagster_project.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(raw=tmp_path / "raw", warehouse=tmp_path / "warehouse")


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def runs(instance):
    @dg.job
    def yearly_load():
        pass

    return {
        status: instance.create_run_for_job(yearly_load, status=status).run_id
        for status in (
            dg.DagsterRunStatus.STARTED,
            dg.DagsterRunStatus.NOT_STARTED,
            dg.DagsterRunStatus.SUCCESS,
        )
    }


def status_of(instance, runs):
    return [instance.get_run_by_id(run_id).status.value for run_id in runs.values()]


def test_only_what_is_under_way_is_ended(instance, settings, runs):
    assert end_orphans(instance, settings) == [runs[dg.DagsterRunStatus.STARTED]]
    assert status_of(instance, runs) == ["FAILURE", "NOT_STARTED", "SUCCESS"]
    (event,) = instance.all_logs(
        runs[dg.DagsterRunStatus.STARTED], of_type=dg.DagsterEventType.RUN_FAILURE
    )
    assert event.dagster_event.message == WHY
    assert end_orphans(instance, settings) == []


def test_nothing_is_ended_while_somebody_writes(instance, settings, runs):
    holding, done = threading.Event(), threading.Event()

    def load():
        with writing(settings.warehouse):
            holding.set()
            done.wait(5)

    other = threading.Thread(target=load)
    other.start()
    holding.wait(5)
    try:
        assert end_orphans(instance, settings) == []
    finally:
        done.set()
        other.join()
    assert status_of(instance, runs)[0] == "STARTED"


def test_a_run_of_a_command_that_is_gone_is_ended_by_whoever_comes_next(instance):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    @dg.job
    def yearly_load():
        pass

    def run(tags):
        status = dg.DagsterRunStatus.STARTED
        return instance.create_run_for_job(yearly_load, status=status, tags=tags).run_id

    of_the_dead, of_the_living = run(process_tag(gone.pid)), run(process_tag())
    of_others = run({PROCESS: f"elsewhere:{gone.pid}"})
    of_a_daemon = run({})
    assert end_runs_of_dead_processes(instance) == [of_the_dead]
    assert {instance.get_run_by_id(i).status.value
            for i in (of_the_living, of_others, of_a_daemon)} == {"STARTED"}  # fmt: skip


def test_a_run_that_goes_down_with_the_service_is_tried_again_three_times(tmp_path, monkeypatch):
    """A service may be started several times in an evening; what always dies is not."""
    shutil.copy(DAGSTER / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    settings = Settings(raw=tmp_path / "raw", warehouse=tmp_path / "warehouse")

    @dg.job
    def yearly_load():
        pass

    with dg.DagsterInstance.get() as instance:
        runs, again = [], []
        for _ in range(4):
            root = {"root_run_id": runs[0], "parent_run_id": runs[-1]} if runs else {}
            run = instance.create_run_for_job(
                yearly_load,
                status=dg.DagsterRunStatus.STARTED,
                tags={ROOT_RUN_ID_TAG: runs[0]} if runs else {},
                **root,
            )
            runs += end_orphans(instance, settings)
            again.append(instance.get_run_by_id(run.run_id).tags[WILL_RETRY_TAG])
    assert again == ["true", "true", "true", "false"]
