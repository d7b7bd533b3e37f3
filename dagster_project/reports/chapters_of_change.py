"""The chapters about pupils who stay, classes, what changed, and what is to be done."""

from __future__ import annotations

from typing import Any

from dagster_project.figures.county import STAGES, CountyFigures
from dagster_project.figures.figure import Figure
from dagster_project.figures.rounding import kind_of_unit
from dagster_project.figures.rows import Row, by
from dagster_project.reports.causes import responsible
from dagster_project.reports.wording import bare_unit, formal, stage_word, word, wording

_FLOWS = (
    "entrants",
    "transfers_in",
    "transfers_out",
    "resumed",
    "suspended",
    "deaths",
    "dropouts",
    "completions",
    "still_enrolled",
    "arrivals",
    "graduates",
)
_PLAIN = {4: "coefficient_fine"}
_SHORTFALLS = {"人": "count", "班": "count", "间": "split_count", "平方米": "area_m2", "元": "yuan"}


def retention(figures: CountyFigures) -> list[dict[str, Any]]:
    """Every cohort of the county with its flows, and those of its schools."""
    rows = figures.rows("retention")
    return [
        {
            **_cohort(figures, row),
            "schools": [
                _cohort(figures, other)
                for other in sorted(
                    rows, key=lambda other: (other["school_name"] or "", other["school_id"] or "")
                )
                if other["school_id"] is not None
                and (other["stage"], other["cohort_years"]) == (row["stage"], row["cohort_years"])
            ],
        }
        for row in sorted(rows, key=lambda row: (row["cohort_years"], row["stage"]))
        if row["school_id"] is None
    ]


def _cohort(figures: CountyFigures, row: Row) -> dict[str, Any]:
    # The status says why a rate is not there.
    status = row["status"]
    reason = word("retention_status", status)
    # What exceeds 1 and is not explained is printed as it is, to be verified.
    rate = "retention_uncapped" if status == "above_one" else "retention"
    has_flows = row["transfers_in"] is not None
    return {
        "school": row["school_name"] or row["school_id"],
        "stage": stage_word(figures, row["stage"]),
        "years": word("cohorts", row["cohort_years"]),
        "cohort": figures.figure("retention", row, "cohort", "year"),
        "retention": figures.figure("retention", row, rate, "share", reason),
        "alternative": figures.figure("retention", row, "retention_alternative", "share", reason),
        "uncapped": figures.figure("retention", row, "retention_uncapped", "share", reason),
        "is_known": row["retention"] is not None,
        "is_capped": status == "capped",
        "is_unverified": status == "above_one",
        "has_flows": has_flows,
        "is_estimated": row["source"] == "form_331",
        "is_incomplete": status == "incomplete",
        "balance": figures.figure("retention", row, "flow_balance", "count"),
        # Persons are whole: less than half of one is a share of a split school, nobody amiss.
        "is_balanced": has_flows and abs(row["flow_balance"]) < 0.5,
        "has_still_enrolled": bool(row["still_enrolled"]),
        "has_arrivals": bool(row["arrivals"]),
        **{flow: figures.figure("retention", row, flow, "count") for flow in _FLOWS},
    }


def class_sizes(figures: CountyFigures) -> dict[str, Any]:
    """Classes by stage and size, and the schools with classes over the standard."""
    profile = by(figures.rows("county_profile"), "topic", "stage", "category")
    term = figures.ref.term_of_census

    def cell(topic: str, stage: str, category: str, kind: str = "count") -> Figure:
        row = profile.get((topic, stage, category))
        return figures.figure("county_profile", row, "value", kind)

    def unknown(stage: str) -> bool:
        row = profile.get(("classes", stage, "sections_unknown"))
        return row is not None and row["value"] > 0

    over = [row for row in figures.rows("class_size", term=term) if (row["over_standard"] or 0) > 0]
    order = {stage: number for number, stage in enumerate(STAGES)}
    over.sort(key=lambda row: (order.get(row["stage"], 9), -row["over_standard"], row["school_id"]))
    return {
        "stages": [
            {
                "name": stage_word(figures, stage),
                "limit": figures.ref.setting(f"class_limit_{stage}"),
                "classes": cell("total", stage, "classes"),
                "class_mean": cell("total", stage, "class_mean", "mean_size"),
                "over_standard": cell("classes", stage, "over_standard"),
                "oversize_56": cell("classes", stage, "oversize_56"),
                "super_66": cell("classes", stage, "super_66"),
                "unknown": cell("classes", stage, "sections_unknown"),
                "has_unknown": unknown(stage),
                "is_known": ("classes", stage, "over_standard") in profile,
            }
            for stage in STAGES
            if ("total", stage, "classes") in profile
        ],
        "schools": [
            {
                "school": row["school_name"] or row["school_id"],
                "stage": stage_word(figures, row["stage"]),
                **class_size(figures, row),
            }
            for row in over
        ],
    }


def class_size(figures: CountyFigures, row: Row | None) -> dict[str, Figure]:
    """The figures of a row of ``marts.class_size`` by their columns."""
    return {
        column: figures.figure("class_size", row, column, kind)
        for column, kind in (
            ("classes", "count"),
            ("mean_size", "mean_size"),
            ("over_standard", "count"),
            ("oversize_56", "count"),
            ("super_66", "count"),
            ("largest_class", "count"),
        )
    }


