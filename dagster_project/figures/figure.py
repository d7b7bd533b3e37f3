"""A figure: a cell of the marts that knows how it is printed and whether a hard flag touches it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from dagster_project.figures.rounding import marked, missing, reason_word, rounded, shown
from dagster_project.figures.rows import Row
from dagster_project.publish.book import keys_of_marts


@dataclass(frozen=True)
class Cell:
    """A cell of a published table: ``key`` holds the columns that name its row."""

    table: str
    key: tuple[tuple[str, Any], ...]
    column: str

    @property
    def address(self) -> str:
        """``table|key|column``, the key's values percent-encoded and joined by commas.

        A null in the key is an empty text.
        """
        values = ("" if value is None else quote(str(value)) for _, value in self.key)
        return f"{self.table}|{','.join(values)}|{self.column}"


def cell_of(table: str, row: Row | None, column: str) -> Cell:
    """The cell ``column`` of ``row``; of a row that is not there, a cell without a key."""
    key = () if row is None else tuple((name, row[name]) for name in keys_of_marts()[table])
    return Cell(table, key, column)


@dataclass(frozen=True)
class Printed:
    """One number of a document: the cell, its raw value, and the text that stands for it."""

    cell: Cell
    value: Any
    text: str


@dataclass(frozen=True)
class Figure:
    """A figure of a mart; ``kind`` is one of ``kinds.yml``, ``reason`` says why there is none.

    ``str()`` gives its text and notes it in ``trace``, so that a test (or a doubtful reader) can
    hold every number of a document against its cell.
    """

    value: float | int | None
    kind: str
    cell: Cell
    is_tainted: bool = False
    reason: str | None = None
    trace: list[Printed] = field(default_factory=list, compare=False, repr=False)

    def __str__(self) -> str:
        text = marked(self.text, self.is_tainted)
        self.trace.append(Printed(self.cell, self.value, text))
        return text

    def phrase(self, noun: str, unit: str) -> str:
        """``教职工802人``; where there is no figure ``教职工未填报``: no unit stands alone."""
        if self.is_known:
            return f"{noun}{self}{unit}"
        return f"{noun}{reason_word(self.reason) or missing()}"

    @property
    def text(self) -> str:
        """The figure rounded once, without a mark; what stands for one that is missing."""
        return shown(self.value, self.kind, self.reason)

    @property
    def rounds_to_something(self) -> bool:
        """Whether more than zeros are printed."""
        return self.value is not None and rounded(self.value, self.kind) != 0

    @property
    def is_known(self) -> bool:
        """Whether there is a figure."""
        return self.value is not None


@dataclass(frozen=True)
class Sentence:
    """A sentence of a mart (evidence, what to do), whose numbers were rounded in the mart."""

    text: str
    cell: Cell
    trace: list[Printed] = field(default_factory=list, compare=False, repr=False)

    def __str__(self) -> str:
        self.trace.append(Printed(self.cell, self.text, self.text))
        return self.text
