"""What becomes of a return's doubtful entries: they are set aside, the rest is used.

Where a list counts as a whole (a school's classes, rooms, movements), the rows that are left say
that one of them is missing: ``is_complete`` is false.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dagster_project.census import row_words
from dagster_project.census.codes import is_school_id, tidy_id
from dagster_project.census.figures import clean_text
from dagster_project.census.returns.faults import Cell, Fault, Faults
from dagster_project.census.returns.grid import Table
from dagster_project.census.returns.odd_rows import (
    holds_entries,
    ids_among,
    overflow,
    sums,
    unquoted,
)
from dagster_project.census.schema import items
from dagster_project.census.set_aside import DOUBTFUL, SetAside, quoted
from dagster_project.messages import Message, by_language

_NAMED_BY = ("school_id", "school_name", "class_name")  # columns that may say 合计 instead
FEW = 10  # rows; of so few, each stands for itself


@dataclass(frozen=True)
class Entry:
    """One row that was understood: its values, and the cell that it is named by."""

    values: dict
    cell: Cell


@dataclass
class Aside:
    """What one sheet's reader sets aside, with what it knows of whom it is about."""

    part: str
    keys: dict  # county_code, county_name
    faults: Faults
    entries: list[SetAside] = field(default_factory=list)
    rows: set[tuple] = field(default_factory=set)  # sheet and row at fault
    seen: int = 0  # rows looked at

    def add(
        self,
        found: Iterable[Fault],
        values: dict,
        *,
        field_id: str | None = None,
        taints: str | None = None,
    ) -> None:
        """Set aside one row or cell for what ``found`` says; ``values`` are those understood."""
        found = list(found)
        if not found:
            return
        cell = found[0].cell
        self.rows.add((cell.sheet, cell.row))
        self.entries.append(
            SetAside(
                DOUBTFUL,
                " ".join(fault.at.text("en") for fault in found),
                "".join(fault.message.text("zh") for fault in found),
                part=self.part,
                field_id=field_id,
                sheet=cell.sheet,
                cell=", ".join(dict.fromkeys(fault.cell.address for fault in found)),
                source_row=cell.row + 1,
                token=quoted(cell.token, cell.label),
                feeds=taints,
                **self.keys,
                school_id=values.get("school_id"),
                school_name=values.get("school_name"),
                stage=values.get("stage"),
            )
        )

    def note(
        self, cell: Cell, code: str, values: dict, *, field_id: str | None = None,
        taints: str | None = None, **said: Any,
    ) -> None:  # fmt: skip
        """Set aside one entry for what ``code`` says of ``cell``."""
        count = len(self.faults.found)
        self.faults.add(cell, code, **said)
        self.add(self.faults.since(count), values, field_id=field_id, taints=taints)

    def built(self, table: Table, build: Callable[[int], Entry | None]) -> list[Entry]:
        """The rows of ``table`` in which ``build`` found no fault; the others are set aside."""
        made = []
        for row in self.entry_rows(table):
            before = len(self.faults.found)
            entry = build(row)
            found = self.faults.since(before)
            if found:
                named = {"school_name": _name_in(table, row + 1) or None}
                self.add(found, {**named, **(entry.values if entry else {})})
            elif entry:
                made.append(entry)
        return made

    def entry_rows(self, table: Table) -> Iterator[int]:
        """The rows of ``table`` that are entries; sums, notes and rows that overflow are set aside.

        A row with entries right of the last heading is shifted, or two rows in one.
        """
        rows = []
        for row in table.rows():
            self.seen += 1
            if not self._is_no_entry(table, row):
                rows.append(row)
        totals = sums(table, rows)
        for row in rows:
            cells = overflow(table, row)
            if row in totals:
                found = totals[row]
                self.note(
                    table.cell(row, "school_id"), "is_sum", _about(table, row),
                    first=found.first, last=found.last, figures=found.figures,
                )  # fmt: skip
            elif holds_entries(cells):
                about = _about(table, row)
                self.note(unquoted(cells[0]), "overflow", about)
                for cell, school in ids_among(cells):
                    if school != about["school_id"]:
                        self.note(unquoted(cell), "overflow", {"school_id": school})
            else:
                if cells:
                    self._leave(unquoted(cells[0]), "note", "remark")
                yield row

    def _is_no_entry(self, table: Table, row: int) -> bool:
        """Whether a row says that it sums up others, or is a note: it goes without a flag."""
        for column_id in [name for name in _NAMED_BY if name in table.places]:
            cell = table.cell(row, column_id)
            sums_up = row_words.total_label(cell.token)
            if sums_up == row_words.WHOLE or (sums_up and column_id == _NAMED_BY[0]):
                self._leave(cell, "total", "sum")
                return True
            if column_id == _NAMED_BY[0] and row_words.is_note(cell.token):
                self._leave(cell, "note", "note")
                return True
        return False

    def _leave(self, cell: Cell, reason: str, code: str) -> None:
        message = Message(f"returns.{code}")
        at = Message("returns.at", {"spot": cell.spot, "fault": message})
        entry = SetAside(
            reason, at.text("en"), message.text("zh"), part=self.part, sheet=cell.sheet,
            cell=cell.address, source_row=cell.row + 1, token=quoted(cell.token, cell.label),
            **self.keys,
        )  # fmt: skip
        self.entries.append(entry)

    def once(
        self, entries: list[Entry], key: Callable[[dict], Hashable], what: Callable[[dict], tuple]
    ) -> list[Entry]:
        """The entries without those that stand twice: of those that agree the first is kept, of
        others none. ``what`` names an entry in English and in Chinese."""
        first: dict[Hashable, Entry] = {}
        unlike: set[Hashable] = set()
        kept: list[Entry] = []
        for entry in entries:
            before = first.setdefault(key(entry.values), entry)
            if before is entry:
                kept.append(entry)
                continue
            alike = before.values == entry.values
            self._twice(entry, before, what(entry.values), alike=alike)
            if not alike and key(entry.values) not in unlike:
                unlike.add(key(entry.values))
                self._twice(before, entry, what(entry.values), alike=False)
        return [entry for entry in kept if key(entry.values) not in unlike]

    def _twice(self, entry: Entry, before: Entry, what: tuple, *, alike: bool) -> None:
        code = "twice_alike" if alike else "twice_unlike"
        named = by_language(what[1], what[0])
        self.note(entry.cell, code, entry.values, what=named, where=before.cell.spot)

    def with_completeness(self, table: Table, made: list[dict]) -> list[dict]:
        """``made`` with ``is_complete``: no row of the school's list was set aside.

        A row of which nobody knows the school may be any school's, unless its name says it.
        """
        doubted: set[tuple[str, str | None]] = set()
        everyone = False
        names = _ids_by_name(table)
        for entry in [e for e in self.entries if e.reason == DOUBTFUL]:
            known = names.get(_name_in(table, entry.source_row), set())
            for school in {entry.school_id} if entry.school_id else known:
                doubted.add((school, entry.stage))
            everyone = everyone or not (entry.school_id or known)
        return [
            {
                **row,
                "is_complete": not everyone
                and (row["school_id"], row["stage"]) not in doubted
                and (row["school_id"], None) not in doubted,
            }
            for row in made
        ]


def _about(table: Table, row: int) -> dict:
    """Whom a row is about, as far as it says so."""
    school = ""
    if "school_id" in table.places:
        school = tidy_id(clean_text(table.cell(row, "school_id").token))
    named = {"school_name": _name_in(table, row + 1) or None}
    return {"school_id": school if is_school_id(school) else None, **named}


def taints_of(item_ids: Iterable[str]) -> str:
    """What a verdict would have taken from these items, comma separated."""
    used = dict.fromkeys(items()[item_id].used_by for item_id in item_ids)
    return ",".join(item for item in used if item != "P")


def _name_in(table: Table, source_row: int | None) -> str:
    if source_row is None or "school_name" not in table.places:
        return ""
    return clean_text(table.cell(source_row - 1, "school_name").token)


def _ids_by_name(table: Table) -> dict[str, set[str]]:
    """The ids that stand beside each school name of a sheet."""
    found: dict[str, set[str]] = {}
    if "school_name" not in table.places or "school_id" not in table.places:
        return found
    for row in table.rows():
        name = _name_in(table, row + 1)
        if name:
            school = tidy_id(clean_text(table.cell(row, "school_id").token))
            if is_school_id(school):
                found.setdefault(name, set()).add(school)
    return found
