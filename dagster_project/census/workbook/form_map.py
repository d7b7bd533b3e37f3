"""The column map of the workbook's forms (``maps/forms.csv``) and how it is looked up.

A row of the map says: this canonical field, of this stage (none: the whole school), stands in this
form at this row label/编号 and this column label/number. Columns of the map:

* ``row_label``, ``column_label`` – wordings separated by ``|``; ``小学>女`` is a 女 below 小学.
  Where empty, the number alone decides; where both are given and disagree, the label wins.
* ``layout`` – structural facts the form must show (:attr:`.forms.Form.layout`), if any.
* ``choice`` – rows of one field and stage with the same choice are added; a higher choice is used
  only where the lower ones give nothing.
* ``unit_factor`` – turns the form's unit into the canonical one; a unit written on the form rules.
* ``take`` – ``each``: every column with the label is added, not only the first.
* ``presence`` – ``maybe``: no drift if absent. ``cell_seen`` – where it stood in one real layout;
  a cross-check for tests, never a key.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

from dagster_project.census import labels
from dagster_project.census.figures import BLANK, NOT_APPLICABLE, NOT_COLLECTED, Figure, add_figures
from dagster_project.census.workbook.forms import Form, Line

Specs = tuple[tuple[str, ...], ...]
Forms = Mapping[str, Sequence[Form]]
_MONEY = {"元": 1, "千元": 1000, "万元": 10000, "亿元": 100000000}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the map, its labels turned into keys."""

    field_id: str
    stage: str
    form: str
    choice: int
    layout: frozenset[str]
    row_code: str
    row_label: str
    row_specs: Specs
    column_no: str
    column_label: str
    column_specs: Specs
    unit_factor: int
    each: bool
    always: bool
    cell_seen: str


class Spot(NamedTuple):
    """Where one part of a field was found, and by which row of the map."""

    entry: Entry
    form: Form
    row: Line
    column: Line
    figure: Figure


class Found(NamedTuple):
    """A field as found: its figure, the places it is made of, and the entries that led nowhere."""

    figure: Figure
    spots: tuple[Spot, ...]
    absent: tuple[Entry, ...]


def specs(text: str) -> Specs:
    """``小学>女|女`` → the key paths of each wording, in order of preference."""
    return tuple(labels.path_key(tuple(part.split(">"))) for part in text.split("|") if part)


@cache
def entries(family: str, school_year: int) -> dict[tuple[str, str], tuple[tuple[Entry, ...], ...]]:
    """The map of one vintage and year: (stage, field) → entries by choice."""
    grouped: dict[tuple[str, str], dict[int, list[Entry]]] = {}
    for row in _map():
        first, last = int(row["from_year"] or 0), int(row["to_year"] or 9999)
        if not row["form"].startswith(family) or not first <= school_year <= last:
            continue
        entry = Entry(
            field_id=row["field_id"],
            stage=row["stage"],
            form=row["form"],
            choice=int(row["choice"]),
            layout=frozenset(row["layout"].split()),
            row_code=row["row_code"],
            row_label=row["row_label"],
            row_specs=specs(row["row_label"]),
            column_no=row["column_no"],
            column_label=row["column_label"],
            column_specs=specs(row["column_label"]),
            unit_factor=int(row["unit_factor"]),
            each=row["take"] == "each",
            always=row["presence"] == "always",
            cell_seen=row["cell_seen"],
        )
        choices = grouped.setdefault((entry.stage, entry.field_id), {})
        choices.setdefault(entry.choice, []).append(entry)
    return {
        field: tuple(tuple(choices[n]) for n in sorted(choices))
        for field, choices in grouped.items()
    }


def form_for(forms: Forms, entry: Entry) -> Form | None:
    """The sheet of ``entry``'s form: the one named for its stage, else the one named for none."""
    sheets = forms.get(entry.form, ())
    for wanted in (entry.stage, None):
        for form in sheets:
            if form.stage == wanted:
                return form
    return sheets[0] if sheets and not entry.stage else None


def locate(form: Form, entry: Entry) -> list[tuple[Line, Line]]:
    """Rows and columns that ``entry`` speaks of in ``form``; empty if a label is not there."""
    if not entry.layout <= form.layout:
        return []
    rows = form.find("row", entry.row_code, entry.row_specs)
    columns = form.find("column", entry.column_no, entry.column_specs)
    rows = [line for line in rows if not _is_of_others(line, entry.row_specs, 0)]
    columns = [c for c in columns if not _is_of_others(c, entry.column_specs, 1)]
    if not rows or not columns:
        return []
    return [(rows[0], column) for column in (columns if entry.each else columns[:1])]


def _is_of_others(line: Line, own: Specs, axis: int) -> bool:
    """Whether a line stands under a group that other entries speak of, and ``own`` does not.

    在校生数>女 may be a plain 女 as well; where its heading is lost it is not the 女 below 招生数.
    """
    groups = {spec[0] for spec in own if len(spec) > 1}
    above = set(line.key[:-1])
    return bool(groups and above and not above & groups and above & _groups()[axis])


@cache
def _groups() -> tuple[frozenset[str], frozenset[str]]:
    """The groups of rows and of columns that the map names, in whatever form."""
    named = [[specs(row["row_label"]), specs(row["column_label"])] for row in _map()]
    rows, columns = (
        frozenset(spec[0] for found in axis for spec in found if len(spec) > 1)
        for axis in zip(*named, strict=True)
    )
    return rows, columns


@cache
def _map() -> tuple[dict[str, str], ...]:
    text = resources.files("dagster_project.census").joinpath("maps/forms.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def figure_of(form: Form, entry: Entry, row: Line, column: Line) -> Figure:
    """The figure at a place in the canonical unit; a unit written on the form rules."""
    factor = entry.unit_factor
    if factor != 1:
        factor = _MONEY.get(row.unit) or _MONEY.get(column.unit) or factor
    return form.figure(row, column, factor)


def find(forms: Forms, choices: Sequence[Sequence[Entry]]) -> Found:
    """One field of a workbook, from the first choice that holds a figure.

    If none does, the first that is there at all stands, with its blanks. A sum is read whole or not
    at all: what is left of it without a column of its form would be another figure. ``absent``
    names the entries a reader of the file should hear of: those of the choice taken, or of all if
    none is.
    """
    fallback: Found | None = None
    absent: list[Entry] = []
    for choice in choices:
        spots: list[Spot] = []
        lost: list[Entry] = []
        is_whole = True
        for entry in choice:
            form = form_for(forms, entry)
            if form is not None and not entry.layout <= form.layout:
                continue  # another structure: other entries read it
            places = locate(form, entry) if form is not None else []
            if form is None or not places:
                lost.append(entry)
                is_whole &= form is None or not entry.always
                continue
            for row, column in places:
                spots.append(Spot(entry, form, row, column, figure_of(form, entry, row, column)))
        if spots and is_whole:
            found = Found(add_figures(s.figure for s in spots), tuple(spots), tuple(lost))
            if found.figure.status not in (BLANK, NOT_APPLICABLE):
                return found
            fallback = fallback or found
        absent.extend(lost)
    return fallback or Found(Figure(None, NOT_COLLECTED), (), tuple(absent))
