"""What the frames of returns are made of: items, columns of the rosters, kinds of movement.

Answers are columns named by their item (``census/dictionary/items.csv``). What is counted of a
roster stands in ``frames/roster.csv``, the kinds of movement among the choices of the templates.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template
from typing import NamedTuple

from dagster_project.census.returns.layout import choices
from dagster_project.census.schema import fields as dictionary
from dagster_project.census.schema import items
from dagster_project.seeds import settings

ANSWER, SCHOOL_ANSWER, ROSTER, MOVEMENT = RETURN_FRAMES = (
    "answer", "school_answer", "roster", "movement",
)  # fmt: skip

GRADES = range(1, 7)  # of a stage

# Who comes into a cohort and who goes out of it; entrants and graduates are its two ends.
JOINED = ("transfer_in", "resumed")
LEFT = ("transfer_out", "suspended", "dropout", "death")

_CENSUS = re.compile(r"(?P<prev>prev_)?census_(?P<field>\w+?)(?:_(?P<stage>primary|junior))?")
# What may stand before the name of an answer or of a column of a roster or movement.
_YEAR = re.compile(r"^(?:prev|this_year|last_year|usual)_")
_OF_SCHOOLS = re.compile(r"^(?:schools|answered)_(\w+?)(?:_primary|_junior)?$")


class Named(NamedTuple):
    """What a figure is called, and its unit (``""`` where it has none).

    ``said`` is what it is called within a Chinese sentence.
    """

    zh: str
    en: str
    unit: str
    said: str


class CensusWord(NamedTuple):
    """A column with figures of the census beside a return: ``prev_census_pupils_junior``."""

    column: str
    field: str
    is_last_years: bool
    stage: str | None


@dataclass(frozen=True)
class RosterColumn:
    """One figure of a roster: ``total`` (count, sum, max, min, distinct) of the column ``of`` over
    the classes for which ``rows`` (SQL over a class) holds."""

    column: str
    name_zh: str
    name_en: str
    unit: str
    total: str
    of: str
    rows: str

    @property
    def sql(self) -> str:
        """The figure as an aggregate; null where a class that it needs was not reported."""
        if self.total in ("max", "min"):
            return f"{self.total}({self.of})"
        if self.total == "distinct":
            return f"count(distinct {self.of})"
        if self.total == "count":
            return f"if(bool_or(({self.rows}) is null), null, count(*) filter (where {self.rows}))"
        unknown = f"bool_or(({self.rows}) and {self.of} is null)"
        return f"if({unknown}, null, coalesce(sum({self.of}) filter (where {self.rows}), 0))"

    @property
    def is_a_class(self) -> bool:
        """Whether the figure is that of one class: the largest, the smallest."""
        return self.total in ("max", "min")


@cache
def roster_columns() -> dict[str, RosterColumn]:
    """The figures of a roster by column, with the limits of the settings put in."""
    text = (resources.files(__package__) / "roster.csv").read_text("utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        row["rows"] = Template(row["rows"]).substitute(settings())
        found[row["column"]] = RosterColumn(**row)
    return found


@cache
def movement_kinds() -> dict[str, str]:
    """Every kind of movement with its Chinese name."""
    known = choices("movement")
    return {kind: known.label(kind) for kind in dict.fromkeys(known.values.values())}


@cache
def list_answers(frame: str) -> tuple[str, ...]:
    """The items that stand in a frame: the county's in ``answer``, the schools' in the other."""
    return tuple(i.item_id for i in items().values() if (i.level == "county") == (frame == ANSWER))


@cache
def list_figures(frame: str) -> frozenset[str]:
    """What a rule of the frame may name in ``fields``: figures of returns, and of the census."""
    if frame not in RETURN_FRAMES:
        return frozenset(dictionary())
    own = {
        ANSWER: items(),
        SCHOOL_ANSWER: list_answers(SCHOOL_ANSWER),
        ROSTER: roster_columns(),
        MOVEMENT: [f"movement_{kind}" for kind in movement_kinds()],
    }
    return frozenset(dictionary()) | frozenset(own[frame])


def find_figure(word: str, frame: str) -> str | None:
    """The figure of a return behind a column of its frame: ``prev_quota_places`` → the item."""
    bare = _YEAR.sub("", word)
    names = (word, bare, _OF_SCHOOLS.sub(r"\1", bare), f"movement_{bare}")
    return next((n for n in names if n in list_figures(frame) and n not in dictionary()), None)


def find_census_words(words: Iterable[str]) -> Iterator[CensusWord]:
    """The columns among ``words`` that ask for figures of the census, in their order."""
    for word in sorted(words):
        found = _CENSUS.fullmatch(word)
        if found is None:
            continue
        whole = word.removeprefix("prev_").removeprefix("census_")
        field, stage = (whole, None) if whole in dictionary() else (found["field"], found["stage"])
        if field in dictionary():
            yield CensusWord(word, field, bool(found["prev"]), stage)


def find_name(name: str) -> Named:
    """What a figure that rules name is called; ``KeyError`` where there is none of that name."""
    if name in roster_columns():
        column = roster_columns()[name]
        return Named(column.name_zh, column.name_en, column.unit, column.name_zh)
    kind = name.removeprefix("movement_")
    if kind in movement_kinds():
        name_zh = movement_kinds()[kind]
        return Named(name_zh, kind.replace("_", " "), "person", name_zh)
    if name in items():
        item = items()[name]
        return Named(item.name_zh, item.name_en, item.unit, item.name_zh)
    entry = dictionary()[name]
    return Named(entry.name_zh, entry.name_en, entry.unit, entry.said)
