"""A county's figures as objects that know where they come from and how they are printed.

A figure becomes text in one place, when a template prints it; the trace notes each one then, so
that a test (or a doubtful reader) can hold every number of a document against its mart cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dagster_project.reports.published import CountyYear, Published
from dagster_project.reports.rounding import kind_of_unit, marked, rounded, shown
from dagster_project.reports.standing import Standing, standing_of

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """A cell of a published table: ``key`` holds the columns that name its row."""

    table: str
    key: tuple[tuple[str, Any], ...]
    column: str


@dataclass(frozen=True)
class Printed:
    """One number of a document: the cell, its raw value, and the text that stands for it."""

    source: Source
    value: Any
    text: str


@dataclass(frozen=True)
class Figure:
    """A figure of a mart. ``str()`` gives its text and notes it in the trace of its document."""

    value: float | int | None
    kind: str
    source: Source
    is_tainted: bool = False
    reason: str | None = None
    trace: list[Printed] = field(default_factory=list, compare=False, repr=False)

    def __str__(self) -> str:
        return self._noted(marked(shown(self.value, self.kind, self.reason), self.is_tainted))

    def as_(self, kind: str) -> Figure:
        """The same cell printed as another kind: yuan as 万元."""
        return Figure(self.value, kind, self.source, self.is_tainted, self.reason, self.trace)

    @property
    def rounds_to_something(self) -> bool:
        """Whether more than zeros are printed."""
        return self.value is not None and rounded(self.value, self.kind) != 0

    @property
    def is_known(self) -> bool:
        """Whether there is a figure."""
        return self.value is not None

    def _noted(self, text: str) -> str:
        self.trace.append(Printed(self.source, self.value, text))
        return text


@dataclass(frozen=True)
class Noted:
    """A sentence of a mart (evidence, what to do), whose numbers were rounded in the mart."""

    text: str
    source: Source
    trace: list[Printed] = field(default_factory=list, compare=False, repr=False)

    def __str__(self) -> str:
        self.trace.append(Printed(self.source, self.text, self.text))
        return self.text


# Tables whose rows of a county all documents of that county read again and again.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "dim_school": ("school_year", "school_id"),
    "school_indicator": ("school_year", "school_id", "stage", "standard_id", "indicator_id"),
    "school_attainment": ("school_year", "school_id", "stage", "standard_id"),
    "county_coefficient": ("school_year", "county_code", "stage", "standard_id", "indicator_id"),
    "county_composite": ("school_year", "county_code", "stage", "standard_id"),
    "county_assessment": ("school_year", "county_code", "standard_id", "item_id"),
    "county_verdict": ("school_year", "county_code", "standard_id"),
    "county_enrolment": ("school_year", "county_code", "stage"),
    "county_profile": ("school_year", "county_code", "topic", "stage", "item_id", "category"),
    "retention": ("school_year", "county_code", "school_id", "stage", "cohort_years"),
    "class_size": ("school_year", "term", "school_id", "stage"),
    "teachers_not_above_degree": ("school_year", "school_id", "stage"),
    "gap": ("school_year", "school_id", "stage", "part_id"),
    "trend": ("county_code", "stage", "item_id", "school_year"),
    "policy_target": ("county_code", "target_id", "school_year"),
    "restatement": ("publish_id", "table_name", "row_key", "column_name"),
}


class Facts:
    """What the marts say about one county-year.

    Rows are read once per county and shared by its documents; ``trace`` is this document's own.
    """

    def __init__(self, published: Published, county: CountyYear) -> None:
        self.published = published
        self.county = county
        self.standing: Standing = standing_of(published, county)
        self.trace: list[Printed] = []

    def all_rows(self, table: str) -> list[Row]:
        """The county's rows of ``marts.<table>`` of all school years."""
        code = self.county.county_code
        return self.published.kept_of(
            self.county,
            ("rows", table),
            lambda: self.published.rows(f"select * from marts.{table} where county_code = ?", code),
        )

    def rows(self, table: str, **where: Any) -> list[Row]:
        """The county's rows of this school year with these values, in no order."""
        where.setdefault("school_year", self.county.school_year)
        by_year = self.published.kept_of(
            self.county,
            ("years", table),
            lambda: grouped(self.all_rows(table), lambda row: row["school_year"]),
        )
        return [
            row
            for row in by_year.get(where["school_year"], [])
            if all(row[name] == value for name, value in where.items())
        ]

    def row(self, table: str, **where: Any) -> Row | None:
        """The only row with these values; ``None`` if there is none."""
        found = self.rows(table, **where)
        assert len(found) < 2, f"marts.{table} has {len(found)} rows for {where}"
        return found[0] if found else None

    def reference(self, table: str, key: str) -> Mapping[Any, Row]:
        """A table of ``ref`` by one of its columns."""
        return self.published.kept(
            ("ref", table, key),
            lambda: {r[key]: r for r in self.published.rows(f"select * from ref.{table}")},
        )

    def figure(
        self,
        table: str,
        row: Row | None,
        column: str,
        kind: str | None = None,
        reason: str | None = None,
    ) -> Figure:
        """The cell ``column`` of ``row`` as a figure.

        Without ``kind`` it is the one of the row's unit. ``row`` may be ``None``: then there is no
        figure, and ``reason`` (default: not reported) is printed. A figure that a table of words
        holds (``restatement.old_value``) is read as the number it is.
        """
        if row is None:
            source = Source(table, (), column)
            return Figure(
                None, kind or "ratio", source, False, reason or "not_reported", self.trace
            )
        source = Source(table, tuple((name, row[name]) for name in _KEYS[table]), column)
        tainted = self.standing.taints(table, row, column) and row[column] is not None
        value = float(row[column]) if isinstance(row[column], str) else row[column]
        return Figure(
            value,
            kind or kind_of_unit(row.get("unit")),
            source,
            tainted,
            reason or ("not_reported" if value is None else None),
            self.trace,
        )

    def said(self, table: str, row: Row, column: str) -> Noted:
        """A sentence of a mart; its numbers count as printed."""
        source = Source(table, tuple((name, row[name]) for name in _KEYS[table]), column)
        return Noted(row[column] or "", source, self.trace)


def by(rows: Iterable[Row], *columns: str) -> dict[Any, Row]:
    """Rows by the value of one column, or by a tuple of several."""
    if len(columns) == 1:
        return {row[columns[0]]: row for row in rows}
    return {tuple(row[name] for name in columns): row for row in rows}


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    """Rows in groups, in the order in which they come."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
