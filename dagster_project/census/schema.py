"""The canonical form of a census reading: its dictionary of fields and its Arrow schemas.

Every reader ends in the same three tables, whatever the file looked like:

* **section** – one row per school and stage; a value and a status column for every field of the
  dictionary (``dictionary/fields.csv``). A field of scope ``school`` (buildings, equipment) holds
  the whole school's figure in each of the school's sections: it is divided between the stages later,
  by dbt, never here.
* **origin** – one row per place a field was read from: sheet, column letter and, where the field
  has a fixed row (workbooks), that row. The cell of a figure is the column letter followed by the
  fixed row or, in a file with one school per row, by the section's ``source_row``.
* **cell** – workbooks only: every figure of every form with its official address.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

STAGES = ("primary", "junior", "senior")


@dataclass(frozen=True)
class Field:
    """One canonical figure: what it means, its unit, and whether it belongs to a section or a school."""

    field_id: str
    name_zh: str
    name_en: str
    unit: str
    scope: str
    kind: str


@cache
def fields() -> dict[str, Field]:
    """The dictionary of canonical fields, in its order, by ``field_id``."""
    text = resources.files(__package__).joinpath("dictionary/fields.csv").read_text("utf-8")
    return {row["field_id"]: Field(**row) for row in csv.DictReader(text.splitlines())}


def status_column(field_id: str) -> str:
    """Name of the column that holds the status of ``field_id``."""
    return f"{field_id}__status"


@cache
def section_schema() -> pa.Schema:
    """Schema of the section table: keys and attributes, then value and status of every field."""
    import pyarrow as pa

    text, word = pa.string(), pa.dictionary(pa.int8(), pa.string())
    columns = [
        pa.field("sha256", text, nullable=False),
        pa.field("profile", text, nullable=False),
        pa.field("vintage", text, nullable=False),
        pa.field("standards", text, nullable=False),  # standard ids that apply, comma separated
        pa.field("sheet", text),
        pa.field("source_row", pa.int32()),  # row in the sheet or file, from 1; null in workbooks
        pa.field("school_year", pa.int16(), nullable=False),
        pa.field("term", text, nullable=False),
        pa.field("county_code", text, nullable=False),
        pa.field("county_name", text),
        pa.field("school_id", text, nullable=False),
        pa.field("school_name", text),
        pa.field("school_type_code", text),
        pa.field("sponsor_code", text),
        pa.field("urban_rural_code", text),
        pa.field("is_counted", pa.bool_()),  # 是否计校数
        pa.field("is_new", pa.bool_()),  # 是否本年新增
        pa.field("was_closed", pa.bool_()),  # 是否上年撤销
        pa.field("stage", text, nullable=False),
    ]
    for field_id in fields():
        columns.append(pa.field(field_id, pa.float64()))
        columns.append(pa.field(status_column(field_id), word))
    return pa.schema(columns)


@cache
def origin_schema() -> pa.Schema:
    """Schema of the origin table: where each field of a file was read from (several rows for a sum)."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema(
        [
            pa.field("sha256", text, nullable=False),
            pa.field("stage", text, nullable=False),
            pa.field("field_id", text, nullable=False),
            pa.field("sheet", text),
            pa.field("column_letter", text, nullable=False),
            pa.field("fixed_row", pa.int32()),  # null: the section's source_row
            pa.field("form", text),
            pa.field("form_row", text),  # 编号 / 代码
            pa.field("form_column", text),  # number in the 甲 乙 1 2 3 … row
            pa.field("label", text),  # header path, or row label > column label
        ]
    )


@cache
def cell_schema() -> pa.Schema:
    """Schema of the cell table: every figure of a workbook under its official address."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema(
        [
            pa.field("sha256", text, nullable=False),
            pa.field("form", text, nullable=False),
            pa.field("form_row", text),
            pa.field("form_column", text),
            pa.field("row_label", text),
            pa.field("column_label", text),
            pa.field("sheet", text, nullable=False),
            pa.field("cell", text, nullable=False),
            pa.field("token", text),  # as it stands in the file
            pa.field("value", pa.float64()),
            pa.field("status", pa.dictionary(pa.int8(), pa.string()), nullable=False),
        ]
    )
