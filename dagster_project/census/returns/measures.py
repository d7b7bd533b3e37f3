"""The sheets 其他数据 and 建设项目: figures whose item is data, and building projects.

A figure keeps its item as written, with the value and unit that its own cells state. Which item is
meant, and whether that is the item's unit, is decided where the items are known: in the warehouse.
"""

from __future__ import annotations

import re
from decimal import Decimal

from dagster_project.census.figures import UNREADABLE, Figure, clean_text, parse_figure
from dagster_project.census.returns.faults import Cell
from dagster_project.census.returns.grid import Table
from dagster_project.census.returns.layout import choice_key, choices, stated_unit
from dagster_project.census.returns.rows import Meta, at_its_cell, at_its_row, values_of
from dagster_project.census.returns.set_aside import Aside, Entry
from dagster_project.census.returns.values import Judge, is_blank
from dagster_project.census.schema import PROJECT_MONEY

YES_NO = "yes_no"  # the unit of 是 and 否
RATE = "1"
_WHOLE = ("person", "person_time", "count")  # units of which there is no half
_MONTH = re.compile(r"(\d{4})(?:\s*[-./年]\s*(\d{1,2})(?:\s*[-./月].*|\s*月)?|\s*年)?")


def measures(table: Table, meta: Meta, judge: Judge, aside: Aside) -> list[dict]:
    """One row a figure: of the county, or of a school; a period of one year or several."""

    def build(row: int) -> Entry:
        values = values_of(table, row, judge, skip=("value", "unit", "school_name", "chapter"))
        value_cell, unit_cell = table.cell(row, "value"), table.cell(row, "unit")
        figure, unit = _figure(judge, value_cell, unit_cell)
        values |= {
            "value": figure.value,
            "status": figure.status,
            "unit": unit,
            "text": clean_text(value_cell.token),
            "unit_text": clean_text(unit_cell.token) or None,
            "item_key": choice_key(values["item"] or ""),
        }
        values |= _period(table, row, values, meta, judge)
        return Entry(values, value_cell)

    def key(values: dict) -> tuple:
        return tuple(
            values.get(name)
            for name in ("school_id", "item_key", "level", "stage", "from_year", "to_year")
        )

    def what(values: dict) -> tuple[str, str]:
        level = choices("award_level").label(values["level"]) if values["level"] else ""
        return values["item"], f"“{values['item']}{level}”"

    entries = aside.once(aside.built(table, build), key, what)
    return [{**row, "county_name": meta.county_name} for row in at_its_cell(meta, entries)]


def _figure(judge: Judge, value: Cell, unit: Cell) -> tuple[Figure, str | None]:
    """The figure in the unit that its line states; 是 and 否 need none."""
    if is_blank(value.token):
        judge.note(value, "empty", label=value.label)
        return Figure(None, UNREADABLE), None
    stated = stated_unit(clean_text(unit.token))
    answer = choices(YES_NO).value(value.token)
    is_word = parse_figure(value.token).value is None
    if (stated and stated[0] == YES_NO) or (is_blank(unit.token) and answer and is_word):
        return judge.yes_no(value), YES_NO
    if is_blank(unit.token) and clean_text(value.token).endswith("%"):
        stated = (RATE, Decimal(1))  # the sign is the unit
    if stated is None:
        code = "no_unit_at_all" if is_blank(unit.token) else "unit_unknown"
        judge.note(unit, code, value=clean_text(value.token))
        return Figure(None, UNREADABLE), None
    name, _ = stated
    text = clean_text(unit.token)
    if name == RATE:
        return judge.figure(value, "rate", text or "%"), name
    figure = judge.figure(value, "amount", text)
    if name in _WHOLE and figure.value is not None and figure.value != int(figure.value):
        judge.note(value, "not_whole")
    return figure, name


def _period(table: Table, row: int, values: dict, meta: Meta, judge: Judge) -> dict:
    """First and last school year of a figure; the return's own where none is given."""
    last = values.get("to_year") or meta.school_year
    first = values.get("from_year") or last
    if last is not None and meta.school_year is not None and last > meta.school_year:
        judge.note(table.cell(row, "to_year"), "later_than_return", year=meta.school_year)
    if first is not None and last is not None and first > last:
        judge.note(table.cell(row, "from_year"), "ends_before_it_begins", first=first, last=last)
    return {"from_year": first, "to_year": last}


def projects(table: Table, meta: Meta, judge: Judge, aside: Aside) -> list[dict]:
    """One row a building project; the money of all sources is not more than the whole."""

    def build(row: int) -> Entry:
        values = values_of(table, row, judge, skip=("start", "ready"))
        for name in ("start", "ready"):
            values[name] = _month(judge, table.cell(row, name))
        if values["start"] and values["ready"] and _ends_first(values["start"], values["ready"]):
            said = {"first": values["start"], "last": values["ready"]}
            judge.note(table.cell(row, "ready"), "ends_before_it_begins", **said)
        total, *parts = (values.get(name) for name in PROJECT_MONEY)
        known = sum(Decimal(repr(part)) for part in parts if part is not None)
        if total is not None and known > Decimal(repr(total)):
            judge.note(table.cell(row, PROJECT_MONEY[0]), "sources_exceed_total")
        return Entry(values, table.cell(row, "name"))

    def key(values: dict) -> tuple:
        return values["school_id"], values["name"]

    def what(values: dict) -> tuple[str, str]:
        return values["name"], f"项目“{values['name']}”"

    entries = aside.once(aside.built(table, build), key, what)
    return [{**row, "county_name": meta.county_name} for row in at_its_row(meta, entries)]


def _ends_first(start: str, ready: str) -> bool:
    """Whether a project is ready before it starts; where a month is unknown the years decide."""
    known = min(len(start), len(ready))
    return ready[:known] < start[:known]


def _month(judge: Judge, cell: Cell) -> str | None:
    """``YYYY-MM``, or ``YYYY`` where only the year is known; a date is its month."""
    if is_blank(cell.token):
        return None
    found = _MONTH.fullmatch(clean_text(cell.token))
    if not found or not (found[2] is None or 1 <= int(found[2]) <= 12):
        judge.note(cell, "no_month")
        return None
    return found[1] if found[2] is None else f"{found[1]}-{int(found[2]):02d}"