def changes(figures: CountyFigures) -> list[dict[str, Any]]:
    """What there is to compare with the last year of which the same figure is known."""
    known = figures.ref.items
    indicators = sorted(name for name in known if name.startswith("L") and len(name) == 2)
    wanted = [*wording()["changes"], *indicators, *(f"{name}_mean" for name in indicators)]
    order = {item: number for number, item in enumerate(wanted)}
    stages = {"all": 0, "primary": 1, "junior": 2}
    earlier = by(figures.history, "item_id", "stage", "school_year")
    rows = [
        row
        for row in figures.rows("trend")
        if row["item_id"] in order and row["previous_year"] is not None
    ]
    rows.sort(key=lambda row: (order[row["item_id"]], stages.get(row["stage"], 9)))
    return [
        _change(figures, row, earlier.get((row["item_id"], row["stage"], row["previous_year"])))
        for row in rows
    ]


def _change(figures: CountyFigures, row: Row, before: Row | None) -> dict[str, Any]:
    decimals = figures.ref.items[row["item_id"]]["decimals"]
    # A plain number has no unit to tell its decimals by: the composite is printed with four.
    kind = kind_of_unit(row["unit"], decimals) if row["unit"] else _PLAIN.get(decimals, "ratio")
    change = figures.figure("trend", row, "change", "points" if kind == "share" else kind)
    return {
        "name": formal(row["item_name"].split(" ")[0]),
        "is_coefficient": _is_indicator(row["item_id"]),
        "is_mean": _is_indicator(row["item_id"].removesuffix("_mean"), row["item_id"]),
        "stage": stage_word(figures, row["stage"]),
        "unit": bare_unit(row["unit"]),
        "before_year": figures.figure("trend", row, "previous_year", "year"),
        "before": figures.figure("trend", before, "value", kind),
        "now": figures.figure("trend", row, "value", kind),
        "change": change,
        "sign": "+" if (row["change"] or 0) > 0 and change.rounds_to_something else "",
        "is_points": kind == "share",
        "word": word("tendencies", _tendency(row, change)),
        "tendency": row["tendency"],
    }


def _is_indicator(item: str, other_than: str = "") -> bool:
    return item != other_than and len(item) == 2 and item.startswith("L")


def _tendency(row: Row, change: Figure) -> str:
    """Better or worse where the item has a good side, else more or less, as far as one sees it."""
    if row["tendency"]:
        return row["tendency"]
    is_seen = row["direction"] == "same" or change.rounds_to_something
    return row["direction"] if is_seen else "steady"


def restatements(figures: CountyFigures) -> dict[str, Any]:
    """Figures of the county for this year that were published before and are others now."""
    told = wording()["restated"]
    rows = [
        row
        for row in figures.rows("restatement")
        if row["column_name"] in told.get(row["table_name"], {})
    ]
    rows.sort(key=lambda row: (row["publish_id"], row["table_name"], row["row_key"]), reverse=True)
    most = wording()["most_restated"]
    return {
        "rows": [_restated(figures, row) for row in rows[:most]],
        "has_more": len(rows) > most,
    }


def _restated(figures: CountyFigures, row: Row) -> dict[str, Any]:
    how = wording()["restated"][row["table_name"]][row["column_name"]]
    key = dict(pair.split("=", 1) for pair in row["row_key"].split(";") if "=" in pair)
    item = key.get("indicator_id") or key.get("item_id")
    known = figures.ref.items

    def value(text: str | None, column: str) -> Any:
        if text is None or "kind" not in how:
            return word("verdicts", text)
        kind = how["kind"]
        if (
            row["table_name"] == "county_coefficient"
            and row["column_name"] == "mean"
            and item is not None
        ):
            kind = kind_of_unit(figures.ref.by("indicator", "indicator_id")[str(item)]["unit"])
        return figures.figure("restatement", row, column, kind)

    return {
        "what": " ".join(
            part
            for part in (
                word("stages", key["stage"]) if key.get("stage") else "",
                known[item]["name_zh"] if item and item in known else (item or ""),
                how["name"],
            )
            if part
        ),
        "old": value(row["old_value"], "old_value"),
        "new": value(row["new_value"], "new_value"),
        "file": row["source_file"] or "",
    }


def tasks(figures: CountyFigures) -> list[dict[str, Any]]:
    """What every school lacks, in natural units: the list of tasks 攻坚任务清单."""
    known = figures.ref.items
    return [
        {
            "school": row["school_name"] or row["school_id"],
            "stage": "" if row["stage"] == "all" else word("stages", row["stage"]),
            "item": formal(known[row["item_id"]]["name_zh"]),
            "item_id": row["item_id"],
            "unit": row["unit"] or "",
            "shortfall": figures.figure(
                "gap", row, "shortfall", _SHORTFALLS.get(row["unit"], "ratio"), "not_computable"
            ),
            "what_to_do": figures.sentence("gap", row, "what_to_do"),
            "responsible": responsible(row["item_id"]),
        }
        for row in figures.gaps
    ]


def targets(figures: CountyFigures) -> list[dict[str, Any]]:
    """Targets of the county's own plans that are due this year or set for it."""
    result = []
    for row in sorted(figures.rows("policy_target"), key=lambda row: row["target_id"]):
        unit, kind = figures.counted_in(row["item_id"])
        share = unit == "1"
        result.append(
            {
                "name": formal(row["target_name"]),
                "comparator": word("comparators", row["comparator"]),
                "target": figures.figure(
                    "policy_target", row, "target_value", "share_as_is" if share else "as_is"
                ),
                "actual": figures.figure("policy_target", row, "actual_value", kind),
                "unit": bare_unit(unit),
                "word": word("verdicts", row["verdict"]),
                "document": formal(row["document"] or ""),
            }
        )
    return result
