"""The coefficients of all standards with their parts, and the composites."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from xlsxwriter import Workbook

from dagster_project.figures.county import STAGES, CountyFigures
from dagster_project.figures.rounding import kind_of_numerator, kind_of_unit, missing
from dagster_project.figures.rows import Row
from dagster_project.reports.annex.page import HEAD_ROW, Page, cell, quoted, span
from dagster_project.reports.annex.table import (
    DENOMINATOR,
    NUMERATOR,
    TOLERANCE,
    VALUE,
    Group,
    Table,
)
from dagster_project.verdicts import of_coefficient, of_composite

FIRST_ROW = HEAD_ROW + 2


def write(
    book: Workbook, page: Page, figures: CountyFigures, tables: Mapping[tuple[str, str], Table]
) -> int:
    """Write the sheet; figures that a table computes are taken from there. Returns its columns.

    Below stands a chart for every stage of the first standard: the coefficients beside their limit.
    """
    layout = page.layout["coefficient_sheet"]
    columns = layout["columns"]
    place = {entry["key"]: number for number, entry in enumerate(columns)}
    heads = [(entry["zh"], entry["en"], entry["width"]) for entry in columns]
    widths = page.heads(HEAD_ROW, heads)
    row = FIRST_ROW
    charted: list[tuple[str, int, int]] = []
    standards = sorted({standard for _, standard in figures.coefficients}, key=_newest_first)
    for standard in standards:
        for stage in STAGES:
            rows = figures.coefficients.get((stage, standard), {})
            if not rows:
                continue
            first = row
            table = tables.get((stage, standard))
            for indicator in figures.ref.indicators(standard):
                coefficient = rows.get(indicator["indicator_id"])
                if coefficient is not None:
                    groups = table.groups if table else ()
                    group = next((g for g in groups if g.coefficient is coefficient), None)
                    _coefficient(page, figures, place, row, indicator, coefficient, table, group)
                    row += 1
            if standard == standards[0] and row > first:
                charted.append((stage, first, row - 1))
            composite = figures.composites.get((stage, standard))
            if composite is not None:
                rule = figures.ref.rule(standard, stage) or {}
                in_all = len(figures.ref.indicators(standard))
                tainted = figures.taints("county_composite", composite)
                singles = rows.values()
                _composite(page, place, (first, row), composite, rule, in_all, tainted, singles)
                row += 1
    page.widths(widths)
    page.sheet.autofilter(HEAD_ROW + 1, 0, max(row - 1, FIRST_ROW), len(columns) - 1)
    page.colour_verdicts(FIRST_ROW, row - 1, [place["verdict"]], [place["cv"]])
    page.note(row, len(columns) - 1, layout["note"], widths)
    for number, (stage, first, last) in enumerate(charted):
        _chart(book, page, place, stage, (first, last), (row + 2, 4 + 7 * number))
    return len(columns)


def _chart(
    book: Workbook,
    page: Page,
    place: dict[str, int],
    stage: str,
    rows: tuple[int, int],
    at: tuple[int, int],
) -> None:
    """Bars of a stage's coefficients and a line of their limits; print in grey keeps both apart."""
    words = page.layout["coefficient_sheet"]["chart"]
    chart = book.add_chart({"type": "column"})
    limit = book.add_chart({"type": "line"})
    names = [page.name, rows[0], place["indicator_id"], rows[1], place["indicator_id"]]

    def series(key: str) -> dict[str, object]:
        values = [page.name, rows[0], place[key], rows[1], place[key]]
        return {"name": words[key], "categories": names, "values": values}

    chart.add_series(
        {
            **series("cv"),
            "fill": {"color": "#8EA9DB"},
            "data_labels": {"value": True, "num_format": "0.00"},
        }
    )
    limit.add_series({**series("cv_limit"), "line": {"color": "#C00000", "dash_type": "dash"}})
    chart.combine(limit)
    chart.set_title({"name": words["title"].format(stage=page.layout["words"]["stage"][stage]),
                     "name_font": {"size": 11}})  # fmt: skip
    chart.set_y_axis({"min": 0, "num_format": "0.0", "major_gridlines": {"visible": False}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 480, "height": 260})
    page.sheet.insert_chart(*at, chart)


def _newest_first(standard: str) -> tuple[bool, int, str]:
    year = int(standard) if standard.isdigit() else 0
    return (not standard.isdigit(), -year, standard)


