"""The table readers know: schools in rows, indicators in groups of columns."""

from __future__ import annotations

from dagster_project.figures.rounding import kind_of_numerator, missing, shown
from dagster_project.figures.rows import Row
from dagster_project.figures.sections import Section
from dagster_project.reports.annex.foot import write_foot
from dagster_project.reports.annex.layout import Layout
from dagster_project.reports.annex.page import (
    LETTERS,
    cell,
    displayed_width,
    figure_width,
    fixed,
    quoted,
)
from dagster_project.reports.annex.table import (
    AREA_COLUMN,
    DENOMINATOR,
    EN_ROW,
    GROUP_ROW,
    NAME_COLUMN,
    NUMERATOR,
    OWNERSHIP_COLUMN,
    PUPILS_COLUMN,
    THRESHOLD,
    TOLERANCE,
    VALUE,
    VERDICT,
    ZH_ROW,
    Group,
    Table,
    attains_word,
)

MOST_OF_A_NAME = 28
"""Width of the column of names; longer ones are drawn smaller."""


def write(table: Table) -> None:
    """Write headers, schools, foot and note."""
    page, layout = table.page, table.page.layout["indicator_sheet"]
    widths = _heads(table, layout)
    for number, section in enumerate(table.sections):
        _school(table, layout, number, section)
    write_foot(table)
    page.widths(widths)
    table.widths.extend(widths)
    page.sheet.autofilter(EN_ROW, 0, table.last, len(widths) - 1)
    verdicts = [group.first + VERDICT for group in table.groups if group.width == 5]
    values = [group.first + VALUE for group in table.groups if group.width == 5]
    page.colour_verdicts(table.first, table.last, verdicts, values)
    if table.results:
        page.colour_verdicts(table.first, table.last, [table.results["attains"]])
        page.colour_verdicts(table.foot["cv"], table.foot["cv"], verdicts)
    cut = page.spread(
        layout["paper"], widths, [group.first for group in table.groups[1:]], PUPILS_COLUMN + 1
    )
    page.note(max(table.foot.values()) + 1, cut - 1, layout["note"], widths)


def _heads(table: Table, layout: Layout) -> list[float]:
    page = table.page
    widths = []
    columns = layout["school_columns"]
    page.merged(GROUP_ROW, 0, len(columns) - 1, layout["school_group"], "group")
    for column, entry in enumerate(columns):
        page.head(ZH_ROW, column, entry["zh"], entry["en"])
        widths.append(entry["width"])
    longest = max(displayed_width(section.school_name) for section in table.sections)
    widths[NAME_COLUMN] = min(max(widths[NAME_COLUMN], longest + 1), MOST_OF_A_NAME)
    parts = list(layout["columns"].values())
    for group in table.groups:
        indicator = group.indicator
        title = layout["group"].format(
            indicator=indicator["indicator_id"], name=indicator["name_zh"], unit=indicator["unit"]
        )
        page.merged(GROUP_ROW, group.first, group.first + group.width - 1, title, "group")
        for offset, entry in enumerate(parts[: group.width]):
            chinese = entry["zh"].format(unit=indicator["unit"].split("/")[0])
            page.head(ZH_ROW, group.first + offset, chinese, entry["en"])
            widths.append(max(entry["width"], _needed(table, group, offset)))
    if table.results:
        first = len(widths)
        page.merged(GROUP_ROW, first, first + len(table.results), layout["result_group"], "group")
        for entry in layout["result_columns"]:
            page.head(ZH_ROW, len(widths), entry["zh"], entry["en"])
            widths.append(entry["width"])
        page.head(ZH_ROW, len(widths), layout["remark"]["zh"], layout["remark"]["en"])
    else:
        page.text(GROUP_ROW, len(widths), None, "group")
        page.head(ZH_ROW, len(widths), layout["remark"]["zh"], layout["remark"]["en"])
    widths.append(layout["remark"]["width"])
    page.sheet.set_row(GROUP_ROW, 42)
    page.sheet.set_row(ZH_ROW, 42)
    page.sheet.set_row(EN_ROW, 24)
    return widths


def _needed(table: Table, group: Group, offset: int) -> float:
    """Width that the longest figure of a column needs: most often the total below it."""
    row = group.coefficient or {}
    if offset == NUMERATOR:
        kind = kind_of_numerator(group.indicator["unit"], row.get("numerator"))
        longest = shown(row.get("numerator"), kind)
    elif offset == DENOMINATOR:
        longest = shown(row.get("denominator"), "count")
    elif offset == VALUE:
        identifier = group.indicator["indicator_id"]
        found = [section.figures[identifier]["value"] for section in table.sections]
        longest = shown(
            max((value for value in found if value is not None), default=None), group.kind
        )
    else:
        return 0.0
    return figure_width(longest)


def _school(table: Table, layout: Layout, number: int, section: Section) -> None:
    page, words = table.page, table.page.layout["words"]
    row = table.first + number
    page.number(row, 0, number + 1, "count", look="centre")
    page.text(row, NAME_COLUMN, section.school_name)
    page.text(row, AREA_COLUMN, words["area"][section.urban_rural or "unknown"], "centre")
    ownership = {True: "public", False: "private", None: "unknown"}[section.is_public]
    page.text(row, OWNERSHIP_COLUMN, words["ownership"][ownership], "centre")
    first, of = section.first, table.figures.figure
    pupils = of("school_indicator", first, "pupils", "count", first["value_status"])
    page.figure(row, PUPILS_COLUMN, pupils)
    for group in table.groups:
        figure = section.figures.get(group.indicator["indicator_id"])
        if figure is not None:
            _figure(table, group, row, figure)
    remarks = [] if section.is_counted else [layout["no_pupils"]]
    if section.points:
        remarks.append(layout["merged_points"].format(names="、".join(section.points)))
    page.text(row, table.remark_column, "；".join(remarks), "wrap")
    if table.results:
        _school_verdict(table, row, section)


