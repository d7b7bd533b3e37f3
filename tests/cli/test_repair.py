"""What doctor names in the storage, `--repair` puts right, and nothing is lost."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.cli.doctor import repair as repaired
from dagster_project.doctor.lake_storage import repair, stored
from dagster_project.lake.in_force import known_at
from dagster_project.lake.store import Lake
from dagster_project.publish.lock import writing
from dagster_project.publish.versions import publish
from dagster_project.settings import Settings
from tests.failure.killed import KILLED, killed_at
from tests.lake.conftest import Drop
from tests.lake.test_ingest import NINE, NINE_CORRECTED, TEN, current
from tests.lake.test_storage import empty, flip, readings
from tests.publish.test_versions import build

A, B = "2023/autumn/a_2023.csv", "2023/autumn/b_2023.csv"


@pytest.fixture
def drop(tmp_path):
    return Drop(tmp_path)


def found(settings):
    return [finding.sentence for finding in stored(settings) if finding.level == "fault"]


def settings_of(drop, tmp_path):
    return Settings(raw=drop.raw, warehouse=tmp_path, reader_seconds=0)


def published(settings, drop):
    """A version that says what quality.load says of the deliveries."""
    folder = build(settings, 1, publish_id="v1", published_at="2099-01-01T00:00:00")
    names = ("path", "sha256", "school_year", "term", "shape", "profile", "vintage", "rows",
             "loaded_at")  # fmt: skip
    accepted = [d for d in known_at(drop.lake.deliveries(), None) if d.accepted]
    rows = [{name: getattr(d, name) for name in names} for d in accepted]
    pq.write_table(pa.Table.from_pylist(rows), folder / "published" / "load.parquet")
    publish(settings, folder, "v1")


def damage_both(drop, number):
    for place in ("delivery", "copy/delivery"):
        flip(sorted((drop.lake.root / place).iterdir())[number])


def test_whole_storage_is_well(drop, tmp_path):
    drop.put(A, NINE)
    drop.load()
    assert found(settings_of(drop, tmp_path)) == []


def test_a_log_that_is_lost_is_taken_from_the_version_in_force(drop, tmp_path):
    """Corrections stay later than what they correct, though all is read again."""
    settings = settings_of(drop, tmp_path)
    drop.put(A, NINE, TEN)
    drop.load()
    drop.put(B, NINE_CORRECTED)
    drop.load()
    before = {(d.path, d.loaded_at) for d in drop.lake.deliveries()}
    published(settings, drop)
    damage_both(drop, 0)
    (sentence,) = found(settings)
    assert "and so is its copy" in sentence and "junheng doctor --repair" in sentence
    done = repair(settings)
    assert any("1 deliveries were taken from the version in force" in line for line in done), done
    assert len(list((tmp_path / "lake" / "damaged").rglob("*.parquet"))) == 2
    assert found(settings) == []
    drop.load()
    assert {(d.path, d.loaded_at) for d in drop.lake.deliveries()} == before
    assert current(drop, tmp_path) == {NINE[0]: 95, TEN[0]: 60}


def test_readings_copies_and_leftovers_are_put_right(drop, tmp_path):
    settings = settings_of(drop, tmp_path)
    drop.put(A, NINE)
    drop.load()
    flip(readings(drop.lake)[0])
    empty(next((drop.lake.root / "delivery").iterdir()))
    settings.build.write_text("a file")
    assert len(found(settings)) == 3
    done = repair(settings)
    assert len(done) == 3 and any("read again from raw/" in line for line in done)
    assert found(settings) == [] and repair(settings) == []
    assert current(drop, tmp_path) == {NINE[0]: 90}


def test_what_another_process_writes_is_not_repaired(drop, tmp_path, capsys):
    with writing(tmp_path):
        assert repaired(settings_of(drop, tmp_path)) == 1
    assert "Another load" in capsys.readouterr().err
    assert repaired(settings_of(drop, tmp_path)) == 0
    assert Lake(tmp_path / "lake").deliveries() == []


def test_a_repair_that_is_killed_at_any_step_is_finished_by_the_next(drop, tmp_path):
    """Between two changes of the disk: nothing that the log said is lost on the way."""
    settings = settings_of(drop, tmp_path)
    drop.put(A, NINE, TEN)
    drop.load()
    drop.put(B, NINE_CORRECTED)
    drop.load()
    before = {(d.path, d.loaded_at) for d in drop.lake.deliveries()}
    published(settings, drop)
    damage_both(drop, 0)
    whole = tmp_path / "before"
    shutil.copytree(drop.lake.root, whole)
    step, code = 0, None
    while code != 0:
        shutil.rmtree(drop.lake.root)
        shutil.copytree(whole, drop.lake.root)
        code = killed_at(step, repair, settings)
        assert code in (0, KILLED)
        repair(settings)
        assert found(settings) == []
        drop.load()
        assert {(d.path, d.loaded_at) for d in drop.lake.deliveries()} == before, step
        assert current(drop, tmp_path) == {NINE[0]: 95, TEN[0]: 60}
        step += 4
    assert step > 15
