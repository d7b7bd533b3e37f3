"""Order does not go by the clock alone: clocks are put back, and virtual machines wake up late."""

from __future__ import annotations

from datetime import datetime, timedelta


def later_than(newest: datetime | None, now: datetime) -> datetime:
    """``now``, or a moment after ``newest`` where the clock was put back since."""
    return now if newest is None else max(now, newest + timedelta(microseconds=1))
