"""The sensor on raw/: settled new bytes start their partition, once."""

import os

import dagster as dg
import pytest

from dagster_project.defs.arrivals import QUIET_SECONDS, Target, raw_arrivals, requests, target_of
from dagster_project.defs.ingest import EVERYTHING
from dagster_project.defs.partitions import school_years
from dagster_project.defs.resources import Warehouse
from dagster_project.lake.ingest import ingest
from dagster_project.lake.scan import digest
from dagster_project.lake.store import ACCEPTED, Delivery, Lake
from dagster_project.settings import Settings
from tests.lake.conftest import PROFILE


class Raw:
    """A raw folder, and the sensor's looks at it along a clock of our own."""

    def __init__(self, root):
        self.settings = Settings(raw=root / "raw", warehouse=root / "warehouse")
        self.settings.raw.mkdir()
        self.now, self.cursor, self.left_out = 1000.0, None, []

    def drop(self, path, text="x", at=None):
        location = self.settings.raw / path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_text(text)
        if at is not None:
            os.utime(location, (at, at))
        return location

    def look(self, after=0.0):
        """One tick, ``after`` seconds later: ``(job, partition)`` of the runs it asks for."""
        self.now += after
        self.wanted, self.cursor, self.left_out = requests(self.settings, self.cursor, self.now)
        return [(request.job_name, request.partition_key) for request in self.wanted]

    def settled(self):
        return self.look() + self.look(QUIET_SECONDS)


@pytest.fixture
def raw(tmp_path):
    return Raw(tmp_path)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("2023/autumn/县/a.xlsx", Target("yearly_load", "2023")),
        ("2023/a.xlsx", Target("yearly_load", "2023")),
        ("2023/spring/名册/a.xlsx", Target("semester_load", "2024-spring")),
        ("a.csv", Target("yearly_load", "everything")),
        ("profiles/a.yml", Target("yearly_load", "everything")),
        ("reviews/a.csv", Target("rebuild")),
        ("mappings/teaching_points.csv", Target("rebuild")),
        ("templates/自评报告.docx", Target("rebuild")),
    ],
)
def test_a_path_names_its_partition(path, target):
    assert target_of(path) == target


def test_a_file_is_loaded_once_it_has_stopped_changing(raw):
    raw.drop("2023/autumn/a.csv", "half")
    assert raw.look() == []
    raw.drop("2023/autumn/a.csv", "half and half")
    assert raw.look(QUIET_SECONDS) == []  # it grew in between
    assert raw.look(QUIET_SECONDS / 2) == []
    assert raw.look(QUIET_SECONDS / 2) == [("yearly_load", "2023")]
    assert raw.look(QUIET_SECONDS) == []


def test_a_clock_that_was_put_back_holds_nothing_up(raw):
    raw.drop("2023/autumn/a.csv")
    assert raw.look() == []
    assert raw.look(-3 * 3600) == []
    assert raw.look(QUIET_SECONDS) == [("yearly_load", "2023")]
    assert raw.look(-3 * 3600) == raw.settled() == []


def test_the_same_bytes_do_not_run_again(raw):
    raw.drop("2023/autumn/a.csv", at=100)
    assert raw.settled() == [("yearly_load", "2023")]
    first = raw.wanted[0].run_key
    raw.drop("2023/autumn/a.csv", at=200)  # copied once more
    assert raw.settled() == []
    raw.cursor = None  # even if the daemon forgot: Dagster runs a key once
    raw.settled()
    assert [request.run_key for request in raw.wanted] == [first]
    raw.drop("2023/autumn/a.csv", "corrected")
    assert raw.settled() == [("yearly_load", "2023")] and raw.wanted[0].run_key != first


@pytest.fixture
def loads(tmp_path):
    """A raw folder whose files a small profile reads, with the loads that the sensor asks for."""
    raw = Raw(tmp_path)
    raw.drop("profiles/small.yml", PROFILE)
    return raw


def load(raw):
    ingest(raw.settings.raw, Lake(raw.settings.lake))


