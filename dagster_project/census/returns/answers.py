"""The answers of schools and counties: one bad cell costs its own answer.

An answer that cannot be read is an answer all the same: its row has no value and the status
``unreadable``, so that nothing older takes its place in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dagster_project.census.figures import UNREADABLE, clean_text
from dagster_project.census.personal import is_personal
from dagster_project.census.returns.faults import Cell, Fault
from dagster_project.census.returns.grid import Table
from dagster_project.census.returns.layout import EVIDENCE, Column, factor, heading_key, unit_labels
from dagster_project.census.returns.odd_rows import holds_entries, overflow, unquoted
from dagster_project.census.returns.rows import Meta
from dagster_project.census.returns.set_aside import Aside, taints_of
from dagster_project.census.returns.values import Judge, is_blank
from dagster_project.census.schema import Item, items
from dagster_project.census.set_aside import SetAside

UNKNOWN = {"value": None, "status": UNREADABLE}


@dataclass
class _Answers:
    """The answers of one sheet by what they are about; of two that differ neither holds."""

    meta: Meta
    aside: Aside
    made: dict[tuple, dict]

    def add(self, about: dict, answer: dict, cell: Cell, found: list[Fault]) -> None:
        """Take up one answer of which ``found`` says what is wrong, if anything."""
        item_id = answer["item_id"]
        self.aside.add(found, about, field_id=item_id)
        values = {**self.meta.keys, "county_name": self.meta.county_name, **about, **answer}
        values.pop("school_name", None)
        key = (about["school_id"], about["stage"], item_id)
        before = self.made.setdefault(key, values)
        if before is values or found or before["value"] == answer["value"]:
            return
        said = {"school": about["school_id"], "other": before["text"], "where": before["cell"]}
        self.aside.note(cell, "school_item_unlike", about, field_id=item_id, **said)
        before |= UNKNOWN


def school_items(table: Table, meta: Meta, judge: Judge, aside: Aside) -> list[dict]:
    """Answers of schools: an item of the school once, an item of the section once per stage."""
    answers = _Answers(meta, aside, {})
    first: dict[tuple, Cell] = {}
    columns = [c for c in table.columns.values() if c.item is not None and c.id in table.places]
    for row in aside.entry_rows(table):
        count = len(aside.faults.found)
        id_cell, stage_cell = table.cell(row, "school_id"), table.cell(row, "stage")
        about = {
            "school_id": judge.value(id_cell, table.columns["school_id"]),
            "stage": judge.value(stage_cell, table.columns["stage"]),
            "school_name": judge.text(table.cell(row, "school_name")),
        }
        given = [c for c in columns if not is_blank(table.cell(row, c.id).token)]
        found = aside.faults.since(count)
        if about["school_id"] is None:
            aside.add(found, about, taints=taints_of(c.id for c in given))
            continue
        of_sections = [c for c in given if _is_of_sections(c)]
        if about["stage"] is None and of_sections:
            if not found:
                judge.note(stage_cell, "stage_missing", label=of_sections[0].label)
            found = aside.faults.since(count)
            columns_used = [c for c in columns if not _is_of_sections(c)]
        else:
            columns_used = columns
        aside.add(found, about, taints=taints_of(c.id for c in of_sections))
        if _stands_twice(table, row, first, about, given, aside, answers):
            continue
        for column in columns_used:
            _add_answer(table, row, column, about, judge, aside, answers)
    return list(answers.made.values())


def _is_of_sections(column: Column) -> bool:
    """Whether a column asks each stage of a school, and not the school."""
    return column.item is not None and column.item.level == "section"


def _add_answer(
    table: Table, row: int, column: Column, about: dict, judge: Judge, aside: Aside,
    answers: _Answers,
) -> None:  # fmt: skip
    if column.item is None:
        return
    cell, evidence = table.cell(row, column.id), _evidence(table, row, column)
    about = {**about, "stage": about["stage"] if _is_of_sections(column) else None}
    count = len(aside.faults.found)
    answer = _answer(judge, column, column.item, cell, evidence)
    found = aside.faults.since(count)
    if answer is None:
        aside.add(found, about, field_id=column.id)
    else:
        answers.add(about, answer, cell, found)


def _stands_twice(
    table: Table, row: int, first: dict[tuple, Cell], about: dict, given: list[Column],
    aside: Aside, answers: _Answers,
) -> bool:  # fmt: skip
    """Whether the school and stage stood in an earlier row. What the two answer alike holds."""
    cell = table.cell(row, "school_id")
    before = first.setdefault((about["school_id"], about["stage"]), cell)
    if before is cell:
        return False
    unlike = []
    for column in given:
        stage = about["stage"] if _is_of_sections(column) else None
        known = answers.made.get((about["school_id"], stage, column.id))
        if known is not None and known["text"] != clean_text(table.cell(row, column.id).token):
            known |= UNKNOWN
            unlike.append(column.id)
    said: dict[str, Any] = {"what": f"School {about['school_id']} {about['stage'] or ''}".rstrip(),
            "what_zh": f"学校 {about['school_id']}", "where": before.spot}  # fmt: skip
    code = "twice_unlike" if unlike else "twice_alike"
    aside.note(cell, code, about, taints=taints_of(c.id for c in given), **said)
    return True


def county_items(table: Table, meta: Meta, judge: Judge, aside: Aside) -> list[dict]:
    """Answers of the county: one line an item, known by its id or else by its name."""
    answers = _Answers(meta, aside, {})
    about = {"school_id": None, "stage": None}
    by_name = {heading_key(i.name_zh): i for i in items().values() if i.level == "county"}
    first: dict[str, Cell] = {}
    for row in table.rows():
        cell, evidence = table.cell(row, "value"), table.cell(row, "evidence")
        if is_blank(cell.token) and is_blank(evidence.token):
            continue
        aside.seen += 1
        if holds_entries(cells := overflow(table, row)):
            aside.note(unquoted(cells[0]), "overflow", about)
            continue
        name = table.cell(row, "item_id")
        item = items().get(clean_text(name.token))
        if item is None and is_blank(name.token):
            name = table.cell(row, "item_name")
            item = by_name.get(heading_key(name.token))
        if item is None or item.level != "county":
            _no_item(name, aside)
            continue
        count = len(aside.faults.found)
        unit, is_known = _stated_unit(table.cell(row, "unit"), item, judge)
        column = Column(item.item_id, item.name_zh, item.kind, unit=unit, item=item)
        answer = _answer(judge, column, item, cell, evidence)
        if answer is not None and not is_known:
            answer |= UNKNOWN
        before = first.setdefault(item.item_id, name)
        if before is not name:
            alike = answer is None or answers.made.get((None, None, item.item_id), {}).get(
                "text"
            ) == clean_text(cell.token)
            said: dict[str, Any] = {
                "what": item.name_zh,
                "what_zh": f"“{item.name_zh}”",
                "where": before.spot,
            }
            judge.note(name, "twice_alike" if alike else "twice_unlike", **said)
            if not alike and (None, None, item.item_id) in answers.made:
                answers.made[None, None, item.item_id] |= UNKNOWN
            answer = None
        found = aside.faults.since(count)
        if answer is None:
            aside.add(found, about, field_id=item.item_id)
        else:
            answers.add(about, answer, cell, found)
    return list(answers.made.values())


def _no_item(name: Cell, aside: Aside) -> None:
    """A line that is no item: a note somebody left, or an item of another kind of return."""
    if is_personal([clean_text(name.token)]):
        aside.entries.append(
            SetAside("note", "A line about a person, which is no item.", "填报人信息，不是项目。",
                     part=aside.part, sheet=name.sheet, cell=name.address,
                     source_row=name.row + 1, **aside.keys)
        )  # fmt: skip
        return
    aside.note(name, "no_county_item", {}, taints="")


def _answer(judge: Judge, column: Column, item: Item, cell: Cell, evidence: Cell) -> dict | None:
    """Value, text and evidence of one answer; ``None`` where nothing was answered.

    A blank cell is no answer and makes no row: a later return may leave blank what an earlier one
    reported.
    """
    if is_blank(cell.token):
        if not is_blank(evidence.token):
            judge.note(cell, "evidence_alone", item=item.name_zh)
        return None
    figure = judge.yes_no(cell) if item.kind == "yes_no" else judge.column_figure(cell, column)
    return {
        "item_id": item.item_id,
        "value": figure.value,
        "text": clean_text(cell.token),
        "evidence": judge.text(evidence),
        "status": figure.status,
        "sheet": cell.sheet,
        "cell": cell.address,
    }


def _evidence(table: Table, row: int, column: Column) -> Cell:
    column_id = f"{column.id}{EVIDENCE}"
    if column_id not in table.places:
        return Cell(None, table.grid.name, row, 0)
    return table.cell(row, column_id)


def _stated_unit(cell: Cell, item: Item, judge: Judge) -> tuple[str | None, bool]:
    """The unit written beside the figure, which may be another than the template's (万元), and
    whether it is one."""
    if not item.unit:
        return None, True
    known = unit_labels(item.unit)
    text = clean_text(cell.token)
    if not text:
        return known[0], True
    if factor(item.unit, text) is None:
        judge.note(cell, "no_unit", label=item.name_zh, units="、".join(known))
        return known[0], False
    return text, True
