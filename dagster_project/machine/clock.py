"""Order does not go by the clock alone: clocks are put back, and virtual machines wake up late."""

from __future__ import annotations

from datetime import datetime, timedelta

MOMENT = timedelta(microseconds=1)


def later_than(newest: datetime | None, now: datetime, moment: timedelta = MOMENT) -> datetime:
    """``now``, or a ``moment`` after ``newest`` where the clock was put back since."""
    return now if newest is None else max(now, newest + moment)
