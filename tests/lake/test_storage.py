"""What the lake holds is what was written: damage is seen, and mended from raw/ or from a copy."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.lake.append_log import AppendLog, LogDamaged
from dagster_project.lake.in_force import known_at, refused_now
from dagster_project.lake.soundness import unsound
from dagster_project.lake.store import LOST, Lake
from dagster_project.machine import durable
from tests.lake.test_ingest import NINE, NINE_CORRECTED, TEN, current

A = "2023/autumn/a_2023.csv"


def flip(path: Path, place: float = 0.5) -> None:
    """Turn one bit over."""
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 4
    path.write_bytes(data)


def cut(path: Path, place: float = 0.5) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * place)])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def readings(lake: Lake) -> list[Path]:
    return sorted(
        p for name in ("section", "origin", "drift") for p in lake.root.glob(f"{name}/*/*")
    )


# ------------------------------------------------------------------------------ readings


@pytest.mark.parametrize("spoil", [flip, empty, Path.unlink])
def test_a_damaged_reading_is_read_again_from_raw(drop, tmp_path, spoil):
    drop.put(A, NINE, TEN)
    drop.load()
    (arrived,) = drop.lake.deliveries()
    for path in readings(drop.lake):
        whole = path.read_bytes()
        spoil(path)
        # Of another year's load, too: what counts is looked at whole.
        done = drop.load(school_years=[2019])
        assert [d.path for d in done.mended] == [A], path
        assert path.read_bytes() == whole
        assert drop.load().mended == ()
    assert drop.lake.deliveries()[-1] == arrived  # when it came and what it was has not changed
    assert current(drop, tmp_path) == {NINE[0]: 90, TEN[0]: 60}


def test_every_bit_of_a_reading_is_looked_at(drop):
    drop.put(A, NINE)
    drop.load()
    log = drop.lake.deliveries()
    for path in readings(drop.lake):
        whole = path.read_bytes()
        for place in range(0, len(whole), 97):
            flip(path, place / len(whole))
            assert list(unsound(drop.lake, log, log)) == [(A, log[0].sha256)], (path, place)
            path.write_bytes(whole)
    assert unsound(drop.lake, log, log) == {}


def test_what_raw_no_longer_has_is_named_until_it_is_back(drop, tmp_path):
    source = drop.put(A, NINE)
    drop.put("2023/autumn/b_2023.csv", TEN)
    drop.load()
    content, arrived = source.read_bytes(), drop.lake.deliveries()[0].loaded_at
    away = tmp_path / "elsewhere"
    source.parent.rename(away)  # the whole folder: that withdraws nothing
    flip(readings(drop.lake)[-1])
    lost = [d for d in drop.load().mended if d.outcome == LOST]
    assert len(lost) == 1 and "Put the same file back" in lost[0].reason
    for _ in range(2):  # it is said as long as it is so
        drop.load()
        assert [d.path for d in refused_now(known_at(drop.lake.deliveries(), None))] == [
            lost[0].path
        ]
        assert len(current(drop, tmp_path)) == 1
    away.rename(source.parent)
    drop.load()
    assert current(drop, tmp_path) == {NINE[0]: 90, TEN[0]: 60}
    assert source.read_bytes() == content
    assert {d.loaded_at for d in known_at(drop.lake.deliveries(), None)} == {arrived}


def test_a_damaged_reading_of_the_past_stops_nobody(drop, tmp_path):
    source = drop.put(A, NINE)
    drop.load()
    first, text = drop.lake.deliveries()[0], source.read_text("utf-8")
    drop.put(A, NINE_CORRECTED)
    drop.load()
    empty(drop.lake.files(first)[0])
    assert [d.outcome for d in drop.load().mended] == [LOST]
    assert refused_now(known_at(drop.lake.deliveries(), None)) == []  # it does not count
    assert current(drop, tmp_path) == {NINE[0]: 95}
    source.write_text(text, "utf-8")
    drop.load()
    assert current(drop, tmp_path) == {NINE[0]: 90}


def test_what_a_power_cut_left_of_a_load_that_never_was_stops_nobody(drop, tmp_path):
    drop.put(A, NINE)
    drop.load()
    torn = readings(drop.lake)[-1].with_name(f"{'0' * 64}.parquet")
    torn.write_bytes(b"PAR1" + bytes(5000))
    drop.load()
    assert not torn.exists() and current(drop, tmp_path) == {NINE[0]: 90}


def test_copies_of_a_file_share_a_reading(drop):
    source = drop.put(A, NINE)
    (source.parent / "copy_2023.csv").write_bytes(source.read_bytes())
    drop.load()
    flip(readings(drop.lake)[0])
    assert len(drop.load().mended) == 2
    assert drop.load().mended == ()


def test_readings_of_an_earlier_version_are_read_if_they_are_parquet(drop):
    drop.put(A, NINE)
    drop.load()
    log = [replace(entry, parts=None) for entry in drop.lake.deliveries()]
    assert unsound(drop.lake, log, log) == {}
    empty(readings(drop.lake)[0])
    assert len(unsound(drop.lake, log, log)) == 1


# ------------------------------------------------------------------------------ logs


@pytest.mark.parametrize(
    ("place", "spoil"),
    [("delivery", flip), ("delivery", empty), ("delivery", Path.unlink), ("copy/delivery", cut)],
)
def test_an_entry_of_the_log_is_taken_from_its_copy(drop, spoil, place):
    drop.put(A, NINE)
    drop.load()
    drop.put(A, NINE_CORRECTED)
    drop.load()
    log = drop.lake.deliveries()
    for path in sorted((drop.lake.root / place).iterdir()):
        spoil(path)
        assert drop.lake.deliveries() == log
        assert len(drop.load().healed) == 1
        assert drop.load().healed == ()
        assert path.read_bytes() == (drop.lake.root / "copy/delivery" / path.name).read_bytes()


def test_an_entry_that_is_damaged_in_both_places_is_named_with_the_way_out(drop):
    drop.put(A, NINE)
    drop.load()
    for place in ("delivery", "copy/delivery"):
        flip(next((drop.lake.root / place).iterdir()))
    with pytest.raises(LogDamaged, match="junheng doctor --repair"):
        drop.load()


def test_entries_of_an_earlier_version_get_digest_and_copy(drop):
    drop.put(A, NINE)
    drop.load()
    log = drop.lake.deliveries()
    (path,) = (drop.lake.root / "delivery").iterdir()
    (drop.lake.root / "copy" / "delivery" / path.name).unlink()
    path.rename(path.with_name(f"{path.name[:20]}.parquet"))
    assert drop.lake.deliveries() == log
    assert drop.load().healed == ()
    assert drop.lake.deliveries() == log and path.exists()
    assert [entry.is_whole for entry in drop.lake.log.entries()] == [True]


def test_the_order_of_a_log_is_that_of_its_entries_whatever_the_clock_says(tmp_path):
    log = AppendLog(tmp_path / "lake" / "log")
    (tmp_path / "lake" / "log").mkdir(parents=True)
    later = tmp_path / "lake" / "log" / f"{2**62:020d}.parquet"
    Lake(tmp_path / "lake").write_table("log/x", pa.table({"a": [1]}))
    (tmp_path / "lake" / "log" / "x.parquet").rename(later)
    log.append(lambda path: path.write_bytes(b"second"))
    assert [path.name[:20] for path in log.files()] == [f"{2**62:020d}", f"{2**62 + 1:020d}"]


# ------------------------------------------------------------------------------ the clock


def test_a_correction_is_later_than_what_it_corrects_though_the_clock_was_put_back(drop, tmp_path):
    drop.put(A, NINE)
    drop.load()
    ahead = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=3)
    drop.lake.append([replace(drop.lake.deliveries()[0], loaded_at=ahead)])
    drop.put(A, NINE_CORRECTED)
    done = drop.load()
    assert current(drop, tmp_path) == {NINE[0]: 95}
    assert timedelta(hours=2) < done.clock_behind < timedelta(hours=4)
    drop.put("2023/autumn/late_2023.csv", ("0640221001", 99, 2))
    drop.load()
    assert current(drop, tmp_path) == {NINE[0]: 99}


# ------------------------------------------------------------------------------ what lasts


def test_nothing_is_said_before_it_is_on_the_disk(drop, monkeypatch):
    """Bytes before names, names before the log: by the order of syncs and renames."""
    said = []
    sync, rename = os.fsync, os.replace

    def fsync(descriptor):
        said.append(("sync", os.readlink(f"/proc/self/fd/{descriptor}")))
        sync(descriptor)

    def replace_(source, target):
        said.append(("name", str(target)))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace_)
    drop.put(A, NINE)
    drop.load()
    (entry,) = (drop.lake.root / "delivery").iterdir()
    moment = said.index(("name", str(entry)))
    for path in readings(drop.lake):
        bytes_, name = said.index(("sync", str(path))), said.index(("sync", str(path.parent)))
        assert bytes_ < name < moment
    of_the_log = [place for what, place in said[:moment] if what == "sync"]
    assert any(entry.parent == Path(place).parent for place in of_the_log)  # its own bytes
    assert said[moment + 1] == ("sync", str(entry.parent))


def test_replacing_leaves_the_old_where_writing_fails(tmp_path):
    path = tmp_path / "a"
    durable.write_text(path, "old")
    with pytest.raises(OSError), durable.replacing(path) as target:
        target.write_text("half")
        raise OSError(28, "No space left on device")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
