"""Publishing is one rename: readers see the old set or the new one, whole."""

import json
import os
import shutil
from datetime import datetime

import duckdb
import pytest

from dagster_project.machine.clock import later_than
from dagster_project.publish.lock import WarehouseBusy, writing
from dagster_project.publish.opening import damage_of
from dagster_project.publish.publication import unchanged
from dagster_project.publish.versions import (
    NoSuchVersion,
    comparable,
    finish,
    in_force,
    manifest_of,
    newest_moment,
    publish,
    publish_id_of,
    rollback,
    sweep,
    versions,
)
from dagster_project.settings import Settings
from tests.failure.killed import KILLED, killed_at


@pytest.fixture
def settings(tmp_path):
    return Settings(
        raw=tmp_path / "raw", warehouse=tmp_path / "warehouse", keep_versions=2, reader_seconds=0
    )


def build(settings, number, **facts):
    folder = settings.build / "version"
    (folder / "published").mkdir(parents=True)
    with duckdb.connect(str(folder / "junheng.duckdb")) as connection:
        connection.execute("create table generation as select ? as number", [number])
    (folder / "published" / "manifest.json").write_text(json.dumps({"number": number, **facts}))
    return folder


def number(settings):
    with duckdb.connect(str(settings.database), read_only=True) as connection:
        return connection.execute("select number from generation").fetchall()[0][0]


def test_nothing_is_in_force_before_the_first_version(settings):
    assert in_force(settings) is None


def test_database_and_parquet_change_together(settings):
    for generation in (1, 2, 3):
        folder = publish(settings, build(settings, generation), f"v{generation}")
        assert in_force(settings) == folder.resolve()
        assert number(settings) == generation
        manifest = (settings.published / "manifest.json").read_text()
        assert json.loads(manifest) == {"number": generation}


def test_old_versions_are_pruned_but_never_the_one_in_force(settings):
    for generation in range(1, 5):
        publish(settings, build(settings, generation), f"v{generation}")
    assert sorted(os.listdir(settings.versions)) == ["v3", "v4"]


def test_a_reader_keeps_the_version_it_opened(settings):
    publish(settings, build(settings, 1), "v1")
    reader = duckdb.connect(str(settings.database.resolve()), read_only=True)
    for generation in range(2, 6):  # far enough for v1 to be pruned
        publish(settings, build(settings, generation), f"v{generation}")
    assert reader.execute("select number from generation").fetchall() == [(1,)]
    reader.close()
    assert number(settings) == 5


def test_a_second_writer_is_refused_with_a_sentence(tmp_path):
    with writing(tmp_path), pytest.raises(WarehouseBusy, match="Another load"), writing(tmp_path):
        pass
    with writing(tmp_path):
        pass


def kept(settings):
    return [version.publish_id for version in versions(settings)]


def publish_some(settings, *numbers):
    for generation in numbers:
        publish(settings, build(settings, generation, inputs=f"i{generation}"), f"v{generation}")


def test_a_rollback_puts_the_version_before_in_force_whole(tmp_path):
    settings = Settings(tmp_path / "raw", tmp_path / "warehouse", keep_versions=3, reader_seconds=0)
    publish_some(settings, 1, 2, 3)
    assert rollback(settings).publish_id == "v2"
    assert number(settings) == 2
    assert json.loads((settings.published / "manifest.json").read_text())["number"] == 2
    assert rollback(settings).publish_id == "v1"  # further back, not to and fro
    with pytest.raises(NoSuchVersion, match="v1"):
        rollback(settings)
    assert rollback(settings, "v3").publish_id == "v3"
    with pytest.raises(NoSuchVersion, match=r"no version v9.*v1, v2, v3"):
        rollback(settings, "v9")


def test_after_a_rollback_the_same_inputs_are_published_anew(settings):
    publish_some(settings, 1, 2)
    rollback(settings)
    assert unchanged(settings, "i2") is None
    publish_some(settings, 3)
    assert rollback(settings).publish_id == "v1"  # v2 was withdrawn


def test_a_rollback_goes_by_the_order_of_publication_whatever_the_clock_said(tmp_path):
    settings = Settings(tmp_path / "raw", tmp_path / "warehouse", keep_versions=3, reader_seconds=0)
    for publish_id in ("20260102", "20260103", "20260101"):  # the clock was put back
        publish(settings, build(settings, 1, inputs=publish_id), publish_id)
    assert [v.publish_id for v in versions(settings)] == ["20260102", "20260103", "20260101"]
    assert rollback(settings).publish_id == "20260103"
    publish(settings, build(settings, 1), "20260100")
    assert kept(settings) == ["20260102", "20260103", "20260100"]  # the withdrawn one went first
    assert rollback(settings).publish_id == "20260103"
    assert rollback(settings).publish_id == "20260102"


def test_versions_of_before_publications_were_counted_go_by_their_ids(settings):
    publish_some(settings, 1, 2)
    for name in ("v1", "v2"):
        (settings.versions / name / ".in-force").write_text("")
    publish_some(settings, 3)
    assert [(v.publish_id, v.number) for v in versions(settings)] == [("v2", 0), ("v3", 1)]
    assert rollback(settings).publish_id == "v2"


def test_ids_of_versions_ascend_whatever_the_clock_says(settings):
    ahead = datetime(2099, 1, 1, 12, 30, 0, 5)
    publish(settings, build(settings, 1), publish_id_of(ahead, "abcdefgh1"))
    publish(settings, build(settings, 2), "v2")
    assert newest_moment(settings) == ahead
    assert publish_id_of(later_than(ahead, datetime(2026, 1, 1)), "x") > publish_id_of(ahead, "x")


