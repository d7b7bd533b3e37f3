"""Faults in words: what a person reads of an exception, and what they can do about it."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import duckdb

from dagster_project.lake.append_log import StorageDamaged
from dagster_project.messages import of_system_with_file, say
from dagster_project.publish.lock import WarehouseBusy
from dagster_project.publish.opening import (
    CannotRead,
    DatabaseDamaged,
    is_of_a_damaged_database,
)
from dagster_project.publish.publication import NotPublished, RunInterrupted
from dagster_project.settings import Settings
from dagster_project.variables import SettingsInvalid

WORDED = (
    NotPublished,
    WarehouseBusy,
    StorageDamaged,
    CannotRead,
    RunInterrupted,
    SettingsInvalid,
)
"""Exceptions whose message is a sentence for people."""

_ADVICE = {
    "cli.advice_full": (errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    "cli.advice_permission": (errno.EACCES, errno.EPERM),
    "cli.advice_read_only": (errno.EROFS,),
    "cli.advice_missing": (errno.ENOENT,),
    "cli.advice_in_the_way": (
        *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ELOOP),
    ),
    "cli.advice_long_path": (errno.ENAMETOOLONG,),
    "cli.advice_open_files": (errno.EMFILE, errno.ENFILE),
    "cli.advice_in_use": (errno.EBUSY, errno.ETXTBSY, errno.EAGAIN),
    "cli.give_load_more_memory_junheng": (errno.ENOMEM,),
    "cli.advice_failing": (errno.EIO, errno.ENODEV, errno.ENXIO),
    "cli.advice_network": (
        *(errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN),
        *(errno.ENETUNREACH, errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED),
    ),
}
"""What to do, by the number that the operating system gives a fault."""

LITTLE_ROOM = 20_000_000  # bytes; what a database needs to write a checkpoint at least


def worded(error: BaseException) -> str | None:
    """What a command says of an error that people should read; ``None`` of any other."""
    if isinstance(error, WORDED):
        return str(error)
    if isinstance(error, duckdb.Error) and is_of_a_damaged_database(error):
        return str(DatabaseDamaged.found_while_reading(error))
    if isinstance(error, OSError):
        return of_the_disk(error, Path.cwd())
    return None


def sentence_of(error: BaseException, settings: Settings) -> str:
    """What happened and what to do, in the language spoken."""
    if isinstance(error, WORDED):
        return str(error)
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, (MemoryError, duckdb.OutOfMemoryException)):
        return say("cli.give_load_more_memory_junheng", why=first)
    if is_of_the_disk(error):
        return of_the_disk(error, settings.warehouse)
    return f"{type(error).__name__}: {error}"


def is_of_the_disk(error: BaseException) -> bool:
    """Whether it is the disk that failed, rather than the program or the data.

    A database that cannot write its checkpoint ends with a fatal error of its own.
    """
    return isinstance(error, (OSError, duckdb.IOException, duckdb.FatalException))


def of_the_disk(error: BaseException, folder: Path) -> str:
    """What happened to a file and what to do; ``folder`` is where no file is named."""
    why = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, OSError):
        why = of_system_with_file(error).text()
    place = getattr(error, "filename", None) or folder
    number = errno.ENOSPC if _is_full(folder) else _number(error)
    fitting = (advice for advice, numbers in _ADVICE.items() if number in numbers)
    return say(next(fitting, "cli.advice_disk"), why=why, place=place)


def _number(error: BaseException) -> int | None:
    """The operating system's number of a fault; DuckDB repeats its words only."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    known = (number for numbers in _ADVICE.values() for number in numbers)
    return next((number for number in known if os.strerror(number) in str(error)), None)


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < LITTLE_ROOM
    except OSError:
        return False
