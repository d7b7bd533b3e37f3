"""Writes returns: templates to be filled in, and filled ones from plain data.

Values are given as the lake holds them: stages and kinds by their English words, yes/no as
booleans, rates as fractions, money in yuan, areas in m². The sheets hold them as people write them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from numbers import Real
from pathlib import Path

from dagster_project.census.returns.layout import (
    EVIDENCE,
    Column,
    Layout,
    canonical_unit,
    choices,
    factor,
    layouts,
    unit_labels,
)
from dagster_project.census.schema import items
from dagster_project.returns.items_offered import rows_for_county, rows_for_schools
from dagster_project.returns.sheets import Heading, draw, draw_offered
from dagster_project.returns.styles import Styles
from dagster_project.spreadsheets.formula_injection import WORKBOOK_OPTIONS

Row = Mapping[str, object]

__all__ = (
    "Heading",
    "Row",
    "write_county_return",
    "write_movements",
    "write_roster",
    "write_school_return",
    "write_template",
)


def write_school_return(
    path: Path,
    heading: Heading,
    sections: Iterable[Row] = (),
    rooms: Iterable[Row] = (),
    measures: Iterable[Row] = (),
) -> Path:
    """Write a school return (学校填报表).

    A section is ``school_id, school_name, stage`` and any items of level school or section by
    their id; ``<item_id>__evidence`` beside a yes/no item. A room is ``school_id, stage, kind``
    (``music`` or ``fine_art``), ``area_m2, built_year``. A measure is ``school_id`` and what
    :func:`write_county_return` says of it.
    """
    contents = {"school_items": sections, "art_rooms": rooms, "school_measures": measures}
    return _write(path, layouts()["school_return"], heading, contents)


def write_county_return(
    path: Path,
    heading: Heading,
    answers: Row | None = None,
    monitoring: Iterable[Row] = (),
    cohorts: Iterable[Row] = (),
    measures: Iterable[Row] = (),
    projects: Iterable[Row] = (),
) -> Path:
    """Write a county return (县级填报表).

    ``answers`` maps item ids to a value, or to ``(value, evidence)``. A row of monitoring is
    ``stage, subject, level`` (1..5) and ``between_school_rate`` (a fraction). A row of cohorts is
    ``cohort_years`` (3, 6 or 9), ``cohort`` (the school year it entered), ``school_id`` unless it
    is the county's, and :data:`~dagster_project.census.schema.COHORT_FIGURES`. A measure is
    ``item`` (name or id), ``value`` in ``unit`` as people write both (1.08, 亿元), and where they
    apply ``level``, ``stage``, ``from_year``, ``to_year``, ``evidence``, ``note``. A project has
    the columns of the lake's part, with money in yuan.
    """
    rows = []
    for item_id, answer in (answers or {}).items():
        if items()[item_id].level != "county":
            raise KeyError(f"{item_id} is no item of a county return")
        value, evidence = answer if isinstance(answer, tuple) else (answer, None)
        rows.append({"item_id": item_id, "value": value, "evidence": evidence})
    contents = {
        "county_items": rows,
        "monitoring": monitoring,
        "cohort": cohorts,
        "county_measures": measures,
        "projects": projects,
    }
    return _write(path, layouts()["county_return"], heading, contents)


def write_roster(path: Path, heading: Heading, classes: Iterable[Row] = ()) -> Path:
    """Write a class roster (班级名册).

    A class is ``school_id, school_name, stage, grade`` (within the stage), ``class_name, pupils,
    girls``.
    """
    return _write(path, layouts()["roster"], heading, {"roster": classes})


def write_movements(path: Path, heading: Heading, movements: Iterable[Row] = ()) -> Path:
    """Write pupil movements (学生异动).

    A movement is ``school_id, stage, grade, cohort`` (the school year the pupils entered the
    stage), ``kind`` (``entrant``, ``transfer_in`` …) and ``pupils``.
    """
    return _write(path, layouts()["movement"], heading, {"movement": movements})


def write_template(
    path: Path,
    profile: str,
    heading: Heading,
    schools: Sequence[Row] = (),
    raw: Path | None = None,
) -> Path:
    """Write an empty template of ``profile``; ``schools`` (id, name, stage) are prefilled.

    ``raw`` is where a county's own items of 其他数据 are kept, which are offered beside the others.
    """
    layout = layouts()[profile]
    known = {column.id for column in layout.main.columns if column.prefill}
    rows = [{k: v for k, v in school.items() if k in known} for school in schools] if known else []
    contents: dict[str, Iterable[Row]] = {layout.main.sheet: rows}
    if profile == "county_return":
        contents["county_measures"] = rows_for_county(raw, heading.county_code)
    offered = rows_for_schools(raw, heading.county_code) if profile == "school_return" else ()
    return _write(path, layout, heading, contents, offered)


def _write(
    path: Path,
    layout: Layout,
    heading: Heading,
    contents: Mapping[str, Iterable[Row]],
    offered: Sequence[Row] = (),
) -> Path:
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, WORKBOOK_OPTIONS) as book:
        book.set_properties({"title": layout.main.title})
        styles = Styles(book)
        for sheet in layout.sheets:
            rows = contents.get(sheet.sheet, ())
            columns = {column.id: column for column in sheet.columns}
            if sheet.shape == "items":
                written: Iterable[Row] = (_answer(row) for row in rows)
            else:
                written = (
                    {key: _written(value, columns[key]) for key, value in row.items()}
                    for row in rows
                )
            draw(book, styles, layout, sheet, heading, written, len(offered))
        if offered:
            draw_offered(book, styles, offered)
    return path


def _answer(row: Row) -> Row:
    item = items()[str(row["item_id"])]
    unit = unit_labels(item.unit)[0] if item.unit else None
    column = Column(id=item.item_id, label=item.name_zh, kind=item.kind, unit=unit)
    return {**row, "value": _written(row["value"], column)}


def _written(value: object, column: Column) -> object:
    """``value`` as it stands in a cell of ``column``."""
    if value is None or column.id.endswith(EVIDENCE):
        return value
    if isinstance(value, bool) or (column.kind == "yes_no" and not isinstance(value, str)):
        return choices("yes_no").label(int(bool(value)))
    if column.kind == "choice":
        offered = choices(column.list)
        known = str(value) in offered.values.values()
        return offered.label(value) if known or not column.open else str(value)
    if column.kind in ("amount", "rate") and column.unit and isinstance(value, Real):
        scale = factor(canonical_unit(column.unit), column.unit) or Decimal(1)
        return float(Decimal(repr(float(value))) / scale)
    return value
