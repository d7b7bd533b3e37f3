"""Reading files in helper processes, and what is said of a file that stopped its reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from dagster_project import helper_process
from dagster_project.census.rejection import FileRejected
from dagster_project.helper_process import Died, Limits, TooLong, TooMuchMemory, prepare

__all__ = ["LimitReached", "Limits", "ReadingFailed", "each", "prepare"]

Item = TypeVar("Item")
Result = TypeVar("Result")


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
    """``function`` of every item, in reader processes (:func:`.helper_process.each`).

    Instead of a result comes the :class:`FileRejected` it raised, or what became of its process.
    """
    for item, result in helper_process.each(function, items, processes=processes, limits=limits):
        is_known = isinstance(result, FileRejected) or not isinstance(result, Exception)
        yield item, result if is_known else _refusal(result, limits)


def _refusal(error: Exception, limits: Limits) -> ReadingFailed:
    match error:
        case TooLong():
            return LimitReached(
                f"Reading the file took more than {limits.seconds:g} seconds and was ended.",
                advice="Split it (one stage, one county), or raise JUNHENG_FILE_SECONDS.",
            )
        case TooMuchMemory():
            return LimitReached(
                f"Reading the file took more than {limits.memory / 10**9:g} GB of memory.",
                advice="Split it (one stage, one county), or raise JUNHENG_FILE_MEMORY.",
            )
        case Died():
            return ReadingFailed(
                f"The file ended its reader process twice (exit code {error.exitcode}).",
                advice="Save it anew and drop that copy, or give the machine more memory.",
            )
    return ReadingFailed(
        f"The file could not be read ({type(error).__name__}: {error}).",
        advice="Open it, save it anew and try again; if that fails too, please report it.",
    )
