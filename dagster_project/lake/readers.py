"""Reading files in processes of their own, each under a limit of time and of memory.

Whatever a file does to its reader – hang it, fill its memory, crash the library that takes it
apart – ends that process and concerns that file alone: the load goes on with the next one.
"""

from __future__ import annotations

import os
import resource
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, TimeoutError, wait
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from dagster_project.census.rejection import FileRejected
from dagster_project.lifeline import end_with_parent

Item = TypeVar("Item")
Result = TypeVar("Result")

# Imported once, by the process that readers are forked from.
_PRELOADED = [
    "dagster_project.lake.reader_memory",
    "dagster_project.lake.ingest",
    *(f"dagster_project.census.{name}" for name in ("flat", "returns", "table", "workbook")),
    "python_calamine",
    "pandas",  # pyarrow imports it with the first list that it turns into a column
]
_AHEAD = 4  # tasks handed over per process; all at once would be looked through at every turn


@dataclass(frozen=True)
class Limits:
    """What reading one file may take: ``seconds`` on the clock and ``memory`` in bytes."""

    seconds: float = 600.0
    memory: int = 3 << 30

    def __str__(self) -> str:
        return f"{self.seconds:g} s, {self.memory / 10**9:g} GB"


class ReadingFailed(FileRejected):
    """The machine or the program failed, not the file: it is tried again by the next load."""

    def __reduce__(self):
        return _rebuilt, (type(self), self.reason, self.advice)


class LimitReached(ReadingFailed):
    """The file took more than a reader may: it is tried again once the limits are others."""


def _rebuilt(kind: type[ReadingFailed], reason: str, advice: str) -> ReadingFailed:
    return kind(reason, advice=advice)


def each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int,
    limits: Limits,
) -> Iterator[tuple[Item, Result | FileRejected]]:
    """``function`` of every item, in reader processes; in no particular order.

    ``function`` must be importable, items and results picklable. Instead of a result comes the
    :class:`FileRejected` it raised, or what became of its process. An item whose process died is
    tried once more, alone, after the others: it may have died because of its neighbours.
    """
    if not items:
        return
    died: list[Item] = []
    for item, result in _run(function, items, min(processes, len(items)), limits):
        if isinstance(result, ProcessExpired):
            died.append(item)
        else:
            yield item, result
    for item, result in _run(function, died, 1, limits):
        yield item, _death(result, limits) if isinstance(result, ProcessExpired) else result


def _run(function, items, processes, limits) -> Iterator[tuple]:
    waiting = deque(items)
    if not waiting:
        return
    pool = ProcessPool(
        processes, context=_context(), initializer=_be_a_reader, initargs=[limits.memory]
    )
    try:
        running = {}
        while waiting or running:
            while waiting and len(running) < processes * _AHEAD:
                item = waiting.popleft()
                future = pool.schedule(function, args=[item], timeout=limits.seconds)
                running[future] = item
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), _outcome(future, limits)
        pool.close()
    except BaseException:
        pool.stop()
        raise
    finally:
        pool.join()


def _outcome(future, limits: Limits):
    try:
        return future.result()
    except (FileRejected, ProcessExpired) as known:
        return known
    except TimeoutError:
        return LimitReached(
            f"Reading the file took more than {limits.seconds:g} seconds and was ended.",
            advice="Split it (one stage, one county), or raise JUNHENG_FILE_SECONDS.",
        )
    except MemoryError:
        return _too_large(limits)
    except Exception as error:  # one odd file must never stop the others
        return ReadingFailed(
            f"The file could not be read ({type(error).__name__}: {error}).",
            advice="Open it, save it anew and try again; if that fails too, please report it.",
        )


def _too_large(limits: Limits) -> LimitReached:
    return LimitReached(
        f"Reading the file took more than {limits.memory / 10**9:g} GB of memory.",
        advice="Split it (one stage, one county), or raise JUNHENG_FILE_MEMORY.",
    )


def _death(expired: ProcessExpired, limits: Limits) -> ReadingFailed:
    if expired.exitcode == -signal.SIGABRT:  # how Rust says that there is no memory
        return _too_large(limits)
    return ReadingFailed(
        f"The file ended its reader process twice (exit code {expired.exitcode}).",
        advice="Save it anew and drop that copy, or give the machine more memory.",
    )


def prepare() -> None:
    """Let the process that readers are forked from import what they need; returns at once."""
    _context()
    ensure_running()


@cache
def _context():
    context = get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _be_a_reader(memory: int) -> None:
    """What a reader process does first: bound itself, and end with the load that it belongs to."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_with_parent()
    # What a library prints while it crashes is no sentence for people.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
