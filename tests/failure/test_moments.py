"""A hundred moments of loads, reports and rollbacks, each killed or told to end at one of them.

The published set is whole after each, of the version before or after; exit codes say which; what
comes next finishes the work.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.failure.nursery import Kill, Nursery, Order
from tests.failure.published import contents, inspect, left_behind
from tests.failure.test_kills import KILLED, WORDS
from tests.failure.test_machine import a_change
from tests.failure.test_signals import ended, started

SEED = 20261128
# After a rollback the next publication is compared with another version.
COMPARED = {("marts", "restatement")}
pytestmark = pytest.mark.long


@pytest.fixture
def county(tmp_path, flat_county) -> tuple[Path, Path]:
    """Two published versions, a change and a review waiting: ``(raw, warehouse)``."""
    raw, start = tmp_path / "raw", tmp_path / "start"
    shutil.copytree(flat_county.settings.raw, raw)
    shutil.copytree(flat_county.settings.warehouse, start, symlinks=True)
    a_change(raw)
    return raw, start


def a_review(raw: Path) -> None:
    (raw / "reviews").mkdir(exist_ok=True)
    (raw / "reviews" / "r.csv").write_text(
        "flag_id,decision,explanation,reviewer\nnot-a-flag,属实,合并,张三\n", "utf-8"
    )
    targets = raw / "mappings" / "policy_targets.csv"
    targets.write_text(targets.read_text("utf-8").replace("0.5", "0.4"), "utf-8")


def an_order(raw: Path, warehouse: Path, luck: random.Random) -> Order:
    environment = {"JUNHENG_REPORT_COUNTIES": "1"}
    command = luck.choice(["load"] * 7 + ["report", "rollback", "rollback"])
    if command == "load":
        stage = luck.choice(list(WORDS))
        kill = Kill(stage, luck.randrange(WORDS[stage]), luck.choice((0.0, luck.random())))
    else:
        kill = Kill("", 0, luck.random() * (6 if command == "report" else 0.2))
    return Order(raw, warehouse, kill, environment, command=command)


def test_kills_at_any_moment_of_any_command(tmp_path, county):
    moments = 80
    raw, start = county
    nursery = Nursery()
    killed: Counter[str] = Counter()
    try:
        first = inspect(start)["content"]
        assert nursery.load(Order(raw, start)).code == 0
        before = inspect(start)["content"]
        a_review(raw)
        calm = tmp_path / "calm"
        shutil.copytree(start, calm, symlinks=True)
        assert nursery.load(Order(raw, calm)).code == 0
        after = inspect(calm)
        assert len({first, before, after["content"]}) == 3
        luck = random.Random(SEED)
        while sum(killed.values()) < moments:
            warehouse = tmp_path / "round"
            shutil.copytree(start, warehouse, symlinks=True)
            for _ in range(6):
                order = an_order(raw, warehouse, luck)
                done = nursery.load(order)
                assert done.code in (KILLED, 0, 1), done.said
                killed[order.command] += done.code == KILLED
                assert inspect(warehouse)["content"] in (first, before, after["content"])
            done = nursery.load(Order(raw, warehouse))
            assert done.code == 0, done.said
            assert contents(inspect(warehouse), COMPARED) == contents(after, COMPARED)
            assert left_behind(warehouse) == []
            shutil.rmtree(warehouse)
            print(dict(killed))
    finally:
        nursery.close()


def test_signals_at_any_moment_say_by_their_exit_code_what_is_in_force(tmp_path, county):
    """SIGTERM, ctrl-C, and a stop that goes on; real processes, as systemd and shells end them."""
    raw, start = county
    luck, codes = random.Random(SEED), Counter()
    for number in range(40):
        warehouse = tmp_path / f"signal{number}"
        shutil.copytree(start, warehouse, symlinks=True)
        before = inspect(warehouse)["publish_id"]
        began = time.monotonic()
        process = started("load", raw=raw, warehouse=warehouse)
        sent = luck.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSTOP])
        time.sleep(luck.random() * (codes["seconds"] or 20))
        if process.poll() is None:
            if sent is signal.SIGSTOP:
                os.killpg(process.pid, sent)
                time.sleep(0.3)
                os.killpg(process.pid, signal.SIGCONT)
            else:
                process.send_signal(sent)
        code, said = ended(process)
        codes["seconds"] = max(codes["seconds"], int(time.monotonic() - began))
        is_new = inspect(warehouse)["publish_id"] != before
        codes[code] += 1
        assert "Traceback" not in said, said
        assert is_new == (code in (0, 3)), (sent, code, said)
        print(number, sent.name, code, "published" if is_new else "not published")
        shutil.rmtree(warehouse)
    assert codes[0] and codes[1], codes