def school(pupils):
    return f"id,name,county,pupils,classes\n0640221001,校,640221,{pupils},2\n"


def test_a_file_put_back_as_it_was_and_one_taken_out_start_a_load_each(loads):
    other = loads.drop("2023/autumn/b_2023.csv", school(60).replace("001,", "002,"))
    loads.drop("2023/autumn/a_2023.csv", school(100))
    loads.settled()
    load(loads)
    keys = []
    for pupils in (200, 100, 200, 100):
        path = loads.drop("2023/autumn/a_2023.csv", school(pupils))
        assert loads.settled() == [("yearly_load", "2023")]
        keys.append(loads.wanted[0].run_key)
        assert loads.settled() == []  # one each
        load(loads)
        assert loads.settled() == []
    for gone in (path, other):  # and the last of all
        gone.unlink()
        assert loads.settled() == [("yearly_load", "2023")]
        keys.append(loads.wanted[0].run_key)
        load(loads)
        assert loads.settled() == []
    assert len(set(keys)) == len(keys)


def test_a_correction_dropped_during_a_run_starts_one_of_its_own(loads):
    path = loads.drop("2023/autumn/a_2023.csv", school(100))
    assert loads.settled()[-1:] == [("yearly_load", loads.wanted[-1].partition_key)]
    loads.drop("2023/autumn/a_2023.csv", school(200))
    running = path.read_text()
    assert loads.settled() == [("yearly_load", "2023")]  # the first has not ended
    path.write_text(school(100))
    load(loads)  # which read what lay there before
    path.write_text(running)
    assert loads.settled() == [("yearly_load", "2023")]
    load(loads)
    assert loads.settled() == []


def test_a_damaged_log_starts_the_run_that_says_so_once(loads):
    loads.drop("2023/autumn/a_2023.csv", school(100))
    loads.settled()
    load(loads)
    loads.settled()
    for path in [*loads.settings.lake.glob("delivery/*"), *loads.settings.lake.glob("copy/*/*")]:
        path.write_bytes(path.read_bytes()[:-1])
    loads.drop("2023/autumn/a_2023.csv", school(200))
    assert loads.settled() == [("yearly_load", "2023")]
    assert loads.settled() == []


def test_what_was_taken_out_while_nobody_looked_is_noticed(loads):
    path = loads.drop("2023/autumn/a_2023.csv", school(100))
    loads.settled()
    load(loads)
    path.unlink()
    loads.cursor = None  # the daemon is another one, which remembers nothing
    assert ("yearly_load", "2023") in loads.settled()
    path.parent.rmdir()  # put away with its folder: that withdraws nothing
    loads.cursor = None
    assert ("yearly_load", "2023") not in loads.settled()


def test_a_review_that_is_taken_away_computes_anew(raw):
    path = raw.drop("reviews/r.csv", "waived")
    assert raw.settled() == [("rebuild", None)]
    path.unlink()
    assert raw.settled() == [("rebuild", None)]
    assert raw.settled() == []


def test_what_cannot_be_opened_is_loaded_once_to_be_named(loads):
    loads.settled()
    os.symlink("/etc/hostname", loads.settings.raw / "link.csv")
    assert loads.settled() == [("yearly_load", school_years.get_last_partition_key())]
    load(loads)
    assert loads.settled() == []


def test_what_the_lake_knows_starts_nothing(raw):
    path = raw.drop("2023/autumn/a.csv")
    known = Delivery("l", "2023/autumn/a.csv", digest(path), _moment(), ACCEPTED, "r")
    Lake(raw.settings.lake).append([known])
    assert raw.settled() == []
    raw.drop("2023/autumn/b.csv")
    assert raw.settled() == [("yearly_load", "2023")]


def test_a_name_in_another_encoding_and_a_pipe_stop_nothing(raw):
    raw.drop("2023/autumn/" + os.fsdecode("平罗县小学.csv".encode("gb18030")))
    os.mkfifo(raw.settings.raw / "2023" / "autumn" / "pipe.csv")
    assert raw.settled() == [("yearly_load", "2023")]


