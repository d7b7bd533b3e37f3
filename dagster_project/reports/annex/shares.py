"""How much of the variance between schools each school makes: the parts of S, school by school."""

from __future__ import annotations

from collections import defaultdict

from dagster_project.figures.rounding import missing, shown
from dagster_project.figures.rows import Row
from dagster_project.reports.annex.page import (
    HEAD_ROW,
    LETTERS,
    Page,
    cell,
    figure_width,
    fixed,
    quoted,
    span,
)
from dagster_project.reports.annex.table import (
    AREA_COLUMN,
    DENOMINATOR,
    EN_ROW,
    GROUP_ROW,
    NAME_COLUMN,
    NUMERATOR,
    VALUE,
    ZH_ROW,
    Group,
    Table,
)

FIRST_GROUP = 3  # number, school, area
DEVIATION, SQUARES, SHARE = range(3)


def write(page: Page, table: Table) -> None:
    """A sheet beside the table of indicators: its rows are that sheet's rows."""
    layout = page.layout["share_sheet"]
    columns = page.layout["indicator_sheet"]["school_columns"]
    kept = [columns[0], columns[NAME_COLUMN], columns[AREA_COLUMN]]
    page.merged(GROUP_ROW, 0, 2, page.layout["indicator_sheet"]["school_group"], "group")
    widths = []
    for column, entry in enumerate(kept):
        page.head(ZH_ROW, column, entry["zh"], entry["en"])
        widths.append(entry["width"])
    widths[NAME_COLUMN] = table.widths[NAME_COLUMN]
    for group in table.groups:
        first = len(widths)
        name = group.indicator["name_zh"]
        page.merged(
            GROUP_ROW, first, first + 2, f"{group.indicator['indicator_id']} {name}", "group"
        )
        for offset, entry in enumerate(layout["columns"].values()):
            page.head(ZH_ROW, first + offset, entry["zh"], entry["en"])
            needed = figure_width(shown(_squares(group), _squares_kind(group)))
            widths.append(max(entry["width"], needed if offset == SQUARES else 0))
    for number, section in enumerate(table.sections):
        row = table.first + number
        page.number(row, 0, number + 1, "count", look="centre")
        page.formula(row, 1, table.at(row, NAME_COLUMN), section.school_name)
        area = page.layout["words"]["area"][section.urban_rural or "unknown"]
        page.formula(row, 2, table.at(row, AREA_COLUMN), area, look="centre")
    areas = _areas(table)
    for number, group in enumerate(table.groups):
        _group(page, table, group, FIRST_GROUP + 3 * number, areas)
    _foot_words(page, table, areas)
    page.widths(widths)
    page.sheet.set_row(HEAD_ROW, 30)
    page.sheet.set_row(ZH_ROW, 30)
    page.sheet.autofilter(EN_ROW, 0, table.last, len(widths) - 1)
    page.note(table.last + 4 + len(areas), len(widths) - 1, layout["note"], widths)
    shares = " ".join(
        span(table.first, table.last, FIRST_GROUP + 3 * number + SHARE)
        for number in range(len(table.groups))
    )
    page.sheet.conditional_format(
        table.first,
        FIRST_GROUP + SHARE,
        table.last,
        FIRST_GROUP + SHARE,
        {
            "type": "data_bar",
            "bar_solid": True,
            "bar_color": "#9DC3E6",
            "min_type": "num",
            "max_type": "num",
            "min_value": 0,
            "max_value": 1,
            "multi_range": shares,
        },
    )


def _squares(group: Group) -> float:
    row = group.coefficient or {}
    return (row.get("denominator") or 0) * (row.get("std_dev") or 0) ** 2


def _squares_kind(group: Group) -> str:
    """Squares of yuan run to eleven digits: decimals would say nothing there."""
    return "count" if _squares(group) >= 1e6 else "ratio"


def _areas(table: Table) -> list[str]:
    found = {section.urban_rural or "unknown" for section in table.sections}
    return [area for area in ("urban", "town", "rural", "unknown") if area in found]


def _group(page: Page, table: Table, group: Group, first: int, areas: list[str]) -> None:
    identifier = group.indicator["indicator_id"]
    mean = (group.coefficient or {}).get("mean")
    mean_at = table.page.reference + fixed(table.foot["mean"], group.first + VALUE)
    total_row = table.last + 1
    none, tainted, squares_kind = quoted(missing()), group.is_tainted, _squares_kind(group)
    total_at = fixed(total_row, first + SQUARES)
    squares_in_all = 0.0
    by_area: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for number, section in enumerate(table.sections):
        row = table.first + number
        figure = section.figures.get(identifier)
        if figure is None:
            continue
        deviation = squares = None
        if figure["value"] is not None and mean is not None:
            deviation = figure["value"] - mean
            squares = figure["denominator"] * deviation**2
            squares_in_all += squares
            parts = by_area[section.urban_rural or "unknown"]
            parts[0] += figure["numerator"]
            parts[1] += figure["denominator"]
        value = table.at(row, group.first + VALUE)
        _figure(
            page, row, first + DEVIATION,
            f"IF(AND(ISNUMBER({value}),ISNUMBER({mean_at})),{value}-{mean_at},{none})",
            deviation, group.kind, tainted,
        )  # fmt: skip
        here = cell(row, first + DEVIATION)
        weight = table.at(row, group.first + DENOMINATOR)
        formula = f"IF(ISNUMBER({here}),{weight}*{here}^2,{none})"
        _figure(page, row, first + SQUARES, formula, squares, squares_kind, tainted)
        here = cell(row, first + SQUARES)
        share: Row = section.shares.get(identifier, {})
        formula = f"IF(AND(ISNUMBER({here}),{total_at}>0),{here}/{total_at},{none})"
        _figure(page, row, first + SHARE, formula, share.get("share"), "share", tainted)
    _foot(page, table, group, first, squares_in_all, areas, by_area)


