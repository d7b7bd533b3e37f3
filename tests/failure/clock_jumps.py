"""Deliveries, publications, rollbacks and runs while the clock is set to and fro.

Run as a module under ``clock_jump.c``: every event happens at another time of day, and afterwards
the order of events must hold, whatever time they were given. What is expected is kept in plain
lists of what was done.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from pathlib import Path

from dagster_project.publish.versions import (
    next_moment,
    publish,
    publish_id_of,
    rollback,
    versions,
)
from dagster_project.runs import journal
from dagster_project.settings import Settings
from tests.lake.conftest import Drop
from tests.lake.test_ingest import current
from tests.publish.test_versions import build

FILES = {"a_2023.csv": (1, 2), "b_2023.csv": (2, 3), "corrections/c_2023.csv": (3,)}
JUMPS = (0, 1, 60, 3 * 3600, 86_400, 400 * 86_400)


class World:
    """A warehouse, and what was done to it in turn."""

    def __init__(self, root: Path, luck: random.Random) -> None:
        self.root, self.luck = root, luck
        self.drop = Drop(root)
        self.settings = Settings(self.drop.raw, root / "warehouse", keep_versions=10_000)
        self.pupils: dict[str, int] = {}  # as delivered last, by school
        self.published: list[str] = []  # ids in force, one after the other, without those withdrawn
        self.done = 0

    def event(self) -> None:
        """Something happens, at any time of day."""
        os.environ["CLOCK_AHEAD"] = str(self.luck.choice((1, -1)) * self.luck.choice(JUMPS))
        self.done += 1
        with journal.keeping(self.settings, f"run{self.done:05}") as kept:
            self.luck.choice((self.deliver, self.deliver, self.publish, self.go_back))()
            kept.note("outcome", outcome=str(self.done))
        assert journal.last_run(self.settings).outcome == str(self.done)

    def deliver(self) -> None:
        """A file comes, or is corrected; it speaks last of each of its schools."""
        name = self.luck.choice(list(FILES))
        schools = {f"064022100{n}": 10 * self.done + n for n in FILES[name]}
        self.drop.put(f"2023/autumn/{name}", *((i, pupils, 2) for i, pupils in schools.items()))
        self.drop.load()
        self.pupils |= schools
        assert current(self.drop, self.root) == self.pupils
        arrived = [d.loaded_at for d in self.drop.lake.deliveries() if d.accepted]
        assert arrived == sorted(arrived)

    def publish(self) -> None:
        moment = next_moment(self.settings)
        publish_id = publish_id_of(moment, f"{self.done:08}")
        publish(self.settings, build(self.settings, self.done), publish_id)
        self.published.append(publish_id)
        assert [v.publish_id for v in versions(self.settings)][-1] == publish_id
        assert publish_id == max(v.publish_id for v in versions(self.settings))

    def go_back(self) -> None:
        """To the version published before the one in force, never to one that was withdrawn."""
        if len(self.published) > 1:
            assert rollback(self.settings).publish_id == self.published[-2]
            self.published.pop()


def main(root: Path, events: int, seed: int) -> None:
    os.environ["CLOCK_AHEAD"] = "86400"
    tomorrow = time.time()
    os.environ["CLOCK_AHEAD"] = "0"
    assert tomorrow - time.time() > 80_000, "the clock does not jump"
    world = World(root, random.Random(seed))
    for _ in range(events):
        world.event()
    shutil.rmtree(root)
    print(f"{events} events, {len(world.published)} in force in turn")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
