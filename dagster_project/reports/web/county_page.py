"""What the template of a county's page is given: rows in the order they are shown, and charts."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.regions import above
from dagster_project.figures.rounding import kind_of_unit
from dagster_project.figures.rows import Row
from dagster_project.reports.web.cells import Cells
from dagster_project.reports.web.county_charts import CountyCharts
from dagster_project.reports.web.county_rows import CountyRows, rows_of
from dagster_project.reports.web.links import link_to, region_name, year_label
from dagster_project.reports.web.restated import MOST, restated
from dagster_project.reports.web.trace import rules_of, trace_of
from dagster_project.reports.wording import wording
from dagster_project.verdicts import of_coefficient

BASICS = ("schools", "pupils", "classes", "teachers", "staff", "class_mean", "degree_share")
"""Items of ``marts.trend`` in the overview."""
ITEMS = 31
"""Items that count; satisfaction and vetoes come after them."""
MOST_DRIVERS = 5
MOST_YEARS = 6
GOOD, BEST = 1.5, 2.5
"""From these multiples of the threshold a cell of the heat table is tinted deeper."""


def county_context(
    published: Published, county: CountyYear, words: dict[str, Any]
) -> dict[str, Any]:
    """The variables of ``web_county.html``."""
    page = rows_of(published, county, words["comparators"])
    cells = Cells(page.figures, words["tainted"])
    charts = CountyCharts(page, words)
    trace = trace_of(page, words)
    # The yardstick of the 31 items is one; figures of an old year may stand under another.
    verdict = next(iter(page["verdicts"]), None)
    return {
        "words": words,
        "county": county,
        "facts": page.facts,
        "standing": page.figures.sign_off,
        "fig": cells.print,
        "mark": cells.mark(),
        "charts": charts,
        "kinds": kind_of_unit,
        "year_label": year_label(county.school_year),
        "upward": _upward(county, words),
        "coefficient": page.coefficient,
        "coefficient_verdict": of_coefficient,
        "verdict_row": verdict,
        "item_counts": Counter(i["verdict"] for i in page["assessment"] if i["position"] <= ITEMS),
        "problems": [i for i in page["assessment"] if i["verdict"] == "not_met"],
        "basics": _basics(page),
        "profile": _profile(page, words),
        "attaining": {stage: _attaining(page, stage, words) for stage in page.stages},
        "histories": [(i, drawn) for i in page.indicators if (drawn := charts.history(i))],
        "no_tasks": wording()["no_tasks"][page.figures.coverage("2017")],
        "drivers": _drivers(page, charts),
        "lines": _lines(page, words),
        "tainted_any": any(row["is_tainted"] for row in page["sections"]),
        "class_terms": list(dict.fromkeys(row["term"] for row in page["classes"])),
        "sizes": _sizes(page, charts, words),
        "cohorts": [
            # What exceeds 1 and is not explained is shown as it is, to be verified.
            {
                "row": row,
                "flow": charts.flow(row),
                "rate": "retention_uncapped" if row["status"] == "above_one" else "retention",
            }
            for row in page["retention"]
            if row["school_id"] is None
        ],
        "school_cohorts": [row for row in page["retention"] if row["school_id"] is not None],
        "rules": rules_of(page),
        **_history(page),
        "restated": restated(page, words),
        "restated_left": max(len(page["restatements"]) - MOST, 0),
        "files": sorted(
            {
                trace["origins"]["words"][place[1]]
                for places in trace["origins"]["places"].values()
                for place in places
            }
        ),
        "excluded": [
            row
            for row in page["parts"]
            if row["exclusion_reason"] and row["term"] == page.figures.ref.term_of_census
        ],
        "trace": trace,
    }


def _upward(county: CountyYear, words: dict[str, Any]) -> list[dict[str, str]]:
    return [{"href": link_to(r), "name": region_name(r, words)} for r in above(county)]


def _change(kind: str) -> tuple[str, str]:
    """Kind and unit of a change: percentage points for shares, small steps for coefficients."""
    changes = {"share": ("points", " 个百分点"), "coefficient": ("coefficient_fine", "")}
    return changes.get(kind, (kind, ""))


def _basics(page: CountyRows) -> list[dict[str, Any]]:
    rows = []
    year = page.county.school_year
    for item in BASICS:
        found = {
            row["stage"]: row
            for row in page["trend"]
            if row["item_id"] == item and row["school_year"] == year
        }
        if found:
            first = next(iter(found.values()))
            kind = kind_of_unit(first["unit"], first["decimals"])
            change_kind, change_unit = _change(kind)
            rows.append(
                {
                    "name": first["item_name"],
                    "unit": "" if first["unit"] == "1" else first["unit"],
                    "kind": kind,
                    "change_kind": change_kind,
                    "change_unit": change_unit,
                    "cells": [found.get(stage) for stage in ("all", "primary", "junior")],
                }
            )
    return rows


def _profile(page: CountyRows, words: dict[str, Any]) -> list[dict[str, Any]]:
    types = {t["school_type_code"]: t["name_zh"] for t in page.figures.ref.rows("school_type")}
    names = {**types, **words["locations"], **words["sponsors"]}
    groups = []
    for topic, title in words["profile"].items():
        lines = [
            {"name": names.get(row["category"], row["category"]), "row": row}
            for row in page["profile"]
            if row["topic"] == topic and row["value"]
        ]
        if lines:
            groups.append({"name": title, "lines": lines})
    return groups


def _cells(page: CountyRows, topic: str, stage: str, names: dict[str, str]) -> list[Any]:
    rows = {
        row["category"]: row
        for row in page["profile"]
        if row["topic"] == topic and row["stage"] == stage
    }
    return [{"name": name, "row": rows[c]} for c, name in names.items() if c in rows]


def _attaining(page: CountyRows, stage: str, words: dict[str, Any]) -> list[dict[str, Any]]:
    return _cells(page, "sections_by_attainment", stage, words["attaining"])


def _sizes(page: CountyRows, charts: CountyCharts, words: dict[str, Any]) -> list[dict[str, Any]]:
    groups = []
    for term in dict.fromkeys(row["term"] for row in page["classes"]):
        for stage in ("primary", "junior"):
            chart = charts.class_sizes(stage, term)
            if chart:
                is_census = term == page.figures.ref.term_of_census
                cells = _cells(page, "classes", stage, words["class_bands"]) if is_census else []
                unknown = _cells(page, "classes", stage, {"sections_unknown": ""})
                groups.append(
                    {
                        "term": term,
                        "stage": stage,
                        "chart": chart,
                        "facts": cells,
                        "unknown": unknown[0]["row"] if is_census and unknown else None,
                    }
                )
    return groups


def _drivers(page: CountyRows, charts: CountyCharts) -> list[dict[str, Any]]:
    sections = {(r["indicator_id"], r["stage"], r["school_id"]): r for r in page["sections"]}
    largest: dict[tuple[str, str], list[Row]] = {}
    for row in page["contributions"]:
        largest.setdefault((row["stage"], row["indicator_id"]), []).append(row)
    groups = []
    for indicator in page.indicators:
        for stage in page.stages:
            whole = page.coefficient(indicator["indicator_id"], stage)
            mean = whole["mean"] if whole else None
            lines = []
            for row in largest.get((stage, indicator["indicator_id"]), [])[:MOST_DRIVERS]:
                section = sections.get((row["indicator_id"], stage, row["school_id"]))
                value = section["value"] if section else None
                known = value is not None and mean is not None
                lines.append(
                    {
                        "name": charts.name(section) if section else row["school_id"],
                        "row": row,
                        "section": section if known else None,
                        "side": charts.side(value, mean)
                        if value is not None and mean is not None
                        else "none",
                        "bar": charts.contribution(row, section if known else None, mean),
                    }
                )
            if lines:
                groups.append(
                    {"indicator": indicator, "stage": stage, "whole": whole, "lines": lines}
                )
    return groups


def _lines(page: CountyRows, words: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the heat table, by stage and then by name."""
    attainment = {(r["school_id"], r["stage"]): r for r in page["attainment"]}
    kinds = {i["indicator_id"]: kind_of_unit(i["unit"]) for i in page.indicators}
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in page["sections"]:
        found.setdefault((row["school_id"], row["stage"]), {})[row["indicator_id"]] = row
    lines = []
    for (school_id, stage), rows in found.items():
        # The pupils are those of any row; a flag on one numerator says nothing of them.
        first = min(rows.values(), key=lambda row: bool(row["is_tainted"]))
        at = attainment.get((school_id, stage))
        lines.append(
            {
                "school_id": school_id,
                "name": first["school_name"] or school_id,
                "stage": stage,
                "at": first["urban_rural"],
                "first": first,
                "attainment": at,
                "attains": "none" if at is None else at["attains"],
                "cells": [_heat(rows[i], kinds[i], words) if i in rows else None for i in kinds],
            }
        )
    return sorted(
        lines, key=lambda line: (page.stages.index(line["stage"]), -(line["first"]["pupils"] or 0))
    )


