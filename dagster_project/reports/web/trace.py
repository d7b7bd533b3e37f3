"""What the page's dialogs know: how a figure comes about, from which cells, and what is flagged."""

from __future__ import annotations

import re
from typing import Any

from dagster_project.figures.reference import Reference
from dagster_project.figures.rounding import kind_of_numerator, kind_of_unit, shown
from dagster_project.figures.rows import Row, grouped
from dagster_project.publish.book import keys_of_marts
from dagster_project.reports.web.county_rows import CountyRows
from dagster_project.reports.web.origins import answers_of, origins_of

_NAMES = re.compile(r"[a-z]\w+")
_WORDS = ("columns", "stages", "locations", "verdicts", "severities", "tainted")
_RULES = """
    select rule_id, severity, title, message, remedy, meaning, when_it_matters, owner, source
    from quality.rule where rule_id in (select unnest($rules)) order by rule_id
"""


def trace_of(page: CountyRows, words: dict[str, Any]) -> dict[str, Any]:
    """The data that is embedded in a county's page, ready for JSON."""
    return {
        "year": page.county.school_year,
        "county": page.county.county_code,
        "standard": page.standard,
        "keys": keys_of_marts(),
        "words": {k: words[k] for k in _WORDS},
        "statuses": words["statuses"],
        "fields": fields_of(page.figures.ref),
        "indicators": _indicators(page),
        "coefficients": _coefficients(page),
        "sections": _sections(page),
        "flags": _flags(page),
        "flagStates": words["flag_states"],
        "items": items_of(page.figures.ref),
        "names": {s["school_id"]: s["school_name"] or s["school_id"] for s in page["schools"]},
        "origins": origins_of(page),
        "answers": answers_of(page),
    }


def rules_of(page: CountyRows) -> list[Row]:
    """The rules behind the county's flags."""
    return page.figures.published.rows(
        _RULES, rules=sorted({flag["rule_id"] for flag in page["flags"]})
    )


def fields_of(ref: Reference) -> dict[str, str]:
    """What the fields are called."""
    return {field["field_id"]: field["name_zh"] for field in ref.rows("field")}


def _indicators(page: CountyRows) -> dict[str, Any]:
    items = page.figures.ref.items
    terms: dict[str, dict[str, list[list[Any]]]] = {}
    for term in page.figures.ref.terms(page.standard):
        by_stage = terms.setdefault(term["indicator_id"], {})
        by_stage.setdefault(term["stage"], []).append([term["field_id"], term["sign"]])
    return {
        indicator["indicator_id"]: {
            "name": indicator["name_zh"],
            "unit": indicator["unit"],
            "gapUnit": items.get(indicator["indicator_id"], {}).get("gap_unit"),
            "times": indicator["multiplier"],
            "by": indicator["denominator"],
            "source": indicator["source"],
            "shared": indicator["scope"] == "school",
            "kind": kind_of_unit(indicator["unit"]),
            "terms": terms.get(indicator["indicator_id"], {}),
        }
        for indicator in page.indicators
    }


def items_of(ref: Reference) -> dict[str, Any]:
    """Per item: the clause it comes from, and its parts with the fields that they are made of."""
    parts = grouped(ref.rows("item_part"), lambda part: part["item_id"])
    return {
        item["item_id"]: {
            "clause": item["clause"],
            "parts": [[part["name_zh"], _named(part)] for part in parts.get(item["item_id"], [])],
        }
        for item in ref.rows("item")
    }


def _named(part: Row) -> list[str]:
    """The fields in the formulas of a part."""
    made_of = f"{part['numerator'] or ''} {part['denominator'] or ''}"
    fields = [name.removeprefix("census_") for name in _NAMES.findall(made_of)]
    return list(dict.fromkeys(fields))


def _units(page: CountyRows) -> dict[str, str]:
    return {indicator["indicator_id"]: indicator["unit"] for indicator in page.indicators}


def _coefficients(page: CountyRows) -> dict[str, Any]:
    units = _units(page)
    found = {}
    for row in page["coefficients"]:
        unit = units[row["indicator_id"]]
        kinds = {
            "sections": "count",
            "sections_missing": "count",
            "numerator": kind_of_numerator(unit, row["numerator"]),
            "denominator": "count",
            "mean": kind_of_unit(unit),
            "std_dev": "ratio",
            "cv": "coefficient_fine",
            "cv_limit": "as_is",
            "cv_without_tainted": "coefficient_fine",
        }
        found[f"{row['stage']}/{row['indicator_id']}"] = {
            column: [shown(row[column], kind), kind, row[column]] for column, kind in kinds.items()
        }
    return found


def _sections(page: CountyRows) -> dict[str, Any]:
    """Per section: its figures, and the sections as reported that stand behind them."""
    units = _units(page)
    term = page.figures.ref.term_of_census
    behind: dict[str, list[list[Any]]] = {}
    for part in page["parts"]:
        if part["term"] == term and part["evaluated_school_id"] is not None:
            key = f"{part['evaluated_school_id']}/{part['stage']}"
            name = part["school_name"] or part["school_id"]
            share = part["split_share"]
            split = "" if share in (None, 1) else shown(share, "share")
            behind.setdefault(key, []).append([part["school_id"], name, split])
    found: dict[str, Any] = {}
    for row in page["sections"]:
        key = f"{row['school_id']}/{row['stage']}"
        section = found.setdefault(
            key,
            {
                "name": row["school_name"] or row["school_id"],
                "at": row["urban_rural"],
                "from": behind.get(key, []),
                "figures": {},
                "gaps": {},
            },
        )
        unit = units[row["indicator_id"]]
        number = kind_of_numerator(unit, row["numerator"])
        gap = kind_of_numerator(unit, row["gap_total"])
        kind = kind_of_unit(unit)
        # Texts for people and the unrounded value; the order is that of page.js.
        section["figures"][row["indicator_id"]] = [
            shown(row["numerator"], number),
            number,
            shown(row["denominator"], "count"),
            shown(row["value"], kind),
            shown(row["threshold"], "as_is"),
            shown(row["floor"], "as_is"),
            shown(row["gap_total"], gap) if row["gap_total"] else "",
            gap,
            row["verdict"] or "none",
            row["value_status"],
            int(bool(row["is_tainted"])),
            row["value"],
            row["numerator"],
            row["denominator"],
        ]
        section["gaps"][row["indicator_id"]] = row["gap_total"]
    return found


def _flags(page: CountyRows) -> list[list[Any]]:
    return [
        [
            flag["flag_id"],
            flag["school_id"],
            flag["stage"],
            (flag["taints"] or "").split(","),
            flag["title"] or flag["rule_id"],
            flag["severity"],
            flag["status"],
        ]
        for flag in page["flags"]
    ]
