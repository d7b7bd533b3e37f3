"""Telling whoever waits how far a load is, without the rooms knowing who listens.

The rooms call :func:`report`; the command line shows bars, a run keeps its journal, tests listen to
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, int, int, str], None]
"""Called with stage of the load, steps done, steps in all (0: unknown) and what is at hand."""

# For the process, not for the context: dbt reports from threads of its own.
_listeners: tuple[Listener, ...] = ()


def report(stage: str, done: int, total: int, detail: str = "") -> None:
    """Say that ``done`` of ``total`` steps of ``stage`` are behind us."""
    for listener in _listeners:
        listener(stage, done, total, detail)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send all reports to ``listener``, too, for as long as the context lasts."""
    global _listeners
    _listeners = (*_listeners, listener)
    try:
        yield
    finally:
        _listeners = tuple(other for other in _listeners if other is not listener)
