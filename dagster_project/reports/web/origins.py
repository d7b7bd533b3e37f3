"""The cells behind a county's page: figures, answers and lists, every word sent once."""

from __future__ import annotations

from typing import Any

from dagster_project.census.returns.layout import Column, choices, layouts
from dagster_project.census.schema import items
from dagster_project.census.set_aside import parts
from dagster_project.figures.origins import COUNTED, answer_origins, field_origins
from dagster_project.figures.rows import Row
from dagster_project.reports.web.county_rows import CountyRows

MOST_PLACES = 600
"""Of one item; a page is not the place for more, the warehouse is."""


class Interned:
    """Words by number, in the order they were first asked for: each is sent once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, word: str | None) -> int:
        return self._numbers.setdefault(word or "", len(self._numbers))

    @property
    def words(self) -> list[str]:
        return list(self._numbers)


def origins_of(page: CountyRows) -> dict[str, Any]:
    """Places by section (``school_id/stage``), and the words that they refer to by number.

    A place is a list: field, path, sheet, cell, label, form, official row, official column; all but
    the cell are numbers of words.
    """
    terms = page.figures.ref.terms(page.standard)
    wanted = {term["field_id"] for term in terms} | set(COUNTED)
    number = Interned()
    places: dict[str, list[list[Any]]] = {}
    for row in field_origins(page.figures):
        if row["field_id"] not in wanted:
            continue
        places.setdefault(f"{row['school_id']}/{row['stage']}", []).append(
            [
                number(row["field_id"]),
                number(row["path"]),
                number(row["sheet"]),
                row["cell"],
                number(row["label"]),
                number(row["form"]),
                number(row["form_row"]),
                number(row["form_column"]),
            ]
        )
    return {"places": places, "words": number.words}


def answers_of(page: CountyRows) -> dict[str, Any]:
    """Places by item, and the words that they refer to by number.

    A place is a list: school, stage, cohort, what stands there, path, sheet, cell; all but cohort
    and cell are numbers of words. ``left`` says of how many places of an item only the first are
    given.
    """
    number = Interned()
    places: dict[str, list[list[Any]]] = {}
    left: dict[str, int] = {}
    for row in answer_origins(page.figures):
        item = item_of(row)
        mine = places.setdefault(item, [])
        if len(mine) == MOST_PLACES:
            left[item] = left.get(item, 0) + 1
            continue
        mine.append(
            [
                number(row["school_id"]),
                number(row["stage"]),
                row["cohort"],
                number(what_stands_there(row)),
                number(row["path"]),
                number(row["sheet"]),
                row["cell"],
            ]
        )
    return {"places": places, "left": left, "words": number.words}


def item_of(row: Row) -> str:
    """The item of the verdict that an entry counts in."""
    if row["part"] != "answer":
        return parts()[row["part"]]["feeds"]
    item = items().get(row["field_id"])
    return item.used_by if item else ""


def what_stands_there(row: Row) -> str:
    """What an entry is called: the item, or list, column and kind (学生异动 转入 人数)."""
    if row["part"] == "answer":
        item = items().get(row["field_id"])
        return item.name_zh if item else row["field_id"]
    column = _columns(row["part"])[row["field_id"]]
    kinds = [c for c in _columns(row["part"]).values() if c.list in ("art_room", "movement")]
    about = row["about"]
    for kind in kinds:
        about = choices(kind.list).label(about) if about else about
    cohort = f"{row['cohort']}级" if row["cohort"] else ""
    words = (parts()[row["part"]]["name_zh"], cohort, about, column.label)
    return " ".join(word for word in words if word)


def _columns(part: str) -> dict[str, Column]:
    sheet = next(
        sheet for layout in layouts().values() for sheet in layout.sheets if sheet.part == part
    )
    return {column.id: column for column in sheet.columns}
