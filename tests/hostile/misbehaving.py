"""What a hostile file can make its reader do; importable, for reader processes run it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from dagster_project.census.rejection import FileRejected


def behave(what: str) -> str:
    """Do ``what``: ``sleep``, ``fill`` the memory, ``abort``, ``exit``, ``raise``, ``refuse`` …"""
    if what == "sleep":
        time.sleep(600)
    if what == "fill":
        return str(len([bytes(10_000_000) for _ in range(1000)]))
    if what == "abort":
        os.abort()
    if what == "exit":
        os._exit(3)
    if what == "raise":
        raise RuntimeError("odd")
    if what == "refuse":
        raise FileRejected("It is empty.", advice="Export it again.")
    if what == "print":
        os.write(2, b"noise")
    return what


def die_once(marker: str) -> str:
    """Killed from outside the first time, as by a machine out of memory; fine the second."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"
