"""The power goes at any moment of a load: what was in force is whole, the next load finishes."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dagster_project.lake.store import Lake
from tests.failure.nursery import Kill, Nursery, Order
from tests.failure.power_cut import cut, library
from tests.failure.published import contents, inspect, left_behind
from tests.failure.test_kills import WORDS
from tests.failure.test_machine import a_change

SEED = 20261128
ROOT = Path(__file__).parents[2]


@pytest.fixture
def shim(tmp_path):
    return library(tmp_path)


def test_what_is_not_synced_is_lost_and_what_is_stays(tmp_path, shim):
    """The simulation itself: a file, its name, a link and a folder, each synced or not."""
    before, folder, log = tmp_path / "before", tmp_path / "now", tmp_path / "log"
    before.mkdir()
    (before / "old").write_text("old")
    (before / "link").symlink_to("a")
    shutil.copytree(before, folder, symlinks=True)
    program = """
import os, pathlib, time
def sync(path):
    descriptor = os.open(path, os.O_RDONLY); os.fsync(descriptor); os.close(descriptor)
top = pathlib.Path('.')
for name in ('all', 'content_only'):
    (top / name).write_text('x' * 100); sync(name)
(top / 'later').write_text('x'); sync('later')
os.symlink('b', 'new_link')
sync('.')
time.sleep(0.1)  # the kernel's clock is not finer
(top / 'name_only').write_text('x' * 100)
(top / 'later').write_text('y' * 50)
os.symlink('b', 'aside'); os.replace('aside', 'link')
(top / 'content_last').write_text('z'); sync('content_last')
"""
    subprocess.run(
        [sys.executable, "-c", program], cwd=folder, check=True,
        env={**os.environ, "LD_PRELOAD": str(shim), "POWER_CUT_LOG": str(log)},
    )  # fmt: skip

    class Always(random.Random):
        def random(self):
            return 0.0

    lost = cut(folder, before, log, Always())
    assert {"name_only", "link", "content_last"} <= set(lost.names)
    assert lost.contents == ["later"] and "all" not in lost.names
    assert (folder / "all").read_text() == "x" * 100 and (folder / "old").read_text() == "old"
    assert os.readlink(folder / "link") == "a" and os.readlink(folder / "new_link") == "b"


PUBLISH = """
import sys
from dagster_project.settings import Settings
from tests.soak.test_soak import publish_again
publish_again(Settings(sys.argv[1], sys.argv[1]), 1)
"""


def test_a_power_cut_at_any_sync_of_publishing_leaves_the_set_whole(tmp_path, shim, flat_county):
    """Publishing alone, ended before its n-th sync."""
    start = tmp_path / "start"
    start.mkdir()
    for name in ("versions", "current", "junheng.duckdb", "published"):
        source = flat_county.settings.warehouse / name
        if source.is_symlink():
            (start / name).symlink_to(source.readlink())
        else:
            shutil.copytree(source, start / name)
    before = inspect(start)

    def publish(warehouse, log, at=0):
        program = PUBLISH.replace("Settings(sys.argv[1], sys.argv[1])",
                                  "Settings(Path(sys.argv[1]), Path(sys.argv[1]))")  # fmt: skip
        subprocess.run(
            [sys.executable, "-c", f"from pathlib import Path{program}", str(warehouse)],
            check=not at, cwd=ROOT,
            env={**os.environ, "LD_PRELOAD": str(shim), "POWER_CUT_LOG": str(log),
                 **({"POWER_CUT_AT": str(at)} if at else {})},
        )  # fmt: skip

    calm, log = tmp_path / "calm", tmp_path / "log"
    shutil.copytree(start, calm, symlinks=True)
    publish(calm, log)
    assert inspect(calm)["publish_id"] != before["publish_id"]
    syncs = len(log.read_text().splitlines())
    assert syncs > 10
    luck, seen = random.Random(SEED), set()
    for at in (luck.randrange(2, syncs // 2), luck.randrange(syncs // 2, syncs - 3), syncs - 1):
        warehouse, log = tmp_path / f"at{at}", tmp_path / f"log{at}"
        shutil.copytree(start, warehouse, symlinks=True)
        publish(warehouse, log, at)
        cut(warehouse, start, log, luck)
        seen.add(inspect(warehouse)["publish_id"])
    assert before["publish_id"] in seen


@pytest.mark.long
def test_after_a_power_cut_the_set_is_whole_and_the_next_load_finishes(tmp_path, shim, flat_county):
    """Whole loads that read, judge and publish everything anew, at 24 moments."""
    cuts = 24
    raw, start = tmp_path / "raw", tmp_path / "start"
    shutil.copytree(flat_county.settings.raw, raw)
    shutil.copytree(flat_county.settings.warehouse, start, symlinks=True)
    before = inspect(start)
    a_change(raw)
    (file,) = [path for path in raw.rglob("*.xlsx") if "初中" in path.name]
    file.rename(file.with_name("again.xlsx"))  # the same bytes: a reading, a log, no other figure
    nursery = Nursery({"LD_PRELOAD": str(shim)})
    try:
        calm = tmp_path / "calm"
        shutil.copytree(start, calm, symlinks=True)
        assert nursery.load(Order(raw, calm)).code == 0
        after = inspect(calm)
        luck, taken = random.Random(SEED), 0
        for number in range(cuts):
            warehouse, log = tmp_path / f"cut{number}", tmp_path / f"log{number}"
            shutil.copytree(start, warehouse, symlinks=True)
            shutil.rmtree(warehouse / "lake")  # everything is read and written anew
            moment = luck.choice(["read", "judge", "compute", "publish", "publish", "list"])
            kill = Kill(moment, luck.randrange(WORDS[moment]), luck.choice((0.0, luck.random())))
            nursery.load(Order(raw, warehouse, kill, {"POWER_CUT_LOG": str(log)}))
            time.sleep(0.5)  # helpers end with it
            lost = cut(warehouse, start, log, luck)
            taken += len(lost.contents) + len(lost.names)
            print(
                f"cut {number}: {kill}; lost {len(lost.contents)} contents, {len(lost.names)} names"
            )
            assert inspect(warehouse)["content"] in (before["content"], after["content"])
            ended = nursery.load(Order(raw, warehouse))
            assert ended.code == 0, ended.said
            assert contents(inspect(warehouse)) == contents(after)
            assert left_behind(warehouse) == []
            assert Lake(warehouse / "lake").deliveries()
            shutil.rmtree(warehouse)
        assert taken > cuts  # or the simulation takes nothing
    finally:
        nursery.close()
