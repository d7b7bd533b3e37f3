"""The canonical form of a census reading: its dictionary of fields and its Arrow schemas.

Every reader ends in the same three tables, whatever the file looked like:

* **section** – one row per school and stage; a value and a status column for every field of the
  dictionary (``dictionary/fields.csv``). A field of scope ``school`` (buildings, equipment) holds
  the whole school's figure in each of the school's sections: it is divided between the stages
  later, by dbt, never here.
* **origin** – one row per place a field was read from (of a return: per column of a list, with
  ``field_id`` ``<part>.<column>``): sheet, column letter and, where the field
  has a fixed row (workbooks), that row. The cell of a figure is the column letter followed by the
  fixed row or, in a file with one school per row, by the section's ``source_row``.
* **cell** – workbooks only: every figure of every form with its official address.

Returns (the project's own templates) bring no sections but parts of their own: see
:func:`part_schema`. Their questions are the items of ``dictionary/items.csv``.
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
# What a school is, by codes of the national lists: ``<name>_code``, and the word beside it.
CODED = ("school_type", "sponsor", "urban_rural")
ANY_STAGE = ""  # of an origin that holds for whatever stage a row is of


@dataclass(frozen=True)
class Field:
    """One canonical figure: its meaning, its unit, whether it is a section's or a school's.

    ``said_zh`` is what it is called within a sentence (女生), ``name_zh`` in a list (在校生数 女).
    """

    field_id: str
    name_zh: str
    name_en: str
    unit: str
    scope: str
    kind: str
    said_zh: str = ""

    @property
    def said(self) -> str:
        """Its name within a Chinese sentence."""
        return self.said_zh or self.name_zh


@cache
def fields() -> dict[str, Field]:
    """The dictionary of canonical fields, in its order, by ``field_id``."""
    text = resources.files(__package__).joinpath("dictionary/fields.csv").read_text("utf-8")
    return {row["field_id"]: Field(**row) for row in csv.DictReader(text.splitlines())}


@dataclass(frozen=True)
class Item:
    """One question of the returns: who answers it, in which unit, and which indicators use it."""

    item_id: str
    level: str  # school | section | county
    name_zh: str
    name_en: str
    unit: str
    kind: str  # count | amount | rate | yes_no
    used_by: str


@cache
def items() -> dict[str, Item]:
    """The dictionary of return items, in its order, by ``item_id``."""
    text = resources.files(__package__).joinpath("dictionary/items.csv").read_text("utf-8")
    return {row["item_id"]: Item(**row) for row in csv.DictReader(text.splitlines())}


STATUS_END = "__status"


def status_column(field_id: str) -> str:
    """Name of the column that holds the status of ``field_id``."""
    return f"{field_id}{STATUS_END}"


def label_column(name: str) -> str:
    """Name of the column that holds the word beside the code ``name`` (of :data:`CODED`)."""
    return f"{name}_label"


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
        # What stands beside a code, as written; null where the file has the code alone.
        *(pa.field(label_column(name), text) for name in CODED),
        pa.field("county_is_named", pa.bool_()),  # a profile's own list of counties has the code
        pa.field("nation", text),  # whose ids and codes these are; null: of the national list
        pa.field("stage", text, nullable=False),
    ]
    for field_id in fields():
        columns.append(pa.field(field_id, pa.float64()))
        columns.append(pa.field(status_column(field_id), word))
    return pa.schema(columns)


@cache
def origin_schema() -> pa.Schema:
    """Schema of the origin table: where each field of a file was read from; a sum has several."""
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


# The parts that returns bring.
RETURN_PARTS = (
    "answer", "art_room", "monitoring", "roster", "movement", "cohort", "claim", "measure",
    "project",
)  # fmt: skip

# What a building project costs, by who pays; the first is the total.
PROJECT_MONEY = (
    "money_yuan", "money_central_yuan", "money_provincial_yuan", "money_city_yuan",
    "money_county_yuan", "money_other_yuan",
)  # fmt: skip
# What it brings.
PROJECT_GAINS = ("area_m2", "sports_area_m2", "classes", "seats")

# What a return says of a cohort of pupils, from those who entered to those who graduated.
COHORT_FIGURES = (
    "entrants", "transfers_in", "transfers_out", "resumed", "suspended", "dropouts", "deaths",
    "completions", "still_enrolled", "graduates",
)  # fmt: skip


@cache
def part_schema(part: str) -> pa.Schema:
    """Schema of one part of the returns (:data:`RETURN_PARTS`).

    * **answer** – one row per school, stage and item answered; county items have no ``school_id``,
      ``stage`` is null unless the item belongs to a section. ``value``: yes 1, no 0, rates as
      fractions, money in yuan; ``text`` is the token as written.
      ``status`` is ``unreadable`` where something stands that is no answer: ``value`` is null.
    * **art_room** – one row per music (音乐) or fine art (美术) room; an area of 0 says that there
      is none. ``is_complete``, here and in other lists: no row of the school's was set aside.
    * **monitoring** – one row per stage and subject; ``level`` I..V as 1..5.
    * **roster** – one row per class; ``grade`` counts within the stage.
    * **movement** – one row per school, stage, grade, cohort and kind of movement; ``cohort`` is
      the school year in which those pupils entered the stage.
    * **cohort** – one row per cohort that a county followed to its end: of the county
      (``school_id`` null) or of a school, of ``cohort_years`` 3 (junior), 6 (primary) or 9;
      ``cohort`` is the school year in which it entered.
    * **measure** – one row per figure of the sheet 其他数据, of the county (``school_id`` null) or
      a school: ``item`` as written and ``item_key`` as it is looked up, ``value`` in ``unit`` (of
      the seed ``return_unit``; ``yes_no`` for 是/否), for the school years ``from_year`` to
      ``to_year``; ``level`` national, provincial, city, county or school. Which item is meant is
      no matter of the reader.
    * **project** – one row per building project; ``start`` and ``ready`` are ``YYYY-MM`` or
      ``YYYY``, what it costs :data:`PROJECT_MONEY`, what it brings :data:`PROJECT_GAINS`.
    * **claim** – one row per published claim; ``school_year`` is the claim's own.
    """
    import pyarrow as pa

    text, year, small, figure = pa.string(), pa.int16(), pa.int32(), pa.float64()
    time = [("school_year", year), ("term", text), ("county_code", text)]
    address, row = [("sheet", text), ("cell", text)], [("sheet", text), ("source_row", small)]
    section = [("school_id", text), ("stage", text)]
    grade = [*section, ("grade", small)]
    columns = {
        "answer": [
            *time,
            ("county_name", text),
            *section,
            ("item_id", text),
            ("value", figure),
            ("text", text),
            ("evidence", text),
            ("status", text),
            *address,
        ],
        "art_room": [
            *time,
            *section,
            ("kind", text),
            ("area_m2", figure),
            ("built_year", small),
            ("status", text),
            ("is_complete", pa.bool_()),
            *address,
        ],
        "monitoring": [
            *time,
            ("stage", text),
            ("subject", text),
            ("level", small),
            ("between_school_rate", figure),
            *address,
        ],
        "roster": [
            *time,
            *grade,
            ("class_name", text),
            ("pupils", figure),
            ("girls", figure),
            ("is_complete", pa.bool_()),
            *row,
        ],
        "movement": [
            *time,
            *grade,
            ("cohort", small),
            ("kind", text),
            ("pupils", figure),
            ("is_complete", pa.bool_()),
            *row,
        ],
        "cohort": [
            *time,
            ("county_name", text),
            *section,
            ("cohort_years", small),
            ("cohort", small),
            *((name, figure) for name in COHORT_FIGURES),
            *row,
        ],
        "measure": [
            *time,
            ("county_name", text),
            *section,
            *((name, text) for name in ("item", "item_key", "level")),
            ("from_year", small),
            ("to_year", small),
            ("value", figure),
            *((name, text) for name in ("unit", "text", "unit_text", "evidence", "note", "status")),
            *address,
        ],
        "project": [
            *time,
            ("county_name", text),
            ("school_id", text),
            *((name, text) for name in ("name", "kind", "state", "start", "ready")),
            *((name, figure) for name in (*PROJECT_MONEY, *PROJECT_GAINS)),
            ("evidence", text),
            *row,
        ],
        "claim": [
            ("school_year", year),
            ("claim_id", text),
            ("document", text),
            ("county", text),
            ("county_code", text),
            ("stage", text),
            ("statement", text),
            ("numerator", text),
            ("denominator", text),
            ("multiplier", text),
            ("relation", text),
            ("published", figure),
            ("unit", text),
            ("decimals", text),
            *row,
        ],
    }
    return pa.schema([pa.field("sha256", text, nullable=False), *columns[part]])
