"""The rows of a return's sheets as rows of the lake's parts, with every rule between cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dagster_project.census.figures import BLANK, REPORTED, clean_text
from dagster_project.census.returns_faults import Cell
from dagster_project.census.returns_grid import Table
from dagster_project.census.returns_layout import (
    EVIDENCE,
    Column,
    choices,
    factor,
    heading_key,
    unit_labels,
)
from dagster_project.census.returns_values import Judge, is_blank
from dagster_project.census.schema import Item, items

OLDEST_COHORT = 15  # years: nobody stays longer in one stage


@dataclass(frozen=True)
class Meta:
    """What a return says about itself."""

    sha256: str
    school_year: int | None
    term: str | None
    county_code: str | None
    county_name: str | None

    @property
    def keys(self) -> dict:
        """The columns that all rows of a part have in common."""
        return {
            "sha256": self.sha256,
            "school_year": self.school_year,
            "term": self.term,
            "county_code": self.county_code,
        }


class _Seen:
    """Which keys stood where, so that a second one can be shown both places."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.first: dict[tuple, Cell] = {}

    def add(self, key: tuple, cell: Cell, what: str) -> bool:
        """Whether ``key`` is new; if not, a fault at ``cell``."""
        before = self.first.setdefault(key, cell)
        if before is not cell:
            self.judge.faults.add(
                cell, f"{what} stands here a second time, first in {before.spot}; keep one row."
            )
        return before is cell


def _values(table: Table, row: int, judge: Judge, *, skip: tuple[str, ...] = ()) -> dict:
    return {
        column_id: judge.value(table.cell(row, column_id), column)
        for column_id, column in table.columns.items()
        if column_id not in skip
    }


def _answer(judge: Judge, item: Item, cell: Cell, unit: str | None, evidence: Cell) -> dict | None:
    """Value, text and evidence of one answer; ``None`` where nothing was answered.

    A blank cell is no answer and makes no row: a later return may leave blank what an earlier one
    reported.
    """
    if is_blank(cell.token):
        if not is_blank(evidence.token):
            judge.faults.add(cell, f"{item.name_zh} has evidence but no answer; fill it in.")
        return None
    figure = judge.yes_no(cell) if item.kind == "yes_no" else judge.figure(cell, item.kind, unit)
    return {
        "item_id": item.item_id,
        "value": figure.value,
        "text": clean_text(cell.token),
        "evidence": judge.text(evidence),
        "status": figure.status,
        "sheet": cell.sheet,
        "cell": cell.address,
    }


def school_items(table: Table, meta: Meta, judge: Judge) -> list[dict]:
    """Answers of schools: an item of the school once, an item of the section once per stage."""
    made: dict[tuple, dict] = {}
    seen = _Seen(judge)
    places = [c for c in table.columns.values() if c.item is not None and c.id in table.places]
    for row in table.rows():
        school = judge.value(table.cell(row, "school_id"), table.columns["school_id"])
        stage_cell = table.cell(row, "stage")
        stage = judge.value(stage_cell, table.columns["stage"])
        if school and (stage or is_blank(stage_cell.token)):
            what = f"School {school} {stage or ''}".rstrip()
            if not seen.add((school, stage), table.cell(row, "school_id"), what):
                continue
        lacks_stage = False
        for column in places:
            cell = table.cell(row, column.id)
            evidence = _evidence(table, row, column)
            answer = _answer(judge, column.item, cell, column.unit, evidence)
            if answer is None:
                continue
            per_section = column.item.level == "section"
            if per_section and is_blank(stage_cell.token) and not lacks_stage:
                lacks_stage = True
                judge.faults.add(
                    stage_cell, f"学段 is empty, but {column.label} needs it; write 小学 or 初中."
                )
            keys = {
                **meta.keys,
                "county_name": meta.county_name,
                "school_id": school,
                "stage": stage if per_section else None,
            }
            key = (school, keys["stage"], column.id)
            before = made.setdefault(key, {**keys, **answer})
            if school and before["value"] != answer["value"]:
                judge.faults.add(
                    cell,
                    f"{column.label} of school {school} is {clean_text(cell.token)} here and"
                    f" {before['text']} in {before['cell']}; it is one figure of the whole school.",
                )
    return list(made.values())


def _evidence(table: Table, row: int, column: Column) -> Cell:
    column_id = f"{column.id}{EVIDENCE}"
    if column_id not in table.places:
        return Cell(None, table.grid.name, row, 0)
    return table.cell(row, column_id)


def county_items(table: Table, meta: Meta, judge: Judge) -> list[dict]:
    """Answers of the county: one line an item, known by its id or else by its name."""
    made = []
    seen = _Seen(judge)
    by_name = {heading_key(i.name_zh): i for i in items().values() if i.level == "county"}
    for row in table.rows():
        cell, evidence = table.cell(row, "value"), table.cell(row, "evidence")
        if is_blank(cell.token) and is_blank(evidence.token):
            continue
        name = table.cell(row, "item_id")
        item = items().get(clean_text(name.token))
        if item is None and is_blank(name.token):
            name = table.cell(row, "item_name")
            item = by_name.get(heading_key(name.token))
        if item is None or item.level != "county":
            judge.faults.add(
                name, f"{clean_text(name.token)!r} is no item of a county return; clear the row."
            )
            continue
        if not seen.add((item.item_id,), name, item.name_zh):
            continue
        unit = _stated_unit(table.cell(row, "unit"), item, judge)
        answer = _answer(judge, item, cell, unit, evidence)
        if answer:
            made.append({**meta.keys, "county_name": meta.county_name, **answer})
    return made


