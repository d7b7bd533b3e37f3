"""The shape of a table nobody has described: sheet, header rows, labels, rows to guess by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dagster_project.census.figures import clean_text, parse_figure
from dagster_project.census.opening.source import TextTable, Workbook, open_source
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.profile import header_of
from dagster_project.census.table.profile_check import parse_profile
from dagster_project.census.table.profile_model import BrokenProfile, header_key

LOOKED_AT = 40  # rows from the top among which the header stands
MOST_ROWS = 50_000  # rows in which keys are looked at
MOST_FIGURES = 2_000  # rows by which figures are guessed
MOST_HEADER_ROWS = 6
FEW = 3  # columns that are numbered at least
_NUMBERING = ("甲", "乙", "丙", "丁", "序号", "编号", "栏次")
_SKELETON = """
profile: skeleton
recognise: {{columns: [x]}}
standards: [general]
school_id: x
county_code: x
stage: primary
fields: {{pupils: x}}
header_rows: {rows}
"""


@dataclass(frozen=True)
class Table:
    """A sheet or text: ``labels`` of its columns as a profile names them, rows below them.

    ``headings`` are the labels with the spaces that a profile does not look at.
    ``header_rows`` count from 1; ``captions`` is what stands above them. ``rows`` are as wide as
    the header.
    """

    path: Path
    source: Workbook | TextTable
    sheet: str | None
    header_rows: tuple[int, ...]
    labels: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    captions: tuple[str, ...]
    other_sheets: tuple[str, ...] = ()

    def column(self, at: int) -> list[object]:
        """The first cells of a column."""
        return [row[at] for row in self.rows[:MOST_FIGURES]]

    def texts(self, at: int) -> list[str]:
        """The cells of a column that are filled, as text, of all rows."""
        return [text for row in self.rows if (text := clean_text(row[at]))]


def open_table(path: Path) -> Table:
    """Find the table in a file; raises :class:`FileRejected` where there is none."""
    source = open_source(path)
    if isinstance(source, TextTable):
        return _table(path, source, None, list(source.rows(LOOKED_AT + MOST_ROWS)), ())
    seen = [name for name in source.sheet_names if name not in source.hidden_sheets]
    sizes = {name: len(source.sheet(name).rows) for name in seen or source.sheet_names}
    chosen = max(sizes, key=lambda name: min(sizes[name], LOOKED_AT))
    rows = list(islice(source.sheet(chosen).rows, LOOKED_AT + MOST_ROWS))
    others = tuple(name for name in seen if name != chosen)
    return _table(path, source, chosen, rows, others)


def _table(
    path: Path,
    source: Workbook | TextTable,
    sheet: str | None,
    rows: Sequence[Sequence[object]],
    others: tuple[str, ...],
) -> Table:
    header = header_rows(rows[:LOOKED_AT])
    if not header:
        raise FileRejected("census.no_header", sheet=sheet)
    profile = parse_profile(_SKELETON.format(rows=list(header)).encode(), "skeleton", is_user=False)
    if isinstance(profile, BrokenProfile):
        raise AssertionError(profile.sentence)
    _, labels = header_of(source, profile, sheet)
    width = len(labels)
    spaced = {header_key(cell): clean_text(cell) for n in header for cell in rows[n - 1]}
    below = [
        tuple((*row, *[None] * width)[:width])
        for row in rows[header[-1] :]
        if any(clean_text(cell) for cell in row)
    ]
    above = [clean_text(cell) for row in rows[: header[0] - 1] for cell in row]
    return Table(
        path,
        source,
        sheet,
        header,
        tuple(labels),
        tuple(">".join(spaced.get(part, part) for part in x.split(">")) for x in labels),
        tuple(below[:MOST_ROWS]),
        tuple(text for text in above if text),
        others,
    )


def header_rows(rows: Sequence[Sequence[object]]) -> tuple[int, ...]:
    """The rows (from 1) that head the columns: labels, directly above the first row of figures."""
    first = next((n for n, row in enumerate(rows) if n and _is_data(row)), None)
    if first is None:
        return ()
    found: list[int] = []
    for at in range(first - 1, -1, -1):
        row = rows[at]
        cells = [text for cell in row if (text := clean_text(cell))]
        if _is_numbering(row) and not found:
            continue
        is_title = len(set(cells)) == 1 and bool(clean_text(row[0]))
        if not cells or (is_title and found) or sum(map(_is_number, cells)) > len(cells) / 2:
            break
        found.append(at + 1)
        if len(found) == MOST_HEADER_ROWS:
            break
    return tuple(reversed(found))


def _is_data(row: Sequence[object]) -> bool:
    cells = [cell for cell in row if clean_text(cell)]
    numbers = sum(map(_is_number, cells))
    return numbers >= 2 and numbers >= 0.3 * len(cells) and not _is_numbering(row)


def _is_numbering(row: Sequence[object]) -> bool:
    """Whether a row only numbers the columns: 甲 乙 1 2 3 4."""
    texts = [text for cell in row if (text := clean_text(cell))]
    numbers = [text for text in texts if text.isdecimal()]
    is_count = numbers == [str(n) for n in range(1, len(numbers) + 1)]
    return len(numbers) >= FEW and is_count and {*texts} <= {*numbers, *_NUMBERING}


def _is_number(cell: object) -> bool:
    return parse_figure(cell).value is not None
