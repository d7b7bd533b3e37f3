"""Errors planted into other data and building projects: a small county, copied for each planting.

What a county and its school returned is changed at one place (``PLANTERS``, by the rule whose kind
of error it is); the census stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from dagster_project.census.returns.layout import choice_key, stated_unit
from dagster_project.census.schema import part_schema
from tests.judgement.conftest import section_table

YEAR = 2023
STUDIOS, LESSONS, CLUBS, TRAINED = "录播教室", "执教公开课", "学生参与社团比例", "教师普及培训"

Row = dict[str, object]


@dataclass
class Copy:
    """What one copy of the county returned."""

    measure: list[Row]
    project: list[Row]

    def entry(self, item: str, **wanted: object) -> Row:
        wanted = {"item": item, "school_year": YEAR, "school_id": None, **wanted}
        (row,) = (r for r in self.measure if all(r.get(k) == v for k, v in wanted.items()))
        return row


def write(item: str, value: float, unit: str, school_year: int = YEAR, **more: object) -> Row:
    """An entry as the reader makes it of the sheet 其他数据."""
    dimension, factor = stated_unit(unit)
    return {
        "school_year": school_year, "from_year": school_year, "to_year": school_year,
        "school_id": None, "item": item, "item_key": choice_key(item), "status": "reported",
        "value": value * float(factor), "unit": dimension, "text": f"{value:g}", "unit_text": unit,
        **more,
    }  # fmt: skip


def returned() -> Copy:
    """A county whose two years of other data and two projects leave nothing to ask."""
    measure = [
        *(write(STUDIOS, 30 + year - YEAR, "间", year) for year in (YEAR - 1, YEAR)),
        write(STUDIOS, 12, "间", school_id="1"),
        write(STUDIOS, 18, "间", school_id="2"),
        write(LESSONS, 25, "人次", level="city"),
        write(CLUBS, 86.5, "%"),
        *(write(TRAINED, 0.21, "万人次", year) for year in (YEAR - 1, YEAR)),
    ]
    project = [
        {"school_id": "1", "name": "教学楼", "kind": "new", "state": "ready", "area_m2": 900.0,
         "start": f"{YEAR - 2}-03", "ready": f"{YEAR}-08"},
        {"school_id": "2", "name": "食堂", "kind": "extend", "state": "building", "area_m2": 400.0,
         "start": f"{YEAR}-03", "ready": f"{YEAR + 1}-08"},
    ]  # fmt: skip
    return Copy(measure, project)


def of_entry(item: str, /, **changes: object) -> Callable[[Copy], None]:
    def plant(copy: Copy) -> None:
        copy.entry(item).update(changes)

    return plant


def in_another_unit(item: str, unit: str) -> Callable[[Copy], None]:
    """The number stays as it was written, in a unit that may be of another kind."""

    def plant(copy: Copy) -> None:
        row = copy.entry(item)
        row.update(write(item, float(str(row["text"])), unit))

    return plant


def of_project(name: str, **changes: object) -> Callable[[Copy], None]:
    def plant(copy: Copy) -> None:
        next(row for row in copy.project if row["name"] == name).update(changes)

    return plant


def schools_say_more(copy: Copy) -> None:
    copy.entry(STUDIOS, school_id="2")["value"] = 19.0


PLANTERS: dict[str, Callable[[Copy], None]] = {
    "measure.item_unknown": of_entry(CLUBS, item="社团", item_key=choice_key("社团")),
    "measure.unit_differs": in_another_unit(STUDIOS, "平方米"),
    "measure.part_differs": of_entry(CLUBS, level="city"),
    "measure.out_of_range": of_entry(CLUBS, value=86.5),
    "measure.less_than_schools": schools_say_more,
    "measure.tenfold": in_another_unit(TRAINED, "人次"),
    "project.without_effect": of_project("教学楼", school_id="2"),
    "project.overdue": of_project("食堂", ready=f"{YEAR}-08"),
}


def county_code(number: int) -> str:
    return f"{700000 + number}"


def connect(made: list[Copy]) -> duckdb.DuckDBPyConnection:
    """The relations of all copies beside each other, ready for the frames.

    In each, school 1 grew by its new building, and school 2 stayed as it was.
    """
    connection = duckdb.connect()
    sections = [
        {"county_code": county_code(number), "school_id": f"{number}-{school}", "school_year": year,
         "building_area_m2": area, "pupils": 300}
        for number in range(len(made))
        for school, areas in (("1", (5000, 5900)), ("2", (4000, 4000)))
        for year, area in zip((YEAR - 1, YEAR), areas, strict=True)
    ]  # fmt: skip
    connection.register("section", section_table(sections))
    for part in ("measure", "project"):
        rows = [
            {
                "sha256": f"r{number}", "school_year": YEAR, "term": "autumn", "sheet": "其他数据",
                "cell": f"E{place}", "source_row": place, **deepcopy(row),
                "county_code": county_code(number), "county_name": "样例县",
                "school_id": row["school_id"] and f"{number}-{row['school_id']}",
            }
            for number, copy in enumerate(made)
            for place, row in enumerate(getattr(copy, part), start=9)
        ]  # fmt: skip
        connection.register(part, pa.Table.from_pylist(rows, part_schema(part)))
    return connection
