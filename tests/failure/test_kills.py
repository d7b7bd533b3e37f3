"""kill -9 anywhere in a load: the published set stays whole, the next load finishes the work."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.failure.nursery import Kill, Nursery, Order
from tests.failure.published import NAMES_FILES, contents, inspect, left_behind

KILLED = -signal.SIGKILL
# How often a stage speaks in a load of the sample county that reads a file: any word can be hit.
WORDS = {
    "read": 1,
    "judge": 2,
    "compute": 165,
    "compare": 2,
    "publish": 58,
    "reports": 4,
}


@pytest.fixture
def nursery():
    nursery = Nursery()
    yield nursery
    nursery.close()


def shuffled(raw: Path, target: Path) -> None:
    """The same bytes under other names, in another order and of other times."""
    for number, path in enumerate(sorted(raw.rglob("*"), reverse=True)):
        if path.is_file():
            place = target / path.relative_to(raw).parent / f"子目录{number}"
            place.mkdir(parents=True)
            copied = shutil.copy(path, place / f"{9 - number}_{path.name}")
            os.utime(copied, (number, number))


@pytest.mark.long
def test_a_killed_load_is_finished_by_the_next_whatever_the_files_are_called(
    nursery, tmp_path, flat_county
):
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    shuffled(flat_county.settings.raw, raw)
    ended = nursery.load(Order(raw, warehouse, Kill("compute", 20, 0.2)))
    assert ended.code == KILLED, ended.said
    assert not (warehouse / "current").exists()
    assert not (warehouse / "junheng.duckdb").exists()
    ended = nursery.load(Order(raw, warehouse))
    assert ended.code == 0, ended.said
    manifest, undisturbed = inspect(warehouse), inspect(flat_county.settings.warehouse)
    assert contents(manifest, NAMES_FILES) == contents(undisturbed, NAMES_FILES)
    assert left_behind(warehouse) == []


@pytest.mark.long
def test_of_two_loads_at_once_one_is_refused(nursery, tmp_path, flat_county):
    raw, warehouse = flat_county.settings.raw, tmp_path / "warehouse"
    shutil.copytree(flat_county.settings.warehouse, warehouse, symlinks=True)
    manifest = inspect(warehouse)
    # Two at once: one is told so, the other finds that nothing has changed.
    both = nursery.together([Order(raw, warehouse), Order(raw, warehouse)])
    assert sorted(ended.code for ended in both) == [0, 1]
    refused = next(ended for ended in both if ended.code == 1)
    assert "Another load (process" in refused.said and "start again" in refused.said
    assert inspect(warehouse) == manifest
