"""Runs whose process is gone do not hold the queue."""

import threading

import dagster as dg
import pytest

from dagster_project.defs.orphans import WHY, end_orphans
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
