"""Finding the sheets, the head and the rows of a return, wherever they were moved to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from dagster_project.census.figures import clean_text
from dagster_project.census.opening.source import TextTable, Workbook
from dagster_project.census.rejection import FileRejected
from dagster_project.census.returns.faults import Cell
from dagster_project.census.returns.layout import (
    EXAMPLE,
    META,
    Column,
    Layout,
    SheetLayout,
    canonical_unit,
    factor,
    heading_key,
    layouts,
    version,
)
from dagster_project.census.returns.values import is_blank
from dagster_project.messages import Message

MARKER = "junheng"  # first cell of a hidden row; profile, version and sheet follow it
UNIT_ROW = "单位"  # first cell of the row of units
HEAD_ROWS = 30  # the head of a sheet ends within these


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet (``name`` ``None`` for a text file), from A1 on."""

    name: str | None
    rows: Sequence[list[object]]

    def cell(self, row: int, column: int, label: str = "") -> Cell:
        """The cell at ``row``, ``column`` (from 0), empty outside the grid."""
        cells = self.rows[row] if 0 <= row < len(self.rows) else []
        token = cells[column] if 0 <= column < len(cells) else None
        return Cell(token, self.name, row, column, label)


@dataclass(frozen=True)
class Table:
    """One sheet of a return: its layout, where its columns stand, and where its rows begin."""

    grid: Grid
    layout: Layout
    sheet: SheetLayout
    places: Mapping[str, int]
    first_row: int
    columns: Mapping[str, Column]  # with the units that the file states
    unknown: tuple[str, ...] = ()
    is_marked: bool = True
    headings: tuple[int, ...] = ()  # the row of labels and the row of units, from 0

    def cell(self, row: int, column_id: str) -> Cell:
        """A cell of a row by the id of its column; empty where the file has no such column."""
        place = self.places.get(column_id, -1)
        return self.grid.cell(row, place, self.sheet.column(column_id).label)

    @property
    def width(self) -> int:
        """Number of columns up to the last that has a heading."""
        heads = self.grid.rows[self.headings[0] : self.first_row] if self.headings else ()
        last = max((at for row in heads for at, c in enumerate(row) if not is_blank(c)), default=0)
        return max(last, *self.places.values()) + 1

    def rows(self) -> Iterator[int]:
        """The rows that say something: neither blank, nor the example, nor prefilled only."""
        telling = [p for c, p in self.places.items() if not self.sheet.column(c).prefill]
        leading = min(self.places.values())
        for row in range(self.first_row, len(self.grid.rows)):
            if EXAMPLE.match(clean_text(self.grid.cell(row, leading).token)):
                continue
            if any(not is_blank(self.grid.cell(row, place).token) for place in telling):
                yield row


def grids(source: Workbook | TextTable, head_only: bool = False) -> Iterator[Grid]:
    """The sheets of ``source``; with ``head_only`` as few as it takes to recognise a return.

    Those are the sheets that bear a template's name, else the first: a nation's wide table is not
    read whole just to see that it is none.
    """
    if isinstance(source, TextTable):
        yield Grid(None, [list(row) for row in source.rows(HEAD_ROWS if head_only else None)])
        return
    names = source.sheet_names
    if head_only:
        ours = {sheet.name for layout in layouts().values() for sheet in layout.sheets}
        names = tuple(name for name in names if name in ours) or names[:1]
    for name in names:
        yield Grid(name, source.sheet(name).rows)


def marker(grid: Grid) -> tuple[int, list[str]] | None:
    """Row of the marker and what follows it: profile, version, sheet."""
    for number, row in enumerate(grid.rows[:HEAD_ROWS]):
        if row and clean_text(row[0]) == MARKER:
            return number, [clean_text(cell) for cell in [*row[1:4], "", "", ""][:3]]
    return None


def plain_layout(grid: Grid) -> tuple[Layout, SheetLayout] | None:
    """The return whose headings stand in the first row that is not empty."""
    first = next((row for row in grid.rows[:HEAD_ROWS] if any(not is_blank(c) for c in row)), [])
    keys = {heading_key(cell) for cell in first}
    for layout in layouts().values():
        for sheet in layout.sheets:
            headings = sheet.headings
            found = {headings[key] for key in keys if key in headings}
            if sheet.plain and _needed(sheet) <= found:
                return layout, sheet
    return None


class Found(NamedTuple):
    """The sheets of a return, and the hidden ones that were left for a visible one like them."""

    tables: list[Table]
    hidden: list[Grid]


def find_tables(source: Workbook | TextTable) -> Found:
    """Every sheet of the return in ``source``; raises :class:`FileRejected` if one is unusable."""
    all_grids = list(grids(source))
    unseen = frozenset() if isinstance(source, TextTable) else source.hidden_sheets
    marked = [(grid, found) for grid in all_grids if (found := marker(grid))]
    if not marked:
        plain = [(grid, known) for grid in all_grids if (known := plain_layout(grid))]
        if not plain:
            raise FileRejected("census.no_template_sheet")
        # One sheet of a plain workbook is the return, whichever of them it is.
        once, hidden = _once([(grid, known, "") for grid, known in plain], unseen)
        return Found([_table(g, *known, start=0, is_marked=False) for g, known in once], hidden)
    made, hidden = _once([(g, found, (*found[1][::2],)) for g, found in marked], unseen)
    return Found(_marked_tables(made), hidden)


Known = TypeVar("Known")


