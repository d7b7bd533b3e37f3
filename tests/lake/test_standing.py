"""Which delivery counts: the decisions over the log, as a table of cases."""

from datetime import datetime, timedelta

from dagster_project.lake.in_force import known_at, refused_now, superseded, vanished
from dagster_project.lake.scan import RawFile
from dagster_project.lake.store import ACCEPTED, CONFLICT, GONE, REJECTED, Delivery

START = datetime(2023, 9, 20, 8)


def delivery(path, sha, hours=0, outcome=ACCEPTED, **more):
    return Delivery(
        load_id="load",
        path=path,
        sha256=sha,
        loaded_at=START + timedelta(hours=hours),
        outcome=outcome,
        reading="maps",
        **more,
    )


def test_a_later_delivery_of_the_same_path_supersedes_the_earlier_one():
    log = [delivery("a", "1"), delivery("b", "2"), delivery("a", "3", hours=1)]
    assert superseded(known_at(log, None)) == {("a", "1"): "3"}


def test_the_order_of_the_log_does_not_decide_but_the_time_of_arrival():
    log = [delivery("a", "3", hours=1), delivery("a", "1")]
    assert superseded(log) == {("a", "1"): "3"}


def test_a_refused_correction_supersedes_nothing():
    log = [delivery("a", "1"), delivery("a", "2", hours=1, outcome=REJECTED, reason="torn")]
    assert superseded(known_at(log, None)) == {}
    assert [d.sha256 for d in refused_now(known_at(log, None))] == ["2"]


def test_a_repaired_file_is_no_longer_refused():
    log = [delivery("a", "1", outcome=REJECTED, reason="torn"), delivery("a", "2", hours=1)]
    assert refused_now(known_at(log, None)) == []


def test_a_conflict_counts_as_refused_until_it_is_settled():
    log = [delivery("a", "1", outcome=CONFLICT, reason="two claim it")]
    assert [d.path for d in refused_now(known_at(log, None))] == ["a"]
    log.append(delivery("a", "1", hours=1))
    assert refused_now(known_at(log, None)) == []


def test_what_was_not_known_yet_does_not_count():
    log = [delivery("a", "1"), delivery("a", "2", hours=5)]
    then = known_at(log, START + timedelta(hours=1))
    assert [d.sha256 for d in then] == ["1"]
    assert superseded(then) == {}


def test_a_refusal_ends_when_its_file_is_taken_away_but_an_accepted_file_stays_known(tmp_path):
    log = [delivery("a", "1"), delivery("b", "2", outcome=REJECTED, reason="torn")]
    gone = vanished(log, present=[], in_scope=lambda path: True)
    assert [(d.path, d.outcome, d.reason) for d in gone] == [("b", GONE, None)]
    still = [RawFile("b", tmp_path / "b", 1, "2")]
    assert vanished(log, present=still, in_scope=lambda path: True) == []


def test_a_load_of_another_year_says_nothing_about_a_refusal():
    log = [delivery("2022/autumn/b", "2", outcome=REJECTED, reason="torn")]
    assert vanished(log, present=[], in_scope=lambda path: path.startswith("2023")) == []
