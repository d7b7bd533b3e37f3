"""Where the figures of each section were read: file, sheet and cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dagster_project.figures.county import STAGES, CountyFigures
from dagster_project.figures.origins import field_origins, section_origins
from dagster_project.figures.rows import Row, grouped, ordered
from dagster_project.reports.annex.layout import Layout
from dagster_project.reports.annex.lists import List
from dagster_project.reports.annex.page import displayed_width

JOIN = "＋"


def list_of(figures: CountyFigures, layout: Layout, standards: Sequence[str]) -> List:
    """One row per section of the census, one column per field that an indicator is made of.

    Every section stands here, those that are not evaluated too, with the reason.
    """
    page = layout["lists"]["origins"]
    wanted = _fields(figures, standards)
    names = {row["school_id"]: row["school_name"] for row in figures.places}
    sections = section_origins(figures)
    fields = grouped(field_origins(figures), lambda row: (row["school_id"], row["stage"]))
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for place in ordered(figures.places, "-stage", "school_id"):
        key = place["school_id"], place["stage"]
        origin = sections.get(key, {})
        cells = _cells(origin, fields.get(key, ()), wanted)
        seen.update(cells)
        rows.append(
            {
                **dict.fromkeys(wanted),
                **place,
                "school_name": place["school_name"] or place["school_id"],
                "standing": _standing(place, names, layout),
                "path": origin.get("path"),
                "sheet": origin.get("sheet"),
                **{f"at_{name}": text for name, text in cells.items()},
            }
        )
    shown = [name for name in wanted if name in seen]
    longest: dict[str, int] = dict.fromkeys(shown, 0)
    for row in rows:
        for name in shown:
            text = row.setdefault(f"at_{name}", None) or ""
            longest[name] = max(longest[name], displayed_width(text))
    known = figures.ref.by("field", "field_id")
    columns: list[dict[str, Any]] = [
        {
            "key": f"at_{name}",
            "zh": known.get(name, {}).get("name_zh") or name,
            "en": _breakable(name),
            "width": min(
                max(page["field_column"]["width"], longest[name] + 2), page["field_column"]["most"]
            ),
            "kind": "wrap",
        }
        for name in shown
    ]
    return List(rows=rows, columns=[*page["columns"], *columns], note=page["note"])


def _fields(figures: CountyFigures, standards: Sequence[str]) -> dict[str, None]:
    """The pupils, and the fields of the indicators: by stage, indicator and name."""
    terms = [term for standard in standards for term in figures.ref.terms(standard)]
    wanted: dict[str, None] = {"pupils": None}
    for stage in STAGES:
        for indicator in (i for s in standards for i in figures.ref.indicators(s)):
            mine = (
                term["field_id"]
                for term in terms
                if (term["indicator_id"], term["stage"]) == (indicator["indicator_id"], stage)
            )
            wanted.update(dict.fromkeys(sorted(mine)))
    return wanted


def _breakable(name: str) -> str:
    return name.replace("_", " ")


def _cells(origin: Row, fields: Sequence[Row], wanted: dict[str, None]) -> dict[str, str]:
    """The cells of each wanted field of one section, ``教基4155!C10＋教基4155!C11``."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in sorted(fields, key=_place):
        if row["field_id"] in wanted:
            sheet = row["sheet"]
            prefix = f"{sheet}!" if sheet and sheet != origin.get("sheet") else ""
            found[row["field_id"]].append(f"{prefix}{row['cell']}")
    return {name: JOIN.join(dict.fromkeys(cells)) for name, cells in found.items()}


def _place(row: Row) -> tuple[str, int, int, str]:
    """Where a cell stands: sheet, row, column."""
    letters = row["cell"].rstrip("0123456789")
    return row["sheet"], int(row["cell"][len(letters) :] or 0), len(letters), letters


def _standing(place: Row, names: dict[str, str], layout: Layout) -> str:
    page = layout["lists"]["origins"]
    if place["exclusion_reason"]:
        words = layout["words"]["exclusion"]
        return words.get(place["exclusion_reason"], place["exclusion_reason"])
    head = place["evaluated_school_id"]
    if head is not None and head != place["school_id"]:
        return page["merged"].format(school=names.get(head) or head)
    return page["evaluated"]
