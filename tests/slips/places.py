"""The figures of a drop and the cells they stand in: what a clerk may get wrong."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
from openpyxl.utils import column_index_from_string, get_column_letter

from dagster_project.census.schema import fields, items
from dagster_project.lake.store import Lake


@dataclass(frozen=True)
class Place:
    """One figure where it stands. ``row`` and ``column`` count from 1; csv files have no sheet."""

    file: str
    sheet: str | None
    row: int
    column: int
    kind: str  # census | school_return | county_return | roster | movement
    name: str  # field or item
    value: float
    unit: str
    school_year: int
    school_id: str | None
    stage: str | None = None
    entry: str = ""  # kind and cohort of a movement

    @property
    def cell(self) -> str:
        return f"{get_column_letter(self.column)}{self.row}"


def census_places(lake: Lake) -> Iterator[Place]:
    """Every figure of the sections in ``lake`` that stands in one cell."""
    for delivery in lake.deliveries():
        if not delivery.accepted or delivery.shape == "returns":
            continue
        key = delivery.school_year, delivery.term, delivery.sha256
        sections = pq.read_table(lake.part("section", *key)).to_pylist()
        origins = defaultdict(list)
        for origin in pq.read_table(lake.part("origin", *key)).to_pylist():
            origins[origin["stage"], origin["field_id"]].append(origin)
        for section in sections:
            for name, field in fields().items():
                value, found = section[name], origins.get((section["stage"], name), ())
                if value is None or len(found) != 1:
                    continue
                row = found[0]["fixed_row"] or section["source_row"]
                column = column_index_from_string(found[0]["column_letter"])
                yield Place(
                    delivery.path, found[0]["sheet"] or section["sheet"], row, column, "census",
                    name, value, field.unit, section["school_year"], section["school_id"],
                    section["stage"],
                )  # fmt: skip


def return_places(raw: Path) -> Iterator[Place]:
    """Every figure of the filled-in templates below ``raw``, by the ids above their columns."""
    for path in sorted(raw.rglob("*.xlsx")):
        book = openpyxl.load_workbook(path)
        for sheet in book:
            if sheet["A1"].value == "junheng":
                yield from _of_template(sheet, path.relative_to(raw).as_posix())


def _of_template(sheet, file: str) -> Iterator[Place]:
    kind, part = sheet["B1"].value, sheet["D1"].value
    rows = list(sheet.iter_rows(values_only=True))
    year = int(file.split("/")[0])
    head = next(n for n, row in enumerate(rows) if re.fullmatch(r"[a-z_]+", str(row[0])) and n > 1)
    names = rows[head]
    for number, row in enumerate(rows[head + 1 :], head + 2):
        if str(row[0] or "").startswith("示例") or row[0] is None:
            continue
        entry = dict(zip(names, row, strict=False))
        if part == "county_items":
            item = items().get(entry["item_id"])
            column = names.index("value") + 1
            if item and item.kind != "yes_no" and isinstance(entry["value"], int | float):
                yield Place(file, sheet.title, number, column, kind, item.item_id,
                            entry["value"], item.unit, year, None)  # fmt: skip
            continue
        stage = {"小学": "primary", "初中": "junior"}.get(entry.get("stage"))
        for column, name in enumerate(names, 1):
            wanted = name in items() or (part in ("roster", "movement") and name == "pupils")
            if not wanted or not isinstance(row[column - 1], int | float):
                continue
            unit = items()[name].unit if name in items() else "person"
            yield Place(file, sheet.title, number, column, kind, name, row[column - 1], unit, year,
                        str(entry["school_id"]), stage,
                        f"{entry.get('kind', '')} {entry.get('cohort', '')}")  # fmt: skip


class Drop:
    """The files of one trial: opened when first changed, written once."""

    def __init__(self, raw: Path) -> None:
        self.raw = raw
        self._books: dict[str, openpyxl.Workbook] = {}
        self._texts: dict[str, list[list[str]]] = {}

    def get(self, place: Place, row: int = 0, column: int = 0):
        """What stands at ``place``, or so many rows and columns beside it."""
        row, column = place.row + row, place.column + column
        if place.file.endswith(".csv"):
            return self._text(place.file)[row - 1][column - 1]
        return self._sheet(place).cell(row, column).value

    def put(self, place: Place, value, row: int = 0, column: int = 0) -> None:
        row, column = place.row + row, place.column + column
        if place.file.endswith(".csv"):
            self._text(place.file)[row - 1][column - 1] = "" if value is None else str(value)
        else:
            cell = self._sheet(place).cell(row, column)
            # Census workbooks hold text, wide tables and templates numbers.
            cell.value = str(value) if isinstance(cell.value, str) and value is not None else value

    def row(self, place: Place) -> list:
        if place.file.endswith(".csv"):
            return self._text(place.file)[place.row - 1]
        return [cell.value for cell in self._sheet(place)[place.row]]

    def empty_row(self, place: Place) -> None:
        for cell in self._sheet(place)[place.row]:
            cell.value = None

    def add_row(self, place: Place, values: list) -> None:
        self._sheet(place).append(values)

    def book(self, file: str) -> openpyxl.Workbook:
        if file not in self._books:
            self._books[file] = openpyxl.load_workbook(self.raw / file)
        return self._books[file]

    def save(self) -> None:
        for file, book in self._books.items():
            (self.raw / file).unlink()  # a link to the clean file: never write through it
            book.save(self.raw / file)
        for file, rows in self._texts.items():
            (self.raw / file).unlink()
            with (self.raw / file).open("w", encoding="utf-8", newline="") as text:
                csv.writer(text).writerows(rows)

    def _sheet(self, place: Place):
        return self.book(place.file)[place.sheet]

    def _text(self, file: str) -> list[list[str]]:
        if file not in self._texts:
            with (self.raw / file).open(encoding="utf-8-sig", newline="") as text:
                self._texts[file] = list(csv.reader(text))
        return self._texts[file]
