"""Publishing is one rename: readers see the old set or the new one, whole."""

import os

import duckdb
import pytest

from dagster_project.publish.lock import WarehouseBusy, writing
from dagster_project.publish.versions import in_force, publish
from dagster_project.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(raw=tmp_path / "raw", warehouse=tmp_path / "warehouse", keep_versions=2)


def build(settings, number):
    folder = settings.build / "version"
    (folder / "published").mkdir(parents=True)
    with duckdb.connect(str(folder / "junheng.duckdb")) as connection:
        connection.execute("create table generation as select ? as number", [number])
    (folder / "published" / "manifest.json").write_text(f'{{"number": {number}}}')
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
        assert manifest == f'{{"number": {generation}}}'


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