def _coefficient(
    page: Page,
    figures: CountyFigures,
    place: dict[str, int],
    row: int,
    indicator: Row,
    coefficient: Row,
    table: Table | None,
    group: Group | None,
) -> None:
    words, kind = page.layout["words"], kind_of_unit(indicator["unit"])
    tainted = figures.taints("county_coefficient", coefficient, "cv")
    page.text(row, place["stage"], words["stage"][coefficient["stage"]], "centre")
    page.text(row, place["standard_id"], coefficient["standard_id"], "centre")
    page.text(row, place["indicator_id"], indicator["indicator_id"], "centre")
    page.text(row, place["indicator_name"], indicator["name_zh"])
    page.text(row, place["unit"], indicator["unit"])
    page.number(row, place["sections_tainted"], coefficient["sections_tainted"], "count")
    page.number(row, place["multiplier"], indicator["multiplier"], "count", look="parameter")
    origin: dict[str, tuple[int, int]] = {}
    if table is not None and group is not None:
        origin = {
            "sections": (table.foot["sections"], group.first + VALUE),
            "sections_missing": (table.foot["missing"], group.first + VALUE),
            "numerator": (table.foot["total"], group.first + NUMERATOR),
            "denominator": (table.foot["total"], group.first + DENOMINATOR),
            "std_dev": (table.foot["std_dev"], group.first + VALUE),
        }
    kinds = {
        "numerator": kind_of_numerator(indicator["unit"], coefficient["numerator"]),
        "std_dev": kind,
    }
    for key in ("sections", "sections_missing", "numerator", "denominator", "std_dev"):
        value, how = coefficient[key], kinds.get(key, "count")
        marked = tainted and key in ("numerator", "denominator", "std_dev")
        if key in origin and table is not None:
            cached = value if value is not None else _empty(key)
            page.formula(row, place[key], table.at(*origin[key]), cached, how, tainted=marked)
        else:
            page.number(row, place[key], value, how, tainted=marked)
    at = {key: cell(row, column) for key, column in place.items()}
    none = quoted(missing())
    formula = (
        f"IF(N({at['denominator']})>0,"
        f"{at['multiplier']}*{at['numerator']}/{at['denominator']},{none})"
    )
    _live(page, row, place["mean"], formula, coefficient["mean"], kind, tainted)
    formula = f"IF(N({at['mean']})<>0,{at['std_dev']}/{at['mean']},{none})"
    _live(page, row, place["cv"], formula, coefficient["cv"], "coefficient_fine", tainted)
    limit = coefficient["cv_limit"]
    if limit is None:
        page.text(row, place["cv_limit"], None)
    else:
        page.number(row, place["cv_limit"], limit, "as_is", look="parameter")
    _verdict(page, place, row, at, of_coefficient(coefficient), limit is not None)
    if tainted:
        clean = coefficient["cv_without_tainted"]
        page.number(row, place["cv_without_tainted"], clean, "coefficient_fine")
    else:
        page.text(row, place["cv_without_tainted"], None)


def _empty(key: str) -> float | str:
    return 0 if key in ("numerator", "denominator") else missing()


def _live(page, row, column, formula, value, kind, tainted=False, look="cell") -> None:
    cached = missing() if value is None else value
    page.formula(row, column, formula, cached, kind, tainted=tainted, look=look)


def _verdict(page: Page, place, row: int, at, verdict: str | None, has_limit: bool) -> None:
    words = page.layout["verdicts"]
    gone = f"OR(NOT(ISNUMBER({at['cv']})),N({at['sections_missing']})>0)"
    judged = (
        f"IF(N({at['sections_tainted']})>0,{quoted(words['unverified'])},"
        f"IF({at['cv']}<={at['cv_limit']}+{TOLERANCE}*ABS({at['cv_limit']}),"
        f"{quoted(words['met'])},{quoted(words['not_met'])}))"
    )
    formula = f"IF({gone},{quoted(words['missing'])},{judged if has_limit else quoted('')})"
    cached = words[verdict] if verdict else ""
    page.formula(row, place["verdict"], formula, cached, look="centre")


def _composite(
    page: Page,
    place: dict[str, int],
    rows: tuple[int, int],
    composite: Row,
    rule: Row,
    in_all: int,
    tainted: bool,
    coefficients: Collection[Row],
) -> None:
    """The mean of all single coefficients, and what the standard makes of it."""
    layout, words = page.layout["coefficient_sheet"], page.layout["verdicts"]
    first, row = rows
    for column in place.values():
        page.text(row, column, None, "foot")
    page.text(row, place["stage"], page.layout["words"]["stage"][composite["stage"]], "foot_centre")
    page.text(row, place["standard_id"], composite["standard_id"], "foot_centre")
    page.text(row, place["indicator_name"], layout["composite"], "foot")
    singles = span(first, row - 1, place["cv"])
    none = quoted(missing())
    formula = f"IF(COUNT({singles})={in_all},AVERAGE({singles}),{none})"
    value = composite["composite_cv"]
    _live(page, row, place["cv"], formula, value, "coefficient_fine", tainted, "foot")
    limit = composite["composite_limit"]
    if limit is not None:
        page.number(row, place["cv_limit"], limit, "as_is", look="parameter")
    verdicts, at = span(first, row - 1, place["verdict"]), cell(row, place["cv"])
    gone = f"COUNTIF({verdicts},{quoted(words['missing'])})>0"
    doubted = f"SUM({span(first, row - 1, place['sections_tainted'])})>0"
    verdict = of_composite(composite, coefficients)
    if rule["decides_by"] == "each":
        formula = (
            f"IF(COUNTIF({verdicts},{quoted(words['not_met'])})>0,{quoted(words['not_met'])},"
            f"IF(OR({gone},NOT(ISNUMBER({at}))),{quoted(words['missing'])},"
            f"IF({doubted},{quoted(words['unverified'])},"
            f"IF(COUNTIF({verdicts},{quoted(words['met'])})={in_all},{quoted(words['met'])},"
            f'""))))'
        )
    else:
        limit_at = cell(row, place["cv_limit"])
        formula = (
            f"IF(OR({gone},NOT(ISNUMBER({at}))),{quoted(words['missing'])},"
            f"IF({doubted},{quoted(words['unverified'])},"
            f"IF({at}<={limit_at}+{TOLERANCE}*ABS({limit_at}),{quoted(words['met'])},"
            f"{quoted(words['not_met'])})))"
        )
    cached = words[verdict] if verdict else ""
    page.formula(row, place["verdict"], formula, cached, look="foot_centre")
