"""Work on what others wrote, in helper processes: each piece under a limit of time and of memory.

Whatever a file or a template does to the process that takes it apart – hang it, fill its memory,
crash a library – ends that process and concerns that piece alone: the others go on.
"""

from __future__ import annotations

import os
import resource
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, TimeoutError, wait
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from dagster_project.machine.end_with_parent import end_with_parent, hear_signals

Item = TypeVar("Item")
Result = TypeVar("Result")

# Imported once, by the process that helpers are forked from.
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
    """What one piece of work may take: ``seconds`` on the clock and ``memory`` in bytes."""

    seconds: float = 600.0
    memory: int = 3 << 30

    def __str__(self) -> str:
        return f"{self.seconds:g} s, {self.memory / 10**9:g} GB"


class Stopped(Exception):
    """The helper process did not bring its work to an end."""


class TooLong(Stopped):
    """It took more time than it may, and was ended."""


class TooMuchMemory(Stopped):
    """It asked for more memory than it may have."""


class Died(Stopped):
    """It ended twice without an answer; ``exitcode`` is that of the process (negative: signal)."""

    def __init__(self, exitcode: int) -> None:
        super().__init__(f"exit code {exitcode}")
        self.exitcode = exitcode


def each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int,
    limits: Limits,
    start: tuple[Callable[..., None], tuple[Any, ...]] | None = None,
    skip: Callable[[Item], bool] = lambda item: False,
) -> Iterator[tuple[Item, Result | Exception]]:
    """``function`` of every item, in helper processes; in no particular order.

    ``function`` must be importable, items and results picklable. Instead of a result comes the
    exception that it raised, or a :class:`Stopped`. An item whose process died is tried once more,
    alone, after the others: it may have died because of its neighbours. ``start`` is called with
    its arguments when a process begins. Items that ``skip`` names when their turn comes are left
    out.
    """
    if not items:
        return
    died: list[Item] = []
    for item, result in _run(function, items, min(processes, len(items)), limits, start, skip):
        if isinstance(result, Died):
            died.append(item)
        else:
            yield item, result
    for item, result in _run(function, died, 1, limits, start, skip):
        # Out of memory is how Rust aborts; a C++ library may do the same.
        is_full = isinstance(result, Died) and result.exitcode == -signal.SIGABRT
        yield item, TooMuchMemory() if is_full else result


def _run(function, items, processes, limits, start, skip) -> Iterator[tuple]:
    waiting = deque(items)
    if not waiting:
        return
    pool = ProcessPool(
        processes, context=_context(), initializer=_be_a_helper, initargs=[limits.memory, start]
    )
    try:
        running: dict[Future, Any] = {}
        while waiting or running:
            while waiting and len(running) < processes * _AHEAD:
                item = waiting.popleft()
                if not skip(item):
                    future = pool.schedule(function, args=[item], timeout=limits.seconds)
                    running[future] = item
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for ended in done:
                yield running.pop(ended), _outcome(ended)
        pool.close()
    except BaseException:
        pool.stop()
        raise
    finally:
        pool.join()


def _outcome(future):
    try:
        return future.result()
    except ProcessExpired as expired:
        return Died(expired.exitcode)
    except TimeoutError:
        return TooLong()
    except MemoryError:
        return TooMuchMemory()
    except Exception as error:  # one odd piece must never stop the others
        return error


def prepare() -> None:
    """Let the process that helpers are forked from import what they need; returns at once."""
    _context()
    ensure_running()


@cache
def _context():
    context = get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _be_a_helper(memory: int, start: tuple | None) -> None:
    """What a helper does first: bound itself, and end with the load that it belongs to."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_with_parent()
    hear_signals()
    # What a library prints while it crashes is no sentence for people.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if start is not None:
        function, arguments = start
        function(*arguments)
