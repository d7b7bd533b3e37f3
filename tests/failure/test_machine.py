"""Full disks, read-only warehouses, too little memory: exit 1, a sentence, the old set in force."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.failure.nursery import Nursery, Order
from tests.failure.processes import ended, started
from tests.failure.published import contents, inspect, left_behind


@pytest.fixture(scope="module")
def nursery():
    nursery = Nursery()
    yield nursery
    nursery.close()


def test_too_little_memory_is_said_and_changes_nothing(county):
    raw, warehouse = county
    before = inspect(warehouse)
    process = started("load", raw=raw, warehouse=warehouse, JUNHENG_MEMORY_LIMIT="3MB")
    code, said = ended(process)
    assert code == 1
    assert "Not published" in said and "memory" in said.lower()
    assert "is still in place" in said and "Traceback" not in said
    assert inspect(warehouse) == before
    assert left_behind(warehouse) == []


@pytest.mark.long
def test_a_file_that_may_not_grow_is_like_a_full_disk(nursery, county):
    """RLIMIT_FSIZE: the write that would go beyond it fails as on a full disk (EFBIG)."""
    raw, warehouse = county
    before = inspect(warehouse)
    done = nursery.load(Order(raw, warehouse, fsize=200_000))
    assert done.code == 1, done.said
    assert "Not published" in done.said and "is still in place" in done.said
    assert "Traceback" not in done.said
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
def test_a_disk_that_takes_nothing_more(county, tmp_path, state):
    raw, warehouse = county
    before = inspect(warehouse)
    size = sum(p.stat().st_size for p in warehouse.rglob("*") if p.is_file() and not p.is_symlink())
    disk = tmp_path / "disk"
    if not mounted(disk, f"size={(size + 4_000_000) // 1024}k"):
        pytest.skip("a disk of its own cannot be mounted here")
    try:
        there = disk / "warehouse"
        shutil.copytree(warehouse, there, symlinks=True)
        if state == "read-only":
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        code, said = ended(started("load", raw=raw, warehouse=there))
        assert code == 1, said
        word = {"full": "No space left on device", "read-only": "Read-only file system"}[state]
        assert word in said and "is still in place" in said and "Traceback" not in said
        assert inspect(there) == before
        if state == "full":
            subprocess.run(["mount", "-o", "remount,size=2g", str(disk)], check=True)
            assert ended(started("load", raw=raw, warehouse=there))[0] == 0
            after = inspect(there)
            assert after["publish_id"] != before["publish_id"]
            assert contents(after).keys() == contents(before).keys()
            assert left_behind(there) == []
    finally:
        subprocess.run(["umount", str(disk)], check=False)