def _figure(table: Table, group: Group, row: int, figure: Row) -> None:
    """One section's indicator: its parts, the value as a formula, the verdict as a formula."""
    page, column = table.page, group.first
    status, numerator = figure["value_status"], figure["numerator"]
    tainted = table.figures.taints("school_indicator", figure, "value")
    kind = kind_of_numerator(group.indicator["unit"], numerator)
    page.figure(
        row, column, table.figures.figure("school_indicator", figure, "numerator", kind, "")
    )
    parts = f"{LETTERS[column]}{row + 1}", f"{LETTERS[column + 1]}{row + 1}"
    if figure["denominator"] is not None and figure["denominator"] == figure["pupils"]:
        pupils = f"${LETTERS[PUPILS_COLUMN]}{row + 1}"
        page.formula(row, column + DENOMINATOR, pupils, figure["denominator"], "count")
    else:
        page.number(row, column + DENOMINATOR, figure["denominator"], "count")
    value = figure["value"]
    gone = missing(status)
    if value is None and numerator is not None and (figure["denominator"] or 0) > 0:
        # The mart has both parts and gives no value: neither may the formula.
        page.text(row, column + VALUE, gone, "gap")
    else:
        times = f"{LETTERS[group.parameter_column()]}${table.foot['multiplier'] + 1}"
        formula = (
            f"IF(AND(COUNT({parts[0]}:{parts[1]})=2,{parts[1]}>0),"
            f"{times}*{parts[0]}/{parts[1]},{quoted(gone)})"
        )
        cached = gone if value is None else value
        page.formula(row, column + VALUE, formula, cached, group.kind, tainted=tainted)
    if group.width == 5:
        _against_threshold(table, group, row, figure)


def _against_threshold(table: Table, group: Group, row: int, figure: Row) -> None:
    page, column = table.page, group.first
    words = page.layout["verdicts"]
    letter = LETTERS[column + THRESHOLD]
    if figure["threshold"] == group.threshold and figure["floor"] == group.floor:
        floor = f"{letter}${table.foot['floor_value'] + 1}"
        page.formula(
            row,
            column + THRESHOLD,
            f"{letter}${table.foot['threshold'] + 1}",
            figure["threshold"],
            "as_is",
        )
    else:
        floor = repr(figure["floor"])
        page.number(row, column + THRESHOLD, figure["threshold"], "as_is")
    value, threshold = cell(row, column + VALUE), f"{letter}{row + 1}"
    formula = (
        f"IF(NOT(ISNUMBER({value})),{quoted(words['missing'])},"
        f"IF({value}>={threshold}-{TOLERANCE}*ABS({threshold}),{quoted(words['met'])},"
        f"IF({value}>={floor}-{TOLERANCE}*ABS({floor}),{quoted(words['floor'])},"
        f"{quoted(words['below'])})))"
    )
    verdict = words[figure["verdict"]]
    page.formula(row, column + VERDICT, formula, verdict, look="centre")


def _school_verdict(table: Table, row: int, section: Section) -> None:
    """At least so many indicators reach the threshold, the others the floor."""
    page, words = table.page, table.page.layout["verdicts"]
    out = page.layout["attains"]
    attainment = section.attainment
    first, last = table.groups[0].first, table.groups[-1].first + VERDICT
    across = f"{cell(row, first)}:{cell(row, last)}"
    tainted = section.is_tainted
    if attainment is None:
        for key, column in table.results.items():
            page.text(row, column, out["out"] if key == "attains" else None, "centre")
        return
    for name in ("met", "floor", "below", "missing"):
        page.formula(
            row,
            table.results[f"{name}_count"],
            f"COUNTIF({across},{quoted(words[name])})",
            attainment[f"{name}_count"],
            "count",
            look="centre",
        )
    met, below, gone = (
        cell(row, table.results[f"{name}_count"]) for name in ("met", "below", "missing")
    )
    least = fixed(table.foot["min_met"], table.results["attains"])
    # A figure in doubt is open, whatever it shows: it counts neither as met nor as below.
    doubtful = [
        cell(row, group.first + VERDICT)
        for group in table.groups
        if section.figures.get(group.indicator["indicator_id"], {}).get("is_tainted")
    ]

    def surely(count: str, name: str) -> str:
        return count + "".join(f"-({at}={quoted(words[name])})" for at in doubtful)

    below, met, gone = surely(below, "below"), surely(met, "met"), surely(gone, "missing")
    gone += f"+{len(doubtful)}" if doubtful else ""
    formula = (
        f"IF(OR({below}>0,{met}+{gone}<{least}),{quoted(out['fails'])},"
        f"IF({gone}>0,{quoted(out['open'])},{quoted(out['attains'])}))"
    )
    page.formula(
        row,
        table.results["attains"],
        formula,
        out[attains_word(attainment)],
        look="centre",
        tainted=tainted,
    )
