"""Everything that is wrong with one return: what costs an entry, and what costs the whole file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

from dagster_project.census.addresses import cell_address
from dagster_project.census.figures import clean_text
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
    sentence_zh: str


class Faults:
    """Collects the faults of one file: ``found`` cost their entry, ``ruinous`` ones the file."""

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.ruinous: list[Fault] = []

    def add(self, cell: Cell, code: str, **values: object) -> None:
        """Note what is wrong at ``cell``: a sentence of ``maps/returns_faults.yml``, filled in."""
        self.found.append(_fault(cell, code, values))

    def ruin(self, cell: Cell, code: str, **values: object) -> None:
        """Note what makes the whole file uncertain."""
        self.ruinous.append(_fault(cell, code, values))

    def since(self, count: int) -> list[Fault]:
        """The faults of entries that were found after the first ``count``."""
        return self.found[count:]


def refuse(faults: Iterable[Fault], name: str, why: str = "") -> None:
    """Raise :class:`FileRejected` with ``faults`` (the first ``SHOWN`` in full), if any."""
    faults = list(faults)
    if not faults:
        return
    count = len(faults)
    shown = [f"{fault.cell.spot}: {fault.sentence}" for fault in faults[:SHOWN]]
    if count > SHOWN:
        shown.append(f"… and {count - SHOWN} more.")
    head = f"The {name} return has {count} bad {'entry' if count == 1 else 'entries'}."
    first = faults[0].cell
    raise FileRejected(
        " ".join(part for part in (head, why, *shown) if part),
        advice="Correct them in the file and drop it again; nothing of it was loaded.",
        sheet=first.sheet,
        cell=first.address,
    )


def _fault(cell: Cell, code: str, values: dict[str, object]) -> Fault:
    said = {"token": clean_text(cell.token), "label": cell.label, **values}
    sentences = _sentences()[code]
    return Fault(cell, sentences["en"].format(**said), sentences["zh"].format(**said))


@cache
def _sentences() -> dict[str, dict[str, str]]:
    import yaml

    text = (
        resources.files("dagster_project.census")
        .joinpath("maps/returns_faults.yml")
        .read_text("utf-8")
    )
    return yaml.safe_load(text)
