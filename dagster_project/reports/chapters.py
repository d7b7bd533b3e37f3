"""The chapters that both Word documents are made of: rows and figures, without a sentence."""

from __future__ import annotations

from typing import Any

from dagster_project.figures.county import STAGES, CountyFigures
from dagster_project.figures.figure import Figure
from dagster_project.figures.rounding import kind_of_unit, missing
from dagster_project.figures.rows import Row, by, grouped
from dagster_project.reports.wording import bare_unit, formal, stage_word, word, wording
from dagster_project.verdicts import of_coefficient

STANDARD = "2017"
"""The standard that a county signs for; the others stand in the annex."""

# A numerator by the unit of its shortfall: teachers are whole, rooms may have been split.
_NUMERATORS = {
    "人": "count",
    "间": "split_count",
    "平方米": "area_m2",
    "元": "ten_thousand_yuan",
}
_PRINTED_UNITS = {"元": "万元"}
_COUNTED = ("not_met", "unverified", "not_reported", "not_applicable", "not_due")


def stages_of(figures: CountyFigures) -> list[str]:
    """The stages that the county has, primary first."""
    present = {row["stage"] for row in figures.rows("county_enrolment")}
    present |= {row["stage"] for row in figures.rows("county_coefficient", standard_id=STANDARD)}
    return [stage for stage in STAGES if stage in present]


def overview(figures: CountyFigures) -> dict[str, Any]:
    """Schools by kind, area and sponsor; pupils, classes and teachers by stage."""
    profile = by(figures.rows("county_profile"), "topic", "stage", "category")

    def total(stage: str, category: str, kind: str = "count") -> Figure:
        return figures.figure(
            "county_profile", profile.get(("total", stage, category)), "value", kind
        )

    def groups(topic: str, words: Any) -> list[dict[str, Any]]:
        rows = [row for row in figures.rows("county_profile", topic=topic) if row["value"] > 0]
        return [
            {
                "name": words(row["category"]),
                "number": figures.figure("county_profile", row, "value", "count"),
            }
            for row in sorted(rows, key=lambda row: row["category"])
        ]

    types = figures.ref.by("school_type", "school_type_code")

    def type_name(code: str) -> str:
        return types[code]["name_zh"] if code in types else word("kinds", code)

    staff = figures.row("trend", stage="all", item_id="staff")
    stages = stages_of(figures)
    return {
        "schools": total("all", "schools"),
        "kinds": groups("schools_by_kind", type_name),
        "uncounted": groups("uncounted_by_kind", type_name),
        "areas": groups("schools_by_area", lambda code: word("areas", code)),
        "sponsors": groups("schools_by_sponsor", lambda code: word("sponsors", code)),
        "staff": figures.figure("trend", staff, "value", "count"),
        "pupils": total("all", "pupils"),
        "classes": total("all", "classes"),
        "teachers": total("all", "teachers"),
        "class_mean": total("all", "class_mean", "mean_size"),
        "stages": [
            {
                "name": stage_word(figures, stage),
                "schools": total(stage, "schools"),
                "pupils": total(stage, "pupils"),
                "classes": total(stage, "classes"),
                "class_mean": total(stage, "class_mean", "mean_size"),
                "teachers": total(stage, "teachers"),
                "areas": groups_of_stage(figures, "pupils_by_area", stage, "areas"),
            }
            for stage in [*stages, *(["all"] if len(stages) > 1 else [])]
        ],
    }


def groups_of_stage(
    figures: CountyFigures, topic: str, stage: str, words: str
) -> list[dict[str, Any]]:
    """The categories of a topic of the county's profile in one stage."""
    rows = figures.rows("county_profile", topic=topic, stage=stage)
    return [
        {
            "name": word(words, row["category"]),
            "number": figures.figure("county_profile", row, "value", "count"),
        }
        for row in sorted(rows, key=lambda row: row["category"])
        if row["value"]
    ]


def conclusion(figures: CountyFigures) -> dict[str, Any] | None:
    """How many of the 31 items are met, and whether the county attains."""
    row = figures.row("county_verdict", standard_id=STANDARD)
    if row is None:
        return None

    def count(column: str) -> Figure:
        return figures.figure("county_verdict", row, column, "count")

    return {
        "met": count("items_met"),
        "total": count("items_total"),
        **{verdict: count(f"items_{verdict}") for verdict in _COUNTED},
        **{f"has_{verdict}": (row[f"items_{verdict}"] or 0) > 0 for verdict in _COUNTED},
        "attains": row["attains"],
        "word": word("attains", row["attains"]),
        "satisfaction": row["satisfaction_verdict"],
        "veto": row["veto_verdict"],
    }


