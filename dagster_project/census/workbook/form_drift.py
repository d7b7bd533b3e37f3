"""How a workbook's forms differ from the form map: missing, moved and new rows and columns."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from dagster_project.census import labels
from dagster_project.census.drift import compare, nearest
from dagster_project.census.reading import Drift
from dagster_project.census.workbook.form_map import Entry, Forms, Found, Spot, form_for
from dagster_project.census.workbook.forms import Form

Mapped = Mapping[tuple[str, str], Sequence[Sequence[Entry]]]


def form_drift(
    forms: Forms, found: Mapping[tuple[str, str], Found], mapped: Mapped, stages: Sequence[str]
) -> tuple[Drift, ...]:
    """All differences that touch the stages of this school, each once, missing before new."""
    drift: dict[tuple[str, str], Drift] = {}
    for (stage, field_id), field in found.items():
        for one in _missing(forms, stage, field_id, field, mapped[stage, field_id]):
            drift.setdefault((one.kind, one.label), one)
        for spot in field.spots:
            for one in (*_moved(spot), *_undivided(spot, stages)):
                drift.setdefault((one.kind, one.label), one)
    return (*drift.values(), *_new(forms, mapped))


def _missing(forms: Forms, stage: str, field_id: str, field: Found, choices) -> list[Drift]:
    absent = [entry for entry in field.absent if entry.always]
    if not field.spots and not field.absent:
        entry = choices[0][0]  # every entry asks for another structure than the form has
        form = form_for(forms, entry)
        layout = " ".join(sorted(form.layout)) if form else ""
        sheet = form.sheet.name if form else None
        return [Drift("missing", f"{entry.form} in a known layout", field_id, sheet, layout)]
    if not field.spots:
        standing = [entry for entry in absent if form_for(forms, entry) is not None]
        absent = (standing or absent)[:1]
    drift = []
    for entry in absent:
        form = form_for(forms, entry)
        if form is None:
            near = nearest(entry.form, forms)
            drift.append(Drift("missing", entry.form, None, None, near))
            continue
        rows = form.find("row", entry.row_code, entry.row_specs)
        axis, lines = ("column", form.columns) if rows else ("row", form.rows)
        code, text = (
            (entry.row_code, entry.row_label)
            if axis == "row"
            else (entry.column_no, entry.column_label)
        )
        wanted = text.split("|")[0]
        label = " ".join(filter(None, (entry.form, axis, code, wanted)))
        at_number = [">".join(x.path) for x in lines if x.number == code and code]
        near = nearest(wanted.split(">")[-1], [x.key[-1] for x in lines if x.key])
        found = " · ".join(filter(None, (*at_number, near)))
        drift.append(Drift("missing", label, field_id, form.sheet.name, found))
    return drift


def _moved(spot: Spot) -> list[Drift]:
    """The label was found under another number than the map has: read, and reported."""
    entry, drift = spot.entry, []
    for axis, specs, code, text, line in (
        ("row", entry.row_specs, entry.row_code, entry.row_label, spot.row),
        ("column", entry.column_specs, entry.column_no, entry.column_label, spot.column),
    ):
        if specs and code and line.number not in (None, code):
            label = f"{entry.form} {axis} {code} {text.split('|')[0]}"
            said = f"read by its label, now {axis} {line.number}"
            drift.append(Drift("missing", label, None, spot.form.sheet.name, said))
    return drift


def _undivided(spot: Spot, stages: Sequence[str]) -> list[Drift]:
    """A middle-school form without stages, in a school that has senior pupils too."""
    entry = spot.entry
    if (
        entry.stage != "junior"
        or "senior" not in stages
        or entry.layout
        & {
            "stage_rows",
            "stage_columns",
        }
    ):
        return []
    named = any(part.startswith("初中") for part in (*spot.row.path, *spot.column.path))
    if "one_block" not in entry.layout or spot.form.stage == "junior" or named:
        return []
    label = f"{entry.form} rows or columns by stage"
    return [Drift("missing", label, None, spot.form.sheet.name, "one block, read as junior")]


@cache
def _known_labels() -> dict[tuple[str, str], frozenset[str]]:
    text = (
        resources.files("dagster_project.census")
        .joinpath("maps/known_labels.csv")
        .read_text("utf-8")
    )
    return {
        (row["form"], row["axis"]): frozenset(map(labels.key, row["labels"].split("|")))
        for row in csv.DictReader(text.splitlines())
    }


def _new(forms: Forms, mapped: Mapped) -> list[Drift]:
    """Rows and columns of fully documented forms that nobody has described yet."""
    told: dict[tuple[str, str], set[str]] = {}
    for choices in mapped.values():
        for choice in choices:
            for entry in choice:
                told.setdefault((entry.form, "row"), set()).update(
                    spec[-1] for spec in entry.row_specs
                )
                told.setdefault((entry.form, "column"), set()).update(
                    spec[-1] for spec in entry.column_specs
                )
    drift: list[Drift] = []
    for (code, axis), known in _known_labels().items():
        for form in forms.get(code, ()):
            known_here = known | told.get((code, axis), set())
            drift.extend(_unknown(form, axis, known_here))
    return drift


def _unknown(form: Form, axis: str, known: frozenset[str] | set[str]) -> tuple[Drift, ...]:
    lines = form.rows if axis == "row" else form.columns
    found = {line.key[-1]: line for line in lines if line.key}
    names = {
        k: " ".join(filter(None, (form.code, axis, line.number, line.path[-1])))
        for k, line in found.items()
    }
    here = [names[k] for k in found]
    return compare({}, here, known=[names[k] for k in found if k in known], sheet=form.sheet.name)
