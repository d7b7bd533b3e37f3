"""Faults in words: what a person reads of an exception, and what they can do about it."""

from __future__ import annotations

import errno
import shutil

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

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
LITTLE_ROOM = 20_000_000  # bytes; what a database needs to write a checkpoint at least


def worded(error: BaseException) -> str | None:
    """What a command says of an error that people should read; ``None`` of any other."""
    if isinstance(error, WORDED):
        return str(error)
    if isinstance(error, duckdb.Error) and is_of_a_damaged_database(error):
        return str(DatabaseDamaged.found_while_reading(error))
    return None


def sentence_of(error: BaseException, settings: Settings) -> str:
    """What happened and what to do, in the language spoken."""
    if isinstance(error, WORDED):
        return str(error)
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, (MemoryError, duckdb.OutOfMemoryException)):
        return say("cli.give_load_more_memory_junheng", why=first)
    if isinstance(error, OSError):
        first = of_system_with_file(error).text()
    if is_of_the_disk(error):
        advice = "cli.check_disk_permissions"
        if _is_full(error, settings):
            advice = "cli.disk_full_make_room_load"
        return say(advice, why=first, folder=settings.warehouse)
    return f"{type(error).__name__}: {error}"


def is_of_the_disk(error: BaseException) -> bool:
    """Whether it is the disk that failed, rather than the program or the data.

    A database that cannot write its checkpoint ends with a fatal error of its own.
    """
    return isinstance(error, (OSError, duckdb.IOException, duckdb.FatalException))


def _is_full(error: BaseException, settings: Settings) -> bool:
    if getattr(error, "errno", None) in _FULL or "No space left" in str(error):
        return True
    try:
        return shutil.disk_usage(settings.warehouse).free < LITTLE_ROOM
    except OSError:
        return False