def indicators(figures: CountyFigures) -> list[dict[str, Any]]:
    """The seven indicators, each with its stages: mean, coefficient, sections and those below."""
    known = by(figures.rows("county_coefficient", standard_id=STANDARD), "indicator_id", "stage")
    counts = by(
        figures.rows("county_profile", topic="sections_by_verdict"), "item_id", "stage", "category"
    )
    short = grouped(
        (
            row
            for row in figures.rows("school_indicator", standard_id=STANDARD)
            if row["verdict"] in ("floor", "below")
        ),
        lambda row: (row["indicator_id"], row["stage"]),
    )
    items = figures.ref.items
    chapters = []
    for indicator in figures.ref.indicators(STANDARD):
        name = indicator["indicator_id"]
        stages = [stage for stage in stages_of(figures) if (name, stage) in known]
        if not stages:
            continue
        item = figures.row("county_assessment", standard_id=STANDARD, item_id=name)
        chapters.append(
            {
                "id": name,
                "name": formal(indicator["name_zh"]),
                "noun": items[name]["noun_zh"],
                "unit": bare_unit(indicator["unit"]),
                "full_unit": indicator["unit"],
                "per": "生均" if indicator["unit"].endswith("/生") else "平均每百名学生",
                "total": wording()["totals"][items[name]["gap_unit"]],
                "numerator_unit": _PRINTED_UNITS.get(
                    items[name]["gap_unit"], items[name]["gap_unit"]
                ),
                "verdict": item["verdict"] if item else None,
                "word": word("verdicts", item["verdict"]) if item else "",
                "is_tainted": item is not None
                and figures.taints("county_assessment", item, "verdict"),
                "stages": [
                    _stage_of_indicator(
                        figures,
                        known[name, stage],
                        indicator,
                        items[name]["gap_unit"],
                        counts,
                        short.get((name, stage), []),
                    )
                    for stage in stages
                ],
            }
        )
    return chapters


def _stage_of_indicator(
    figures: CountyFigures, row: Row, indicator: Row, unit: str, counts: dict, short: list[Row]
) -> dict[str, Any]:
    stage = row["stage"]
    kind = kind_of_unit(indicator["unit"])
    standards = figures.rows(
        "school_indicator", standard_id=STANDARD, indicator_id=row["indicator_id"], stage=stage
    )
    judged = next((found for found in standards if found["threshold"] is not None), None)

    def of(column: str, kind: str) -> Figure:
        return figures.figure("county_coefficient", row, column, kind, _why(row))

    def sections(verdict: str) -> Figure:
        found = counts.get((row["indicator_id"], stage, verdict))
        return figures.figure("county_profile", found, "value", "count", "not_computable")

    short = sorted(short, key=lambda found: (found["verdict"], found["value"]))
    most = wording()["most_schools"]
    return {
        "name": stage_word(figures, stage),
        "numerator": of("numerator", _NUMERATORS.get(unit, "ratio")),
        "mean": of("mean", kind),
        "cv": of("cv", "coefficient"),
        "limit": of("cv_limit", "as_is"),
        "sections": of("sections", "count"),
        "is_single": row["sections"] == 1 and not row["sections_missing"],
        "coverage": _coverage(row),
        "missing": of("sections_missing", "count"),
        "has_missing": (row["sections_missing"] or 0) > 0,
        "tainted": of("sections_tainted", "count"),
        "has_tainted": (row["sections_tainted"] or 0) > 0,
        "cv_without_tainted": of("cv_without_tainted", "coefficient"),
        "verdict": of_coefficient(row),
        "word": word("verdicts", of_coefficient(row)),
        "threshold": figures.figure("school_indicator", judged, "threshold", "as_is"),
        "floor": figures.figure("school_indicator", judged, "floor", "as_is"),
        "sections_met": sections("met"),
        "sections_floor": sections("floor"),
        "sections_below": sections("below"),
        "short": [_short_school(figures, found, kind) for found in short],
        **{
            f"named_{verdict}": [
                _short_school(figures, found, kind)
                for found in short[:most]
                if found["verdict"] == verdict
            ]
            for verdict in ("below", "floor")
        },
        "has_more": len(short) > most,
    }


def _coverage(row: Row) -> str:
    """Of how many schools there is a figure: ``none``, ``some`` or ``all``."""
    if not row["sections"]:
        return "none"
    return "some" if row["sections_missing"] else "all"


def _why(row: Row) -> str | None:
    """Why a county figure is not there."""
    return "missing" if row["sections_missing"] else None


def _short_school(figures: CountyFigures, row: Row, kind: str) -> dict[str, Any]:
    def of(column: str, kind: str) -> Figure:
        return figures.figure("school_indicator", row, column, kind)

    return {
        "school": row["school_name"] or row["school_id"],
        "value": of("value", kind),
        "threshold": of("threshold", "as_is"),
        "floor": of("floor", "as_is"),
        "gap": of("gap_per_pupil", kind),
        "verdict": row["verdict"],
        "word": word("school_verdicts", row["verdict"]),
    }