def _moment():
    from datetime import datetime

    return datetime(2023, 9, 21)


def test_every_partition_waits_for_its_own_files_only(raw):
    raw.drop("2023/autumn/a.csv")
    raw.look()
    raw.drop("2023/spring/b.csv")
    assert raw.look(QUIET_SECONDS) == [("yearly_load", "2023")]
    assert raw.look(QUIET_SECONDS) == [("semester_load", "2024-spring")]


def test_partitions_that_settle_together_start_together_each_with_its_year(raw):
    for path in ("2022/autumn/a.csv", "2023/autumn/b.csv", "2023/spring/c.csv"):
        raw.drop(path)
    assert raw.settled() == [
        ("yearly_load", "2022"), ("yearly_load", "2023"), ("semester_load", "2024-spring")
    ]  # fmt: skip
    assert [request.tags["junheng/school_year"] for request in raw.wanted] == [
        "2022", "2023", "2023"
    ]  # fmt: skip
    assert len({request.run_key for request in raw.wanted}) == 3


def test_the_cursor_grows_with_partitions_and_not_with_files_or_time(raw):
    for number in range(50):
        raw.drop(f"2023/autumn/{number}.csv", str(number))
        raw.settled()
    import json

    assert list(json.loads(raw.cursor)) == ["2023"] and len(raw.cursor) < 300


def test_what_takes_too_long_to_hash_waits_for_the_next_look(raw, monkeypatch):
    from dagster_project.defs import arrivals

    raw.drop("2022/autumn/a.csv")
    raw.drop("2023/autumn/b.csv")
    raw.look()
    monkeypatch.setattr(arrivals, "MOST_SECONDS", -1.0)
    assert raw.look(QUIET_SECONDS) == [] and len(raw.left_out) == 2
    monkeypatch.undo()
    assert raw.look() == [("yearly_load", "2022"), ("yearly_load", "2023")]


def test_files_outside_of_the_years_and_profiles_have_everything_looked_at(raw):
    raw.drop("profiles/city.yml")
    assert raw.settled() == [("yearly_load", school_years.get_last_partition_key())]
    assert raw.wanted[0].tags[EVERYTHING] == "true"


def test_a_review_computes_anew_without_reading(raw):
    raw.drop("reviews/r.csv")
    keys = []
    for text in ("confirmed", "waived", "confirmed"):
        raw.drop("reviews/r.csv", text)
        raw.now += 1
        assert raw.settled() == [("rebuild", None)]
        keys.append(raw.wanted[0].run_key)
    assert len(set(keys)) == 3


def test_a_year_that_is_no_partition_is_named_and_started_never(raw):
    raw.drop("1990/autumn/a.csv")
    raw.look()
    assert raw.look(QUIET_SECONDS) == []
    assert raw.left_out == ["1990 is no partition of yearly_load; its files were not loaded."]


def test_notes_and_temporary_files_are_no_deliveries(raw):
    for name in ("README.md", "2023/autumn/.a.csv.swp", "2023/autumn/~$a.xlsx", "reviews/.x"):
        raw.drop(name)
    assert raw.settled() == []


def test_the_sensor_in_dagster(raw):
    raw.drop("2023/autumn/a.csv")
    settings = raw.settings
    sensor = raw_arrivals(Warehouse(raw=str(settings.raw), warehouse=str(settings.warehouse)))
    context = dg.build_sensor_context()
    assert isinstance(sensor(context), dg.SkipReason)
    # Ten seconds ago by the cursor, as if the daemon had looked then.
    import json

    cursor = json.loads(context.cursor)
    cursor["2023"]["since"] -= QUIET_SECONDS
    context.update_cursor(json.dumps(cursor))
    (request,) = sensor(context)
    assert (request.job_name, request.partition_key) == ("yearly_load", "2023")
    assert request.tags["junheng/started_by"] == "sensor"
    assert isinstance(sensor(context), dg.SkipReason)
