"""A plan as a Word document to hand in: measures by school, what they cost, by when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dagster_project.figures.rounding import shown
from dagster_project.messages import coded
from dagster_project.messages.moments import in_beijing
from dagster_project.planning.compare import coefficient_rows
from dagster_project.planning.county import County
from dagster_project.planning.plan import Change, Plan
from dagster_project.planning.whole import Whole
from dagster_project.reports.word import fill
from dagster_project.verdicts import of_county

TEMPLATE = Path(__file__).with_name("整改方案.txt")
_BLANK_DATE = "　　　　年　　月　　日"
_TEN_THOUSAND = "ten_thousand_yuan"
_ITEMS = {
    "G3": "音乐、美术专用教室",
    "G4": "学校规模：分流学生",
    "G5": "班级学生数：增班、均衡分班",
    "Q4": "教师培训经费",
}


def write_document(plan: Plan, path: Path) -> None:
    """Write ``plan`` as docx."""
    county = plan.before
    at = in_beijing(county.published_at) if county.published_at else None
    title = f"{county.county_name}{county.school_year}—{county.school_year + 1}学年整改方案"
    properties: dict[str, Any] = {"title": title, "category": "整改方案", "language": "zh-CN"}
    if at is not None:
        properties |= {"created": at, "modified": at}
    path.write_bytes(fill(TEMPLATE, context_of(plan), properties))


def context_of(plan: Plan) -> dict[str, Any]:
    """What the template prints."""
    county, before, after = plan.before, plan.whole_before, plan.whole_after
    year = county.school_year
    done = [work for work in plan.works if not work.is_tainted]
    first = _first_summer(county)
    rows = [_of_change(change, first) for change in plan.changes]
    rows += [
        {
            "school": work.school_name,
            "what": work.message.text("zh"),
            "yuan": work.amounts.yuan,
            "by": _by_when("add" if work.amounts.rooms else "move", first),
        }
        for work in done
    ]
    rows.sort(key=lambda row: row["school"])
    return {
        "county": county.county_name,
        "year": year,
        "next_year": year + 1,
        "draft": county.is_draft,
        "assumed": any(price.startswith("assumption") for price in plan.price_statuses)
        or any(work.amounts.rooms or work.amounts.teachers for work in done),
        "met": before.met,
        "met_after": after.met,
        "said_before": of_county(before.attains),
        "said_after": of_county(after.attains),
        "not_met": _listed(before, "not_met"),
        "not_met_after": _listed(after, "not_met"),
        "open_items": _listed(before, "not_reported", "unverified"),
        "reasons": [reason.zh.rstrip("。") for reason in plan.reasons],
        "rows": [row | {"cost": _cost(row["yuan"])} for row in rows],
        "waiting": [work.message.text("zh") for work in plan.works if work.is_tainted],
        "costs": _costs(plan),
        "cost": shown(plan.cost + sum(work.amounts.yuan for work in done), _TEN_THOUSAND),
        "coefficients": [
            {
                "stage": coded("stage", row["stage"]).text("zh"),
                "name": row["name"],
                "before": shown(row["cv_before"], "coefficient", "missing"),
                "after": shown(row["cv_after"], "coefficient", "missing"),
                "limit": shown(row["cv_limit"], "as_is"),
                "word": coded("verdict", row["verdict_after"]).text("zh"),
            }
            for row in coefficient_rows(plan.before, plan.after)
            if row["indicator_id"] != "composite"
        ],
        "gap": f"{plan.gap:.1%}",
        "date": _BLANK_DATE,
        "published": f"{in_beijing(county.published_at):%Y年%m月%d日}"
        if county.published_at
        else "",
    }


def _of_change(change: Change, first: int) -> dict[str, Any]:
    return {
        "school": change.to_name,
        "what": change.sentence_zh,
        "yuan": change.yuan,
        "by": _by_when(change.action, first),
    }


def _by_when(action: str, first: int) -> str:
    """People move and money comes by the first summer, building takes one more year."""
    return f"{first + (action == 'add')}年8月底前"


def _first_summer(county: County) -> int:
    """The year of the first summer that leaves half a year after the figures were published."""
    if not county.published_at:
        return county.school_year + 1
    at = in_beijing(county.published_at)
    return at.year + (at.month > 2)


def _listed(whole: Whole, *verdicts: str) -> str:
    return "、".join(item for verdict in verdicts for item in whole.those(verdict))


def _costs(plan: Plan) -> list[dict[str, str]]:
    """Costs by indicator and action, then those of the other items."""
    found = []
    for (identity, action), yuan in sorted(plan.costs.items()):
        mine = [c for c in plan.changes if (c.indicator_id, c.action) == (identity, action)]
        amount = f"{sum(change.amount for change in mine):,.0f} {mine[0].unit_zh}"
        name = f"{identity} {mine[0].name_zh}：{coded('plan_action', action).text('zh')}"
        found.append({"name": name, "amount": amount, "cost": _cost(yuan)})
    by_item: dict[str, list] = {}
    for work in plan.works:
        if not work.is_tainted:
            by_item.setdefault(work.item_id, []).append(work)
    for item, works in by_item.items():
        yuan = sum(work.amounts.yuan for work in works)
        found.append(
            {
                "name": f"{item} {_ITEMS[item]}",
                "amount": f"{len(works)} 项",
                "cost": _cost(yuan),
            }
        )
    return found


def _cost(yuan: float) -> str:
    return shown(yuan or None, _TEN_THOUSAND)
