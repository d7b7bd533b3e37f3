"""The log of flags, only ever appended to: what was raised, and how it ended.

A flag that is no longer raised has ended in one of two ways: its figures are others now
(``corrected``), or they are the same and are judged differently (``dropped``: the rule was changed,
or the peers it is compared with). Only the first is the follow-up that a county wants to see.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.judgement import tables
from dagster_project.judgement.flags.flag import CORRECTED
from dagster_project.lake.append_log import AppendLog
from dagster_project.machine.clock import later_than

OPENED, DROPPED = "opened", "dropped"

Row = Mapping[str, object]
Figures = Mapping[str, object]


@dataclass(frozen=True)
class Ending:
    """How a flag ended that is no longer raised; ``note`` says it in Chinese."""

    event: str
    note: str | None = None


class FlagLog:
    """The log below ``folder``, one entry per load that had something to note.

    An event is known by its place: the number of its file, and its row there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = AppendLog(folder)

    def files(self) -> list[Path]:
        """The files that there are, oldest first; raises :class:`~.append_log.LogDamaged`."""
        return self._log.files()

    def append(self, events: Iterable[pa.Table], at: datetime) -> None:
        """Append events, all at ``at`` (naive UTC), in one step; no file if there are none.

        They are dated after those before, whatever the clock says. ``events`` have the columns of
        :data:`~.tables.FLAG_EVENT` but the last.
        """
        happened_at = tables.FLAG_EVENT.field("happened_at")
        moment = pa.scalar(later_than(self._newest(), at), happened_at.type)
        dated = (
            part.append_column(happened_at, pa.repeat(moment, part.num_rows)) for part in events
        )
        self._log.append(
            lambda path: tables.write(path, tables.FLAG_EVENT, dated, compression="zstd")
        )

    def _newest(self) -> datetime | None:
        """When the newest events happened; those of one entry happened at the same time."""
        for path in reversed(self.files()):
            with pq.ParquetFile(path) as file:
                for part in file.iter_batches(1, columns=["happened_at"]):
                    return part.column(0)[0].as_py()
        return None


def read_rows_at(files: Sequence[Path], places: Sequence[tuple[int, int]]) -> Iterator[dict]:
    """The events at ``places`` of the log's ``files``, in that order.

    Some thousands at a time; only what is around them is read.
    """
    for start in range(0, len(places), tables.ROWS_AT_A_TIME):
        some = places[start : start + tables.ROWS_AT_A_TIME]
        found: dict[tuple[int, int], dict] = {}
        for number in {number for number, _ in some}:
            wanted = sorted(row for file, row in some if file == number)
            read = _read_rows(files[number], wanted)
            found |= {(number, row): event for row, event in zip(wanted, read, strict=True)}
        yield from (found[place] for place in some)


def _read_rows(path: Path, numbers: Sequence[int]) -> Iterator[dict]:
    """The rows of a file of the log with these numbers, which ascend."""
    with pq.ParquetFile(path) as file:
        there = [name for name in tables.FLAG_EVENT.names if name in file.schema_arrow.names]
        missing = dict.fromkeys(set(tables.FLAG_EVENT.names) - set(there))
        first = 0
        for group in range(file.num_row_groups):
            after = first + file.metadata.row_group(group).num_rows
            here = numbers[bisect_left(numbers, first) : bisect_left(numbers, after)]
            if here:
                part = file.read_row_group(group, there).take([row - first for row in here])
                yield from ({**missing, **row} for row in part.to_pylist())
            first = after


def decide_ending(flag: Row, was: Figures, now: Iterable[tuple[Figures, str]]) -> Ending:
    """How ``flag`` ended: ``was`` are its figures as logged, ``now`` those that stand there now.

    ``now`` are pairs of figures and the observed one as text: several where a school is in a file
    twice, none where it does not report any more. Only figures that both know are compared, for the
    rule may read others by now.
    """
    now = list(now)
    if not now:
        return Ending(CORRECTED, f"原填报 {flag['observed']}，现已不再填报。")
    for figures, _ in now:
        if all(figures[name] == was[name] for name in figures.keys() & was.keys()):
            return Ending(DROPPED)
    observed = now[0][1]
    if observed == flag["observed"]:
        return Ending(CORRECTED, "有关数据已更正。")
    return Ending(CORRECTED, f"原填报 {flag['observed']}，现为 {observed}。")
