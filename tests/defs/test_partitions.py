"""School years and semesters: windows, keys, and how they belong together."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from dagster_project.defs.ingest import census_files, semester_files
from dagster_project.defs.partitions import (
    TERMS,
    ZONE,
    after_due,
    school_year_key,
    school_years,
    semester_windows,
    semesters,
    semesters_of,
    window_of,
)


def moment(year, month):
    return datetime(year, month, 1, tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("key", "begin", "end"),
    [
        ("2023-autumn", moment(2023, 9), moment(2024, 3)),
        ("2024-spring", moment(2024, 3), moment(2024, 9)),
    ],
)
def test_a_semester_is_a_time_window(key, begin, end):
    assert window_of(key) == dg.TimeWindow(begin, end)


def test_the_semesters_of_a_year_fill_it():
    year = school_years.time_window_for_partition_key("2023")
    autumn, spring = map(window_of, semesters_of("2023"))
    assert (autumn.start, autumn.end, spring.end) == (year.start, spring.start, year.end)


def test_years_and_semesters_are_mapped_both_ways():
    for key in school_years.get_partition_keys():
        assert [school_year_key(semester) for semester in semesters_of(key)] == [key, key]
    assert {key for year in school_years.get_partition_keys() for key in semesters_of(year)} <= set(
        semesters.get_partition_keys()
    )


def test_the_semesters_are_those_of_both_terms_in_order():
    keys = semesters.get_partition_keys()
    windows = [window_of(key) for key in keys]
    assert windows == sorted(windows, key=lambda window: window.start)
    assert set(keys) == {k for term in TERMS for k in semester_windows[term].get_partition_keys()}


def test_keys_survive_the_way_to_the_webserver():
    """The UI rebuilds definitions from what is serialised: the contract's keys must come back."""
    from dagster._core.definitions.partitions.snap.snap import PartitionsSnap
    from dagster._serdes import deserialize_value, serialize_value

    for definition in (school_years, semesters, *semester_windows.values()):
        sent = serialize_value(PartitionsSnap.from_def(definition))
        there = deserialize_value(sent, PartitionsSnap).get_partitions_definition()
        assert there.get_partition_keys() == definition.get_partition_keys()
    assert census_files.partitions_def == school_years
    assert semester_files.partitions_def == semesters


@pytest.mark.parametrize("term", TERMS)
def test_a_schedule_runs_within_the_window_that_it_loads(term):
    minute, hour, day, month, _ = after_due(term, hour=2).split()
    year = 2023 if term == "autumn" else 2024
    tick = datetime(year, int(month), int(day), int(hour), int(minute), tzinfo=ZoneInfo(ZONE))
    window = window_of(f"{year}-{term}")
    assert window.start < tick < window.end


def test_a_due_day_at_the_end_of_a_month_is_followed_by_the_next(monkeypatch):
    from dagster_project.defs import partitions

    monkeypatch.setitem(partitions.DUE, "autumn", (9, 30))
    assert after_due("autumn", hour=2) == "0 2 1 10 *"
    assert partitions.due_day(2023, "autumn") == date(2023, 9, 30)