def _figure(page, row, column, formula, cached, kind, tainted, look="cell") -> None:
    cached = missing() if cached is None else cached
    page.formula(row, column, formula, cached, kind, look=look, tainted=tainted)


def _foot(
    page: Page,
    table: Table,
    group: Group,
    first: int,
    squares: float,
    areas: list[str],
    by_area: dict[str, list[float]],
) -> None:
    """The total, and how much of it lies between urban, town and rural schools."""
    row, tainted, none = table.last + 1, group.is_tainted, quoted(missing())
    squares_kind = _squares_kind(group)
    coefficient = group.coefficient or {}
    stretch = span(table.first, table.last, first + SQUARES)
    shares = span(table.first, table.last, first + SHARE)
    page.text(row, first, None, "foot")
    _figure(page, row, first + SQUARES, f"SUM({stretch})", squares, squares_kind, tainted, "foot")
    total = 1.0 if squares > 0 else 0.0
    _figure(page, row, first + SHARE, f"SUM({shares})", total, "share", tainted, "foot")
    total_at = cell(row, first + SQUARES)
    mean, mean_at = coefficient.get("mean"), table.at(table.foot["mean"], group.first + VALUE)
    times = table.at(table.foot["multiplier"], group.parameter_column())
    columns = [
        table.page.reference + span(table.first, table.last, group.first + offset)
        for offset in (NUMERATOR, DENOMINATOR, VALUE)
    ]
    labels = f"${LETTERS[2]}${table.first + 1}:${LETTERS[2]}${table.last + 1}"
    between = 0.0
    for number, area in enumerate(areas):
        row = table.last + 2 + number
        word = quoted(page.layout["words"]["area"][area])
        inside = f"({labels}={word})*ISNUMBER({columns[2]})"
        weight = f"SUMPRODUCT({inside},{columns[1]})"
        formula = (
            f"IF(AND({weight}>0,ISNUMBER({mean_at})),"
            f"{times}*SUMPRODUCT({inside},{columns[0]})/{weight}-{mean_at},{none})"
        )
        numerator, denominator = by_area[area]
        deviation = part = None
        if denominator > 0 and mean is not None:
            deviation = group.indicator["multiplier"] * numerator / denominator - mean
            part = denominator * deviation**2
        _figure(page, row, first, formula, deviation, group.kind, tainted, "foot")
        here = cell(row, first)
        formula = f"IF(ISNUMBER({here}),{weight}*{here}^2,{none})"
        _figure(page, row, first + SQUARES, formula, part, squares_kind, tainted, "foot")
        share = part / squares if part is not None and squares > 0 else None
        here = cell(row, first + SQUARES)
        formula = f"IF(AND(ISNUMBER({here}),{total_at}>0),{here}/{total_at},{none})"
        _figure(page, row, first + SHARE, formula, share, "share", tainted, "foot")
        between += share or 0.0
    row = table.last + 2 + len(areas)
    stretch = span(table.last + 2, row - 1, first + SHARE)
    known = squares > 0
    for column in (first, first + SQUARES):
        page.text(row, column, None, "foot")
        page.text(row + 1, column, None, "foot")
    formula = f"IF({total_at}>0,SUM({stretch}),{none})"
    _figure(page, row, first + SHARE, formula, between if known else None, "share", tainted, "foot")
    formula = f"IF({total_at}>0,1-{cell(row, first + SHARE)},{none})"
    within = 1 - between if known else None
    _figure(page, row + 1, first + SHARE, formula, within, "share", tainted, "foot")


def _foot_words(page: Page, table: Table, areas: list[str]) -> None:
    foot = page.layout["share_sheet"]["foot"]
    page.merged(table.last + 1, 0, 2, foot["total"], "foot")
    for number, area in enumerate(areas):
        word = page.layout["words"]["area"][area]
        page.merged(table.last + 2 + number, 0, 2, foot["area"].format(area=word, en=area), "foot")
    page.merged(table.last + 2 + len(areas), 0, 2, foot["between"], "foot")
    page.merged(table.last + 3 + len(areas), 0, 2, foot["within"], "foot")