def _once(
    found: list[tuple[Grid, Known, object]], unseen: frozenset[str]
) -> tuple[list[tuple[Grid, Known]], list[Grid]]:
    """The sheets with what is known of them, each kind once; hidden ones give way to visible ones.

    Of two that people see nobody knows which counts: the file is refused.
    """
    kept: dict[object, tuple[Grid, Known]] = {}
    hidden = []
    for grid, known, kind in sorted(found, key=lambda entry: entry[0].name in unseen):
        before = kept.setdefault(kind, (grid, known))[0]
        if before is grid:
            continue
        if grid.name in unseen:
            hidden.append(grid)
            continue
        raise FileRejected(
            "census.same_sheet_of_return",
            first=str(before.name),
            second=str(grid.name),
            sheet=grid.name,
        )
    return list(kept.values()), hidden


def _marked_tables(marked: list[tuple[Grid, tuple[int, list[str]]]]) -> list[Table]:
    """The tables of sheets that were made from a template, the main sheet first."""
    tables = []
    for grid, (start, (profile, edition, sheet_id)) in marked:
        layout = layouts().get(profile)
        sheet = next((s for s in layout.sheets if s.sheet == sheet_id), None) if layout else None
        if (
            layout is None
            or sheet is None
            or not re.fullmatch(r"[0-9]{1,6}", edition)
            or int(edition) > int(version())
        ):
            raise FileRejected(
                "census.unknown_template",
                profile=profile,
                sheet_id=sheet_id,
                edition=edition or Message("census.none"),
                version=version(),
                sheet=grid.name,
                cell=grid.cell(start, 0).address,
            )
        tables.append(_table(grid, layout, sheet, start=start + 1, is_marked=True))
    others = {table.layout.profile for table in tables}
    if len(others) > 1:
        raise FileRejected("census.several_returns", others=sorted(others))
    order = [sheet.sheet for sheet in tables[0].layout.sheets]
    tables.sort(key=lambda table: order.index(table.sheet.sheet))
    if tables[0].sheet is not tables[0].layout.main:
        raise FileRejected(
            "census.return_sheet_missing",
            name=tables[0].layout.main.name,
            tables=[str(t.grid.name) for t in tables],
        )
    return tables


def meta_cells(table: Table) -> dict[str, list[Cell]]:
    """The cells that say county, school year and term: one each in a template, right of its label.

    A plain table has no head but may have columns for them: then one cell per row.
    """
    found: dict[str, list[Cell]] = {}
    for row in range(table.first_row):
        for column, token in enumerate(table.grid.rows[row]):
            text = clean_text(token).rstrip(":")
            name = META.get(text) or (text if text in META.values() else None)
            if name is None or name in table.places or name in found:
                continue
            if table.is_marked:
                found[name] = [table.grid.cell(row, column + 1, text)]
            else:
                found[name] = [table.grid.cell(line, column, text) for line in table.rows()]
    return found


def _needed(sheet: SheetLayout) -> set[str]:
    return {c.id for c in sheet.columns if c.required or c.present}


def _table(
    grid: Grid,
    layout: Layout,
    sheet: SheetLayout,
    *,
    start: int,
    is_marked: bool,
) -> Table:
    """Find the header of a sheet: the row of column ids, else the row of headings."""
    headings, needed = sheet.headings, _needed(sheet)
    if sheet.shape == "items":
        needed = {"value", "item_id"}
    heads: list[tuple[int, dict[str, int]]] = []
    for row in range(start, min(start + HEAD_ROWS, len(grid.rows))):
        places: dict[str, int] = {}
        for column, token in enumerate(grid.rows[row]):
            key = headings.get(heading_key(token))
            if key is not None:
                places.setdefault(key, column)
        if needed <= places.keys() and len(places) > 1:
            heads.append((row, places))
        if heads and (row - heads[0][0] >= 2):
            break
    if not heads:
        shown = "、".join(c.label for c in sheet.columns if c.id in needed)
        raise FileRejected("census.no_return_header", shown=shown, sheet=grid.name)
    places = max(heads, key=lambda head: len(head[1]))[1]  # the row of ids knows the items too
    last = heads[-1][0]
    label_row = heads[0][0]
    columns = {c.id: c for c in sheet.columns}
    first_row, heading_rows = last + 1, [label_row]
    for row in range(label_row + 1, min(label_row + 4, len(grid.rows))):
        if clean_text(grid.cell(row, 0).token) == UNIT_ROW:
            _state_units(grid, columns, places, row)
            first_row = max(first_row, row + 1)
            heading_rows.append(row)
    taken = set(places.values())
    unknown = tuple(
        text
        for column, token in enumerate(grid.rows[label_row])
        if column not in taken and (text := clean_text(token)) and not _is_extra(text)
    )
    return Table(
        grid, layout, sheet, places, first_row, columns, unknown, is_marked, tuple(heading_rows)
    )


def _is_extra(heading: str) -> bool:
    """Headings that a plain table may carry beside the layout's own columns."""
    return heading in META or bool(re.fullmatch(r"序号|备注|" + "|".join(META.values()), heading))


def _state_units(
    grid: Grid, columns: dict[str, Column], places: Mapping[str, int], row: int
) -> None:
    """Take over the units that the file states below its headings."""
    for column_id, place in places.items():
        column = columns[column_id]
        if column.unit is None or column.kind not in ("count", "amount", "rate"):
            continue
        stated = grid.cell(row, place, column.label)
        text = clean_text(stated.token)
        unit = canonical_unit(column.unit)
        if text and factor(unit, text) is None:
            columns[column_id] = replace(column, unit_nobody_knows=(stated.spot, text))
        elif text:
            columns[column_id] = replace(column, unit=text)
