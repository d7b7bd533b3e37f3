"""kill -9 anywhere in a load: the published set stays whole, the next load finishes the work."""

from __future__ import annotations

import os
import random
import shutil
import signal
from pathlib import Path

import pytest

from dagster_project import sample
from tests.failure.nursery import Kill, Nursery, Order
from tests.failure.published import NAMES_FILES, contents, inspect, left_behind
from tests.lake.conftest import PROFILE

KILLED = -signal.SIGKILL
SEED = 20261122
# How often a stage speaks in a load of the sample county, so that a kill can hit any of its steps.
WORDS = {
    "read": 1,
    "judge": 2,
    "compute": 120,
    "compare": 2,
    "publish": 45,
    "list": 1,
    "reports": 3,
}


@pytest.fixture
def nursery():
    nursery = Nursery()
    yield nursery
    nursery.close()


def kills(luck: random.Random, stages) -> list[Kill]:
    """One kill per stage, at a random word of it and up to a second later."""
    return [Kill(stage, luck.randrange(WORDS[stage]), luck.choice((0.0, luck.random())))
            for stage in stages]  # fmt: skip


def shuffled(raw: Path, target: Path) -> None:
    """The same bytes under other names, in another order and of other times."""
    for number, path in enumerate(sorted(raw.rglob("*"), reverse=True)):
        if path.is_file():
            place = target / path.relative_to(raw).parent / f"子目录{number}"
            place.mkdir(parents=True)
            copied = shutil.copy(path, place / f"{9 - number}_{path.name}")
            os.utime(copied, (number, number))


def test_a_killed_load_is_finished_by_the_next_whatever_the_files_are_called(
    nursery, tmp_path, flat_county
):
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    shuffled(flat_county.settings.raw, raw)
    for kill in (Kill("read", 0), Kill("compute", 20, 0.2)):
        ended = nursery.load(Order(raw, warehouse, kill))
        assert ended.code == KILLED, ended.said
        assert not (warehouse / "current").exists()
        assert not (warehouse / "junheng.duckdb").exists()
    ended = nursery.load(Order(raw, warehouse))
    assert ended.code == 0, ended.said
    manifest, undisturbed = inspect(warehouse), inspect(flat_county.settings.warehouse)
    assert contents(manifest, NAMES_FILES) == contents(undisturbed, NAMES_FILES)
    assert left_behind(warehouse) == []

    # Two at once: one is told so, the other finds that nothing has changed.
    both = nursery.together([Order(raw, warehouse), Order(raw, warehouse)])
    assert sorted(ended.code for ended in both) == [0, 1]
    refused = next(ended for ended in both if ended.code == 1)
    assert "Another load (process" in refused.said and "start again" in refused.said
    assert inspect(warehouse) == manifest


@pytest.mark.long
def test_thirty_kills_at_random_points(nursery, tmp_path):
    """Each round restates a county and is killed in every stage, one load after the other."""
    raw, start = tmp_path / "raw", tmp_path / "start"
    census, _ = sample.write_pingluo(raw, "flat")
    profile = raw / "profiles" / "small.yml"
    profile.parent.mkdir()
    profile.write_text(PROFILE, "utf-8")
    other = census.parent / "b_2023.csv"
    other.write_text("id,name,county,pupils,classes\n0640221001,甲校,640221,90,2\n", "utf-8")
    assert nursery.load(Order(raw, start)).code == 0
    before = inspect(start)
    other.write_text("id,name,county,pupils,classes\n0640221001,甲校,640221,95,3\n", "utf-8")
    calm = tmp_path / "calm"
    shutil.copytree(start, calm, symlinks=True)
    assert nursery.load(Order(raw, calm)).code == 0
    after = inspect(calm)
    assert before["content"] != after["content"]

    luck, killed, number = random.Random(SEED), [], 0
    while len(killed) < 30:
        warehouse = tmp_path / f"round{number}"
        shutil.copytree(start, warehouse, symlinks=True)
        stages = [stage for stage in WORDS if luck.random() < 0.8]
        for kill in kills(luck, stages):
            ended = nursery.load(Order(raw, warehouse, kill))
            assert ended.code in (KILLED, 0), ended.said
            if ended.code == KILLED:
                killed.append(kill)
            assert inspect(warehouse)["content"] in (before["content"], after["content"])
        ended = nursery.load(Order(raw, warehouse))
        assert ended.code == 0, ended.said
        assert contents(inspect(warehouse)) == contents(after)
        assert left_behind(warehouse) == []
        print(f"round {number}: {len(killed)} kills so far, the last {stages}")
        number += 1
