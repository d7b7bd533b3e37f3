"""Telling a waiting person how far a load is, without the rooms knowing who listens.

The rooms call :func:`report`; the command line shows bars, a Dagster run writes log lines, tests
listen to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, int, int, str], None]
"""Called with stage of the load, steps done, steps in all (0: unknown) and what is at hand."""

_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


def report(stage: str, done: int, total: int, detail: str = "") -> None:
    """Say that ``done`` of ``total`` steps of ``stage`` are behind us."""
    listener = _listener.get()
    if listener is not None:
        listener(stage, done, total, detail)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send the reports of this context to ``listener``."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
