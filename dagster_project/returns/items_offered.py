"""The items of 其他数据 that a template offers: those of the project, and a county's own.

Shipped in ``dbt/seeds/measure_item.csv``; ``raw/mappings/measure_items.csv`` adds to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dagster_project.seeds import seed_rows
from dagster_project.words import words

Row = dict[str, Any]

# The rows of an item that is asked for in parts.
_PARTS = {"level": ("national", "provincial", "city", "county"), "stage": ("primary", "junior")}


def items_of(raw: Path | None, county_code: str | None) -> list[Row]:
    """The items that apply to a county, chapter by chapter; its own stand with the others.

    A line of the county's own replaces the shipped item of the same id. A mapping of which nothing
    can be read adds nothing here; a load says what is wrong with it.
    """
    items: dict[str, Row] = {row["item_id"]: row for row in seed_rows("measure_item")}
    for row in _own_items(raw) if raw else ():
        items[row["item_id"]] = {name: "" if v is None else v for name, v in row.items()}
    chapters = list(words("measure_chapter"))

    def chapter(row: Row) -> int:
        return chapters.index(row["chapter"]) if row["chapter"] in chapters else len(chapters)

    applying = (row for row in items.values() if _applies(row, county_code))
    return sorted(applying, key=chapter)


def rows_for_county(raw: Path | None, county_code: str | None) -> Iterator[Row]:
    """The prefilled rows of a county's sheet: an item once, or once for every level or stage."""
    chapters = words("measure_chapter")
    for item in _asked(raw, county_code, ("county", "both")):
        row = {
            "chapter": chapters.get(item["chapter"], item["chapter"]),
            "item": item["name_zh"],
            "unit": item["unit"],
        }
        for part in _PARTS.get(item["split_by"], (None,)):
            yield row if part is None else {**row, item["split_by"]: part}


def rows_for_schools(raw: Path | None, county_code: str | None) -> list[Row]:
    """What schools may report: item, unit, and whether by level or stage."""
    return _asked(raw, county_code, ("school", "both"))


def _asked(raw: Path | None, county_code: str | None, asked: tuple[str, ...]) -> list[Row]:
    return [row for row in items_of(raw, county_code) if row["asked"] in asked]


def _applies(row: Row, county_code: str | None) -> bool:
    place = row["county_code"]
    return place == "*" or (county_code or "").startswith(place)


def _own_items(raw: Path) -> list[Row]:
    from dagster_project.census.rejection import FileRejected
    from dagster_project.lake.reference import read_mapping

    try:
        return read_mapping(raw, "measure_item").rows.to_pylist()
    except FileRejected:
        return []
