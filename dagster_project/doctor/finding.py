"""A finding: one sentence about one subject, and how much it matters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dagster_project.messages import Message


class Level(StrEnum):
    """How much a finding matters; only a fault makes ``junheng doctor`` exit 1."""

    well = "ok"
    note = "note"
    fault = "fault"


@dataclass(frozen=True)
class Finding:
    """One sentence about one subject, in the language of whoever reads it."""

    level: Level
    subject: str
    message: Message

    @property
    def sentence(self) -> str:
        """The message in the language of this process."""
        return self.message.text()


def well(subject: str, message: Message | str, /, **values: object) -> Finding:
    """Nothing to do. ``message`` is a sentence of the catalogue, or its id and ``values``."""
    return Finding(Level.well, subject, _message(message, values))


def note(subject: str, message: Message | str, /, **values: object) -> Finding:
    """Worth knowing, stops nothing."""
    return Finding(Level.note, subject, _message(message, values))


def fault(subject: str, message: Message | str, /, **values: object) -> Finding:
    """Would stop or spoil a load; the sentence says what to do."""
    return Finding(Level.fault, subject, _message(message, values))


def _message(message: Message | str, values: dict[str, object]) -> Message:
    return message if isinstance(message, Message) else Message(message, values)
