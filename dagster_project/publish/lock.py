"""One writer at a time: a lock on the warehouse that a dying process gives back by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class WarehouseBusy(Exception):
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
        holder = path.read_text("utf-8").strip() if path.exists() else ""
        who = f" (process {holder})" if holder else ""
        raise WarehouseBusy(
            f"Another load{who} is writing {warehouse}. Wait until it has ended and start again."
        ) from None
    try:
        path.write_text(str(os.getpid()), "utf-8")
        yield
    finally:
        lock.release()
