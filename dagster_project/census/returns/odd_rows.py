"""Rows of a return that are no entries though they look like one: sums, and rows that overflow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from dagster_project.census.codes import is_school_id, tidy_id
from dagster_project.census.figures import clean_text, parse_figure
from dagster_project.census.returns.faults import Cell
from dagster_project.census.returns.grid import Table
from dagster_project.census.returns.values import is_blank
from dagster_project.census.sums import Sum, SumWatch

_ADD_UP = ("count", "amount")  # kinds of columns


def sums(table: Table, rows: Sequence[int]) -> dict[int, Sum]:
    """The rows whose figures are those of rows above or below added up, by their number from 0.

    Where a row need not name a school (the cohorts of a county) sums are what is asked for.
    """
    columns = [c for c in table.columns.values() if c.kind in _ADD_UP and c.id in table.places]
    keys = [c for c in table.columns.values() if c.id == "school_id" and c.required]
    if not (columns and keys and rows):
        return {}
    values = [[parse_figure(table.cell(row, c.id).token).value for c in columns] for row in rows]
    figures = np.array(values, dtype=float)
    found: dict[int, Sum] = {}
    # Among all rows, and among those of each school: its total stands above or below its classes.
    for places in (list(range(len(rows))), *_by_school(table, rows)):
        numbers = [rows[place] + 1 for place in places]
        totals = SumWatch().add(numbers, figures[places], is_last=True)
        found |= {total.at - 1: total for total in totals}
    return found


def _by_school(table: Table, rows: Sequence[int]) -> list[list[int]]:
    """The places of rows that stand together and name the same school, where there are several."""
    schools = [clean_text(table.cell(row, "school_id").token) for row in rows]
    groups = [list(places) for _, places in groupby(range(len(rows)), schools.__getitem__)]
    return groups if len(groups) > 1 else []


def overflow(table: Table, row: int) -> list[Cell]:
    """The filled cells of a row right of the last heading."""
    return [
        table.grid.cell(row, column)
        for column in range(table.width, len(table.grid.rows[row]))
        if not is_blank(table.grid.rows[row][column])
    ]


def holds_entries(cells: Sequence[Cell]) -> bool:
    """Whether cells hold more than remarks: a figure, or an id."""
    return any(re.search(r"\d", clean_text(cell.token)) for cell in cells)


def ids_among(cells: Sequence[Cell]) -> list[tuple[Cell, str]]:
    """The cells that hold a school id, with it."""
    texts = ((cell, tidy_id(clean_text(cell.token))) for cell in cells)
    return [(cell, text) for cell, text in texts if is_school_id(text)]


def unquoted(cell: Cell) -> Cell:
    """The place of a cell without what it holds: beside a table it may be anything personal."""
    return cell._replace(token=None)
