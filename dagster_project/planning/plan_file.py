"""A plan as a file: docx to hand in, xlsx to work with, csv and json for programs."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path

from dagster_project.planning.compare import (
    attainment_rows,
    coefficient_rows,
    section_rows,
    whole_rows,
)
from dagster_project.planning.plan import NOTHING_TO_DO, Change, Plan
from dagster_project.planning.plan_document import write_document
from dagster_project.planning.works import Work
from dagster_project.spreadsheets.formula_injection import WORKBOOK_OPTIONS, csv_cell

KINDS = (".docx", ".xlsx", ".csv", ".json")
NOTHING_BY_THE_SEVEN = "seven_met"
CHANGE_COLUMNS = {
    "indicator_id": "指标 indicator",
    "action": "措施 action",
    "stage": "学段 stage",
    "from_id": "调出学校代码 from",
    "from_name": "调出学校 from",
    "to_id": "学校代码 school",
    "to_name": "学校 school",
    "amount": "数量 amount",
    "unit_zh": "单位 unit",
    "yuan": "费用（元）cost (yuan)",
    "sentence_zh": "说明",
    "sentence_en": "in words",
}


def write_plan(plan: Plan, path: Path) -> None:
    """Write ``plan`` in the format that the ending of ``path`` names (one of ``KINDS``)."""
    writer = {
        ".docx": write_document,
        ".xlsx": _write_xlsx,
        ".csv": _write_csv,
        ".json": _write_json,
    }
    writer[path.suffix.lower()](plan, path)


def document(plan: Plan) -> dict:
    """The whole plan as plain values."""
    county = plan.before
    return {
        "county_code": county.county_code,
        "county_name": county.county_name,
        "school_year": county.school_year,
        "standard_id": county.standard_id,
        "status": _status(plan),
        "cost_yuan": plan.cost,
        "bound_yuan": plan.bound,
        "gap": plan.gap,
        "costs": [
            {"indicator_id": identity, "action": action, "yuan": yuan}
            for (identity, action), yuan in sorted(plan.costs.items())
        ],
        "changes": [_row(change) for change in plan.changes],
        "coefficients": coefficient_rows(plan.before, plan.after),
        "attainment": attainment_rows(plan.before, plan.after),
        "sections": section_rows(plan.before, plan.after),
        "short": [asdict(one) for one in plan.short],
        "at_floor": [
            dict(zip(("stage", "school_name", "indicator_id"), one, strict=True))
            for one in plan.at_floor
        ],
        "reasons": [{"zh": reason.zh, "en": reason.en} for reason in plan.reasons],
        "works": [_work(work) for work in plan.works],
        "county": whole_rows(plan.whole_before, plan.whole_after),
    }


def _status(plan: Plan) -> str:
    """A county of which only the seven indicators are met does not attain."""
    whole = plan.whole_before
    if plan.status == NOTHING_TO_DO and whole.items and whole.attains is not True:
        return NOTHING_BY_THE_SEVEN
    return plan.status


def _work(work: Work) -> dict:
    return {
        "item_id": work.item_id,
        "school_id": work.school_id,
        "school_name": work.school_name,
        "stage": work.stage,
        **asdict(work.amounts),
        "sentence_zh": work.message.text("zh"),
        "sentence_en": work.message.text("en"),
    }


def _row(change: Change) -> dict:
    return {column: getattr(change, column) for column in CHANGE_COLUMNS}


def _write_json(plan: Plan, path: Path) -> None:
    path.write_text(
        json.dumps(document(plan), ensure_ascii=False, indent=1, default=float) + "\n", "utf-8"
    )


def _write_csv(plan: Plan, path: Path) -> None:
    # With the mark that makes Excel read it as UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(CHANGE_COLUMNS))
        writer.writeheader()
        for change in plan.changes:
            writer.writerow({name: csv_cell(value) for name, value in _row(change).items()})


def _write_xlsx(plan: Plan, path: Path) -> None:
    import xlsxwriter

    whole = document(plan)
    with xlsxwriter.Workbook(str(path), WORKBOOK_OPTIONS) as book:
        bold = book.add_format({"bold": True})

        def sheet(name: str, rows: list[dict], titles: dict[str, str] | None = None) -> None:
            page = book.add_worksheet(name)
            columns = list(titles or (rows[0] if rows else {}))
            page.write_row(0, 0, [(titles or {}).get(c, c) for c in columns], bold)
            for number, row in enumerate(rows, start=1):
                page.write_row(number, 0, [row[column] for column in columns])
            page.freeze_panes(1, 0)
            if rows:
                page.autofilter(0, 0, len(rows), len(columns) - 1)
                page.autofit()

        scalars = ("county_code", "county_name", "school_year", "standard_id", "status")
        figures = ("cost_yuan", "bound_yuan", "gap")
        facts = [{"item": name, "value": whole[name]} for name in (*scalars, *figures)]
        notes = [{"item": "说明 note", "value": f"{r.zh} / {r.en}"} for r in plan.reasons]
        sheet("摘要 summary", [*facts, *notes])
        sheet("措施 changes", whole["changes"], CHANGE_COLUMNS)
        sheet("其他指标 other items", whole["works"])
        sheet("全县结论 county", whole["county"]["items"])
        sheet("费用 costs", whole["costs"])
        sheet("差异系数 coefficients", whole["coefficients"])
        sheet("学校 sections", whole["sections"])
        sheet("未达标 short", whole["short"])
        sheet("底线以上 at floor", whole["at_floor"])
