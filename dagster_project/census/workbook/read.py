"""The workbook shape: one school's census forms (基础基NNN to 2020, then 教基NNNN) as sections.

A school has a section in every stage that reports pupils. Figures of the whole school (buildings,
equipment) are repeated in each of its sections and divided later, by dbt (DOMAIN.md §3).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

import pyarrow as pa

from dagster_project.census import labels
from dagster_project.census.addresses import column_letter
from dagster_project.census.codes import codes
from dagster_project.census.doubts import Leavings
from dagster_project.census.figures import (
    BLANK,
    NOT_APPLICABLE,
    NOT_COLLECTED,
    REPORTED,
    UNDEFINED,
    ZERO,
    Figure,
)
from dagster_project.census.opening.cell_marks import is_formula
from dagster_project.census.opening.sheet_grid import shown
from dagster_project.census.opening.source import Sheet, Workbook
from dagster_project.census.reading import Drift, Place, Reading
from dagster_project.census.rejection import FileRejected
from dagster_project.census.schema import (
    STAGES,
    cell_schema,
    fields,
    label_column,
    origin_schema,
    section_schema,
    status_column,
)
from dagster_project.census.workbook.form_drift import form_drift
from dagster_project.census.workbook.form_map import Found, entries, find
from dagster_project.census.workbook.forms import Form, FormName, form_name, parse_form
from dagster_project.census.workbook.identity import (
    IDENTITY_FORMS,
    Identity,
    read_identity,
    school_types,
)
from dagster_project.census.workbook.vintage import school_year_of, years_named
from dagster_project.messages import Message

PROFILES = {"基础基": "form_2013", "教基": "form_2021"}
STANDARDS = "2017,2012,general"
TERM = "autumn"  # the census is taken once a year, on 1 September

_LIKE_A_FORM = re.compile(r"[一-鿿]基\d{3,4}")
_NO_FORM = re.compile(r"^(封面|目录|填表说明|说明|指标解释|校验|基础基112续表|教基1102续)")
_NONE = (BLANK, NOT_APPLICABLE, NOT_COLLECTED)
_PARTS_OF_PUPILS = ("pupils_girls", *(f"pupils_grade_{grade}" for grade in range(1, 7)))


def recognises(book: Workbook) -> bool:
    """Whether the sheet names are those of a school's census forms, of a known vintage or not."""
    named = [name for name in book.sheet_names if _LIKE_A_FORM.search(labels.label(name))]
    codes_found = {form.code for name in named if (form := form_name(name))}
    return len(named) > 1 or bool(codes_found & set(IDENTITY_FORMS.values()))


def read(book: Workbook, sha256: str, place: Place) -> Reading:
    """One school's workbook in canonical form.

    Raises :class:`FileRejected` if the vintage, the school, its county or the school year is
    missing, unknown or contradicted. A workbook without compulsory stages gives no sections.
    """
    family = _family(book)
    drift: list[Drift] = []
    forms: dict[str, list[Form]] = {}
    identity: Identity | None = None
    years: dict[int, Sheet] = {}
    leavings = Leavings()
    shown = (form_name(name) for name in book.sheet_names if name not in book.hidden_sheets)
    seen = {_what(name) for name in shown if name is not None}
    for sheet in book.sheets():
        name = form_name(sheet.name)
        if name is not None and _what(name) in seen and sheet.name in book.hidden_sheets:
            leavings.add("hidden_sheet", row=1, sheet=sheet.name)  # an older copy of a form
            continue
        if name is None or not _NO_FORM.match(name.code):  # explanations may speak of any year
            for year in years_named(sheet):
                years.setdefault(year, sheet)
        if name is None or _NO_FORM.match(name.code):
            if name is None and not _NO_FORM.match(labels.label(sheet.name)) and sheet.rows:
                drift.append(Drift("new", sheet.name, None, sheet.name))
            continue
        if name.code == IDENTITY_FORMS[family]:
            if identity is not None:
                raise _stands_twice(name.code, identity.sheet, sheet.name)
            identity = read_identity(sheet)
            continue
        if name.code not in known_forms():
            drift.append(Drift("new", name.code, None, sheet.name))
        _add_form(forms, sheet, *_what(name))
    if identity is None:
        raise FileRejected("census.no_identity_sheet", form=IDENTITY_FORMS[family])
    school_year = school_year_of(years, place, family)
    found, stages = _figures(forms, family, school_year, identity)
    if stages:
        _check_identity(identity)
    else:
        leavings.add("no_section", row=1, sheet=identity.sheet, school_id=identity.school_id)
    _note_formulas(found, leavings)
    mapped = entries(family, school_year)
    drift.extend(_absent_stages(forms, mapped, stages, identity))
    drift.extend(form_drift(forms, found, mapped, stages))
    return Reading(
        shape="workbook",
        profile=PROFILES[family],
        vintage=family,
        school_year=school_year,
        term=place.term or TERM,
        sections=_sections(
            identity, found, stages, sha256, family, school_year, place.term or TERM
        ),
        origins=_origins(found, stages, sha256),
        cells=_cells(forms, sha256),
        drift=tuple(drift),
        set_aside=leavings.entries,
    )


