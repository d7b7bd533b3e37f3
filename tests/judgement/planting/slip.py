"""One planted error: what it changes, the row it is to be found on, and how far it reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from dagster_project.census.schema import fields, status_column
from dagster_project.judgement.rules.catalogue import Rule
from tests.judgement.planting.census import Census


class NotHere(Exception):
    """This row has no place for the error: the figures that it needs are not there."""


@dataclass
class Slip:
    """An error of the kind that ``rule`` exists for, on row ``row`` of a clean census.

    ``put`` and its like only note what changes; the trial applies it. ``also`` are further schools
    and counties that the changed rows speak about (the other of two twins, the county that a
    school came from).
    """

    rule: Rule
    census: Census
    row: int
    rng: np.random.Generator
    figures: dict[tuple[int, str], float | None] = field(default_factory=dict)
    attributes: dict[tuple[int, str], object] = field(default_factory=dict)
    status: dict[tuple[int, str], str] = field(default_factory=dict)
    added: list[tuple[int, dict]] = field(default_factory=list)
    removed: set[int] = field(default_factory=set)
    relations: dict[str, list[dict]] = field(default_factory=dict)
    dropped: dict[str, list[dict]] = field(default_factory=dict)
    also_schools: set[str] = field(default_factory=set)
    also_counties: set[str] = field(default_factory=set)
    subject: dict[str, object] = field(default_factory=dict)  # where it differs from the row's keys

    # ---------------------------------------------------------------- what is there

    def is_(self, column: str, row: int | None = None) -> object:
        return self.census.columns[column][self.row if row is None else row]

    def known(self, name: str, row: int | None = None) -> float | None:
        row = self.row if row is None else row
        value = self.figures.get((row, name), self.census.columns[name][row])
        return None if value is None or math.isnan(value) else float(value)

    def now(self, name: str, row: int | None = None, least: float = 0) -> float:
        """The figure; :class:`NotHere` if it is not reported or below ``least``."""
        value = self.known(name, row)
        if value is None or value < least:
            raise NotHere(name)
        return value

    def school(self, name: str, least: float = 0) -> float:
        """The figure summed over the school's sections (shared figures: as they are)."""
        if fields()[name].scope == "school":
            return self.now(name, least=least)
        values = [self.known(name, row) for row in self.rows]
        if all(v is None for v in values) or (total := sum(v or 0 for v in values)) < least:
            raise NotHere(name)
        return total

    @property
    def rows(self) -> list[int]:
        """The sections of the row's school in its year."""
        return self.census.of_school[self.is_("school_year"), self.is_("school_id")]

    def before(self, years: int = 1, row: int | None = None) -> int:
        """The same section so many years before."""
        row = self.row if row is None else row
        key = (self.is_("school_year", row) - years, self.is_("school_id", row),
               self.is_("stage", row))  # fmt: skip
        if key not in self.census.place:
            raise NotHere("no earlier year")
        return self.census.place[key]

    def need(self, condition: object) -> None:
        if not condition:
            raise NotHere("condition")

    # ---------------------------------------------------------------- what is changed

    def put(self, name: str, value: float | None, row: int | None = None, status: str = "") -> None:
        """Write a figure; the whole school's stand in each of its sections."""
        row = self.row if row is None else row
        rows = [row]
        if fields()[name].scope == "school":
            rows = self.census.of_school[self.is_("school_year", row), self.is_("school_id", row)]
        for at in rows:
            self.put_here(name, value, at, status)

    def put_here(self, name: str, value: float | None, row: int, status: str = "") -> None:
        if value is not None and fields()[name].kind != "count":
            value = round(value, 2)
        self.figures[row, name] = value
        if not status:
            status = "blank" if value is None else "zero" if value == 0 else "reported"
        self.status[row, status_column(name)] = status

    def write(self, column: str, value: object, rows: list[int] | None = None) -> None:
        """Write an attribute on the school's sections, or on ``rows``."""
        for row in self.rows if rows is None else rows:
            self.attributes[row, column] = value

    def some(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def one_of(self, values):
        values = list(values)
        self.need(values)
        return values[int(self.rng.integers(len(values)))]

    # ---------------------------------------------------------------- where it is to be found

    def expected(self) -> dict[str, object]:
        """The keys of the row that must be flagged."""
        keys = {
            "section": ("school_year", "school_id", "stage"),
            "school": ("school_year", "school_id"),
            "county": ("school_year", "county_code", "stage"),
            "file": ("sha256",),
        }[self.rule.frame]
        return {key: self.is_(key) for key in keys} | self.subject

    def touched(self) -> set[int]:
        rows = {row for row, _ in (*self.figures, *self.attributes)}
        return rows | self.removed | {row for row, _ in self.added} | {self.row}

    def schools(self) -> dict[str, int]:
        """School → the first year whose figures were touched."""
        found: dict[str, int] = {}
        own = [(self.is_("school_id", r), self.is_("school_year", r)) for r in self.touched()]
        for (row, column), value in self.attributes.items():
            if column == "school_id":
                own.append((value, self.is_("school_year", row)))
        for row, changes in self.added:
            own.append((changes.get("school_id", self.is_("school_id", row)),
                        changes.get("school_year", self.is_("school_year", row))))  # fmt: skip
        first = min(year for _, year in own)
        own += [(school, first) for school in self.also_schools]
        for entry in self.relations.get("teaching_point", []) + self.dropped.get(
            "teaching_point", []
        ):
            own.append((entry["school_id"], entry["from_year"]))
        for school, year in own:
            found[school] = min(year, found.get(school, year))
        return found

    def counties(self) -> dict[str, int]:
        """County → the first year whose sums were touched."""
        year = min(self.is_("school_year", row) for row in self.touched())
        names = {self.is_("county_code", row) for row in self.touched()} | self.also_counties
        names |= {v for (_, column), v in self.attributes.items() if column == "county_code"}
        names |= {c["county_code"] for _, c in self.added if "county_code" in c}
        return dict.fromkeys(names, year)

    def files(self) -> set[str]:
        names = {self.is_("sha256", row) for row in self.touched()}
        names |= {v for (_, column), v in self.attributes.items() if column == "sha256"}
        return names | {c["sha256"] for _, c in self.added if "sha256" in c}
