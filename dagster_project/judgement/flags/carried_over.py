"""Flags of the log that are not raised but stand in the table all the same.

A rule that is broken says nothing, so what it had raised before stays open. A flag whose figures
were corrected is shown as corrected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dagster_project.judgement import tables
from dagster_project.judgement.flags.flag import CORRECTED, OPEN
from dagster_project.judgement.flags.log import Ending
from dagster_project.judgement.flags.open_now import Ledger, Logged


@dataclass(frozen=True)
class Ended:
    """A flag that has ended in this load, and how."""

    flag: Logged
    ending: Ending


@dataclass(frozen=True)
class CarriedOver:
    """A logged flag that stands with ``status``; ``ending`` if it got there in this load."""

    flag: Logged
    status: str
    ending: Ending | None = None


def carry_over(
    ledger: Ledger,
    broken: Collection[str],
    school_years: Iterable[int],
    ended: Iterable[Ended],
) -> list[CarriedOver]:
    """The flags to keep: those of ``broken`` rules in ``school_years``, then the corrected ones."""
    corrected_now = {
        item.flag.flag_id: CarriedOver(item.flag, CORRECTED, item.ending)
        for item in ended
        if item.ending.event == CORRECTED
    }
    silent = [flag for flag in ledger.find_vanished(school_years) if flag.rule_id in broken]
    # A rule may be broken in one year and have seen a correction in another.
    still = [corrected_now.pop(f.flag_id, CarriedOver(f, OPEN)) for f in silent]
    corrected = [CarriedOver(flag, CORRECTED) for flag in ledger.find_corrected()]
    corrected += corrected_now.values()
    return still + sorted(corrected, key=lambda item: item.flag.first_place)


def carried_rows(ledger: Ledger, flags: Sequence[CarriedOver]) -> Iterator[dict]:
    """These flags as rows of ``quality.flag``, in their order."""
    names = tables.FLAG.names
    events = ledger.rows([item.flag for item in flags])
    for item, event in zip(flags, events, strict=True):
        row = {name: event[name] for name in names}
        if item.status == CORRECTED:
            row["status"] = CORRECTED
        if item.ending is not None:
            row["note"] = item.ending.note
        yield row
