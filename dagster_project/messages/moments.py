"""Moments as people read them: the clock of Beijing, and said so. UTC stands in ids and logs."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dagster_project.messages.message import Message, by_language

BEIJING = ZoneInfo("Asia/Shanghai")


def in_beijing(moment: datetime | str) -> datetime:
    """A moment, or its ISO text, by the clock of Beijing; without a zone it is UTC."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return known.astimezone(BEIJING)


def beijing(moment: datetime | str) -> Message:
    """``2026-11-29 00:29（北京时间）``, as a phrase; what is no moment stands for itself."""
    try:
        text = f"{in_beijing(moment):%Y-%m-%d %H:%M}"
    except ValueError:
        return Message(str(moment))
    return by_language(f"{text}（北京时间）", f"{text} (Beijing time)")
