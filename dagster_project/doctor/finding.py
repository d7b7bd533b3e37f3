"""A finding: one sentence about one subject, and how much it matters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters; only a fault makes ``junheng doctor`` exit 1."""

    well = "ok"
    note = "note"
    fault = "fault"


@dataclass(frozen=True)
class Finding:
    """One sentence about one subject."""

    level: Level
    subject: str
    sentence: str


def well(subject: str, sentence: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.well, subject, sentence)


def note(subject: str, sentence: str) -> Finding:
    """Worth knowing, stops nothing."""
    return Finding(Level.note, subject, sentence)


def fault(subject: str, sentence: str) -> Finding:
    """Would stop or spoil a load; the sentence says what to do."""
    return Finding(Level.fault, subject, sentence)
