"""Reviewed data and dictionaries that stand beside the figures in the lake."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from dagster_project.census.rejection import FileRejected
from dagster_project.census.schema import fields
from dagster_project.census.source import TextTable, open_source
from dagster_project.lake.store import Lake

TEACHING_POINTS = "mappings/teaching_points.csv"
_TEACHING_POINT = pa.schema(
    [
        ("school_id", pa.string()),
        ("parent_school_id", pa.string()),
        ("from_year", pa.int32()),
        ("to_year", pa.int32()),
        ("note", pa.string()),
    ]
)


def write_reference(lake: Lake, raw: Path) -> None:
    """Bring the field dictionary and the reviewed mappings of ``raw/mappings`` into the lake."""
    dictionary = pa.Table.from_pylist([asdict(field) for field in fields().values()])
    lake.write_table("dictionary/field", dictionary)
    lake.write_table("mapping/teaching_point", teaching_points(raw / TEACHING_POINTS))


def teaching_points(path: Path) -> pa.Table:
    """The parents of teaching points (教学点): which school each belongs to, from when to when.

    Columns ``school_id, parent_school_id, from_year, to_year, note``; empty years mean always.
    Raises :class:`FileRejected` with the line at fault.
    """
    if not path.exists():
        return _TEACHING_POINT.empty_table()
    source = open_source(path)
    if not isinstance(source, TextTable):
        raise FileRejected(f"{TEACHING_POINTS} is not a csv file.", advice="Save it as csv.")
    header, *lines = [[cell.strip() for cell in row] for row in source.rows()] or [[]]
    missing = {"school_id", "parent_school_id"} - set(header)
    if missing:
        raise FileRejected(
            f"{TEACHING_POINTS} lacks the column(s) {', '.join(sorted(missing))}.",
            advice="Its first line must be: school_id,parent_school_id,from_year,to_year,note",
        )
    rows = []
    for line, cells in enumerate(lines, start=2):
        row = dict(zip(header, cells, strict=False))
        try:
            years = [int(row[key]) if row.get(key) else None for key in ("from_year", "to_year")]
        except ValueError:
            raise FileRejected(
                f"{TEACHING_POINTS} line {line}: a year is not a number.",
                advice="Write the school year's start, such as 2023, or leave it empty.",
                cell=f"row {line}",
            ) from None
        if not row["school_id"] or row["school_id"] == row["parent_school_id"]:
            raise FileRejected(
                f"{TEACHING_POINTS} line {line}: a teaching point needs an id and a parent that is"
                " another school.",
                advice="Fill in both ids.",
                cell=f"row {line}",
            )
        rows.append(
            {
                "school_id": row["school_id"],
                "parent_school_id": row["parent_school_id"],
                "from_year": years[0],
                "to_year": years[1],
                "note": row.get("note"),
            }
        )
    return pa.Table.from_pylist(rows, _TEACHING_POINT)
