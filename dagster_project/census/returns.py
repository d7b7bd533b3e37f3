"""Reader of the project's own returns: templates that were filled in, and plain tables like them.

A return is accepted whole or refused whole, with everything that is wrong with it
(:class:`FileRejected`); nothing in it is guessed.
"""

from __future__ import annotations

import pyarrow as pa

from dagster_project.census import returns_rows
from dagster_project.census.place import agree_on_term, agree_on_year
from dagster_project.census.reading import Drift, Place, Reading
from dagster_project.census.rejection import FileRejected
from dagster_project.census.returns_faults import Cell, Faults
from dagster_project.census.returns_grid import (
    Grid,
    Table,
    find_tables,
    grids,
    marker,
    meta_cells,
    plain_layout,
)
from dagster_project.census.returns_layout import choices, version
from dagster_project.census.returns_rows import Meta
from dagster_project.census.returns_values import Judge, is_blank
from dagster_project.census.schema import origin_schema, part_schema
from dagster_project.census.source import TextTable, Workbook

SHAPE = "returns"
_YEARLY_TERM = "autumn"  # a yearly return whose place and cells name no term
_SEMESTER = ("roster", "movement")


def recognises(source: Workbook | TextTable) -> bool:
    """Whether ``source`` is a template of this project or a plain table with its headings."""
    return any(_is_return(grid) for grid in grids(source, head_only=True))


def read(source: Workbook | TextTable, sha256: str, place: Place) -> Reading:
    """Read a return into its parts (``answer``, ``roster`` …).

    Raises :class:`FileRejected` with every bad entry, each with its sheet and cell.
    """
    faults = Faults()
    tables = find_tables(source, faults)
    main = tables[0]
    profile = main.layout.profile
    meta = _meta(main, sha256, place, faults)
    judge = Judge(faults, meta.school_year)
    rows: dict[str, list[dict]] = {sheet.part: [] for sheet in main.layout.sheets}
    for table in tables:
        rows[table.sheet.part] += returns_rows.BUILDERS[table.sheet.sheet](table, meta, judge)
    if not any(rows.values()) and not faults.found:
        faults.add(
            main.grid.cell(main.first_row, 0),
            "there is no entry below the header; fill in at least one row.",
        )
    year = meta.school_year
    if profile == "published_claims" and year is None:
        year = max((r["school_year"] for r in rows["claim"] if r["school_year"]), default=None)
        if year is None:
            _try(faults, main.grid.cell(0, 0), lambda: agree_on_year(place, None, ""))
    faults.refuse(main.layout.main.name)
    parts = {part: pa.Table.from_pylist(found, part_schema(part)) for part, found in rows.items()}
    return Reading(
        shape=SHAPE,
        profile=profile,
        vintage=version(),
        school_year=year,
        term=meta.term,
        sections=(),
        origins=origin_schema().empty_table(),
        drift=tuple(drift for table in tables for drift in _drift(table)),
        parts=parts,
    )


def _is_return(grid: Grid) -> bool:
    found = marker(grid)
    return found is not None or plain_layout(grid) is not None


def _meta(table: Table, sha256: str, place: Place, faults: Faults) -> Meta:
    """County, school year and term of a return, from its head and its place, which must agree."""
    cells = {name: _one(found, faults) for name, found in meta_cells(table).items()}
    judge = Judge(faults)
    head = table.grid.cell(0, 0)
    claims = table.layout.profile == "published_claims"

    def stated(name: str) -> Cell | None:
        cell = cells.get(name)
        return None if cell is None or is_blank(cell.token) else cell

    county = stated("county_code")
    county_code = judge.county_code(county) if county else None
    if county is None and table.is_marked:
        faults.add(cells.get("county_code", head), "县区代码 is empty; fill in the six digits.")
    year_cell = stated("school_year")
    year = judge.school_year_of(year_cell) if year_cell else None
    if not (claims or (year_cell and year is None)):
        where = year_cell or head
        year = _try(faults, where, lambda: agree_on_year(place, year, f"Cell {where.spot}"))
    elif claims:
        year = place.school_year
    term_cell, term = stated("term"), None
    if term_cell:
        term = choices("term").value(term_cell.token)
        if term is None:
            faults.add(term_cell, f"{term_cell.token!r} is no 学期; write 秋季 or 春季.")
    if not (term_cell and term is None):
        where = term_cell or head
        known = term or (None if table.layout.profile in _SEMESTER or place.term else _YEARLY_TERM)
        term = _try(faults, where, lambda: agree_on_term(place, known, f"Cell {where.spot}"))
    name = stated("county_name")
    return Meta(
        sha256=sha256,
        school_year=year,
        term=term,
        county_code=county_code,
        county_name=judge.text(name) if name else None,
    )


def _one(cells: list[Cell], faults: Faults) -> Cell:
    """The one cell that speaks for all rows of a plain table; rows that differ are at fault."""
    if not cells:
        return Cell(None, None, 0, 0)
    first = cells[0]
    for cell in cells[1:]:
        if cell.token != first.token:
            faults.add(
                cell,
                f"{cell.token!r} differs from {first.token!r} in {first.spot}; put each county,"
                " school year and term into a file of its own.",
            )
    return first


def _try(faults: Faults, cell: Cell, decide):
    """The outcome of ``decide``; its refusal becomes a fault of ``cell`` beside the others."""
    try:
        return decide()
    except FileRejected as refusal:
        faults.add(cell, refusal.sentence)
        return None


def _drift(table: Table) -> list[Drift]:
    """Columns of a return that the dictionary does not know, and items it does not ask for."""
    found = [Drift("new", label, sheet=table.grid.name) for label in table.unknown]
    if table.is_marked and table.sheet.shape == "rows":
        found += [
            Drift("missing", column.label, column.id, table.grid.name)
            for column in table.sheet.columns
            if column.item and column.id not in table.places
        ]
    return found
