"""What a correction list knows of a return: its rows of headings, whose it is, how long it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from dagster_project.census.codes import tidy_id
from dagster_project.census.figures import clean_text
from dagster_project.census.opening.source import TextTable, Workbook
from dagster_project.census.rejection import FileRejected
from dagster_project.census.returns.grid import Table, find_tables, marker
from dagster_project.census.returns.read import recognises

RETURNS = "returns"  # the shape
MOST_ROWS_COPIED = 400  # a longer list is shown in excerpts


@dataclass(frozen=True)
class ReturnSheets:
    """The sheets of one return.

    ``headings`` are row numbers from 1 by sheet (``None``: a csv), ``schools`` the ids in it.
    """

    headings: Mapping[str | None, tuple[int, ...]]
    schools: frozenset[str]
    rows: int
    is_workbook: bool

    def is_copied_whole(self, readers: Collection[str]) -> bool:
        """Whether it is shown as it is to these schools, or to the county (no school): it is short
        and about nobody else."""
        is_theirs = not readers or self.schools <= set(readers)
        return self.is_workbook and self.rows <= MOST_ROWS_COPIED and is_theirs


def find_return_sheets(source: Workbook | TextTable) -> ReturnSheets | None:
    """The sheets of ``source``; ``None`` where it is no return (any more)."""
    try:
        tables = find_tables(source).tables if recognises(source) else []
    except FileRejected:
        return None
    if not tables:
        return None
    return ReturnSheets(
        {table.grid.name: _find_headings(table) for table in tables},
        frozenset(_find_schools(tables)),
        sum(1 for table in tables for _ in table.rows()),
        isinstance(source, Workbook),
    )


def _find_headings(table: Table) -> tuple[int, ...]:
    """The title of a template, the row of labels, and the row of units."""
    found = marker(table.grid)
    title = () if found is None else (found[0] + 2,)
    return (*title, *(row + 1 for row in table.headings))


def _find_schools(tables: Iterable[Table]) -> Iterable[str]:
    for table in tables:
        if "school_id" in table.places:
            for row in table.rows():
                if school := tidy_id(clean_text(table.cell(row, "school_id").token)):
                    yield school
