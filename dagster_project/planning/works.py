"""What it takes beyond the seven indicators: G3 rooms, G4 pupils, G5 classes, Q4 training money.

From ``marts.gap`` and ``marts.class_size``, school by school. What rests on a figure in doubt is to
be corrected first; it is counted nowhere.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.rows import Row, by
from dagster_project.messages import Message, by_language, coded

ITEMS = ("G3", "G4", "G5", "Q4")
_PRICES = Path(__file__).with_name("works.csv")
_ROOMS = {
    "music_room": ("音乐专用教室", "music rooms"),
    "fine_art_room": ("美术专用教室", "art rooms"),
}
_MOST_TAKERS = 3


@dataclass(frozen=True)
class Amounts:
    """What works come to: classes to open, rooms and teachers for them, pupils to move, yuan."""

    classes: int = 0
    rooms: int = 0
    teachers: int = 0
    pupils: int = 0
    yuan: float = 0.0


@dataclass(frozen=True)
class Work:
    """One thing to do at a school for an item that is not met."""

    item_id: str
    school_id: str
    school_name: str
    stage: str
    message: Message
    amounts: Amounts = Amounts()
    is_tainted: bool = False


def total(works: Iterable[Work]) -> Amounts:
    """The amounts of all works together."""
    found = [work.amounts for work in works]
    names = [field.name for field in fields(Amounts)]
    return Amounts(**{name: sum(getattr(one, name) for one in found) for name in names})


def works_of(figures: CountyFigures) -> tuple[Work, ...]:
    """The works of a county by item and school."""
    make = {"G3": _room, "G4": _size, "G5": _classes, "Q4": _money}
    return tuple(
        Work(
            row["item_id"],
            row["school_id"],
            row["school_name"] or row["school_id"],
            row["stage"],
            Message("planning.correct_first", {"task": row["what_to_do"]}),
            is_tainted=True,
        )
        if row["is_tainted"]
        else make[row["item_id"]](figures, row)
        for row in figures.gaps
        if row["item_id"] in make
    )


@cache
def price(item_id: str, action: str) -> float:
    """Yuan for one, an assumption that the county confirms."""
    with _PRICES.open(encoding="utf-8", newline="") as file:
        prices = {(r["item_id"], r["action"]): float(r["price_yuan"]) for r in csv.DictReader(file)}
    return prices[item_id, action]


def _work(row: Row, identity: str, amounts: Amounts, **values: object) -> Work:
    school = row["school_name"] or row["school_id"]
    stage = coded("stage", row["stage"])
    message = Message(identity, {"school": school, "stage": stage, **values})
    return Work(row["item_id"], row["school_id"], school, row["stage"], message, amounts)


def _room(figures: CountyFigures, row: Row) -> Work:
    rooms = math.ceil(row["shortfall"] or 0)
    thing = by_language(*_ROOMS.get(row["part_id"], ("专用教室", "rooms")))
    amounts = Amounts(rooms=rooms, yuan=rooms * price("G3", "room"))
    return _work(row, "planning.work_rooms", amounts, rooms=rooms, thing=thing)


def _size(figures: CountyFigures, row: Row) -> Work:
    pupils = math.ceil(row["shortfall"] or 0)
    takers = [f"{name}（{places:,.0f}）" for name, places in _takers(figures, row)]
    told = Message("planning.work_takers", {"takers": takers}) if takers else ""
    return _work(
        row,
        "planning.work_size",
        Amounts(pupils=pupils),
        pupils=pupils,
        limit=row["threshold"],
        takers=told,
    )


def _takers(figures: CountyFigures, row: Row) -> list[tuple[str, float]]:
    """Schools with the same stages that have the most places left below the limit."""
    term = figures.ref.term_of_census
    pupils: dict[str, float] = {}
    names: dict[str, str] = {}
    stages: dict[str, set[str]] = {}
    for one in figures.rows("class_size", term=term):
        school = one["school_id"]
        pupils[school] = pupils.get(school, 0.0) + (one["pupils"] or 0.0)
        names[school] = one["school_name"] or school
        stages.setdefault(school, set()).add(one["stage"])
    own = stages.get(row["school_id"], set())
    free = [
        (names[school], row["threshold"] - number)
        for school, number in pupils.items()
        if school != row["school_id"] and own <= stages[school] and number < row["threshold"]
    ]
    return sorted(free, key=lambda one: (-one[1], one[0]))[:_MOST_TAKERS]


def _classes(figures: CountyFigures, row: Row) -> Work:
    """Classes to open so that none is above the limit, with a room and the county's teachers each.

    Where the classes that there are would do, pupils are only spread evenly.
    """
    term, stage = figures.ref.term_of_census, row["stage"]
    limit = float(figures.ref.setting(f"class_limit_{stage}"))
    own = figures.row("class_size", term=term, school_id=row["school_id"], stage=stage) or {}
    classes, pupils = own.get("classes"), own.get("pupils")
    over = row["shortfall"]
    if classes is None or pupils is None:
        return _work(row, "planning.work_split_unknown", Amounts(), over=over, limit=limit)
    new = max(math.ceil(pupils / limit) - math.floor(classes), 0)
    if new == 0:
        return _work(
            row,
            "planning.work_spread",
            Amounts(),
            over=over,
            limit=limit,
            pupils=pupils,
            classes=classes,
        )
    teachers = math.ceil(new * _teachers_per_class(figures, stage))
    amounts = Amounts(
        classes=new,
        rooms=new,
        teachers=teachers,
        yuan=new * price("G5", "room") + teachers * price("G5", "teacher"),
    )
    moved = max(math.ceil(pupils - limit * math.floor(classes)), 0)
    return _work(
        row,
        "planning.work_split",
        amounts,
        over=over,
        limit=limit,
        new=new,
        teachers=teachers,
        moved=moved,
    )


def _teachers_per_class(figures: CountyFigures, stage: str) -> float:
    """As many as the county's classes of that stage have on average; 0 where nobody knows."""
    totals = by(figures.rows("county_profile", topic="total", stage=stage), "category")
    teachers, classes = (totals.get(name) for name in ("teachers", "classes"))
    if not teachers or not classes or not classes["value"]:
        return 0.0
    return float(teachers["value"] or 0.0) / float(classes["value"])


def _money(figures: CountyFigures, row: Row) -> Work:
    yuan = float(row["shortfall"] or 0.0)
    return _work(row, "planning.work_money", Amounts(yuan=yuan), yuan=yuan)
