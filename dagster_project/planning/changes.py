"""What a person can change in a what-if, and how it is written on the command line.

A school is its code or its exact name; ``/primary`` or ``/junior`` after it names one section. A
kind is an indicator id (``L2``) or a word (``backbone``); kinds joined by ``+`` are the same
teachers counted in each. Amounts are persons, rooms, m² or yuan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dagster_project.figures.county import STAGES
from dagster_project.messages import MessageError

KINDS = {
    "degree": "L1",
    "backbone": "L2",
    "pe-arts": "L3",
    "rooms": "L4",
    "sports": "L5",
    "equipment": "L6",
    "multimedia": "L7",
}


class ChangeInvalid(MessageError):
    """A change cannot be understood or done; the message shows how it is written."""


@dataclass(frozen=True)
class School:
    """A school, or with ``stage`` one section of it, as the person wrote it."""

    written: str
    stage: str | None = None


@dataclass(frozen=True)
class LeaveOut:
    school: School


@dataclass(frozen=True)
class Merge:
    """The first school keeps its code and location; the others go into it."""

    schools: tuple[School, ...]


@dataclass(frozen=True)
class Move:
    amount: float
    kinds: tuple[str, ...]
    giver: School
    taker: School


@dataclass(frozen=True)
class Add:
    amount: float
    kinds: tuple[str, ...]
    school: School


@dataclass(frozen=True)
class Changes:
    """Everything asked for. Done in this order, whatever the order on the command line: leave out,
    merge, move, add, close gaps. ``close_gaps``: indicator ids, or ('all',)."""

    leave_out_flagged: bool = False
    leave_out: tuple[LeaveOut, ...] = ()
    merges: tuple[Merge, ...] = ()
    moves: tuple[Move, ...] = ()
    additions: tuple[Add, ...] = ()
    close_gaps: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Changes()


def parse(
    close_gaps: list[str] | None = None,
    merge: list[str] | None = None,
    leave_out: list[str] | None = None,
    leave_out_flagged: bool = False,
    move: list[str] | None = None,
    add: list[str] | None = None,
) -> Changes:
    """The changes written on the command line; ``ChangeInvalid`` for what is not understood."""
    gaps = [part.strip() for text in close_gaps or () for part in text.split(",") if part.strip()]
    return Changes(
        leave_out_flagged=leave_out_flagged,
        leave_out=tuple(LeaveOut(_school(text)) for text in leave_out or ()),
        merges=tuple(_merge(text) for text in merge or ()),
        moves=tuple(_move(text) for text in move or ()),
        additions=tuple(_add(text) for text in add or ()),
        close_gaps=tuple(gap if gap == "all" else _kind(gap) for gap in gaps),
    )


def _school(text: str) -> School:
    name, _, stage = text.strip().partition("/")
    if not name or (stage and stage not in STAGES):
        raise ChangeInvalid("planning.names_no_school", text=text)
    return School(name.strip(), stage or None)


def _merge(text: str) -> Merge:
    schools = tuple(_school(part) for part in text.split("+") if part.strip())
    if len(schools) < 2:
        raise ChangeInvalid("planning.merge_two", text=text)
    if any(school.stage for school in schools):
        raise ChangeInvalid("planning.merge_whole", text=text)
    return Merge(schools)


def _move(text: str) -> Move:
    amount, _, rest = text.partition(":")
    kinds, _, schools = rest.partition(":")
    giver, arrow, taker = re.sub("→|->", ">", schools).partition(">")
    if not arrow:
        giver, arrow, taker = schools.partition(":")
    if not arrow:
        raise ChangeInvalid("planning.move_form", text=text)
    return Move(_amount("--move", text, amount), _kinds(kinds), _school(giver), _school(taker))


def _add(text: str) -> Add:
    parts = text.split(":")
    if len(parts) != 3:
        raise ChangeInvalid("planning.add_form", text=text)
    return Add(_amount("--add", text, parts[0]), _kinds(parts[1]), _school(parts[2]))


def _amount(option: str, text: str, amount: str) -> float:
    try:
        number = float(amount)
    except ValueError:
        number = -1.0
    if not 0 < number < float("inf"):
        raise ChangeInvalid("planning.no_amount", option=option, text=text, amount=amount)
    return number


def _kinds(text: str) -> tuple[str, ...]:
    return tuple(_kind(part) for part in text.split("+"))


def _kind(text: str) -> str:
    """An indicator id; whether the standard has it is found out when it is applied."""
    text = text.strip()
    return KINDS.get(text, text.upper())
