"""The annex workbook as its readers' programs see it: values, formulas, formats, by name."""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from dagster_project.figures.published import CountyYear, Published
from dagster_project.reports.annex.document import render
from dagster_project.reports.annex.layout import layout_for
from dagster_project.reports.templates import Templates

LAYOUT = layout_for(Templates(), "")
STAGES = {"primary": "小学", "junior": "初中"}
FIRST_SCHOOL = 6
"""Row of the first school in a table of indicators, counted from 1."""
FIRST_ROW = 5


def opened(content: bytes | Path, *, values: bool) -> Workbook:
    """The workbook with the results of its formulas (``values``), or with the formulas."""
    stream = BytesIO(content) if isinstance(content, bytes) else content
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # conditional formats it does not know
        return openpyxl.load_workbook(stream, data_only=values)


@dataclass
class Annex:
    """One county's workbook beside the version it was written from."""

    published: Published
    county: CountyYear
    content: bytes

    @cached_property
    def values(self) -> Workbook:
        """The workbook with the results of its formulas."""
        return opened(self.content, values=True)

    @cached_property
    def formulas(self) -> Workbook:
        """The workbook with its formulas."""
        return opened(self.content, values=False)

    def mart(self, table: str, more: str = "", order: str = "all") -> list[dict[str, Any]]:
        """Rows of this county and school year."""
        return self.published.rows(
            f"select * from {table} where county_code = ? and school_year = ? {more}"
            f" order by {order}",
            self.county.county_code,
            self.county.school_year,
        )

    def list_rows(self, key: str) -> list[dict[str, Any]]:
        """Rows of a plain table by the keys of its columns."""
        page = LAYOUT["lists"][key]
        sheet = self.values[page["name"]]
        found = []
        for row in sheet.iter_rows(min_row=FIRST_ROW, values_only=True):
            if (row[1] is None and row[0] is None) or sheet_ends(row):
                break
            found.append(dict(zip((c["key"] for c in page["columns"]), row, strict=False)))
        return found


def sheet_ends(row: tuple) -> bool:
    """Totals and notes stand in the first column alone, or beside empty cells."""
    first = str(row[0] or "")
    if first in LAYOUT["lists"]["items"]["counts"].values():
        return True
    return first.startswith(("说明", LAYOUT["none"])) or first.endswith("合计")


def annex_of(published: Published, code: str, school_year: int) -> Annex:
    """Write and open the workbook of a county."""
    (county,) = published.counties([code], [school_year])
    return Annex(published, county, render(published, county, Templates()))


def at(row: int, column: int) -> str:
    """A1 name; both count from 1."""
    return f"{get_column_letter(column)}{row}"


def foot_rows(sheet) -> dict[str, int]:
    """Rows of the foot of a table of indicators, by key of the layout."""
    words = {text: key for key, text in LAYOUT["indicator_sheet"]["foot"].items()}
    return {
        words[cell.value]: cell.row
        for (cell,) in sheet.iter_rows(min_col=1, max_col=1)
        if cell.value in words
    }


def groups(sheet) -> dict[str, int]:
    """First column of each indicator in the row of groups."""
    found = {}
    for cell in sheet[3]:
        match = re.match(r"([A-Z]\d+) ", str(cell.value or ""))
        if match:
            found[match[1]] = cell.column
    return found


def tables(annex):
    """The tables of indicators: sheet, stage, standard."""
    found = annex.mart("marts.school_indicator", "and standard_id <> 'general'")
    for stage, standard in sorted({(row["stage"], row["standard_id"]) for row in found}):
        name = LAYOUT["indicator_sheet"]["name" if standard == "2017" else "name_other"]
        sheet = annex.values[name.format(stage=STAGES[stage], standard=standard)]
        rows = [r for r in found if (r["stage"], r["standard_id"]) == (stage, standard)]
        yield sheet, stage, standard, rows


def equal(shown, figure):
    """Equal as far as a file of this kind goes: xlsxwriter writes sixteen digits."""
    return isinstance(shown, int | float) and math.isclose(shown, figure, rel_tol=1e-15)


def same(shown, figure):
    """A figure as it stands in the mart, or words where the mart has none."""
    if figure is None:
        return isinstance(shown, str) and shown.startswith("—")
    return equal(shown, figure)


def told(coefficient: dict) -> str | None:
    """The verdict that a coefficient may be printed with: under a hard flag it has none yet."""
    judged = coefficient["verdict"] in ("met", "not_met")
    return "unverified" if judged and coefficient["sections_tainted"] else coefficient["verdict"]


def told_together(composite: dict, coefficients: list[dict]) -> str | None:
    """The same for a composite, which stands on all of its coefficients."""
    own = [
        row
        for row in coefficients
        if (row["stage"], row["standard_id"]) == (composite["stage"], composite["standard_id"])
    ]
    if not any(row["sections_tainted"] for row in own):
        return composite["verdict"]
    said = {told(row) for row in own}
    return "not_met" if "not_met" in said else "missing" if "missing" in said else "unverified"
