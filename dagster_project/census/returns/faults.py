"""Everything that is wrong with one return: what costs an entry, and what costs the whole file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from dagster_project.census.addresses import cell_address
from dagster_project.census.figures import clean_text
from dagster_project.census.rejection import FileRejected
from dagster_project.messages import Message, in_a_row

SHOWN = 20


class Cell(NamedTuple):
    """One cell of a return: what it holds and where it stands (row and column from 0)."""

    token: object
    sheet: str | None
    row: int
    column: int
    label: str = ""

    @property
    def address(self) -> str:
        """``D12``, or ``row 12`` in a text file, which has no letters."""
        return cell_address(self.row, self.column) if self.sheet else f"row {self.row + 1}"

    @property
    def spot(self) -> str | Message:
        """Sheet and cell, or row and column heading, as they stand in a sentence."""
        if self.sheet:
            return f"{self.sheet}!{self.address}"
        said = {"address": self.address, "label": self.label}
        return Message("returns.row_and_column", said) if self.label else self.address


@dataclass(frozen=True)
class Fault:
    """One bad entry: where, and a sentence that says what it is and what is expected."""

    cell: Cell
    message: Message

    @property
    def at(self) -> Message:
        """The sentence with the spot before it."""
        return Message("returns.at", {"spot": self.cell.spot, "fault": self.message})


class Faults:
    """Collects the faults of one file: ``found`` cost their entry, ``ruinous`` ones the file."""

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.ruinous: list[Fault] = []

    def add(self, cell: Cell, code: str, **values: object) -> None:
        """Note what is wrong at ``cell``: a sentence of ``messages/returns.yml``, filled in."""
        self.found.append(_fault(cell, code, values))

    def ruin(self, cell: Cell, code: str | Message, **values: object) -> None:
        """Note what makes the whole file uncertain: a code, or a message of another room."""
        fault = _fault(cell, code, values) if isinstance(code, str) else Fault(cell, code)
        self.ruinous.append(fault)

    def since(self, count: int) -> list[Fault]:
        """The faults of entries that were found after the first ``count``."""
        return self.found[count:]


def refuse(faults: Iterable[Fault], name: str, rows: tuple[int, int] | None = None) -> None:
    """Raise :class:`FileRejected` with ``faults`` (the first ``SHOWN`` in full), if any.

    ``rows`` says how many rows are at fault, and of how many, where that is the reason.
    """
    faults = list(faults)
    if not faults:
        return
    count = len(faults)
    shown = [fault.at for fault in faults[:SHOWN]]
    if count > SHOWN:
        shown.append(Message("returns.more", {"count": count - SHOWN}))
    said = "returns.bad_entry" if count == 1 else "returns.bad_entries"
    doubtful, seen = rows or (0, 0)
    first = faults[0].cell
    raise FileRejected(
        "returns.shifted_columns" if rows else said,
        name=name,
        count=count,
        doubtful=doubtful,
        seen=seen,
        entries=in_a_row(shown),
        sheet=first.sheet,
        cell=first.address,
    )


def _fault(cell: Cell, code: str, values: dict[str, object]) -> Fault:
    said = {"token": clean_text(cell.token), "label": cell.label, **values}
    return Fault(cell, Message(f"returns.{code}", said))
