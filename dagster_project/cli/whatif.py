"""``junheng whatif``: the coefficients and verdicts of a county after changes that one names."""

from __future__ import annotations

import csv
import json
import sys

from rich.table import Table

from dagster_project.cli.console import err, out
from dagster_project.messages import by_language, named, say, spoken
from dagster_project.planning.changes import ChangeInvalid, Changes, parse
from dagster_project.planning.compare import (
    attainment_rows,
    coefficient_rows,
    section_rows,
    whole_rows,
)
from dagster_project.planning.county import County, CountyNotFound, read_county
from dagster_project.planning.whatif import Scenario
from dagster_project.planning.whole import Whole, whole_after, whole_of
from dagster_project.publish.versions import in_force
from dagster_project.settings import Settings
from dagster_project.spreadsheets.formula_injection import csv_cell
from dagster_project.verdicts import of_county
from dagster_project.words import words

MOST_SECTIONS = 30
_ARROW = "→"
_COEFFICIENTS = (
    "cli.stage",
    "cli.indicator",
    "cli.mean",
    _ARROW,
    "cli.coefficient",
    _ARROW,
    "cli.limit",
    "cli.verdict",
    _ARROW,
)
_SECTIONS = (
    "cli.stage",
    "cli.school",
    "cli.indicator",
    "cli.value",
    _ARROW,
    "cli.verdict",
    _ARROW,
)
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
        print_whole(whole_of(before), whole_after(before, after))
        if not changes:
            out.print(say("cli.nothing_was_changed"))
        else:
            _print_sections(before, after, changes)
    return 0


def opened(
    settings: Settings, county: str | None, school_year: int | None, standard: str
) -> County | None:
    """The county as published; None, with a sentence to the person, if nothing is."""
    if in_force(settings) is None:
        err.print(say("cli.nothing_published_load_first", folder=settings.warehouse))
        return None
    return read_county(settings.warehouse, county, school_year, standard)


def print_whole(before: Whole, after: Whole) -> None:
    """The county's verdict over its 31 items, before and after; nothing under other standards."""
    if not before.items:
        return
    out.print()
    out.print(
        say(
            "cli.whole_verdict",
            before=of_county(before.attains, spoken()),
            after=of_county(after.attains, spoken()),
            met=before.met,
            met_after=after.met,
            total=before.total,
        )
    )
    for verdict in ("not_met", "unverified", "not_reported"):
        if items := after.those(verdict):
            out.print(say("cli.items_of_verdict", verdict=named("verdict", verdict), items=items))


def title(county: County) -> str:
    """Which county, year and standard a table is about."""
    return say(
        "cli.county_year_standard",
        county=f"{county.county_name} {county.county_code}",
        year=county.school_year,
        standard=county.standard_id,
    )


def print_comparison(before: County, after: County) -> None:
    """Coefficients and attaining sections, before and after."""
    out.print(f"[bold]{title(before)}[/]")
    table = Table(*map(say, _COEFFICIENTS), box=None)
    for column in table.columns[2:7]:
        column.justify = "right"
    decimals = {one.indicator_id: one.decimals for one in before.indicators}
    for row in coefficient_rows(before, after):
        places = decimals.get(row["indicator_id"], 2)
        table.add_row(
            named("stage", row["stage"]),
            _named(row),
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
        out.print(say("cli.sections_attain", **row | {"stage": named("stage", row["stage"])}))


def _print_sections(before: County, after: County, changes: Changes) -> None:
    rows = section_rows(before, after)
    if not rows:
        return
    table = Table(*map(say, _SECTIONS), box=None)
    for row in rows[:MOST_SECTIONS]:
        table.add_row(
            named("stage", row["stage"]),
            row["school_name"],
            row["indicator_id"],
            _shown(row["value_before"], 2),
            _shown(row["value_after"], 2),
            _verdict(row["verdict_before"]),
            _verdict(row["verdict_after"]),
        )
    out.print(table)
    if len(rows) > MOST_SECTIONS:
        out.print(say("cli.more_values", count=len(rows) - MOST_SECTIONS))


def _document(before: County, after: County) -> dict:
    return {
        "county_code": before.county_code,
        "county_name": before.county_name,
        "school_year": before.school_year,
        "standard_id": before.standard_id,
        "coefficients": coefficient_rows(before, after),
        "attainment": attainment_rows(before, after),
        "sections": section_rows(before, after),
        "county": whole_rows(whole_of(before), whole_after(before, after)),
    }


def _named(row: dict) -> str:
    """The indicator's id and its name in the language spoken."""
    if row["indicator_id"] == "composite":
        return say("cli.composite")
    name = by_language(row["name"], row["name_en"])
    return f"{row['indicator_id']} {name}"


def _shown(number: float | None, decimals: int) -> str:
    return "–" if number is None else f"{number:,.{decimals}f}"


def _verdict(verdict: str | None) -> str:
    if not verdict:
        return "–"
    colour = COLOURS.get(verdict)
    # One of a coefficient or one of a section; neither has a code of the other's that means less.
    known = "school_verdict" if verdict in words("school_verdict") else "verdict"
    said = named(known, verdict)
    return f"[{colour}]{said}[/]" if colour else said
