"""A hundred moments of loads, reviews, reports and rollbacks, each killed or told to end at one.

The published set is whole after each, of the version before or after; exit codes say which; what
comes next finishes the work. The daemon's moments: ``tests/operation``.
"""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from dagster_project.publish.versions import versions
from dagster_project.settings import Settings
from tests.failure.nursery import Ended, Kill, Nursery, Order
from tests.failure.processes import a_change, alive
from tests.failure.published import contents, inspect, left_behind
from tests.failure.test_kills import KILLED, WORDS

SEED = 20261128
LOOKS, FINISHED, KILLS, SIGNALS = 90, 4, 12, 16
SENT = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSTOP)
REPORTS = {"JUNHENG_REPORT_COUNTIES": "1"}
SECONDS = {"report": 3.0, "rollback": 0.1}  # how long commands last that say no word of a stage
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def nursery():
    nursery = Nursery()
    yield nursery
    nursery.close()


class Waiting:
    """A warehouse of two versions with a change and a review waiting in raw/, to be copied.

    What the next load publishes is known from loads that nobody disturbs: one goes on from the
    second version, one from the first, to which somebody had rolled back. They say the same but of
    what moved since: ``expected`` tells which of the two a warehouse must come to.
    """

    def __init__(self, nursery: Nursery, folder: Path, county) -> None:
        self.raw, self.start = folder / "raw", folder / "start"
        shutil.copytree(county.settings.raw, self.raw)
        shutil.copytree(county.settings.warehouse, self.start, symlinks=True)
        self.first = inspect(self.start)
        a_change(self.raw)
        self._undisturbed(nursery, self.start)
        self.second = inspect(self.start)
        _review(self.raw)
        onwards, back = (shutil.copytree(self.start, folder / name, symlinks=True)
                         for name in ("onwards", "back"))  # fmt: skip
        assert nursery.load(Order(self.raw, back, command="rollback")).code == 0
        assert inspect(back)["publish_id"] == self.first["publish_id"]
        for warehouse in (onwards, back):
            self._undisturbed(nursery, warehouse)
        self._onwards, self._back = inspect(onwards), inspect(back)
        assert len({m["content"] for m in (self.first, self.second, self._onwards)}) == 3
        differ = dict(set(contents(self._onwards).items()) ^ set(contents(self._back).items()))
        assert set(differ) == {"marts.restatement"}

    def _undisturbed(self, nursery: Nursery, warehouse: Path) -> None:
        done = nursery.load(Order(self.raw, warehouse))
        assert done.code == 0, done.said

    @property
    def known(self) -> set[str]:
        """Contents of all sets that may be published; nothing else ever is."""
        sets = (self.first, self.second, self._onwards, self._back)
        return {manifest["content"] for manifest in sets}

    def expected(self, warehouse: Path) -> dict[str, str]:
        """What the load that finishes the work publishes, by table."""
        kept = versions(Settings(self.raw, warehouse))
        second = next(v for v in kept if v.publish_id == self.second["publish_id"])
        return contents(self._back if second.is_withdrawn else self._onwards)


def _review(raw: Path) -> None:
    """A review, a mapping and a file to be read again, though its bytes are known."""
    (file,) = [path for path in raw.rglob("*.xlsx") if "初中" in path.name]
    file.rename(file.with_name("again.xlsx"))
    (raw / "reviews").mkdir(exist_ok=True)
    (raw / "reviews" / "r.csv").write_text(
        "flag_id,decision,explanation,reviewer\nnot-a-flag,属实,合并,张三\n", "utf-8"
    )
    targets = raw / "mappings" / "policy_targets.csv"
    targets.write_text(targets.read_text("utf-8").replace("0.5", "0.4"), "utf-8")


@pytest.fixture(scope="module")
def waiting(nursery, tmp_path_factory, flat_county) -> Waiting:
    return Waiting(nursery, tmp_path_factory.mktemp("waiting"), flat_county)


def a_moment(luck: random.Random, number: int = signal.SIGKILL) -> Kill:
    """A random moment of a load, as likely in any of its stages."""
    stage = luck.choice(list(WORDS))
    return Kill(stage, luck.randrange(WORDS[stage]), luck.choice((0.0, luck.random())), number)


def a_kill(command: str, luck: random.Random, number: int) -> Kill:
    if command == "load":
        return a_moment(luck, number)
    return Kill("", 0, luck.random() * SECONDS[command], number)


