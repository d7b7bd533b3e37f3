"""The power goes at any moment of a load: what was in force is whole, the next load finishes."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dagster_project.lake.store import Lake
from dagster_project.publish.versions import is_finished
from tests.failure.nursery import Kill, Nursery, Order
from tests.failure.power_cut import Risk, at_risk, cut, lose
from tests.failure.preload import library
from tests.failure.processes import a_change
from tests.failure.published import contents, inspect, left_behind
from tests.failure.test_kills import WORDS

SEED = 20261128
ROOT = Path(__file__).parents[2]


@pytest.fixture
def shim(tmp_path):
    return library("power_cut.c", tmp_path)


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
    whole = """
import ctypes, os, pathlib, time
(pathlib.Path('.') / 'by_file_system').write_text('x')
time.sleep(0.1)
from pathlib import Path
from dagster_project.machine.durable import sync_file_system
sync_file_system(Path('.'))
time.sleep(0.1)
"""
    environment = {
        **os.environ, "LD_PRELOAD": str(shim), "POWER_CUT_LOG": str(log), "PYTHONPATH": str(ROOT)
    }  # fmt: skip
    subprocess.run([sys.executable, "-c", whole], cwd=folder, check=True, env=environment)
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, env=environment)

    class Always(random.Random):
        def random(self):
            return 0.0

    lost = cut(folder, before, log, Always())
    assert {"name_only", "link", "content_last"} <= set(lost.names)
    assert lost.contents == ["later"] and not {"all", "by_file_system"} & set(lost.names)
    assert (folder / "all").read_text() == "x" * 100 and (folder / "old").read_text() == "old"
    assert os.readlink(folder / "link") == "a" and os.readlink(folder / "new_link") == "b"


PUBLISH = """
import sys
from pathlib import Path
from dagster_project.settings import Settings
from tests.soak.test_soak import publish_again
publish_again(Settings(Path(sys.argv[1]), Path(sys.argv[1])), 1)
"""


def test_a_power_cut_at_any_sync_of_publishing_leaves_the_set_whole(tmp_path, shim, flat_county):
    """Publishing alone, stopped before every few syncs; of what lies there then a copy loses."""
    start, warehouse, log = tmp_path / "start", tmp_path / "warehouse", tmp_path / "log"
    start.mkdir()
    for name in ("versions", "current", "junheng.duckdb", "published"):
        source = flat_county.settings.warehouse / name
        if source.is_symlink():
            (start / name).symlink_to(source.readlink())
        else:
            shutil.copytree(source, start / name)
    before = inspect(start)
    shutil.copytree(start, warehouse, symlinks=True)
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(warehouse)], cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": str(shim), "POWER_CUT_LOG": str(log),
             "POWER_CUT_EVERY": "20"},
    )  # fmt: skip
    luck, seen = random.Random(SEED), []
    while os.WIFSTOPPED(status := os.waitpid(process.pid, os.WUNTRACED)[1]):
        copy = shutil.copytree(warehouse, tmp_path / f"cut{len(seen)}", symlinks=True)
        lose(copy, start, at_risk(warehouse, start, log), luck)
        seen.append(inspect(copy)["publish_id"])
        os.kill(process.pid, signal.SIGCONT)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert before["publish_id"] in seen and len(seen) > 3
    assert inspect(warehouse)["publish_id"] != before["publish_id"]


@pytest.mark.long
def test_after_a_power_cut_the_set_is_whole_and_the_next_load_finishes(tmp_path, shim, flat_county):
    """A load that reads, judges and publishes everything anew, stopped at many moments.

    Of what lay there just then a copy loses what was not synced.
    """
    cuts, finished = 30, 4
    raw, start = tmp_path / "raw", tmp_path / "start"
    shutil.copytree(flat_county.settings.raw, raw)
    shutil.copytree(flat_county.settings.warehouse, start, symlinks=True)
    before = inspect(start)
    a_change(raw)
    (file,) = [path for path in raw.rglob("*.xlsx") if "初中" in path.name]
    file.rename(file.with_name("again.xlsx"))  # the same bytes: a reading, a log, no other figure
    shutil.rmtree(start / "lake")  # everything is read and written anew
    luck, lost = random.Random(SEED), []
    nursery = Nursery({"LD_PRELOAD": str(shim)})
    try:
        warehouse, into = tmp_path / "warehouse", tmp_path / "looks"
        shutil.copytree(start, warehouse, symlinks=True)
        stages = ["read", "judge", "compute", "publish", "publish", "publish", "reports"]
        moments = [luck.choice(stages) for _ in range(cuts)]
        looks = tuple(Kill(m, luck.randrange(WORDS[m]), luck.random()) for m in moments)
        order = Order(
            raw, warehouse, None,
            {"POWER_CUT_LOG": str(tmp_path / "log"), "JUNHENG_REPORT_COUNTIES": "1"},
            looks=looks, into=into, before=start,
        )  # fmt: skip
        done = nursery.load(order)
        assert done.code == 0, done.said
        after = inspect(warehouse)
        left = [n for n in range(cuts) if (into / f"{n}.json").exists()]
        assert len(left) >= 20
        for n in left:
            risks = [Risk(**risk) for risk in json.loads((into / f"{n}.json").read_text())]
            took = lose(into / str(n), start, risks, luck)
            lost.append(len(took.contents) + len(took.names))
            print(f"cut {n}: {looks[n]}; lost {took.contents} and {took.names}", flush=True)
            assert inspect(into / str(n))["content"] in (before["content"], after["content"])
            version = (into / str(n) / "current").resolve()
            if is_finished(version):  # which says that the reports are those of this version
                assert all(map(zipfile.is_zipfile, (into / str(n) / "reports").rglob("*.docx")))
        for n in luck.sample(left, finished):
            done = nursery.load(Order(raw, into / str(n)))
            assert done.code == 0, done.said
            assert contents(inspect(into / str(n))) == contents(after)
            assert left_behind(into / str(n)) == []
            assert Lake(into / str(n) / "lake").deliveries()
            print(f"cut {n}: finished", flush=True)
        assert sum(lost) > cuts  # or the simulation takes nothing
    finally:
        nursery.close()
