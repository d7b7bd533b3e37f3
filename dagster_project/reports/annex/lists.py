"""Plain tables: one row of the page per row of a mart, as the columns of the layout say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.rows import Row
from dagster_project.reports.annex.page import HEAD_ROW, LETTERS, Page, height

FIRST_ROW = HEAD_ROW + 2

Total = tuple[str, dict[str, tuple[str, float | None]]]
"""A label, and formulas with their results by column."""


@dataclass(frozen=True)
class List:
    """What stands on a list's page.

    ``formulas`` hold, by column, a template with the names of other columns in braces; the figure
    of the mart is its cached result, and a row without a figure gets none. ``totals`` are rows
    below: a label and formulas with results by column. ``figures`` and ``table`` say of which mart
    the rows are, ``cells`` which of its columns a column with another name shows.
    """

    rows: Sequence[Row]
    columns: Sequence[dict[str, Any]]
    formulas: Mapping[str, str] = field(default_factory=dict)
    figures: CountyFigures | None = None
    table: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)
    totals: Sequence[Total] = ()
    note: str = ""
    more: str = ""

    def taints(self, row: Row, key: str) -> bool:
        """Whether a hard flag touches what this row shows in the column ``key``."""
        column = self.cells.get(key, key)
        return (
            self.figures is not None
            and column in row
            and self.figures.taints(self.table, row, column)
        )


def write(page: Page, table: List) -> int:
    """Write head, rows, totals and note; returns the first free row."""
    columns = table.columns
    heads = [(column["zh"], column["en"], column["width"]) for column in columns]
    widths = page.heads(HEAD_ROW, heads)
    wrapped = [(c["key"], c["width"]) for c in columns if c.get("kind") == "wrap"]
    letters = {column["key"]: LETTERS[number] for number, column in enumerate(columns)}
    writers = [
        _writer(page, number, column, table, letters) for number, column in enumerate(columns)
    ]
    for number, row in enumerate(table.rows):
        for write_cell in writers:
            write_cell(FIRST_ROW + number, row)
        if wrapped:
            high = max(height(str(row[key] or ""), width) for key, width in wrapped)
            page.sheet.set_row(FIRST_ROW + number, high)
    after = FIRST_ROW + len(table.rows)
    page.widths(widths)
    if table.rows:
        page.sheet.autofilter(HEAD_ROW + 1, 0, after - 1, len(columns) - 1)
        verdicts = [n for n, column in enumerate(columns) if column.get("kind") == "verdict"]
        page.colour_verdicts(FIRST_ROW, after - 1, verdicts)
    else:
        page.merged(after, 0, len(columns) - 1, page.layout["none"], "centre")
        after += 1
    for label, figures in table.totals:
        _total(page, after, columns, label, figures)
        after += 1
    for text in (table.more, table.note):
        if text:
            page.note(after, len(columns) - 1, text, widths)
            after += 1
    return after


def _writer(page: Page, number: int, column: dict[str, Any], table: List, letters: dict[str, str]):
    """The function that writes this column of one row: what can be decided once is."""
    key, kind = column["key"], column.get("kind", "text")
    if "words" in column:
        words = page.layout["words"][column["words"]]

        def translated(at: int, row: Row) -> None:
            value = row[key]
            page.text(at, number, words.get(value, value), "centre")

        return translated
    if kind == "verdict":
        verdicts = page.layout["verdicts"]

        def verdict(at: int, row: Row) -> None:
            tainted = table.taints(row, key)
            page.text(at, number, verdicts.get(row[key], row[key]), "centre", tainted)

        return verdict
    if kind in ("text", "wrap") and "kind_from" not in column:
        look = "cell" if kind == "text" else "wrap"
        return lambda at, row: page.text(at, number, row[key], look)
    kind_from, reason_from = column.get("kind_from"), column.get("reason_from")
    formula = table.formulas.get(key)

    def figure(at: int, row: Row) -> None:
        how = row[kind_from] if kind_from else kind
        value = row[key]
        tainted = value is not None and table.taints(row, key)
        if formula is not None and value is not None:
            here = {name: f"{letter}{at + 1}" for name, letter in letters.items()}
            page.formula(at, number, formula.format(**here), value, how, tainted=tainted)
        else:
            reason = row[reason_from] if reason_from else None
            page.number(at, number, value, how, tainted=tainted, reason=reason)

    return figure


def _total(
    page: Page,
    at: int,
    columns: Sequence[dict[str, Any]],
    label: str,
    figures: Mapping[str, tuple[str, float | None]],
) -> None:
    first = min(n for n, column in enumerate(columns) if column["key"] in figures)
    page.merged(at, 0, first - 1, label, "foot")
    for number, column in enumerate(columns[first:], start=first):
        formula, value = figures.get(column["key"], (None, None))
        if formula is None:
            page.text(at, number, None, "foot")
        else:
            kind = column["kind"] if column["kind"] != "verdict" else "count"
            page.formula(at, number, formula, value, kind, look="foot")
