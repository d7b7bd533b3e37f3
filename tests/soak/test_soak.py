"""Readers open, query and close while one version after the other is published."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.publish.lock import writing
from dagster_project.publish.publication import publish_build
from dagster_project.publish.versions import in_force, sweep
from dagster_project.settings import Settings

READER = Path(__file__).with_name("reader.py")


def publish_again(settings: Settings, number: int) -> str:
    """A new version from the build of the one in force, through the whole of publishing."""
    with writing(settings.warehouse):
        shutil.rmtree(settings.build, ignore_errors=True)
        sweep(settings)
        settings.build.mkdir()
        shutil.copy(in_force(settings) / "junheng.duckdb", settings.build)
        return publish_build(settings, f"soak{number:04}").publish_id


@pytest.mark.parametrize(
    ("readers", "publications"),
    [(4, 2), pytest.param(200, 25, marks=pytest.mark.long)],
    ids=["short", "two_hundred_readers"],
)
def test_no_reader_sees_an_error_or_a_mixture(tmp_path, flat_county, readers, publications):
    settings = Settings(
        tmp_path / "raw", tmp_path / "warehouse", keep_versions=2, reader_seconds=60 + readers
    )
    settings.warehouse.mkdir()
    for name in ("versions", "current", "junheng.duckdb", "published"):
        source = flat_county.settings.warehouse / name
        if source.is_symlink():
            (settings.warehouse / name).symlink_to(source.readlink())
        else:
            shutil.copytree(source, settings.warehouse / name)
    stop, pause = tmp_path / "stop", str(max(1, readers / 20))  # many readers look more seldom
    processes = [
        subprocess.Popen(
            [sys.executable, str(READER), str(settings.warehouse), str(stop), pause, str(seed)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(readers)
    ]
    published = [in_force(settings).name]
    for number in range(publications):
        published.append(publish_again(settings, number))
    stop.touch()
    said = [process.communicate(timeout=900) for process in processes]

    assert [err for _, err in said if err] == []
    assert {process.returncode for process in processes} == {0}
    seen = [json.loads(out) for out, _ in said]
    assert {version for reader in seen for version in reader["seen"]} <= set(published)
    assert len({version for reader in seen for version in reader["seen"]}) > 1
    assert all(reader["looks"] >= 2 for reader in seen)
    print(
        f"{sum(r['looks'] for r in seen)} looks by {readers} readers at {len(published)} versions"
    )
