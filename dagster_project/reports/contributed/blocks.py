"""What a chapter is made of, whatever file it came from: text, headings, lists and tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.census.opening.printable import printable
from dagster_project.census.rejection import FileRejected
from dagster_project.reports.narrative import hints

_ALIASES = Path(__file__).with_name("aliases.yml")
BULLET = "●"
MOST_SIGNS = 200_000
MOST_BLOCKS = 4_000
MOST_CELLS = 20_000


@dataclass(frozen=True)
class Run:
    """A stretch of text with one look."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Text; ``heading`` is its level from 1, ``depth`` that of a list's item, whose ``mark``
    (``1．``, ``●``) stands before it."""

    runs: tuple[Run, ...]
    heading: int = 0
    depth: int = 0
    mark: str = ""

    @property
    def text(self) -> str:
        """The text without its look."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class TableCell:
    """A cell over ``columns`` columns; it ``merges`` with those below that belong to it
    (``above``)."""

    paragraphs: tuple[Paragraph, ...]
    columns: int = 1
    above: bool = False
    merges: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first ``head`` rows are repeated on every page."""

    rows: tuple[tuple[TableCell, ...], ...]
    head: int = 1


@dataclass(frozen=True)
class Chapter:
    """One chapter as it was read; ``left_out`` counts what documents do not take over, by kind."""

    blocks: tuple[Paragraph | Table, ...]
    left_out: tuple[tuple[str, int], ...] = ()


def run(text: str, bold: bool = False, italic: bool = False) -> Run:
    """A run of text that any document can hold: controls become visible escapes."""
    return Run(printable(text.replace("\t", "　")), bold, italic)


def paragraph(runs: Iterable[Run], **place: Any) -> Paragraph:
    """A paragraph of ``runs`` without blanks at its ends."""
    kept = [one for one in runs if one.text]
    if kept:
        kept[0] = Run(kept[0].text.lstrip(" 　"), kept[0].bold, kept[0].italic)
        kept[-1] = Run(kept[-1].text.rstrip(" 　"), kept[-1].bold, kept[-1].italic)
    return Paragraph(tuple(one for one in kept if one.text), **place)


def bounded(blocks: list[Paragraph | Table]) -> tuple[Paragraph | Table, ...]:
    """The blocks, if they are no more than a chapter can be; raises :class:`FileRejected`."""
    paragraphs = [block for block in blocks if isinstance(block, Paragraph)]
    cells = [
        cell for block in blocks if isinstance(block, Table) for row in block.rows for cell in row
    ]
    signs = sum(len(one.text) for one in paragraphs)
    signs += sum(len(one.text) for cell in cells for one in cell.paragraphs)
    if signs > MOST_SIGNS or len(blocks) > MOST_BLOCKS or len(cells) > MOST_CELLS:
        raise FileRejected("reports.narrative_too_long", signs=signs, most=MOST_SIGNS)
    return tuple(blocks)


@cache
def by_name() -> dict[str, str]:
    """The chapters that there are, by each name that a file may have."""
    aliases = yaml.safe_load(_ALIASES.read_text("utf-8"))
    return {name: chapter for chapter in hints() for name in (chapter, *aliases.get(chapter, ()))}
