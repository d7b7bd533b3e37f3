"""Full disks, read-only warehouses, too little memory: exit 1, a sentence, the old set in force."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.failure.nursery import Nursery, Order
from tests.failure.published import contents, inspect, left_behind


@pytest.fixture(scope="module")
def nursery():
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def county(tmp_path, flat_county):
    """A published county with a correction waiting in raw: ``(raw, warehouse, its manifest)``."""
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    shutil.copytree(flat_county.settings.raw, raw)
    shutil.copytree(flat_county.settings.warehouse, warehouse, symlinks=True)
    a_change(raw)
    return raw, warehouse, inspect(warehouse)


def a_change(raw: Path) -> None:
    """Something that a load has to publish, without a new file to read."""
    (raw / "mappings").mkdir(exist_ok=True)
    (raw / "mappings" / "policy_targets.csv").write_text(
        "county_code,target_id,school_year,target_value,comparator,document\n"
        "640221,x,2023,0.5,<=,县规划\n",
        "utf-8",
    )


def test_too_little_memory_is_said_and_changes_nothing(nursery, county):
    raw, warehouse, before = county
    ended = nursery.load(Order(raw, warehouse, environment={"JUNHENG_MEMORY_LIMIT": "3MB"}))
    assert ended.code == 1
    assert "Not published" in ended.said and "memory" in ended.said.lower()
    assert "is still in place" in ended.said and "Traceback" not in ended.said
    assert inspect(warehouse) == before
    assert left_behind(warehouse) == []


def test_a_file_that_may_not_grow_is_like_a_full_disk(nursery, county):
    """RLIMIT_FSIZE: the write that would go beyond it fails as on a full disk (EFBIG)."""
    raw, warehouse, before = county
    ended = nursery.load(Order(raw, warehouse, fsize=200_000))
    assert ended.code == 1, ended.said
    assert "Not published" in ended.said and "is still in place" in ended.said
    assert "Traceback" not in ended.said
    assert inspect(warehouse) == before
    assert left_behind(warehouse) == []


def mounted(folder: Path, options: str) -> bool:
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True
    )
    return done.returncode == 0


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="needs to mount a disk")
@pytest.mark.parametrize("state", [pytest.param("full", marks=pytest.mark.long), "read-only"])
def test_a_disk_that_takes_nothing_more(nursery, county, tmp_path, state):
    raw, warehouse, before = county
    size = sum(p.stat().st_size for p in warehouse.rglob("*") if p.is_file() and not p.is_symlink())
    disk = tmp_path / "disk"
    if not mounted(disk, f"size={(size + 4_000_000) // 1024}k"):
        pytest.skip("a disk of its own cannot be mounted here")
    try:
        there = disk / "warehouse"
        shutil.copytree(warehouse, there, symlinks=True)
        if state == "read-only":
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        ended = nursery.load(Order(raw, there, said=tmp_path / "said.txt"))
        assert ended.code == 1, ended.said
        word = {"full": "No space left on device", "read-only": "Read-only file system"}[state]
        assert word in ended.said and "is still in place" in ended.said
        assert "Traceback" not in ended.said
        assert inspect(there) == before
        if state == "full":
            subprocess.run(["mount", "-o", "remount,size=2g", str(disk)], check=True)
            assert nursery.load(Order(raw, there)).code == 0
            after = inspect(there)
            assert after["publish_id"] != before["publish_id"]
            assert contents(after).keys() == contents(before).keys()
            assert left_behind(there) == []
    finally:
        subprocess.run(["umount", str(disk)], check=False)
