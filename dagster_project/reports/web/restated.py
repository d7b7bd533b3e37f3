"""Published figures that moved, as a reader understands them."""

from __future__ import annotations

from typing import Any

from dagster_project.figures.rounding import missing, shown
from dagster_project.figures.rows import Row
from dagster_project.reports.web.county_rows import CountyRows

MOST = 200
"""The page lists so many; the others stand in ``marts.restatement``."""
_SAID_BY_THE_PAGE = ("school_year", "county_code", "standard_id")


def restated(page: CountyRows, words: dict[str, Any]) -> list[dict[str, str]]:
    """The latest restatements of the county's year: what, whose, from what to what, because of."""
    names = {s["school_id"]: s["school_name"] or s["school_id"] for s in page["schools"]}
    return [
        {
            "publish_id": row["publish_id"],
            "kind": words["restated"].get(row["kind"], row["kind"]),
            "figure": _figure(row, words),
            "whose": _whose(row, names, words),
            "old": _printed(row["old_value"]),
            "new": _printed(row["new_value"]),
            "source_file": row["source_file"] or "",
        }
        for row in page["restatements"][:MOST]
    ]


def _figure(row: Row, words: dict[str, Any]) -> str:
    table = words["columns"].get(row["table_name"], {})
    column = table.get("names", {}).get(row["column_name"], row["column_name"] or "")
    return f"{table.get('title', row['table_name'])} {column}".strip()


def _whose(row: Row, names: dict[str, str], words: dict[str, Any]) -> str:
    said = []
    for pair in (row["row_key"] or "").split(";"):
        column, _, value = pair.partition("=")
        if column in _SAID_BY_THE_PAGE or not value:
            continue
        if column == "stage":
            value = words["stages"].get(value, value)
        elif column == "term":
            value = words["terms"].get(value, value)
        elif column == "school_id":
            value = names.get(value, value)
        elif column == "indicator_id":
            value = f"{value} {words['short'].get(value, '')}".strip()
        said.append(value)
    return " ".join(said)


def _printed(value: str | None) -> str:
    """A restated value is text in the mart: a figure is rounded once, a verdict left as it is."""
    if value is None:
        return missing()
    try:
        figure = float(value)
    except ValueError:
        return value
    return shown(figure, "count" if figure.is_integer() else "coefficient_fine")
