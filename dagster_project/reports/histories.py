"""A figure of the county over the years: the first that is known, the last, and all between."""

from __future__ import annotations

from typing import Any

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.rounding import kind_of_unit
from dagster_project.figures.rows import Row, by
from dagster_project.reports.wording import bare_unit

TABLE = ("schools", "pupils", "classes", "class_mean", "teachers", "retention_9")


def course(
    figures: CountyFigures, item_id: str, stage: str = "all", kind: str | None = None
) -> dict[str, Any]:
    """The item from its first known year to this one; ``is_known`` where it is known this year."""
    rows = [
        row
        for row in figures.history
        if (row["item_id"], row["stage"]) == (item_id, stage) and row["value"] is not None
    ]
    rows.sort(key=lambda row: row["school_year"])
    last = rows[-1] if rows and rows[-1]["school_year"] == figures.county.school_year else None
    first = rows[0] if last and len(rows) > 1 else None
    known = figures.ref.items.get(item_id)
    kind = kind or (kind_of_unit(known["unit"], known["decimals"]) if known else "ratio")

    def of(row: Row | None, column: str, kind: str) -> Any:
        return figures.figure("trend", row, column, kind)

    return {
        "is_known": last is not None,
        "has_past": first is not None,
        "first": of(first, "value", kind),
        "first_year": of(first, "school_year", "year"),
        "now": of(last, "value", kind),
        "numerator": of(last, "numerator", "count"),
        "denominator": of(last, "denominator", "count"),
        "change": of(last, "change", kind),
        "direction": last["direction"] if last else None,
        "went": _went(first, last),
        "unit": bare_unit(known["unit"]) if known else "",
    }


def _went(first: Row | None, last: Row | None) -> str:
    if first is None or last is None or first["value"] == last["value"]:
        return "same"
    return "up" if last["value"] > first["value"] else "down"


def years(figures: CountyFigures) -> list[dict[str, Any]]:
    """The county's main figures year by year."""
    rows = by(figures.history, "school_year", "item_id", "stage")
    known = sorted({year for year, item, stage in rows if item in TABLE})
    found = []
    for year in known:
        entry: dict[str, Any] = {}
        for item in TABLE:
            stage = "junior" if item == "retention_9" else "all"
            row = rows.get((year, item, stage)) or rows.get((year, item, "all"))
            unit = figures.ref.items[item]
            kind = kind_of_unit(unit["unit"], unit["decimals"])
            entry[item] = figures.figure("trend", row, "value", kind, "")
            if row is not None:
                entry["year"] = figures.figure("trend", row, "school_year", "year")
        found.append(entry)
    return found