def composites(figures: CountyFigures) -> list[dict[str, Any]]:
    """The composite coefficient of each stage: published beside the seven, it decides nothing."""
    known = by(figures.rows("county_composite", standard_id=STANDARD), "stage")
    return [
        {
            "name": stage_word(figures, stage),
            "value": figures.figure(
                "county_composite", known[stage], "composite_cv", "coefficient_fine", "missing"
            ),
        }
        for stage in stages_of(figures)
        if stage in known
    ]


def degrees(figures: CountyFigures) -> list[dict[str, Any]]:
    """Teachers above the required degree by stage, and by school those who are not."""
    shares = by(figures.rows("trend", item_id="degree_share"), "stage")
    others = by(figures.rows("trend", item_id="teachers_not_above_degree"), "stage")
    most = wording()["most_schools"]
    found = []
    for stage in stages_of(figures):
        share, other = shares.get(stage), others.get(stage)
        if share is None or other is None:
            continue
        schools = sorted(
            figures.rows("teachers_not_above_degree", stage=stage),
            key=lambda row: (-row["not_above_degree"], row["school_id"]),
        )
        found.append(
            {
                "name": stage_word(figures, stage),
                "teachers": figures.figure("trend", share, "denominator", "count"),
                "above": figures.figure("trend", share, "numerator", "count"),
                "share": figures.figure("trend", share, "value", "share"),
                "not_above": figures.figure("trend", other, "value", "count"),
                "schools": [
                    {
                        "school": row["school_name"] or row["school_id"],
                        "number": figures.figure(
                            "teachers_not_above_degree", row, "not_above_degree", "count"
                        ),
                    }
                    for row in schools[:most]
                ],
                "has_more": len(schools) > most,
            }
        )
    return found


def attainment(figures: CountyFigures) -> list[dict[str, Any]]:
    """Per stage, how many sections attain; and the sections that do not, with their counts."""
    found = by(figures.rows("county_profile", topic="sections_by_attainment"), "stage", "category")
    failing = grouped(
        (
            row
            for row in figures.rows("school_attainment", standard_id=STANDARD)
            if row["attains"] is False
        ),
        lambda row: row["stage"],
    )
    categories = ("attaining", "not_attaining", "undecided")
    most = wording()["most_schools"]
    return [
        {
            "name": stage_word(figures, stage),
            **{
                category: figures.figure("county_profile", row, "value", "count")
                if row and row["value"]
                else None
                for category in categories
                for row in [found.get((stage, category))]
            },
            "failing": [
                row["school_name"] or row["school_id"]
                for row in sorted(failing.get(stage, []), key=lambda row: row["school_id"])[:most]
            ],
            "has_more": len(failing.get(stage, [])) > most,
        }
        for stage in stages_of(figures)
        if any((stage, category) in found for category in categories)
    ]


def items(figures: CountyFigures) -> list[dict[str, Any]]:
    """The 31 items, satisfaction and vetoes, in their order, with verdict and evidence."""
    known = figures.ref.items
    rows = [
        row
        for row in figures.rows("county_assessment", standard_id=STANDARD)
        if row["item_id"] in known
    ]
    return [
        _item(figures, row, known[row["item_id"]])
        for row in sorted(rows, key=lambda row: known[row["item_id"]]["position"])
    ]


def _item(figures: CountyFigures, row: Row, item: Row) -> dict[str, Any]:
    yes_no = item["kind"] == "yes_no"
    kind = kind_of_unit(item["unit"])
    comparator = word("comparators", figures.ref.comparator(row["item_id"]))
    value: Any = figures.figure("county_assessment", row, "value", kind, _reason(row))
    if yes_no:
        value = missing(_reason(row)) if row["value"] is None else word("yes_no", row["value"])
    tainted = figures.taints("county_assessment", row, "verdict")
    return {
        "id": row["item_id"],
        "position": item["position"],
        "name": formal(row["item_name"] or item["name_zh"]),
        "value": value,
        "unit": bare_unit(item["unit"]) if row["value"] is not None and not yes_no else "",
        # No more than nothing is nothing.
        "comparator": "" if row["threshold"] == 0 else comparator,
        "threshold": ""
        if yes_no or row["threshold"] is None
        else figures.figure(
            "county_assessment", row, "threshold", "share_as_is" if kind == "share" else "as_is"
        ),
        "threshold_unit": "" if kind == "share" else bare_unit(item["unit"]),
        "verdict": row["verdict"],
        "word": word("verdicts", row["verdict"]),
        "is_tainted": tainted,
        "evidence": figures.sentence("county_assessment", row, "evidence"),
    }


def _reason(row: Row) -> str:
    """Why there is no figure: its verdict says so, unless it was judged all the same."""
    if row["verdict"] in ("met", "not_met", None):
        return "not_computable"
    return word("verdicts", row["verdict"])


def parts(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items under their headings: resources, government, quality."""
    return [
        {"name": part["name"], "items": found}
        for part in wording()["parts"]
        if (found := [entry for entry in entries if entry["id"].startswith(part["sign"])])
    ]