def test_what_was_published_before_only_counts_if_it_is_whole_and_finished(settings):
    publish_some(settings, 1)
    folder = in_force(settings)
    assert unchanged(settings, "i1") is None  # lists and reports were not written
    finish(folder)
    assert unchanged(settings, "i1") is None  # the manifest has no id, the database no signature
    assert damage_of(folder, manifest_of(folder)).text("en") == "manifest.json cannot be read."
    manifest = folder / "published" / "manifest.json"
    manifest.write_text(json.dumps({"publish_id": "v1", "inputs": "i1", "tables": []}))
    with duckdb.connect(str(folder / "junheng.duckdb")) as connection:
        connection.execute("create schema quality")
        connection.execute("create table quality.publication as select 'v1' as publish_id")
    assert unchanged(settings, "i1").publish_id == "v1"
    (folder / "junheng.duckdb").write_bytes(b"damaged")
    assert unchanged(settings, "i1") is None
    manifest.write_bytes(b'{"publish_id": "v1", "inp\xe5')
    assert manifest_of(folder) == {} and [v.publish_id for v in versions(settings)] == ["v1"]


def test_withdrawn_versions_are_pruned_first(settings):
    publish_some(settings, 1, 2)
    rollback(settings)
    publish_some(settings, 3)
    assert kept(settings) == ["v1", "v3"]


def test_without_a_version_there_is_nothing_to_go_back_to(settings):
    with pytest.raises(NoSuchVersion, match="Nothing is published"):
        rollback(settings)


def test_a_look_back_is_never_what_a_publication_is_compared_with(settings):
    publish_some(settings, 1, 2)
    for day in range(3, 7):  # far enough for v2 to be pruned
        facts = {"as_of": f"2023-01-0{day}", "stands_before": comparable(settings).publish_id}
        publish(settings, build(settings, day, **facts), f"v{day}")
        assert comparable(settings).publish_id == "v2"


@pytest.mark.parametrize("standing", [0, 2])
def test_a_kill_between_any_two_steps_leaves_one_set_whole(tmp_path, standing):
    seen, step, ended = set(), 0, False
    while not ended:
        settings = Settings(
            tmp_path / "raw", tmp_path / f"w{step}", keep_versions=2, reader_seconds=0
        )
        publish_some(settings, *range(1, standing + 1))
        build(settings, 8)
        code = killed_at(step, publish, settings, settings.build / "version", "v8")
        ended = code == 0
        assert ended or code == KILLED

        if in_force(settings) is not None:
            now = number(settings)
            assert json.loads((settings.published / "manifest.json").read_text())["number"] == now
            seen.add(now)
        sweep(settings)
        assert [n for n in os.listdir(settings.warehouse) if n.startswith(".")] == []
        on_disk = sorted(os.listdir(settings.versions)) if settings.versions.exists() else []
        assert on_disk == kept(settings)
        shutil.rmtree(settings.build)
        publish_some(settings, 9)  # the next load finishes the work
        assert number(settings) == 9
        step += 1
    assert seen == ({standing, 8} if standing else {8}) and step > 8


def test_a_kill_during_a_rollback_leaves_one_set_whole_and_marks_that_agree(tmp_path):
    """What is in force says what is withdrawn: the next rollback never goes forward."""
    seen, step, ended = set(), 0, False
    while not ended:
        settings = Settings(
            tmp_path / "raw", tmp_path / f"w{step}", keep_versions=3, reader_seconds=0
        )
        publish_some(settings, 0, 1, 2)
        code = killed_at(step, rollback, settings)
        ended = code == 0
        assert ended or code == KILLED
        now = number(settings)
        assert json.loads((settings.published / "manifest.json").read_text())["number"] == now
        if step % 2:  # a load that finds nothing to do has tidied up, or not
            sweep(settings)
        assert kept(settings) == ["v0", "v1", "v2"]
        assert rollback(settings).publish_id == f"v{now - 1}"
        assert rollback(settings, f"v{now}").publish_id == f"v{now}"
        seen.add(now)
        step += 1
    assert seen == {1, 2} and step > 4


@pytest.mark.parametrize("lost", ["link", "target", "copied", "all copied"])
def test_a_link_that_was_lost_or_copied_leads_to_the_version_in_force_again(settings, lost):
    """As after a backup that followed links; nothing that was published is published as new."""
    for name in ("v1", "v2", "v3"):
        publish(settings, build(settings, int(name[1]), publish_id=name), name)
    rollback(settings)
    for link in (settings.current, settings.published, settings.database):
        if lost == "link" and link == settings.current:
            link.unlink()
        elif "copied" in lost:
            content = link.resolve()
            link.unlink()
            (shutil.copytree if content.is_dir() else shutil.copy)(content, link)
    if lost == "all copied":
        shutil.rmtree(settings.versions)
    if lost == "target":
        settings.current.unlink()
        settings.current.symlink_to("versions/v9")
    sweep(settings)
    assert number(settings) == 2 and settings.current.is_symlink()
    assert comparable(settings).publish_id == "v2"
    assert [n for n in os.listdir(settings.warehouse) if n.startswith(".")] == []
    publish_some(settings, 4)
    assert number(settings) == 4
    if lost != "all copied":
        assert rollback(settings).publish_id == "v2"


def test_a_version_is_rolled_back_though_its_publication_was_killed_before_it_got_its_number(
    settings,
):
    publish_some(settings, 1, 2)
    (settings.versions / "v2" / ".in-force").unlink()
    assert rollback(settings).publish_id == "v1"
    assert [v.is_withdrawn for v in versions(settings)] == [False, True]
