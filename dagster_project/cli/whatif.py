"""``junheng whatif``: the coefficients and verdicts of a county after changes that one names."""

from __future__ import annotations

import csv
import json
import sys

from rich.table import Table

from dagster_project.cli.console import err, out
from dagster_project.planning.changes import ChangeInvalid, Changes, parse
from dagster_project.planning.compare import attainment_rows, coefficient_rows, section_rows
from dagster_project.planning.county import County, CountyNotFound, read_county
from dagster_project.planning.whatif import Scenario
from dagster_project.publish.versions import in_force
from dagster_project.settings import Settings
from dagster_project.spreadsheets.formula_injection import csv_cell

MOST_SECTIONS = 30
COLOURS = {"met": "green", "not_met": "red", "below": "red", "floor": "yellow"}


def run(
    settings: Settings,
    *,
    county: str | None,
    school_year: int | None,
    standard: str,
    options: dict,
    form: str,
) -> int:
    """Print old and new side by side; 1 if nothing is published, 2 if a change makes no sense."""
    try:
        changes = parse(**options)
        before = opened(settings, county, school_year, standard)
        if before is None:
            return 1
        after = Scenario(before).apply(changes)
    except (ChangeInvalid, CountyNotFound) as refusal:
        err.print(str(refusal), markup=False)
        return 2
    if form == "json":
        json.dump(_document(before, after), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    elif form == "csv":
        rows = coefficient_rows(before, after)
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: csv_cell(value) for name, value in row.items()})
    else:
        print_comparison(before, after)
        if not changes:
            out.print("Nothing was changed. Options: --close-gaps, --merge, --move, --add,")
            out.print("--leave-out, --leave-out-flagged; see `junheng whatif --help`.")
        else:
            _print_sections(before, after, changes)
    return 0


def opened(
    settings: Settings, county: str | None, school_year: int | None, standard: str
) -> County | None:
    """The county as published; None, with a sentence to the person, if nothing is."""
    if in_force(settings) is None:
        err.print(f"Nothing is published in {settings.warehouse} yet. Run `junheng load` first.")
        return None
    return read_county(settings.warehouse, county, school_year, standard)


def title(county: County) -> str:
    """Which county, year and standard a table is about."""
    return (
        f"{county.county_name} {county.county_code}, school year {county.school_year},"
        f" standard {county.standard_id}"
    )


def print_comparison(before: County, after: County) -> None:
    """Coefficients and attaining sections, before and after."""
    out.print(f"[bold]{title(before)}[/]")
    table = Table(
        "stage", "indicator", "mean", "→", "coefficient", "→", "limit", "verdict", "→", box=None
    )
    for column in table.columns[2:7]:
        column.justify = "right"
    decimals = {one.indicator_id: one.decimals for one in before.indicators}
    for row in coefficient_rows(before, after):
        places = decimals.get(row["indicator_id"], 2)
        table.add_row(
            row["stage"],
            f"{row['indicator_id']} {row['name']}",
            _shown(row["mean_before"], places),
            _shown(row["mean_after"], places),
            _shown(row["cv_before"], 4),
            _shown(row["cv_after"], 4),
            _shown(row["cv_limit"], 2),
            _verdict(row["verdict_before"]),
            _verdict(row["verdict_after"]),
        )
    out.print(table)
    for row in attainment_rows(before, after):
        out.print(
            f"{row['stage']}: {row['attaining_before']} of {row['sections_before']} sections attain"
            f" now, {row['attaining_after']} of {row['sections_after']} after."
        )


def _print_sections(before: County, after: County, changes: Changes) -> None:
    rows = section_rows(before, after)
    if not rows:
        return
    table = Table("stage", "school", "indicator", "value", "→", "verdict", "→", box=None)
    for row in rows[:MOST_SECTIONS]:
        table.add_row(
            row["stage"],
            row["school_name"],
            row["indicator_id"],
            _shown(row["value_before"], 2),
            _shown(row["value_after"], 2),
            _verdict(row["verdict_before"]),
            _verdict(row["verdict_after"]),
        )
    out.print(table)
    if len(rows) > MOST_SECTIONS:
        out.print(f"… and {len(rows) - MOST_SECTIONS} more changed values: --format json")


def _document(before: County, after: County) -> dict:
    return {
        "county_code": before.county_code,
        "county_name": before.county_name,
        "school_year": before.school_year,
        "standard_id": before.standard_id,
        "coefficients": coefficient_rows(before, after),
        "attainment": attainment_rows(before, after),
        "sections": section_rows(before, after),
    }


def _shown(number: float | None, decimals: int) -> str:
    return "–" if number is None else f"{number:,.{decimals}f}"


def _verdict(verdict: str | None) -> str:
    if not verdict:
        return "–"
    colour = COLOURS.get(verdict)
    return f"[{colour}]{verdict}[/]" if colour else verdict
