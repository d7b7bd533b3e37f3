"""What the page's dialogs know: how a figure comes about, from which cells, and what is flagged."""

from __future__ import annotations

import re
from typing import Any

from dagster_project.reports.published import Published
from dagster_project.reports.rounding import kind_of_unit, shown
from dagster_project.reports.web.answers import answers_of
from dagster_project.reports.web.county_facts import CountyFacts, Row
from dagster_project.reports.web.figures import KEY_OF
from dagster_project.reports.web.origins import origins_of, terms_of

_NAMES = re.compile(r"[a-z]\w+")
_WORDS = ("columns", "stages", "locations", "verdicts", "severities", "tainted")
_RULES = """
    select rule_id, severity, title, message, remedy, meaning, when_it_matters, owner, source
    from quality.rule where rule_id in (select unnest($rules)) order by rule_id
"""


def trace_of(published: Published, facts: CountyFacts, words: dict[str, Any]) -> dict[str, Any]:
    """The data that is embedded in a county's page, ready for JSON."""
    return {
        "year": facts.county.school_year,
        "county": facts.county.county_code,
        "standard": facts.standard,
        "keys": KEY_OF,
        "words": {k: words[k] for k in _WORDS},
        "statuses": words["statuses"],
        "fields": _fields(facts),
        "indicators": _indicators(facts),
        "coefficients": _coefficients(facts),
        "sections": _sections(facts),
        "flags": _flags(facts),
        "flagStates": words["flag_states"],
        "items": items_of(facts.references),
        "names": {s["school_id"]: s["school_name"] or s["school_id"] for s in facts["schools"]},
        "origins": origins_of(published, facts),
        "answers": answers_of(published, facts),
    }


def rules_of(published: Published, facts: CountyFacts) -> list[Row]:
    """The rules behind the county's flags."""
    return published.rows(_RULES, rules=sorted({flag["rule_id"] for flag in facts["flags"]}))


def numerator_kind(value: float | None, unit: str | None) -> str:
    """How a numerator is printed: people and rooms whole, unless a share of them was split off."""
    kind = kind_of_unit(unit) if unit else "ratio"
    whole = value is None or float(value).is_integer()
    return kind if kind != "count" or whole else "ratio"


def _fields(facts: CountyFacts) -> dict[str, str]:
    return {field["field_id"]: field["name_zh"] for field in facts.references["fields"]}


def _indicators(facts: CountyFacts) -> dict[str, Any]:
    units = _units(facts)
    terms: dict[str, dict[str, list[list[Any]]]] = {}
    for term in terms_of(facts):
        by_stage = terms.setdefault(term["indicator_id"], {})
        by_stage.setdefault(term["stage"], []).append([term["field_id"], term["sign"]])
    return {
        indicator["indicator_id"]: {
            "name": indicator["name_zh"],
            "unit": indicator["unit"],
            "gapUnit": units.get(indicator["indicator_id"]),
            "times": indicator["multiplier"],
            "by": indicator["denominator"],
            "source": indicator["source"],
            "shared": indicator["scope"] == "school",
            "kind": kind_of_unit(indicator["unit"]),
            "terms": terms.get(indicator["indicator_id"], {}),
        }
        for indicator in facts.indicators
    }


def items_of(references: dict[str, list[Row]]) -> dict[str, Any]:
    """Per item: the clause it comes from, and its parts with the fields that they are made of."""
    parts: dict[str, list[list[Any]]] = {}
    for part in references["item_parts"]:
        made_of = f"{part['numerator'] or ''} {part['denominator'] or ''}"
        fields = [name.removeprefix("census_") for name in _NAMES.findall(made_of)]
        parts.setdefault(part["item_id"], []).append([part["name_zh"], list(dict.fromkeys(fields))])
    return {
        item["item_id"]: {"clause": item["clause"], "parts": parts.get(item["item_id"], [])}
        for item in references["items"]
    }


def _units(facts: CountyFacts) -> dict[str, str | None]:
    return {item["item_id"]: item["gap_unit"] for item in facts.references["items"]}


def _coefficients(facts: CountyFacts) -> dict[str, Any]:
    units = _units(facts)
    value_kinds = {i["indicator_id"]: kind_of_unit(i["unit"]) for i in facts.indicators}
    found = {}
    for row in facts["coefficients"]:
        value_kind = value_kinds[row["indicator_id"]]
        number = numerator_kind(row["numerator"], units.get(row["indicator_id"]))
        kinds = {
            "sections": "count",
            "sections_missing": "count",
            "numerator": number,
            "denominator": "count",
            "mean": value_kind,
            "std_dev": "ratio",
            "cv": "coefficient_fine",
            "cv_limit": "as_is",
            "cv_without_tainted": "coefficient_fine",
        }
        found[f"{row['stage']}/{row['indicator_id']}"] = {
            column: [shown(row[column], kind), kind, row[column]] for column, kind in kinds.items()
        }
    return found


def _sections(facts: CountyFacts) -> dict[str, Any]:
    """Per section: its figures, and the sections as reported that stand behind them."""
    units = _units(facts)
    value_kinds = {i["indicator_id"]: kind_of_unit(i["unit"]) for i in facts.indicators}
    term = facts.setting("census_term")
    behind: dict[str, list[list[Any]]] = {}
    for part in facts["parts"]:
        if part["term"] == term and part["evaluated_school_id"] is not None:
            key = f"{part['evaluated_school_id']}/{part['stage']}"
            name = part["school_name"] or part["school_id"]
            share = part["split_share"]
            split = "" if share in (None, 1) else shown(share, "share")
            behind.setdefault(key, []).append([part["school_id"], name, split])
    found: dict[str, Any] = {}
    for row in facts["sections"]:
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
        unit = units.get(row["indicator_id"])
        number = numerator_kind(row["numerator"], unit)
        gap = numerator_kind(row["gap_total"], unit)
        kind = value_kinds[row["indicator_id"]]
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


def _flags(facts: CountyFacts) -> list[list[Any]]:
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
        for flag in facts["flags"]
    ]