def _what(name: FormName) -> tuple[str, str | None]:
    """The form of a sheet and the stage that its name begins to speak of: 小学, also in 小学(2)."""
    labels_of_stages = labels.stage_labels()
    named = [label for label in labels_of_stages if name.suffix.startswith(label)]
    return name.code, labels_of_stages[max(named, key=len)] if named else None


def _note_formulas(found: dict[tuple[str, str], Found], leavings: Leavings) -> None:
    """Say which figures are formulas that were saved without their values."""
    spots = [spot for field in found.values() for spot in field.spots]
    tokens = [(s, s.form.sheet.value(s.row.at, s.column.at)) for s in spots]
    formulas = [(spot, token) for spot, token in tokens if is_formula(token)]
    if formulas:
        spot, token = formulas[0]
        leavings.add(
            "uncalculated",
            row=spot.row.at + 1,
            column=spot.column.at,
            sheet=spot.form.sheet.name,
            token=token,
            is_row=False,
            said={"rows": len(formulas)},
        )


@cache
def known_forms() -> dict[str, str]:
    """Every form code that is known → its name; most are kept as cells and not mapped."""
    text = (
        resources.files("dagster_project.census")
        .joinpath("maps/known_forms.csv")
        .read_text("utf-8")
    )
    return {row["form"]: row["name"] for row in csv.DictReader(text.splitlines())}


def _family(book: Workbook) -> str:
    sheets: dict[str, str] = {}
    for name in book.sheet_names:
        if form := form_name(name):
            sheets.setdefault(form.family, name)
    if not sheets:
        name = next(n for n in book.sheet_names if _LIKE_A_FORM.search(labels.label(n)))
        raise FileRejected("census.unknown_forms", name=name, sheet=name)
    if len(sheets) > 1:
        raise FileRejected(
            "census.mixed_forms", old=sheets["基础基"], new=sheets["教基"], sheet=sheets["教基"]
        )
    return next(iter(sheets))


def _add_form(forms: dict[str, list[Form]], sheet: Sheet, code: str, stage: str | None) -> None:
    stage = stage if stage in STAGES else None
    form = parse_form(sheet, code, stage)
    if form is None:
        if any(token is not None for row in sheet.rows for token in row):
            raise FileRejected(
                "census.no_column_numbers", name=sheet.name, sheet=sheet.name, cell="A1"
            )
        return
    for other in forms.get(code, ()):
        if other.stage == stage:
            raise _stands_twice(code, other.sheet.name, sheet.name)
    forms.setdefault(code, []).append(form)


def _stands_twice(code: str, one: str, other: str) -> FileRejected:
    return FileRejected("census.form_twice", code=code, first=one, second=other, sheet=other)


def _check_identity(identity: Identity) -> None:
    county = identity.county_code or ""
    if not re.fullmatch(r"\d{6}", county) or county[:2] not in codes("province_prefix"):
        cell = identity.cells.get("county")
        raise FileRejected(
            "census.unknown_county" if cell else "census.unknown_county_no_cell",
            found=county or Message("census.nothing"),
            sheet=identity.sheet,
            cell=cell,
        )
    kind = identity.school_type_code
    if kind is not None and kind not in school_types():
        cell = identity.cells["school_type_code"]
        raise FileRejected("census.unknown_school_type", kind=kind, sheet=identity.sheet, cell=cell)


def _figures(
    forms: dict[str, list[Form]], family: str, school_year: int, identity: Identity
) -> tuple[dict[tuple[str, str], Found], list[str]]:
    """Every mapped field of the stages that exist, and those stages."""
    mapped = entries(family, school_year)
    stages = [s for s in STAGES if _exists(forms, mapped, s, identity)]
    if not stages and identity.school_type_code in school_types():
        # A school that reports nothing at all stays, in the stages of its type.
        stages = [s for s in STAGES if s in _own_stages(identity)]
    found = {
        (stage, field_id): find(forms, choices)
        for (stage, field_id), choices in mapped.items()
        if (stage in stages) or (stage == "" and stages)
    }
    return found, stages


