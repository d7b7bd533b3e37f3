"""Everything that is wrong with one return, gathered, so that it can be repaired in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dagster_project.census.addresses import cell_address
from dagster_project.census.rejection import FileRejected

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
    def spot(self) -> str:
        """Sheet and cell, or row and column heading, as they stand in a sentence."""
        if self.sheet:
            return f"{self.sheet}!{self.address}"
        return f"{self.address}, column {self.label}" if self.label else self.address


@dataclass(frozen=True)
class Fault:
    """One bad entry: where, and a sentence that says what it is and what is expected."""

    cell: Cell
    sentence: str


class Faults:
    """Collects the faults of one file; :meth:`refuse` ends the reading if there are any."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, cell: Cell, sentence: str) -> None:
        """Note what is wrong at ``cell``."""
        self.found.append(Fault(cell, sentence))

    def refuse(self, name: str) -> None:
        """Raise :class:`FileRejected` with all faults (the first ``SHOWN`` in full), if any."""
        if not self.found:
            return
        count = len(self.found)
        shown = [f"{fault.cell.spot}: {fault.sentence}" for fault in self.found[:SHOWN]]
        if count > SHOWN:
            shown.append(f"… and {count - SHOWN} more.")
        head = f"The {name} return has {count} bad {'entry' if count == 1 else 'entries'}."
        first = self.found[0].cell
        raise FileRejected(
            " ".join([head, *shown]),
            advice="Correct them in the file and drop it again; nothing of it was loaded.",
            sheet=first.sheet,
            cell=first.address,
        )
