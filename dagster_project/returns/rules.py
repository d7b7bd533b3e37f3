"""What a cell of a template lets in: drop-down lists and number rules with their two messages.

Excel checks while somebody types; pasted cells it does not check, so the reader judges all again.
"""

from __future__ import annotations

from dagster_project.census.addresses import cell_address
from dagster_project.census.place import SCHOOL_YEARS
from dagster_project.census.returns.layout import Column, choices
from dagster_project.census.returns.values import BUILT_FROM

_LONGEST_TITLE, _LONGEST_MESSAGE = 32, 255  # limits of the file format


def rule(column: Column, row: int, place: int, school_year: int | None) -> dict | None:
    """The xlsxwriter data validation of cells below ``row``, ``place``; ``None`` for free text."""
    made = _rule(column, cell_address(row, place), school_year)
    if made is None:
        return None
    validation, message = made
    return {
        **validation,
        "ignore_blank": True,
        "input_title": column.label[:_LONGEST_TITLE],
        "input_message": (column.help or message)[:_LONGEST_MESSAGE],
        "error_title": "填写有误",
        "error_message": f"{column.label}：{message}"[:_LONGEST_MESSAGE],
        "error_type": "information" if column.open else "stop",
    }


def _rule(column: Column, cell: str, school_year: int | None) -> tuple[dict, str] | None:
    if column.kind in ("choice", "yes_no"):
        offered = choices(column.list or "yes_no").offered
        return (
            {"validate": "list", "source": list(offered)},
            f"请从列表中选择：{'、'.join(offered)}。",
        )
    if column.kind == "grade":
        offered = choices("grade_primary").offered  # the longer of the two stages
        return {"validate": "list", "source": list(offered)}, f"请选择 1–{offered[-1]}。"
    if column.kind == "count":
        return _number("integer", ">=", 0), "请填不小于 0 的整数；没有数据请留空。"
    if column.kind == "amount":
        unit = f"，单位：{column.unit}" if column.unit else ""
        return _number("decimal", ">=", 0), f"请填不小于 0 的数{unit}；没有数据请留空。"
    if column.kind == "rate" and column.unit == "%":
        formula = f"=AND(ISNUMBER({cell}),OR({cell}=0,AND({cell}>1,{cell}<=100)))"
        return {"validate": "custom", "value": formula}, "请填百分数，例如 99.62 表示 99.62%。"
    if column.kind == "rate":
        return _between("decimal", 0, 1), "请填 0–1 的小数，例如 0.12 表示 12%。"
    if column.kind == "year":
        last = SCHOOL_YEARS[-1] if school_year is None else school_year + 1
        return _between("integer", BUILT_FROM, last), f"请填四位年份，不晚于 {last}。"
    if column.kind == "school_year":
        last = SCHOOL_YEARS[-1] if school_year is None else school_year
        return _between("integer", SCHOOL_YEARS[0], last), f"请填学年的起始年份，不晚于 {last}。"
    if column.kind == "school_id":
        return _number("length", ">=", 6), "请填完整的标识码（10 位），保留前面的 0。"
    return None


def _number(what: str, criteria: str, value: float) -> dict:
    return {"validate": what, "criteria": criteria, "value": value}


def _between(what: str, least: float, most: float) -> dict:
    return {"validate": what, "criteria": "between", "minimum": least, "maximum": most}