def _heat(row: Row, kind: str, words: dict[str, Any]) -> dict[str, Any]:
    level = row["verdict"] or "none"
    if level == "met" and row["threshold"]:
        times = row["value"] / row["threshold"]
        level = "best" if times >= BEST else "good" if times >= GOOD else "met"
    said = words["verdicts"].get(row["verdict"] or "none")
    weak = row["verdict"] in ("floor", "below")
    return {
        "row": row,
        "kind": kind,
        "level": level,
        "sign": said["sign"] if weak else "",
        "word": said["word"] if weak else "",
    }


def _history(page: CountyRows) -> dict[str, Any]:
    """Rows of the table of years: items with a figure this year, and the last years before."""
    year = page.county.school_year
    years = sorted({row["school_year"] for row in page["trend"]})[-MOST_YEARS:]
    found: dict[tuple[str, str], dict[int, Row]] = {}
    for row in page["trend"]:
        found.setdefault((row["item_id"], row["stage"]), {})[row["school_year"]] = row
    lines = []
    for (item, stage), rows in found.items():
        last = rows.get(year)
        if last is None or last["kind"] in ("yes_no", "veto"):
            continue
        kind = kind_of_unit(last["unit"], last["decimals"])
        lines.append(
            {
                "name": f"{item} {last['item_name']}"
                if last["kind"] == "coefficient"
                else last["item_name"],
                "stage": stage,
                "unit": "" if last["unit"] == "1" else last["unit"] or "",
                "kind": kind,
                "change_kind": _change(kind)[0],
                "cells": [rows.get(y) for y in years],
                "last": last,
            }
        )
    return {"history": lines if len(years) > 1 else [], "history_years": years}
