"""``junheng pack``: one zip with what a county hands in of a year."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from dagster_project.cli.console import err, out
from dagster_project.cli.report import print_failures
from dagster_project.figures.published import CountyYear, NothingPublished, Published
from dagster_project.machine import durable
from dagster_project.messages import of_system, say
from dagster_project.publish.opening import CannotRead, require_whole
from dagster_project.publish.versions import in_force
from dagster_project.reports.pack import name_of, pack, standing_of
from dagster_project.reports.write import write_reports
from dagster_project.settings import Settings

PACKED, REFUSED, WRONG_USAGE = 0, 1, 2
MOST_NAMED = 10


def run(
    settings: Settings, *, county: str, school_year: int, target: Path | None, is_draft: bool
) -> int:
    """Write the zip; 1 if a hard flag is open and no draft was asked for, or nothing is there."""
    try:
        if version := in_force(settings):
            require_whole(version)
        with Published(settings.warehouse) as published:
            place = _place(published.counties(), county, school_year)
            if place is None:
                return WRONG_USAGE
            hard = standing_of(published, settings, place).hard
        if hard and not is_draft:
            why = {"county": place.county_name or place.county_code, "hard": hard}
            err.print(say("cli.not_packed", **why), style="bold red")
            return REFUSED
        # What is packed is what the version in force says, but for what somebody edited.
        reports = write_reports(settings, {place.county_code}, {place.school_year})
        print_failures(list(reports.failures))
        if reports.failures:
            return REFUSED
        with Published(settings.warehouse) as published:
            standing = standing_of(published, settings, place)
            content = pack(published, settings, place, standing)
        path = target or settings.warehouse / "packs" / name_of(place, standing)
        with durable.replacing(path) as aside:
            aside.write_bytes(content)
    except (NothingPublished, CannotRead) as fault:
        err.print(escape(fault.message.text()))
        return REFUSED
    except OSError as error:
        err.print(say("cli.pack_not_written", error=of_system(error)))
        return REFUSED
    out.print(say("cli.packed", path=path), soft_wrap=True)
    for message in standing.open:
        out.print(f"  {message.text()}", markup=False)
    return PACKED


def _place(known: list[CountyYear], county: str, school_year: int) -> CountyYear | None:
    mine = [place for place in known if county in (place.county_code, place.county_name)]
    found = [place for place in mine if place.school_year == school_year]
    if len(found) == 1:
        return found[0]
    if mine:
        years = ", ".join(str(place.school_year) for place in mine)
        said = {"county": county, "year": school_year, "years": years}
        err.print(say("cli.nothing_published_there", **said))
    else:
        names = sorted({f"{place.county_code} {place.county_name}" for place in known})
        there = ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
        err.print(say("cli.no_county_published_there", county=county, there=there))
    return None
