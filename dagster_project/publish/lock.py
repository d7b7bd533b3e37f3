"""One writer at a time: a lock on the warehouse that a dying process gives back by itself."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dagster_project.messages import Message, MessageError

MOST_LOOKS, SECONDS_BETWEEN_LOOKS = 20, 0.05


class WarehouseBusy(MessageError):
    """Another load is writing this warehouse."""


@contextmanager
def writing(warehouse: Path, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the warehouse for writing; raises :class:`WarehouseBusy` if another process does."""
    warehouse.mkdir(parents=True, exist_ok=True)
    path = warehouse / ".writing"
    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        holder = _holder(path)
        who = Message("publish.process", {"process": holder}) if holder else ""
        raise WarehouseBusy("publish.busy", who=who, warehouse=warehouse) from None
    try:
        path.write_text(str(os.getpid()), "utf-8")
        yield
    finally:
        lock.release()


def is_written(warehouse: Path) -> bool:
    """Whether a process holds the warehouse for writing just now."""
    path = warehouse / ".writing"
    if not path.exists() or not os.access(path, os.W_OK):
        return False
    lock = FileLock(path)
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True


def _holder(path: Path) -> str:
    """The process that holds the lock; one that has only just taken it gets a moment to say so."""
    for _ in range(MOST_LOOKS):
        with suppress(FileNotFoundError):  # it has ended meanwhile
            if holder := path.read_text("utf-8").strip():
                return holder
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return ""
