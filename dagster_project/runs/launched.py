"""What a load that was launched did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Launched:
    """What a load read: files looked at and files parsed (the rest stood in the lake already).

    And what it wrote: county-years whose reports were written, those left for ``junheng report``
    because of ``JUNHENG_REPORT_COUNTIES``, why documents failed, and which that somebody edited
    were kept. ``notes`` say what was put right or withdrawn, and what of reviews did not count.
    """

    files: int
    read: int
    reports: int = 0
    reports_left: int = 0
    reports_failed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
