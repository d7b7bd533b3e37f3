"""Reading files in helper processes, and what is said of a file that stopped its reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from dagster_project.census.opening.admission import open_plain
from dagster_project.census.opening.package import TEXT, kind_of
from dagster_project.census.rejection import FileRejected
from dagster_project.machine import helper_process
from dagster_project.machine.helper_process import Died, Limits, TooLong, TooMuchMemory, prepare

__all__ = ["LimitReached", "Limits", "ReadingFailed", "each", "each_aside", "prepare"]

SMALL_TEXT = 1_000_000  # bytes

Item = TypeVar("Item")
Result = TypeVar("Result")


class ReadingFailed(FileRejected):
    """The machine or the program failed, not the file: it is tried again by the next load."""


class LimitReached(ReadingFailed):
    """The file took more than a reader may: it is tried again once the limits are others."""


def each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int,
    limits: Limits,
) -> Iterator[tuple[Item, Result | FileRejected]]:
    """``function`` of every item, in reader processes (:func:`.helper_process.each`).

    Instead of a result comes the :class:`FileRejected` it raised, or what became of its process.
    """
    for item, result in helper_process.each(function, items, processes=processes, limits=limits):
        if isinstance(result, FileRejected) or not isinstance(result, Exception):
            yield item, result
        else:
            yield item, _refusal(result, limits)


def each_aside(
    function: Callable[[Item], Result], files: Mapping[Item, Path], limits: Limits
) -> dict[Item, Result | FileRejected]:
    """``function`` of every item, by the item, for the small files that people keep beside a drop.

    ``files`` says in which file an item stands. A small text is read in this process, for it can do
    no harm and is there at once; anything else as :func:`each` does.
    """
    apart = [item for item, path in files.items() if not is_small_text(path)]
    found = dict(each(function, apart, processes=1, limits=limits))
    for item in files.keys() - found.keys():
        try:
            found[item] = function(item)
        except FileRejected as refusal:
            found[item] = refusal
        except Exception as error:  # one odd file must never stop the others
            found[item] = _refusal(error, limits)
    return {item: found[item] for item in files}


def is_small_text(path: Path) -> bool:
    """Whether a file is a text of at most ``SMALL_TEXT`` bytes."""
    try:
        with open_plain(path) as file:
            head = file.read(SMALL_TEXT + 1)
    except OSError:
        return True  # whoever reads it says so
    return len(head) <= SMALL_TEXT and kind_of(head[:4096]) == TEXT


def _refusal(error: Exception, limits: Limits) -> ReadingFailed:
    match error:
        case TooLong():
            return LimitReached("lake.took_too_long", seconds=limits.seconds)
        case TooMuchMemory():
            return LimitReached("lake.took_too_much", memory=limits.memory / 10**9)
        case Died():
            return ReadingFailed("lake.reader_died", exitcode=error.exitcode)
    return ReadingFailed("lake.not_read", kind=type(error).__name__, error=error)
