"""Telling a waiting person how far a load is, without the rooms knowing who listens.

The rooms call :func:`report`; the command line shows bars, a Dagster run writes log lines, tests
listen to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, int, int, str], None]
"""Called with stage of the load, steps done, steps in all (0: unknown) and what is at hand."""

# One for the process, not for the context: dbt reports from threads of its own.
_listener: Listener | None = None


def report(stage: str, done: int, total: int, detail: str = "") -> None:
    """Say that ``done`` of ``total`` steps of ``stage`` are behind us."""
    if _listener is not None:
        _listener(stage, done, total, detail)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send all reports to ``listener`` for as long as the context lasts."""
    global _listener
    before, _listener = _listener, listener
    try:
        yield
    finally:
        _listener = before
