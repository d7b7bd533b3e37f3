"""The memory of flags: an append-only log of what was raised, and of how it ended.

A flag that is no longer raised has ended in one of two ways: its figures are others now
(``corrected``), or they are the same and are judged differently (``dropped``: the rule was changed,
or the peers it is compared with). Only the first is the follow-up that a county wants to see.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from dagster_project.judgement import tables
from dagster_project.judgement.flags import CORRECTED

OPENED, DROPPED = "opened", "dropped"

Row = Mapping[str, object]
Figures = Mapping[str, object]


@dataclass(frozen=True)
class Ending:
    """How a flag ended that is no longer raised; ``note`` says it in Chinese."""

    flag: Row
    event: str
    note: str | None = None


class FlagLog:
    """The log below ``folder``, one Parquet file per load that had something to note."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def latest(self, as_of: datetime | None = None) -> dict[str, dict]:
        """The last event of every flag, by flag id, as known at ``as_of`` (naive UTC)."""
        known: dict[str, dict] = {}
        for path in sorted(self.folder.glob("*.parquet")):
            for row in pq.read_table(path, schema=tables.FLAG_EVENT).to_pylist():
                if as_of is None or row["happened_at"] <= as_of:
                    known[row["flag_id"]] = row
        return known

    def append(self, events: Iterable[Row], at: datetime) -> None:
        """Append events, all at ``at`` (naive UTC), in one step; no file if there are none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{time.time_ns():020d}.parquet"
        aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
        rows = ({**event, "happened_at": at} for event in events)
        if not tables.write_rows(aside, tables.FLAG_EVENT, rows, "zstd"):
            aside.unlink()
            return
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(aside, path)


def vanished(log: Mapping[str, Row], raised: Collection[str]) -> list[Row]:
    """The flags that the log holds for open and that are not raised any more."""
    return [row for flag_id, row in log.items() if row["event"] == OPENED and flag_id not in raised]


def newly_raised(log: Mapping[str, Row], flags: Iterable[Row]) -> Iterator[dict]:
    """An ``opened`` event for every flag that the log does not hold for open."""
    for flag in flags:
        if log.get(str(flag["flag_id"]), {}).get("event") != OPENED:
            yield {**flag, "event": OPENED}


def ending(flag: Row, was: Figures, now: Iterable[tuple[Figures, str]]) -> Ending:
    """How ``flag`` ended: ``was`` are its figures as logged, ``now`` those that stand there now.

    ``now`` are pairs of figures and the observed one as text: several where a school is in a file
    twice, none where it does not report any more. Only figures that both know are compared, for the
    rule may read others by now.
    """
    now = list(now)
    if not now:
        return Ending(flag, CORRECTED, f"原填报 {flag['observed']}，现已不再填报。")
    for figures, _ in now:
        if all(figures[name] == was[name] for name in figures.keys() & was.keys()):
            return Ending(flag, DROPPED)
    observed = now[0][1]
    if observed == flag["observed"]:
        return Ending(flag, CORRECTED, "有关数据已更正。")
    return Ending(flag, CORRECTED, f"原填报 {flag['observed']}，现为 {observed}。")


def corrected(log: Mapping[str, Row], raised: Collection[str]) -> list[dict]:
    """The flags that ended because their figures were corrected, as rows of ``quality.flag``."""
    names = tables.FLAG.names
    return [
        {**{name: row[name] for name in names}, "status": CORRECTED}
        for flag_id, row in log.items()
        if row["event"] == CORRECTED and flag_id not in raised
    ]
