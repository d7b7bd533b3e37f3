"""What each list of the workbook is made of: kinds of figures, formulas, totals, notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.rounding import kind_of_unit
from dagster_project.figures.rows import Row, ordered
from dagster_project.reports.annex.layout import Layout
from dagster_project.reports.annex.lists import FIRST_ROW, List, Total
from dagster_project.reports.annex.page import LETTERS, quoted, span
from dagster_project.reports.wording import word

# DOMAIN §4, retention: (a) and (b) of ref.setting retention_formula. N() makes nought of a dash.
_RETENTION = {
    "a": "{graduates}/({entrants}+N({transfers_in})-N({transfers_out})-N({deaths}))",
    "b": "({graduates}-N({transfers_in})+N({transfers_out}))/({entrants}-N({deaths}))",
}
_BALANCE = (
    "{entrants}+{transfers_in}+{resumed}+N({arrivals})-{transfers_out}-{suspended}-{dropouts}"
    "-N({completions})-{deaths}-N({still_enrolled})-{graduates}"
)
ITEM_COUNTS = (
    "items_met",
    "items_total",
    "items_not_met",
    "items_unverified",
    "items_not_reported",
    "items_not_applicable",
    "items_not_due",
)
"""The columns of marts.county_verdict that count the 31 indicators."""


def items(figures: CountyFigures, layout: Layout) -> List:
    """The 31 indicators in order, then satisfaction and vetoes."""
    of_item = figures.ref.items
    rows = []
    for row in ordered(figures.table("county_assessment"), "-standard_id", "item_id"):
        item = of_item.get(row["item_id"], {})
        kind = _item_kind(item)
        threshold_kind = "as_is" if kind == "coefficient_fine" else kind
        kinds = {"value_kind": kind, "threshold_kind": threshold_kind}
        reason = word("verdicts", row["verdict"])
        rows.append({**row, "clause": item.get("clause"), "reason": reason, **kinds})
    rows.sort(key=lambda row: of_item.get(row["item_id"], {}).get("position", 999))
    page = layout["lists"]["items"]
    return List(
        rows=rows,
        columns=page["columns"],
        totals=_item_counts(figures, layout),
        figures=figures,
        table="county_assessment",
        note=page["note"],
    )


def _item_counts(figures: CountyFigures, layout: Layout) -> list[Total]:
    """How many of the 31, which stand first, have which verdict."""
    page = layout["lists"]["items"]
    column = [entry["key"] for entry in page["columns"]].index("verdict")
    totals: list[Total] = []
    verdicts = figures.table("county_verdict")
    for verdict in verdicts if len(verdicts) == 1 else ():
        stretch = span(FIRST_ROW, FIRST_ROW + verdict["items_total"] - 1, column)
        for key, label in page["counts"].items():
            formula = f"COUNTIF({stretch},{quoted(layout['verdicts'][key])})"
            totals.append((label, {"verdict": (formula, verdict[f"items_{key}"])}))
    return totals


def _item_kind(item: Row) -> str:
    """L1-L7 are judged by their coefficient, which has no unit; yes and no are 1 and 0."""
    if item.get("kind") == "coefficient":
        return "coefficient_fine"
    if item.get("kind") == "yes_no":
        return "yes_no"
    unit = item.get("unit")
    return kind_of_unit(unit) if unit else "count"


def retention(figures: CountyFigures, layout: Layout) -> List:
    """Cohorts of the county, then of its schools."""
    page = layout["lists"]["retention"]
    chosen = figures.ref.setting("retention_formula")
    # What is published is at most 1; what the formula gives stands beside it.
    formulas = {
        "retention": f"MIN(1,{_RETENTION[chosen]})",
        "retention_alternative": f"MIN(1,{_RETENTION['b' if chosen == 'a' else 'a']})",
        "retention_uncapped": _RETENTION[chosen],
        "flow_balance": _BALANCE,
    }
    rows = [
        {**row, "school_name": row["school_name"] or row["school_id"] or page["whole_county"]}
        for row in _cohorts(figures)
    ]
    return List(
        rows=rows,
        columns=page["columns"],
        formulas=formulas,
        figures=figures,
        table="retention",
        note=page["note"].format(formula=page["formulas"][chosen]),
    )


def _cohorts(figures: CountyFigures) -> list[Row]:
    rows = ordered(figures.table("retention"), "school_id")
    # The county's own row comes before those of its schools.
    rows.sort(key=lambda row: row["school_id"] is not None)
    return ordered(rows, "-stage", "cohort_years")


def class_sizes(figures: CountyFigures, layout: Layout) -> List:
    """Schools by semester and stage, and the sums of each."""
    page = layout["lists"]["class_size"]
    rows = ordered(figures.table("class_size"), "term", "-stage", "school_id")
    words = layout["words"]
    letters = {column["key"]: LETTERS[n] for n, column in enumerate(page["columns"])}
    last = FIRST_ROW + len(rows)
    totals: list[Total] = []
    blocks = list(dict.fromkeys((row["term"], row["stage"]) for row in rows))
    for term, stage in blocks:
        named = words["term"].get(term, term), words["stage"].get(stage, stage)
        inside = [row for row in rows if (row["term"], row["stage"]) == (term, stage)]
        found: dict[str, tuple[str, float | None]] = {}
        for key in ("classes", "pupils", "over_standard", "oversize_56", "super_66"):
            known = [row[key] for row in inside if row[key] is not None]
            stretch, terms, stages = (
                f"{letters[k]}${FIRST_ROW + 1}:{letters[k]}${last}" for k in (key, "term", "stage")
            )
            formula = f'SUMIFS({stretch},{terms},"{named[0]}",{stages},"{named[1]}")'
            found[key] = (formula, sum(known))
        totals.append((f"{named[0]}{named[1]}{page['total']}", found))
    return List(
        rows=rows,
        columns=page["columns"],
        formulas={"mean_size": "{pupils}/{classes}"},
        figures=figures,
        table="class_size",
        totals=totals,
        note=page["note"].format(
            primary=figures.ref.setting("class_limit_primary"),
            junior=figures.ref.setting("class_limit_junior"),
        ),
    )


def tasks(figures: CountyFigures, layout: Layout) -> List:
    """What each school lacks, by item."""
    items = figures.ref.items
    indicators = figures.ref.by("indicator", "indicator_id")
    parts = figures.ref.by("item_part", "part_id")
    found = []
    for number, row in enumerate(figures.gaps, start=1):
        item = items.get(row["item_id"], {})
        indicator = indicators.get(row["item_id"])
        part = parts.get(row["part_id"], {})
        kind = kind_of_unit(indicator["unit"]) if indicator else _part_kind(part)
        found.append(
            {
                **row,
                "number": number,
                "item_name": item.get("name_zh"),
                "school_name": row["school_name"] or row["school_id"],
                "value_kind": kind,
                "threshold_kind": "as_is" if indicator else kind,
                "shortfall_kind": kind_of_unit(row["unit"]) if row["unit"] else "ratio",
            }
        )
    return List(
        rows=found,
        columns=layout["lists"]["tasks"]["columns"],
        figures=figures,
        table="gap",
    )


def _part_kind(part: Row) -> str:
    if part.get("scale") == 100:
        return "share"
    return "ratio" if part.get("decimals") else "count"


def trend(figures: CountyFigures, layout: Layout) -> List:
    """One row per figure, the years beside each other."""
    page = layout["lists"]["trend"]
    items, stages = figures.ref.items, list(layout["words"]["stage"])
    indicators = figures.ref.by("indicator", "indicator_id")
    school_year = figures.county.school_year
    years = sorted({row["school_year"] for row in figures.history})
    found: dict[tuple[str, str], Row] = {}
    for row in ordered(figures.history, "school_year"):
        line = found.setdefault((row["item_id"], row["stage"]), {})
        line[f"year_{row['school_year']}"] = row["value"]
        if row["school_year"] == school_year:
            line.update(row)
        else:
            for key in ("item_id", "item_name", "stage", "unit"):
                line.setdefault(key, row[key])
    rows = []
    for line in found.values():
        unit = line["unit"]
        kind = "coefficient_fine" if line["item_id"] in indicators else None
        kind = kind or (kind_of_unit(unit) if unit else "coefficient_fine")
        rows.append(
            {
                "change": None,
                "direction": None,
                "tendency": None,
                **line,
                "value_kind": kind,
                "unit": _unit_of(unit, kind, page),
            }
        )
    rows.sort(
        key=lambda row: (
            items.get(row["item_id"], {}).get("position", 999),
            stages.index(row["stage"]) if row["stage"] in stages else 9,
        )
    )
    entry = page["year_column"]
    year_columns: list[dict[str, Any]] = [
        {
            "key": f"year_{year}",
            "zh": entry["zh"].format(year=year),
            "en": entry["en"].format(year=year),
            "width": entry["width"],
            "kind_from": "value_kind",
        }
        for year in years
    ]
    for row in rows:
        for column in year_columns:
            row.setdefault(column["key"], None)
    now = f"year_{school_year}"
    return List(
        rows=rows,
        columns=[*page["columns"], *year_columns, *page["last_columns"]],
        figures=figures,
        table="trend",
        cells={now: "value"},
    )


def _unit_of(unit: str | None, kind: str, page: Layout) -> str:
    if kind == "coefficient_fine":
        return page["coefficient_unit"]
    return "%" if unit == "1" else unit or ""


def targets(figures: CountyFigures, layout: Layout) -> List:
    """Targets of local plans."""
    rows = []
    for row in ordered(figures.table("policy_target"), "target_id"):
        unit, kind = figures.counted_in(row["item_id"])
        rows.append({**row, "value_kind": kind if unit else "as_is"})
    return List(
        rows=rows,
        columns=layout["lists"]["targets"]["columns"],
        figures=figures,
        table="policy_target",
    )


def flags(figures: CountyFigures, layout: Layout) -> List:
    """Flags of the county and year, open ones first."""
    return List(
        rows=[
            {**row, "school_name": row["school_name"] or row["school_id"]}
            for row in _flags(figures)
        ],
        columns=layout["lists"]["flags"]["columns"],
    )


def _flags(figures: CountyFigures) -> list[Row]:
    rows = ordered(figures.table("flag"), "status", "school_id", "-stage", "rule_id", "flag_id")
    return sorted(rows, key=lambda row: (row["status"] != "open", row["severity"] != "hard"))


def restatements(found: Iterable[Row], layout: Layout) -> List:
    """Published figures that moved since they were published."""
    rows = ordered(found, "-publish_id", "kind", "table_name", "row_key", "column_name")
    listed = rows[: layout["lists"]["restatements"]["most_rows"]]
    unlisted = len(rows) - len(listed)
    more = layout["more_rows"].format(rows=unlisted, table="marts.restatement") if unlisted else ""
    return List(
        rows=listed,
        columns=layout["lists"]["restatements"]["columns"],
        more=more,
    )
