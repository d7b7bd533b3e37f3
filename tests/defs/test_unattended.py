"""Runs that nobody watches: when they start, what they wait for, whom they report as late."""

from datetime import UTC, date, datetime

import dagster as dg
import pytest

from dagster_project.defs.partitions import due_day, last_due
from dagster_project.defs.reported import County, check_result, reported
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.retries import MOST_RETRIES, retry_transient
from dagster_project.publish.lock import WarehouseBusy, writing
from dagster_project.publish.publication import NotPublished


@pytest.mark.parametrize(
    ("name", "moment", "key"),
    [
        ("yearly_after_due_day", datetime(2023, 9, 20, 18, tzinfo=UTC), "2023"),
        ("autumn_semester_after_due_day", datetime(2023, 9, 20, 20, tzinfo=UTC), "2023-autumn"),
        ("spring_semester_after_due_day", datetime(2024, 3, 20, 20, tzinfo=UTC), "2024-spring"),
    ],
)
def test_a_schedule_loads_the_partition_that_has_just_fallen_due(name, moment, key):
    from dagster_project.definitions import defs

    repository = defs.get_repository_def()
    schedule = repository.get_schedule_def(name)
    assert next(_ticks(schedule, moment)) == moment
    context = dg.build_schedule_context(scheduled_execution_time=moment, repository_def=repository)
    (request,) = schedule.evaluate_tick(context).run_requests
    assert request.partition_key == key and request.run_key == key
    assert request.tags["junheng/started_by"] == "schedule"


def _ticks(schedule, moment):
    from dagster._utils.schedules import schedule_execution_time_iterator

    return schedule_execution_time_iterator(
        moment.timestamp() - 3600, schedule.cron_schedule, schedule.execution_timezone
    )


@pytest.mark.parametrize(
    ("today", "term", "year"),
    [
        (date(2023, 9, 20), "autumn", 2022),
        (date(2023, 9, 21), "autumn", 2023),
        (date(2024, 8, 31), "autumn", 2023),
        (date(2024, 3, 20), "spring", 2022),
        (date(2024, 3, 21), "spring", 2023),
    ],
)
def test_what_is_due(today, term, year):
    assert last_due(today, term) == year
    assert due_day(year, term) < today


WHOLE = [County(2021, "640221", 30, 30), County(2022, "640221", 30, 30)]


def test_before_the_due_day_the_census_of_the_running_year_is_not_due():
    state = reported(WHOLE, date(2023, 9, 20))
    assert (state.school_year, state.status, state.late) == (2022, "not_due", ())


def test_after_the_due_day_a_county_that_is_silent_is_late():
    state = reported(WHOLE, date(2023, 9, 21))
    assert (state.school_year, state.status) == (2023, "late")
    assert state.late == ("640221: nothing has arrived",)


def test_missing_schools_are_counted_and_only_warn():
    state = reported([*WHOLE, County(2023, "640221", 30, 28)], date(2023, 12, 1))
    assert state.late == ("640221: 2 of 30 schools missing",)
    result = check_result(state)
    assert not result.passed and result.severity is dg.AssetCheckSeverity.WARN


def test_a_whole_census_passes_and_an_empty_warehouse_does_not():
    state = reported([*WHOLE, County(2023, "640221", 30, 30)], date(2023, 12, 1))
    assert state.status == "complete" and check_result(state).passed
    (sentence,) = reported([], date(2023, 12, 1)).late
    assert "no county has reported 2023, due 20 September 2023" in sentence


def attempts_of(error, warehouse):
    """How often a step that ends in ``error`` is tried, and whether the run succeeds at last."""
    attempts = []

    @dg.asset
    def step(context: dg.AssetExecutionContext, warehouse: Warehouse) -> None:
        attempts.append(context.retry_number)
        with retry_transient(context, warehouse):
            if error is not None and len(attempts) <= MOST_RETRIES:
                raise error

    result = dg.materialize([step], resources={"warehouse": warehouse}, raise_on_error=False)
    return len(attempts), result.success


@pytest.fixture
def patient(tmp_path):
    return Warehouse(raw=str(tmp_path), warehouse=str(tmp_path / "w"), patience_seconds=0.01)


def test_what_can_pass_is_tried_again(patient):
    assert attempts_of(OSError("stale file handle"), patient) == (MOST_RETRIES + 1, True)


def test_what_cannot_pass_is_not(patient):
    assert attempts_of(NotPublished("no"), patient) == (1, False)


def test_a_person_is_told_at_once(tmp_path):
    watched = Warehouse(raw=str(tmp_path), warehouse=str(tmp_path / "w"))
    assert attempts_of(OSError("disk full"), watched) == (1, False)


def test_a_busy_warehouse_is_waited_for(tmp_path):
    import threading

    holding, free = threading.Event(), threading.Event()

    def hold():
        with writing(tmp_path):
            holding.set()
            free.wait(5)

    other = threading.Thread(target=hold)
    other.start()
    holding.wait(5)
    with pytest.raises(WarehouseBusy), writing(tmp_path, wait_seconds=0.1):
        pass
    threading.Timer(0.2, free.set).start()
    with writing(tmp_path, wait_seconds=5):
        pass
    other.join()


def test_a_run_that_begins_in_the_middle_says_what_to_do(patient):
    @dg.asset
    def judged(warehouse: Warehouse) -> None:
        warehouse.made("selection")

    with pytest.raises(NotPublished, match="«Re-execute all»"):
        dg.materialize([judged], resources={"warehouse": patient})


def test_a_run_that_is_tried_again_begins_anew():
    """Its build folder is emptied at the start, so steps that ended well must run again, too."""
    from dagster_project.defs.jobs import jobs

    for job in jobs():
        if job.name != "who_has_not_reported":
            assert job.tags["dagster/retry_strategy"] == "ALL_STEPS", job.name
