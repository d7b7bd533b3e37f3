"""The log of flags beside what is raised: new, standing, gone, corrected; and what is kept."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.judgement import outcome, tables
from dagster_project.judgement.flags import carried_over
from dagster_project.judgement.flags import log as memory
from dagster_project.judgement.flags.flag import CORRECTED, OPEN
from dagster_project.judgement.flags.open_now import Ledger
from dagster_project.judgement.partitions import Partition, ResultStore

EVENT = pa.schema([*tables.FLAG, tables.FLAG_EVENT.field("event")])
DAYS = [datetime(2024, 1, day) for day in range(1, 10)]


def flag(flag_id: str, rule_id: str = "r", year: int = 2023, **more) -> dict:
    row = dict.fromkeys(tables.FLAG.names)
    return row | {
        "flag_id": flag_id, "rule_id": rule_id, "severity": "soft", "school_year": year,
        "observed": "5", "status": OPEN, **more,
    }  # fmt: skip


def event(kind: str, flag_id: str, **more) -> dict:
    return {**flag(flag_id, **more), "event": kind}


@pytest.fixture
def log(tmp_path) -> memory.FlagLog:
    return memory.FlagLog(tmp_path / "flag_log")


@pytest.fixture
def raised(tmp_path):
    """Stores what is raised in a year as judging does, and returns the result."""
    store = ResultStore(tmp_path / "judged")

    def put(*rows: dict, year: int = 2023, broken=()):
        return store.put(Partition(year, 1, f"{year:064}"), rows, ["r"], broken)

    return put


@pytest.fixture
def ledger(log):
    connections = []

    def make(*results, as_of=None) -> Ledger:
        connection = duckdb.connect()
        connections.append(connection)
        made = Ledger(connection, log, as_of)
        made.raise_flags(result.flags for result in results)
        return made

    yield make
    for connection in connections:
        connection.close()


def note(log, at: int, *events: dict) -> None:
    log.append(tables.batched(events, EVENT), DAYS[at])


def ids(logged) -> list[str]:
    return [item.flag_id for item in logged]


def test_without_a_log_everything_is_new(ledger, raised):
    book = ledger(raised(flag("F2"), flag("F1")))
    assert sorted(book.find_newly_raised(2023).to_pylist()) == ["F1", "F2"]
    assert book.find_newly_raised(2022).to_pylist() == []
    assert book.find_vanished([2023]) == book.find_corrected() == []


def test_the_last_event_counts_and_the_first_gives_the_order(log, ledger, raised):
    note(log, 0, event("opened", "F3"), event("opened", "F1"), event("opened", "F2"))
    note(log, 1, event("corrected", "F3"), event("dropped", "F1"))
    note(log, 2, event("opened", "F1"), event("opened", "F4", year=2022))
    book = ledger(raised(flag("F2"), flag("F3"), flag("F5")))
    assert book.find_newly_raised(2023).to_pylist() in (["F3", "F5"], ["F5", "F3"])
    assert ids(book.find_vanished([2023])) == ["F1"]
    assert ids(book.find_vanished([2022, 2023])) == ["F1", "F4"]  # F4 was first raised after F1
    assert book.find_corrected() == []  # F3 is raised again


def test_the_past_knows_nothing_of_what_came_after(log, ledger, raised):
    note(log, 0, event("opened", "F1"))
    note(log, 2, event("corrected", "F1", note="后来"))
    nothing = raised()
    assert ids(ledger(nothing).find_corrected()) == ["F1"]
    then = ledger(nothing, as_of=DAYS[1])
    assert then.find_corrected() == [] and ids(then.find_vanished([2023])) == ["F1"]


def test_what_is_judged_again_is_taken_back(log, ledger, raised):
    note(log, 0, event("opened", "F1"))
    book = ledger(raised(flag("F1")))
    assert book.find_vanished([2023]) == []
    book.take_back({2023})
    assert ids(book.find_vanished([2023])) == ["F1"]


def test_whole_rows_are_read_from_any_file_in_any_order(log, ledger, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_AT_A_TIME", 2)  # several row groups, several goes
    note(log, 0, *(event("opened", f"F{n}", observed=str(n)) for n in range(5)))
    note(log, 1, *(event("corrected", f"F{n}", note=f"n{n}") for n in (4, 0, 2)))
    book = ledger()
    rows = list(book.rows(book.find_corrected()))
    assert [(r["flag_id"], r["note"], r["happened_at"]) for r in rows] == [
        ("F0", "n0", DAYS[1]), ("F2", "n2", DAYS[1]), ("F4", "n4", DAYS[1]),
    ]  # fmt: skip
    backwards = list(book.rows(book.find_vanished([2023])[::-1]))
    assert [(r["flag_id"], r["observed"]) for r in backwards] == [("F3", "3"), ("F1", "1")]


def test_a_log_from_before_a_column_came_is_read(log, ledger):
    note(log, 0, event("corrected", "F1"))
    (path,) = log.files()
    old = tables.FLAG_EVENT.remove(tables.FLAG_EVENT.get_field_index("shape"))
    tables.write(path, old, [pq.read_table(path, schema=old)])
    book = ledger()
    (row,) = book.rows(book.find_corrected())
    assert (row["flag_id"], row["shape"]) == ("F1", None)


def test_nothing_to_note_leaves_no_file(log):
    note(log, 0)
    assert log.files() == []


def test_a_broken_rule_keeps_its_flags_and_corrected_ones_stay_in_their_order(log, ledger, raised):
    note(
        log, 0, event("opened", "F1", rule_id="silent"), event("opened", "F2"),
        event("opened", "F3", rule_id="silent", year=2022), event("opened", "F4"),
    )  # fmt: skip
    note(log, 1, event("corrected", "F4", note="早已更正"))
    book = ledger(raised())
    gone = {item.flag_id: item for item in book.find_vanished([2022, 2023])}
    ended = [
        carried_over.Ended(gone["F2"], memory.Ending(CORRECTED, "更正")),
        carried_over.Ended(gone["F3"], memory.Ending(CORRECTED, "也更正")),
    ]
    found = carried_over.carry_over(book, {"silent"}, [2022, 2023], ended)
    rows = [(r["flag_id"], r["status"], r["note"]) for r in carried_over.carried_rows(book, found)]
    assert rows == [
        ("F1", OPEN, None),
        ("F3", CORRECTED, "也更正"),  # broken in one year, but not in the one it was in
        ("F2", CORRECTED, "更正"),
        ("F4", CORRECTED, "早已更正"),
    ]


def test_only_named_flags_become_objects(ledger, raised):
    book = ledger(raised(flag("F1"), flag("F2", severity="hard")))
    assert book.find_raised([]) == []
    assert book.find_raised({"F2", "F9"}) == [
        {"flag_id": "F2", "severity": "hard", "status": OPEN, "note": None}
    ]


def test_reviews_are_put_on_the_flags_they_name(raised):
    result = raised(flag("F1"), flag("F2"), flag("F3"))
    (part,) = tables.stream(result.flags, tables.FLAG)
    said = {"F2": {"status": "waived", "note": "说明"}, "F9": {"status": "waived", "note": None}}
    rows = outcome.apply_reviews(part, said).to_pylist()
    assert [(r["flag_id"], r["status"], r["note"]) for r in rows] == [
        ("F1", OPEN, None), ("F2", "waived", "说明"), ("F3", OPEN, None),
    ]  # fmt: skip
    assert outcome.apply_reviews(part, {}) is part


def test_a_result_comes_back_and_a_damaged_one_does_not(tmp_path, raised):
    store, partition = ResultStore(tmp_path / "judged"), Partition(2023, 1, f"{2023:064}")
    assert store.get(partition) is None
    stored = raised(flag("F1"), broken=[("b", "said so")])
    found = store.get(partition)
    assert found == stored and found.count == 1
    assert found.could_judge("r") and not found.could_judge("b")
    content = bytearray(stored.flags.read_bytes())
    content[len(content) // 3] ^= 1
    stored.flags.write_bytes(content)
    assert store.get(partition) is None
    raised(flag("F1"), flag("F2"))  # judged again, it takes the place of the damaged one
    assert store.get(partition).count == 2
    assert len(list((tmp_path / "judged").glob("*.parquet"))) == 1


def test_a_table_of_flags_is_plain_whatever_it_was_written_from(tmp_path, raised):
    result = raised(flag("F1"))
    copy = tmp_path / "copy.parquet"
    assert tables.write(copy, tables.FLAG, tables.stream(result.flags, tables.FLAG)) == 1
    for path in (copy, result.flags):
        assert pq.read_schema(path).equals(tables.FLAG)
    assert pq.read_table(copy).to_pylist() == [flag("F1")]


def test_a_clock_that_was_put_back_mixes_nothing_up(log, ledger):
    note(log, 0, event("corrected", "F1"))
    book = ledger()
    note(log, 1, event("corrected", "F2"))
    log.files()[-1].rename(log.folder / f"{1:020d}.parquet")
    assert [row["flag_id"] for row in book.rows(book.find_corrected())] == ["F1"]
