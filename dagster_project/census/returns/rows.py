"""The rows of a return's sheets as rows of the lake's parts, with every rule between cells.

A row in which something is wrong is set aside and the others are used (see ``returns_aside``); the
answers of schools and counties are read by ``returns_answers``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dagster_project.census.figures import BLANK, REPORTED, ZERO
from dagster_project.census.returns.faults import Cell
from dagster_project.census.returns.grid import Table
from dagster_project.census.returns.layout import choices
from dagster_project.census.returns.set_aside import Aside, Entry
from dagster_project.census.returns.values import Judge, is_blank

OLDEST_COHORT = 15  # years: nobody stays longer in one stage
_STAGE_OF_COHORT = {3: "junior", 6: "primary", 9: "junior"}  # that it graduates from


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


Builder = Callable[[Table, Meta, Judge, Aside], list[dict]]


def values_of(table: Table, row: int, judge: Judge, *, skip: tuple[str, ...] = ()) -> dict:
    """The values of a row by their columns."""
    return {
        column_id: judge.value(table.cell(row, column_id), column)
        for column_id, column in table.columns.items()
        if column_id not in skip
    }


def _label(name: str, value: object) -> str:
    return choices(name).label(value)


def at_its_row(meta: Meta, entries: list[Entry]) -> list[dict]:
    """The rows of a part that tells where each stands by its sheet and row."""
    return [
        {**meta.keys, **e.values, "sheet": e.cell.sheet, "source_row": e.cell.row + 1}
        for e in entries
    ]


def at_its_cell(meta: Meta, entries: list[Entry]) -> list[dict]:
    """The rows of a part that tells where each stands by its sheet and cell."""
    return [
        {**meta.keys, **e.values, "sheet": e.cell.sheet, "cell": e.cell.address} for e in entries
    ]


def art_rooms(table: Table, meta: Meta, judge: Judge, aside: Aside) -> list[dict]:
    """One row a room; two rooms of the same size are two rooms, an area of 0 is none at all."""

    def build(row: int) -> Entry:
        values = values_of(table, row, judge)
        area = values["area_m2"]
        values["status"] = BLANK if area is None else REPORTED if area else ZERO
        return Entry(values, table.cell(row, "area_m2"))

    entries = aside.built(table, build)
    rooms: dict[tuple, Cell] = {}
    for entry in entries:
        if entry.values["area_m2"]:
            rooms.setdefault(_kind_of_room(entry), entry.cell)
    kept = []
    for entry in entries:
        listed = rooms.get(_kind_of_room(entry))
        if entry.values["area_m2"] or listed is None:
            kept.append(entry)
            continue
        aside.note(entry.cell, "room_and_none", entry.values, where=listed.spot)
    return aside.with_completeness(table, at_its_cell(meta, kept))


def _kind_of_room(entry: Entry) -> tuple:
    return tuple(entry.values[name] for name in ("school_id", "stage", "kind"))


def monitoring(table: Table, meta: Meta, judge: Judge, aside: Aside) -> list[dict]:
    """One row a stage and subject."""

    def build(row: int) -> Entry:
        values = values_of(table, row, judge)
        values["level"] = int(values["level"]) if values["level"] else None
        return Entry(values, table.cell(row, "level"))

    def what(values: dict) -> tuple[str, str]:
        return values["subject"], f"{_label('stage', values['stage'])}{values['subject']}"

    entries = aside.built(table, build)
    entries = aside.once(entries, lambda v: (v["stage"], v["subject"]), what)
    return at_its_cell(meta, entries)


def roster(table: Table, meta: Meta, judge: Judge, aside: Aside) -> list[dict]:
    """One row a class; girls are among the pupils."""

    def build(row: int) -> Entry:
        values = values_of(table, row, judge, skip=("school_name", "grade"))
        values["grade"] = judge.grade(table.cell(row, "grade"), values["stage"])
        pupils, girls = values["pupils"], values["girls"]
        if pupils is not None and girls is not None and girls > pupils:
            cell = table.cell(row, "girls")
            judge.note(cell, "more_girls", girls=f"{girls:g}", pupils=f"{pupils:g}")
        return Entry(values, table.cell(row, "class_name"))

    def key(values: dict) -> tuple:
        return tuple(values[name] for name in ("school_id", "stage", "grade", "class_name"))

    def what(values: dict) -> tuple[str, str]:
        school, stage, grade, name = key(values)
        english = f"Class {name} of grade {grade} in school {school}"
        return english, f"学校 {school} {_label('stage', stage)} {grade} 年级 {name}"

    entries = aside.once(aside.built(table, build), key, what)
    return aside.with_completeness(table, at_its_row(meta, entries))


def movement(table: Table, meta: Meta, judge: Judge, aside: Aside) -> list[dict]:
    """One row a school, stage, grade, cohort and kind of movement."""

    def build(row: int) -> Entry:
        values = values_of(table, row, judge, skip=("grade",))
        values["grade"] = judge.grade(table.cell(row, "grade"), values["stage"])
        cohort, year = values["cohort"], meta.school_year
        if cohort is not None and year is not None and not year - OLDEST_COHORT <= cohort <= year:
            judge.note(table.cell(row, "cohort"), "cohort_impossible", cohort=cohort, year=year)
        return Entry(values, table.cell(row, "kind"))

    def key(values: dict) -> tuple:
        return tuple(values[name] for name in ("school_id", "stage", "grade", "cohort", "kind"))

    def what(values: dict) -> tuple[str, str]:
        school, stage, grade, cohort, kind = key(values)
        label = _label("movement", kind)
        english = f"{label} of grade {grade}, cohort {cohort}, school {school}"
        chinese = f"学校 {school} {_label('stage', stage)} {grade} 年级 {cohort} 级“{label}”"
        return english, chinese

    entries = aside.once(aside.built(table, build), key, what)
    return aside.with_completeness(table, at_its_row(meta, entries))


def cohorts(table: Table, meta: Meta, judge: Judge, aside: Aside) -> list[dict]:
    """One row a cohort that was followed to its end, of the county or of a school."""

    def build(row: int) -> Entry:
        values = values_of(table, row, judge)
        years, cohort = values["cohort_years"], values["cohort"]
        years = values["cohort_years"] = int(years) if years else None
        values["stage"] = _STAGE_OF_COHORT.get(years or 0)
        last = meta.school_year
        if years and cohort is not None and last is not None and cohort + years > last + 1:
            judge.note(table.cell(row, "cohort"), "cohort_unfinished", cohort=cohort, year=last)
        return Entry(values, table.cell(row, "cohort"))

    def key(values: dict) -> tuple:
        return tuple(values.get(name) for name in ("school_id", "cohort_years", "cohort"))

    def what(values: dict) -> tuple[str, str]:
        school, years, cohort = key(values)
        label = _label("cohort_years", years)
        english = f"The cohort of {cohort} over {years} years" + (f", {school}" if school else "")
        return english, f"{cohort} 年入学的一届（{label}{'，学校 ' + school if school else ''}）"

    entries = aside.once(aside.built(table, build), key, what)
    return [{**row, "county_name": meta.county_name} for row in at_its_row(meta, entries)]


def claims(table: Table, meta: Meta, judge: Judge, aside: Aside) -> list[dict]:
    """One row a published claim; its figures stay text, as they were printed."""

    def build(row: int) -> Entry:
        values = values_of(table, row, judge)
        denominator = table.cell(row, "denominator")
        if values["multiplier"] != "sum" and is_blank(denominator.token):
            judge.note(denominator, "no_denominator")
        return Entry(values, table.cell(row, "claim_id"))

    def what(values: dict) -> tuple[str, str]:
        return f"Claim {values['claim_id']}", f"公布数据 {values['claim_id']}"

    entries = aside.once(aside.built(table, build), lambda values: values["claim_id"], what)
    return [
        {
            "sha256": meta.sha256,
            **entry.values,
            "sheet": entry.cell.sheet,
            "source_row": entry.cell.row + 1,
        }
        for entry in entries
    ]
