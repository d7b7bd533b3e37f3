"""Reader of the project's own returns: templates that were filled in, and plain tables like them.

Nothing in a return is guessed. One bad entry costs itself: it is set aside, or an answer without a
value, and the others are used. What makes the whole file uncertain (no county, a year that is
contradicted, no known head) refuses it (:class:`FileRejected`).
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from dagster_project.census.addresses import column_letter
from dagster_project.census.doubts import Leavings
from dagster_project.census.figures import clean_text
from dagster_project.census.opening.source import TextTable, Workbook
from dagster_project.census.place import agree_on_term, agree_on_year
from dagster_project.census.reading import Drift, Place, Reading
from dagster_project.census.rejection import FileRejected
from dagster_project.census.returns import answers, measures
from dagster_project.census.returns import rows as returns_rows
from dagster_project.census.returns.faults import Cell, Faults, refuse
from dagster_project.census.returns.grid import (
    Grid,
    Table,
    find_tables,
    grids,
    marker,
    meta_cells,
    plain_layout,
)
from dagster_project.census.returns.layout import choices, version
from dagster_project.census.returns.rows import Builder, Meta
from dagster_project.census.returns.set_aside import FEW, Aside
from dagster_project.census.returns.values import Judge, is_blank
from dagster_project.census.schema import ANY_STAGE, origin_schema, part_schema
from dagster_project.census.set_aside import MOSTLY, SetAside, doubtful_costs_the_file
from dagster_project.messages import Message

SHAPE = "returns"
_YEARLY_TERM = "autumn"  # a yearly return whose place and cells name no term
_SEMESTER = ("roster", "movement")
BUILDERS: dict[str, Builder] = {
    "school_items": answers.school_items,
    "art_rooms": returns_rows.art_rooms,
    "county_items": answers.county_items,
    "monitoring": returns_rows.monitoring,
    "roster": returns_rows.roster,
    "movement": returns_rows.movement,
    "cohort": returns_rows.cohorts,
    "school_measures": measures.measures,
    "county_measures": measures.measures,
    "projects": measures.projects,
    "claim": returns_rows.claims,
}


def recognises(source: Workbook | TextTable) -> bool:
    """Whether ``source`` is a template of this project or a plain table with its headings."""
    return any(_is_return(grid) for grid in grids(source, head_only=True))


def read(
    source: Workbook | TextTable,
    sha256: str,
    place: Place,
    *,
    costs_the_file: bool | None = None,
) -> Reading:
    """Read a return into its parts (``answer``, ``roster`` …).

    A bad entry is set aside with its sheet and cell, the others are used. Raises
    :class:`FileRejected` for what makes the whole file uncertain; with ``costs_the_file`` (default:
    the setting ``doubtful_entries``) for every bad entry, and always where most rows have one.
    """
    faults = Faults()
    tables, hidden = find_tables(source)
    main = tables[0]
    name, profile = main.layout.main.name, main.layout.profile
    meta = _meta(main, sha256, place, faults)
    refuse(faults.ruinous, name)
    judge = Judge(faults.add, meta.school_year)
    rows: dict[str, list[dict]] = {sheet.part: [] for sheet in main.layout.sheets}
    asides = []
    for table in tables:
        keys = {"county_code": meta.county_code, "county_name": meta.county_name}
        aside = Aside(table.sheet.part, keys, faults)
        rows[table.sheet.part] += BUILDERS[table.sheet.sheet](table, meta, judge, aside)
        asides.append(aside)
    set_aside = [entry for aside in asides for entry in aside.entries]
    if not any(rows.values()) and not set_aside:
        faults.ruin(main.grid.cell(main.first_row, 0), "no_entry")
    year = meta.school_year
    if profile == "published_claims" and year is None:
        year = max((r["school_year"] for r in rows["claim"] if r["school_year"]), default=None)
        if year is None:
            _try(faults, main.grid.cell(0, 0), lambda: agree_on_year(place, None, None))
    refuse([*faults.ruinous, *(faults.found if faults.ruinous else ())], name)
    if year is None or meta.term is None:
        raise AssertionError("without year or semester a return is refused")
    if doubtful_costs_the_file() if costs_the_file is None else costs_the_file:
        refuse(faults.found, name)
    _refuse_if_most_are_doubtful(asides, faults, name)
    set_aside += _left_hidden(hidden, main.sheet.part)
    parts = {part: pa.Table.from_pylist(found, part_schema(part)) for part, found in rows.items()}
    return Reading(
        shape=SHAPE,
        profile=profile,
        vintage=version(),
        school_year=year,
        term=meta.term,
        sections=(),
        origins=_origins(tables, sha256),
        drift=tuple(drift for table in tables for drift in _drift(table)),
        parts=parts,
        set_aside=set_aside,
    )


def _left_hidden(hidden: list[Grid], part: str) -> list[SetAside]:
    """The entries that name hidden sheets which a visible one stands for."""
    leavings = Leavings()
    for grid in hidden:
        leavings.add("hidden_sheet", row=1, sheet=grid.name)
    return [replace(entry, part=part) for entry in leavings.entries]


def _refuse_if_most_are_doubtful(asides: list[Aside], faults: Faults, name: str) -> None:
    seen = sum(aside.seen for aside in asides)
    doubtful = len(set().union(*(aside.rows for aside in asides)))
    if doubtful >= FEW and doubtful > MOSTLY * seen:
        refuse(faults.found, name, (doubtful, seen))


def _origins(tables: list[Table], sha256: str) -> pa.Table:
    """Where each column of a list stands; answers say their cell themselves."""
    rows = [
        {
            "sha256": sha256,
            "stage": ANY_STAGE,
            "field_id": f"{table.sheet.part}.{column_id}",
            "sheet": table.grid.name,
            "column_letter": column_letter(place),
            "label": table.sheet.column(column_id).label,
        }
        for table in tables
        if table.sheet.part != "answer"
        for column_id, place in table.places.items()
    ]
    return pa.Table.from_pylist(rows, origin_schema())


def _is_return(grid: Grid) -> bool:
    found = marker(grid)
    return found is not None or plain_layout(grid) is not None


def _meta(table: Table, sha256: str, place: Place, faults: Faults) -> Meta:
    """County, school year and term of a return, from its head and its place, which must agree."""
    cells = {name: _one(found, faults) for name, found in meta_cells(table).items()}
    judge = Judge(faults.ruin)
    head = table.grid.cell(0, 0)
    claims = table.layout.profile == "published_claims"

    def stated(name: str) -> Cell | None:
        cell = cells.get(name)
        return None if cell is None or is_blank(cell.token) else cell

    county = stated("county_code")
    county_code = judge.county_code(county) if county else None
    if county is None and table.is_marked:
        faults.ruin(cells.get("county_code", head), "no_county")
    year_cell = stated("school_year")
    year = judge.school_year_of(year_cell) if year_cell else None
    if not (claims or (year_cell and year is None)):
        where = year_cell or head
        year = _try(
            faults,
            where,
            lambda: agree_on_year(place, year, Message("census.the_cell", {"cell": where.spot})),
        )
    elif claims:
        year = place.school_year
    term_cell, term = stated("term"), None
    if term_cell:
        term = choices("term").value(term_cell.token)
        if term is None:
            faults.ruin(term_cell, "no_term")
    if not (term_cell and term is None):
        where = term_cell or head
        known = term or (None if table.layout.profile in _SEMESTER or place.term else _YEARLY_TERM)
        term = _try(
            faults,
            where,
            lambda: agree_on_term(place, known, Message("census.the_cell", {"cell": where.spot})),
        )
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
            said = {"other": clean_text(first.token), "where": first.spot}
            faults.ruin(cell, "one_place_a_file", **said)
    return first


def _try(faults: Faults, cell: Cell, decide):
    """The outcome of ``decide``; its refusal becomes a fault of ``cell`` beside the others."""
    try:
        return decide()
    except FileRejected as refusal:
        faults.ruin(cell, refusal.message)
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