def _exists(forms, mapped, stage: str, identity: Identity) -> bool:
    """A section exists where pupils are reported; zeros of a stage the type has not are padding.

    A blank total beside reported parts is an omission, and the section stays to show it.
    """
    status = find(forms, mapped.get((stage, "pupils"), ())).figure.status
    if status in (ZERO, UNDEFINED):
        return stage in _own_stages(identity)
    if status not in _NONE:
        return True
    parts = (find(forms, mapped.get((stage, part), ())) for part in _PARTS_OF_PUPILS)
    return any(part.figure.status == REPORTED for part in parts)


def _own_stages(identity: Identity) -> frozenset[str]:
    """Stages that a school of this type has; all of them where the type is not known."""
    return school_types().get(identity.school_type_code or "", (frozenset(STAGES), True))[0]


def _absent_stages(forms, mapped, stages: list[str], identity: Identity) -> Iterator[Drift]:
    """Pupil forms that the school's type demands and the workbook has not (rule R050)."""
    for stage in STAGES:
        choices = mapped.get((stage, "pupils"), ())
        if stage in stages or stage not in _own_stages(identity) or not choices:
            continue
        form = choices[0][0].form
        if identity.school_type_code and form not in forms:
            said = f"school type {identity.school_type_code}"
            yield Drift("missing", form, "pupils", None, said)


def _sections(
    identity: Identity, found, stages, sha256: str, family: str, school_year: int, term: str
) -> list[pa.RecordBatch]:
    if not stages:
        return []
    keys = {
        "sha256": sha256,
        "profile": PROFILES[family],
        "vintage": family,
        "standards": STANDARDS,
        "sheet": identity.sheet,
        "school_year": school_year,
        "term": term,
        "county_code": identity.county_code,
        "county_name": identity.county_name,
        "school_id": identity.school_id,
        "school_name": identity.school_name,
        "school_type_code": identity.school_type_code,
        "sponsor_code": identity.sponsor_code,
        "urban_rural_code": identity.urban_rural_code,
        "is_counted": identity.is_counted,
        **{label_column(name): word for name, word in identity.labels.items()},
    }
    nothing = Figure(None, NOT_COLLECTED)
    columns: dict[str, list] = {name: [value] * len(stages) for name, value in keys.items()}
    columns["stage"] = list(stages)
    for field_id in fields():
        figures = [
            (found.get((s, field_id)) or found.get(("", field_id)) or (nothing,))[0] for s in stages
        ]
        columns[field_id] = [figure.value for figure in figures]
        columns[status_column(field_id)] = [figure.status for figure in figures]
    blank = [None] * len(stages)
    schema = section_schema()
    arrays = [pa.array(columns.get(column.name, blank), column.type) for column in schema]
    return [pa.RecordBatch.from_arrays(arrays, schema=schema)]


def _origins(found, stages: list[str], sha256: str) -> pa.Table:
    rows = [
        (
            sha256,
            stage,
            field_id,
            spot.form.sheet.name,
            column_letter(spot.column.at),
            spot.row.at + 1,
            spot.form.code,
            spot.row.number,
            spot.column.number,
            " > ".join((*spot.row.path, *spot.column.path)),
        )
        for (own_stage, field_id), field in found.items()
        for stage in ((own_stage,) if own_stage else stages)
        for spot in field.spots
    ]
    return _table(origin_schema(), rows)


def _cells(forms: dict[str, list[Form]], sha256: str) -> pa.Table:
    names = {}
    rows = []
    for sheets in forms.values():
        for form in sheets:
            for cell in form.cells():
                for line in (cell.row, cell.column):
                    if line.path not in names:
                        names[line.path] = " > ".join(line.path)
                token = cell.token
                rows.append(
                    (
                        sha256,
                        form.code,
                        cell.row.number,
                        cell.column.number,
                        names[cell.row.path],
                        names[cell.column.path],
                        form.sheet.name,
                        cell.address,
                        None if token is None else shown(token),
                        cell.value,
                        cell.status,
                    )
                )
    return _table(cell_schema(), rows)


def _table(schema: pa.Schema, rows: list[tuple]) -> pa.Table:
    columns: Iterable = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(list(c), f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
