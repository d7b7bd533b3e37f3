"""What a county's and a region's figures have in common: rows become figures in one function."""

from __future__ import annotations

from typing import Protocol

from dagster_project.figures.figure import Figure, Printed, Sentence, cell_of
from dagster_project.figures.published import Published
from dagster_project.figures.reference import Reference
from dagster_project.figures.rounding import kind_of_unit
from dagster_project.figures.rows import Row


class Taints(Protocol):
    """Says which cells stand under a hard flag."""

    def taints(self, table: str, row: Row, column: str = "") -> bool: ...


class PlaceFigures:
    """The figures of one place in one school year.

    Rows are read once per place and shared by its documents; ``trace`` is this document's own.
    """

    def __init__(self, published: Published, sign_off: Taints) -> None:
        self.published = published
        self.sign_off = sign_off
        self.ref = Reference(published)
        self.trace: list[Printed] = []

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
        figure, and ``reason`` (default: not reported; ``""``: none) is printed. A figure that a
        table of words holds (``restatement.old_value``) is read as the number it is.
        """
        value = None if row is None else row[column]
        if isinstance(value, str):
            value = float(value)
        if value is None and reason is None:
            reason = "not_reported"
        kind = kind or ("ratio" if row is None else kind_of_unit(row.get("unit")))
        is_tainted = row is not None and value is not None and self.taints(table, row, column)
        return Figure(value, kind, cell_of(table, row, column), is_tainted, reason, self.trace)

    def taints(self, table: str, row: Row, column: str = "") -> bool:
        """Whether a hard flag touches the cell ``column`` of this row of ``marts.<table>``."""
        return self.sign_off.taints(table, row, column)

    def sentence(self, table: str, row: Row, column: str) -> Sentence:
        """A sentence of a mart; its numbers count as printed."""
        return Sentence(row[column] or "", cell_of(table, row, column), self.trace)