def _stated_unit(cell: Cell, item: Item, judge: Judge) -> str | None:
    """The unit written beside the figure, which may be another than the template's (万元)."""
    if not item.unit:
        return None
    known = unit_labels(item.unit)
    text = clean_text(cell.token)
    if not text:
        return known[0]
    if factor(item.unit, text) is None:
        judge.faults.add(
            cell, f"{text!r} is no unit of {item.name_zh}; write one of {'、'.join(known)}."
        )
        return known[0]
    return text


def art_rooms(table: Table, meta: Meta, judge: Judge) -> list[dict]:
    """One row a room; two rooms of the same size are two rooms."""
    made = []
    for row in table.rows():
        values = _values(table, row, judge)
        cell = table.cell(row, "area_m2")
        status = REPORTED if values["area_m2"] else BLANK
        made.append(
            {
                **meta.keys,
                **values,
                "status": status,
                "sheet": cell.sheet,
                "cell": cell.address,
            }
        )
    return made


def monitoring(table: Table, meta: Meta, judge: Judge) -> list[dict]:
    """One row a stage and subject."""
    made, seen = [], _Seen(judge)
    for row in table.rows():
        values = _values(table, row, judge)
        cell = table.cell(row, "subject")
        if values["stage"] and values["subject"]:
            seen.add((values["stage"], values["subject"]), cell, f"{values['subject']}")
        level = table.cell(row, "level")
        values["level"] = int(values["level"]) if values["level"] else None
        made.append({**meta.keys, **values, "sheet": level.sheet, "cell": level.address})
    return made


def roster(table: Table, meta: Meta, judge: Judge) -> list[dict]:
    """One row a class; girls are among the pupils."""
    made, seen = [], _Seen(judge)
    for row in table.rows():
        values = _values(table, row, judge, skip=("school_name", "grade"))
        values["grade"] = judge.grade(table.cell(row, "grade"), values["stage"])
        key = tuple(values[k] for k in ("school_id", "stage", "grade", "class_name"))
        cell = table.cell(row, "class_name")
        if all(key):
            seen.add(key, cell, f"Class {key[3]} of grade {key[2]} in school {key[0]}")
        pupils, girls = values["pupils"], values["girls"]
        if pupils is not None and girls is not None and girls > pupils:
            judge.faults.add(
                table.cell(row, "girls"),
                f"{girls:g} girls are more than the {pupils:g} pupils of the class.",
            )
        made.append({**meta.keys, **values, "sheet": cell.sheet, "source_row": row + 1})
    return made


def movement(table: Table, meta: Meta, judge: Judge) -> list[dict]:
    """One row a school, stage, grade, cohort and kind of movement."""
    made, seen = [], _Seen(judge)
    for row in table.rows():
        values = _values(table, row, judge, skip=("grade",))
        values["grade"] = judge.grade(table.cell(row, "grade"), values["stage"])
        cell, cohort = table.cell(row, "cohort"), values["cohort"]
        if cohort is not None and meta.school_year is not None:
            youngest = meta.school_year
            if not youngest - OLDEST_COHORT <= cohort <= youngest:
                judge.faults.add(
                    cell,
                    f"A cohort of {cohort} cannot be in school in {youngest}; write the school year"
                    " in which these pupils entered the stage.",
                )
        names = ("school_id", "stage", "grade", "cohort", "kind")
        key = tuple(values[name] for name in names)
        if all(key):
            label = choices("movement").label(key[4])
            where = table.cell(row, "kind")
            seen.add(key, where, f"{label} of grade {key[2]}, cohort {key[3]}, school {key[0]}")
        made.append({**meta.keys, **values, "sheet": cell.sheet, "source_row": row + 1})
    return made


def claims(table: Table, meta: Meta, judge: Judge) -> list[dict]:
    """One row a published claim; its figures stay text, as they were printed."""
    made, seen = [], _Seen(judge)
    for row in table.rows():
        values = _values(table, row, judge)
        cell = table.cell(row, "claim_id")
        if values["claim_id"]:
            seen.add((values["claim_id"],), cell, f"Claim {values['claim_id']}")
        if values["multiplier"] != "sum" and is_blank(table.cell(row, "denominator").token):
            judge.faults.add(
                table.cell(row, "denominator"),
                "denominator is empty; only a sum (multiplier sum) has none.",
            )
        made.append({"sha256": meta.sha256, **values, "sheet": cell.sheet, "source_row": row + 1})
    return made


BUILDERS: dict[str, Callable[[Table, Meta, Judge], list[dict]]] = {
    "school_items": school_items,
    "art_rooms": art_rooms,
    "county_items": county_items,
    "monitoring": monitoring,
    "roster": roster,
    "movement": movement,
    "claim": claims,
}
