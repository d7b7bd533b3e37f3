"""What stands on every sheet of the project's own templates, read from ``maps/returns*``.

The writer (:mod:`dagster_project.returns`) draws a template from these layouts and the reader
(:mod:`dagster_project.census.returns.read`) reads by the same ones, so that they cannot part.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

from dagster_project.census.figures import clean_text
from dagster_project.census.schema import Item, items
from dagster_project.seeds import seed_rows
from dagster_project.words import word

EVIDENCE = "__evidence"  # suffix of the column that holds the evidence of a yes/no item
EXAMPLE = re.compile(r"示例|例[:：]|example\b", re.IGNORECASE)

# The cells above the table of a main sheet: label and the name it has in the program.
META = {
    "县区代码": "county_code",
    "县区名称": "county_name",
    "学年": "school_year",
    "学期": "term",
}


@dataclass(frozen=True)
class Column:
    """One column of a sheet; ``kind`` says what its cells may hold (see ``returns_values``)."""

    id: str
    label: str
    kind: str
    also: tuple[str, ...] = ()
    list: str | None = None
    unit: str | None = None
    required: bool = False  # every row must fill it in
    optional: bool = False  # a plain table may lack the column
    present: bool = False  # the column must be there, its cells may be empty
    prefill: bool = False  # known before anybody fills anything in: alone it makes no row
    open: bool = False  # the list only proposes
    hidden: bool = False
    width: int = 12
    example: str | float | None = None
    help: str = ""
    item: Item | None = None
    # Where a file states a unit that nobody knows, and what it states.
    unit_nobody_knows: tuple[object, str] | None = None


@dataclass(frozen=True)
class SheetLayout:
    """One sheet: its place in the lake (``part``), its columns, and the items it asks for."""

    sheet: str
    part: str
    name: str
    title: str
    shape: str  # rows | items
    columns: tuple[Column, ...]
    note: str = ""
    plain: bool = False  # also read from a plain table with these headings
    items: tuple[Item, ...] = ()

    def column(self, column_id: str) -> Column:
        """The column ``column_id``; ``KeyError`` where there is none."""
        for column in self.columns:
            if column.id == column_id:
                return column
        raise KeyError(column_id)

    @property
    def headings(self) -> dict[str, str]:
        """Column id of every heading by which a column is known, in :func:`heading_key` form."""
        known = {heading_key(column.id): column.id for column in self.columns}
        for column in self.columns:
            for label in (column.label, *column.also):
                known.setdefault(heading_key(label), column.id)
        return known


@dataclass(frozen=True)
class Layout:
    """One kind of return (``profile``); its first sheet is the main one and carries the place."""

    profile: str
    sheets: tuple[SheetLayout, ...]
    kind: str = ""
    file: str = ""

    @property
    def main(self) -> SheetLayout:
        return self.sheets[0]


@dataclass(frozen=True)
class Choices:
    """A drop-down list: the labels it offers, and the value of every token that is understood."""

    offered: tuple[str, ...]
    values: dict[str, str]

    def value(self, token: object) -> str | None:
        """The value that ``token`` stands for; ``None`` if it stands for none."""
        return self.values.get(choice_key(token))

    def label(self, value: object) -> str:
        """The offered label of ``value``."""
        for label in self.offered:
            if self.values[choice_key(label)] == str(value):
                return label
        raise KeyError(f"{value!r} is none of {', '.join(sorted(set(self.values.values())))}")


def choice_key(token: object) -> str:
    """A token as it is looked up: folded, without inner space, lower case."""
    return re.sub(r"\s+", "", clean_text(token)).lower()


heading_key = choice_key


@cache
def version() -> str:
    """Version of the templates; a reader refuses those of a later one."""
    return str(_page()["version"])


@cache
def layouts() -> dict[str, Layout]:
    """Every kind of return by its profile."""
    made = {}
    for entry in _page()["profiles"]:
        sheets = tuple(_sheet(dict(sheet)) for sheet in entry["sheets"])
        made[entry["profile"]] = Layout(
            entry["profile"], sheets, entry.get("kind", ""), entry.get("file", "")
        )
    return made


@cache
def choices(name: str) -> Choices:
    """The list ``name`` of ``returns_choices.csv``; ``KeyError`` where there is none.

    Where no label stands there, it is the word for the code (``dbt/seeds/word.csv``).
    """
    rows = [
        row | {"label": row["label"] or word(name, row["value"])}
        for row in _rows("returns_choices.csv")
        if row["list"] == name
    ]
    if not rows:
        raise KeyError(name)
    return Choices(
        tuple(row["label"] for row in rows if row["is_offered"] == "1"),
        {choice_key(row["label"]): row["value"] for row in rows},
    )


@cache
def factor(unit: str, label: str) -> Decimal | None:
    """What turns a figure in the unit written ``label`` into ``unit``; ``None`` if unknown."""
    for row in seed_rows("return_unit"):
        if row["unit"] == unit and choice_key(row["label"]) == choice_key(label):
            return Decimal(row["factor"])
    return None


@cache
def stated_unit(label: str) -> tuple[str, Decimal] | None:
    """The unit that a figure beside ``label`` is in and what turns it into that; ``None``: none.

    Where a label belongs to several units, the first of the file holds: 个 is a count.
    """
    for row in seed_rows("return_unit"):
        if label and choice_key(row["label"]) == choice_key(label):
            return row["unit"], Decimal(row["factor"])
    return None


@cache
def unit_labels(unit: str) -> tuple[str, ...]:
    """How the unit ``unit`` of the dictionary may be written; the first is the template's own."""
    return tuple(row["label"] for row in seed_rows("return_unit") if row["unit"] == unit)


def canonical_unit(label: str) -> str:
    """The unit of the dictionary that a template's own unit label belongs to."""
    found = stated_unit(label)
    if found is None:
        raise KeyError(label)
    return found[0]


def _sheet(entry: dict) -> SheetLayout:
    levels = entry.pop("items", ())
    asked = tuple(item for item in items().values() if item.level in levels)
    columns = [_column(dict(column)) for column in entry.pop("columns")]
    if entry["shape"] == "rows":
        for item in asked:
            columns += _item_columns(item)
    return SheetLayout(**entry, columns=tuple(columns), items=asked)


def _column(entry: dict) -> Column:
    entry["also"] = tuple(entry.get("also", ()))
    return Column(**entry)


def _item_columns(item: Item) -> list[Column]:
    whole = "学校" if item.level == "school" else "学段"
    columns = [
        Column(
            id=item.item_id,
            label=f"{item.name_zh}（{whole}）",
            kind=item.kind,
            list="yes_no" if item.kind == "yes_no" else None,
            unit=unit_labels(item.unit)[0] if item.unit else None,
            width=12,
            item=item,
            help=f"按{whole}填写，用于指标 {item.used_by}。",
        )
    ]
    if item.kind == "yes_no":
        label, key = f"佐证：{item.name_zh}", f"{item.item_id}{EVIDENCE}"
        columns.append(Column(id=key, label=label, kind="text", width=15, help="文件名或说明。"))
    return columns


@cache
def _page() -> dict:
    import yaml

    return yaml.safe_load(_map("returns.yml"))


@cache
def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_map(name).splitlines()))


def _map(name: str) -> str:
    return resources.files("dagster_project.census").joinpath("maps", name).read_text("utf-8")
