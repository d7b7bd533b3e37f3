"""The foot of the table: totals, mean, deviation and coefficient (DOMAIN §2) as live formulas."""

from __future__ import annotations

from dagster_project.figures.rounding import kind_of_numerator, missing
from dagster_project.figures.rows import Row
from dagster_project.reports.annex.page import cell, quoted, span
from dagster_project.reports.annex.table import (
    COUNTS,
    DENOMINATOR,
    NUMERATOR,
    PARAMETERS,
    PUPILS_COLUMN,
    THRESHOLD,
    TOLERANCE,
    VALUE,
    VERDICT,
    Group,
    Table,
    attains_word,
)
from dagster_project.verdicts import of_coefficient


def write_foot(table: Table) -> None:
    """Write the rows below the schools."""
    for group in table.groups:
        _indicator(table, group)
    _words(table)


def _indicator(table: Table, group: Group) -> None:
    """Totals, mean, deviation and coefficient of one indicator, as DOMAIN §2 defines them."""
    page, foot, row = table.page, table.foot, group.coefficient or {}
    first, last = table.first, table.last
    numerators, denominators, values = (
        span(first, last, group.first + offset) for offset in (NUMERATOR, DENOMINATOR, VALUE)
    )
    at = group.first + VALUE
    tainted = group.is_tainted
    for name in foot:
        for column in range(group.first, group.first + group.width):
            page.text(foot[name], column, None, "parameter" if name in PARAMETERS else "foot")

    def write(name: str, column: int, formula: str, cached, kind: str, **more) -> None:
        if cached is None:
            cached = missing()
        marked = tainted and name not in ("sections", "missing")
        page.formula(foot[name], column, formula, cached, kind, look="foot", tainted=marked, **more)

    total = [cell(foot["total"], group.first + offset) for offset in (NUMERATOR, DENOMINATOR)]
    none = quoted(missing())
    for offset, stretch, key in ((0, numerators, "numerator"), (1, denominators, "denominator")):
        kind = kind_of_numerator(group.indicator["unit"], row.get(key)) if offset == 0 else "count"
        formula = f"SUMPRODUCT(--ISNUMBER({values}),{stretch})"
        write("total", group.first + offset, formula, row.get(key) or 0, kind)
    times = cell(foot["multiplier"], group.parameter_column())
    formula = f"IF({total[1]}>0,{times}*{total[0]}/{total[1]},{none})"
    write("mean", at, formula, row.get("mean"), group.kind)
    mean, deviation = cell(foot["mean"], at), cell(foot["std_dev"], at)
    # A cell without a figure holds text: its square is an error, and errors count as nothing.
    squares = f"SUM(IFERROR({denominators}*({values}-{mean})^2,0))"
    formula = f"IF(ISNUMBER({mean}),SQRT({squares}/{total[1]}),{none})"
    write("std_dev", at, formula, row.get("std_dev"), group.kind, is_array=True)
    formula = f"IF(N({mean})<>0,{deviation}/{mean},{none})"
    write("cv", at, formula, row.get("cv"), "coefficient_fine")
    write("sections", at, f"COUNT({values})", row.get("sections", 0), "count")
    out = quoted(page.layout["indicator_sheet"]["no_pupils"] + "*")
    formula = (
        f"ROWS({values})-COUNT({values})-COUNTIF({span(first, last, table.remark_column)},{out})"
    )
    write("missing", at, formula, row.get("sections_missing", 0), "count")
    if "clean" in foot and tainted:
        page.number(foot["clean"], at, row["cv_without_tainted"], "coefficient_fine", look="foot")
    page.number(
        foot["multiplier"],
        group.parameter_column(),
        group.indicator["multiplier"],
        "count",
        look="parameter",
    )
    if group.width == 5:
        _verdicts(table, group, row)


def _verdicts(table: Table, group: Group, row: Row) -> None:
    page, foot = table.page, table.foot
    words = page.layout["verdicts"]
    at, verdict_at = group.first + VALUE, group.first + VERDICT
    parameters = group.first + THRESHOLD
    page.number(foot["threshold"], parameters, group.threshold, "as_is", look="parameter")
    page.number(foot["floor_value"], parameters, group.floor, "as_is", look="parameter")
    threshold = cell(foot["threshold"], parameters)
    floor = cell(foot["floor_value"], parameters)
    page.formula(
        foot["floor_ratio"],
        parameters,
        f"{floor}/{threshold}",
        group.floor / group.threshold if group.threshold and group.floor is not None else None,
        "share",
        look="parameter",
    )
    limit, cv = row.get("cv_limit"), cell(foot["cv"], at)
    if limit is not None:
        page.number(foot["cv"], parameters, limit, "as_is", look="parameter")
        limit_at = cell(foot["cv"], parameters)
        missing_at = cell(foot["missing"], at)
        formula = (
            f"IF(OR(NOT(ISNUMBER({cv})),{missing_at}>0),{quoted(words['missing'])},"
            f"IF({cv}<={limit_at}+{TOLERANCE}*ABS({limit_at}),{quoted(words['met'])},"
            f"{quoted(words['not_met'])}))"
        )
        if row["sections_tainted"]:
            formula = f"IF({missing_at}>0,{quoted(words['missing'])},{quoted(words['unverified'])})"
        page.formula(
            foot["cv"], verdict_at, formula, words[of_coefficient(row)], look="foot_centre"
        )
    verdicts = span(table.first, table.last, verdict_at)
    identifier = group.indicator["indicator_id"]
    for name in COUNTS:
        count = sum(
            section.figures[identifier]["verdict"] == name
            for section in table.sections
            if identifier in section.figures
        )
        formula = f"COUNTIF({verdicts},{quoted(words[name])})"
        page.formula(foot[name], verdict_at, formula, count, "count", look="foot_centre")


def _words(table: Table) -> None:
    page, layout = table.page, table.page.layout["indicator_sheet"]
    for name, row in table.foot.items():
        look = "parameter" if name in PARAMETERS else "foot"
        page.merged(row, 0, PUPILS_COLUMN, layout["foot"][name], look)
    if not table.results:
        return
    attains = table.results["attains"]
    for name, row in table.foot.items():
        look = "parameter" if name in PARAMETERS else "foot"
        for column in range(min(table.results.values()), table.remark_column + 1):
            page.text(row, column, None, look)
    if "min_met" in table.foot:
        least = table.rule["min_met"]
        page.number(table.foot["min_met"], attains, least, "count", look="parameter")
    # How many schools attain, below the schools' own verdicts.
    stretch = span(table.first, table.last, attains)
    word = page.layout["attains"]["attains"]
    page.formula(
        table.foot["met"],
        attains,
        f"COUNTIF({stretch},{quoted(word)})",
        sum(attains_word(section.attainment) == "attains" for section in table.sections),
        "count",
        look="foot_centre",
    )