def finished(nursery: Nursery, waiting: Waiting, warehouse: Path) -> None:
    """The next load finishes what another began, as if nothing had been."""
    done = nursery.load(Order(waiting.raw, warehouse))
    assert done.code == 0, done.said
    assert contents(inspect(warehouse)) == waiting.expected(warehouse)
    assert left_behind(warehouse) == []


def test_what_a_kill_at_any_moment_of_a_load_leaves(nursery, waiting, tmp_path):
    """A load is stopped at many moments and its warehouse copied: what a kill just then leaves.

    Two loads: one that goes on from the version before, one from an older one after a rollback.
    """
    luck, seen = random.Random(SEED), Counter()
    for rolled_back in (False, True):
        warehouse = shutil.copytree(waiting.start, tmp_path / "stopped", symlinks=True)
        if rolled_back:
            nursery.load(Order(waiting.raw, warehouse, command="rollback"))
        looks = tuple(a_moment(luck) for _ in range(LOOKS // 2))
        into = tmp_path / f"looks{rolled_back}"
        order = Order(waiting.raw, warehouse, environment=REPORTS, looks=looks, into=into)
        done = nursery.load(order)
        assert done.code == 0, done.said
        left = {n: look for n, look in enumerate(looks) if (into / str(n)).is_dir()}
        assert len(left) > 0.7 * len(looks)  # of some the load had ended, or said fewer words
        for n, look in left.items():
            found = inspect(into / str(n))
            assert found["content"] in waiting.known, look
            seen[found["publish_id"]] += 1
            print(n, look, found["publish_id"], flush=True)
        for n in luck.sample(sorted(left), FINISHED // 2):
            finished(nursery, waiting, into / str(n))
            print("finished", left[n], flush=True)
        shutil.rmtree(warehouse)
        shutil.rmtree(into)
    assert len(seen) == 4, seen  # before and after the swap, of both loads


def test_kills_of_any_command_one_after_the_other(nursery, waiting, tmp_path):
    luck, killed = random.Random(SEED), Counter()
    commands = ["load"] * 4 + ["report"] * 3 + ["rollback"] * 5
    while killed.total() < KILLS:
        warehouse = shutil.copytree(waiting.start, tmp_path / "round", symlinks=True)
        for command in luck.sample(commands, len(commands)):
            kill = a_kill(command, luck, signal.SIGKILL)
            done = nursery.load(Order(waiting.raw, warehouse, kill, REPORTS, command=command))
            assert done.code in (KILLED, 0, 1), done.said  # 1: there is nothing to roll back to
            killed[command] += done.code == KILLED
            assert inspect(warehouse)["content"] in waiting.known
            assert nobody_left(done.process)
        finished(nursery, waiting, warehouse)
        shutil.rmtree(warehouse)
        print(dict(killed), flush=True)


def test_signals_at_any_moment_say_by_their_exit_code_what_is_in_force(nursery, waiting, tmp_path):
    """SIGTERM, ctrl-C, a terminal that closes, a stop that goes on; as systemd and shells send."""
    luck, codes, number = random.Random(SEED), Counter(), 0
    commands = ["load"] * 5 + ["report", "rollback"]
    while number < SIGNALS:
        warehouse = shutil.copytree(waiting.start, tmp_path / "round", symlinks=True)
        for command in luck.sample(commands, 4):
            before = inspect(warehouse)
            kill = a_kill(command, luck, luck.choice(SENT))
            done = nursery.load(Order(waiting.raw, warehouse, kill, REPORTS, command=command))
            after = inspect(warehouse)
            number += 1
            codes[command, done.code] += 1
            print(number, command, kill, done.code, flush=True)
            assert "Traceback" not in done.said, done.said
            assert after["content"] in waiting.known
            assert_code(command, done, is_new=after["publish_id"] != before["publish_id"])
            assert nobody_left(done.process)
        shutil.rmtree(warehouse)
    assert codes["load", 1] and (codes["load", 0] or codes["load", 3]), codes


def assert_code(command: str, done: Ended, is_new: bool) -> None:
    """0 or 3 where what the command should put in force is in force, and only then."""
    assert done.code in (0, 1, 3), done.said
    if command == "load" and not is_new:
        assert done.code == 1 or "Nothing has changed" in done.said, done.said
    elif command != "report":
        assert is_new == (done.code != 1), done.said


def nobody_left(session: int) -> bool:
    """Whether all processes of a session have ended, within some seconds."""
    for _ in range(60):
        if not alive(session):
            return True
        time.sleep(0.1)
    return False
