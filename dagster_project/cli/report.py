"""``junheng report``: the yearly reports of the published warehouse, written again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from dagster_project.cli.console import err, out, progress_bars
from dagster_project.cli.summary import print_kept
from dagster_project.figures.published import CountyYear, NothingPublished, Published
from dagster_project.messages import say
from dagster_project.publish.opening import CannotRead, require_whole
from dagster_project.publish.versions import in_force
from dagster_project.reports.documents import ALL_KINDS
from dagster_project.reports.templates import TemplateBroken, Templates
from dagster_project.reports.worker import Failure
from dagster_project.reports.write import Reports, word_files, write_reports
from dagster_project.runs.progress import report
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster_project.reports.compare import Compared

WRITTEN, NOT_WRITTEN, WRONG_USAGE, DIFFERENT = 0, 1, 2, 3
MOST_FAILURES = 20
MOST_NAMED = 10
EVERY_KIND = "all"


def run(
    settings: Settings,
    *,
    county: str | None,
    school_year: int | None,
    only_changed: bool,
    kinds: list[str] | None = None,
    pdf: bool = False,
) -> int:
    """Write the reports; 1 if nothing is published or a document failed, 2 if nothing fits.

    ``kinds`` are names of documents (default: those that a load writes); with ``pdf`` a PDF stands
    beside every Word file of the places that were written.
    """
    if unknown := [kind for kind in kinds or () if kind not in (*ALL_KINDS, EVERY_KIND)]:
        err.print(say("cli.no_such_kind", kind=unknown[0], kinds=", ".join(ALL_KINDS)))
        return WRONG_USAGE
    if kinds and EVERY_KIND in kinds:
        kinds = list(ALL_KINDS)
    try:
        if version := in_force(settings):
            require_whole(version)
        with Published(settings.warehouse) as published:
            known = published.counties()
    except (NothingPublished, CannotRead) as nothing:
        err.print(str(nothing))
        return NOT_WRITTEN
    codes = {
        place.county_code
        for place in known
        if county in (None, place.county_code, place.county_name)
    }
    years = {place.school_year for place in known if place.county_code in codes}
    if not codes:
        names = sorted({f"{place.county_code} {place.county_name}" for place in known})
        more = " …" if len(names) > MOST_NAMED else ""
        there = ", ".join(names[:MOST_NAMED]) + more
        err.print(say("cli.no_county_published_there", county=county, there=there))
        return WRONG_USAGE
    if school_year is not None and school_year not in years:
        err.print(
            say(
                "cli.nothing_published_there",
                year=school_year,
                county=county or say("cli.any_county"),
                years=", ".join(map(str, sorted(years))),
            )
        )
        return WRONG_USAGE
    with progress_bars():
        reports = write_reports(
            settings,
            codes,
            None if school_year is None else {school_year},
            everything=not only_changed,
            kinds=kinds,
            progress=lambda done, total, place: report("reports", done, total, place),
        )
    print_failures(list(reports.failures))
    for message in reports.notes[:MOST_FAILURES]:
        out.print(f"[yellow]{say('cli.note')}[/] {escape(message.text())}", soft_wrap=True)
    has_pdf = not pdf or _write_pdfs(settings.reports, reports, kinds)
    print_kept([one.message.text() for one in reports.kept])
    out.print(
        say(
            "cli.places_written_unchanged",
            written=len(reports.written),
            unchanged=reports.unchanged,
            folder=escape(str(reports.folder)),
        )
    )
    return NOT_WRITTEN if reports.failures or not has_pdf else WRITTEN


def _write_pdfs(folder: Path, reports: Reports, kinds: list[str] | None) -> bool:
    """PDFs of the Word files of the places that were written; says so where there can be none."""
    from dagster_project.reports.pdf import NoPdf, write_pdfs

    files = [
        task_file
        for place in reports.written
        for task_file in word_files(folder, place, kinds)
        if task_file.exists()
    ]
    try:
        made = write_pdfs(files)
    except NoPdf as none:
        err.print(str(none))
        return False
    out.print(say("cli.pdfs_written", count=len(made)))
    return True


def compare(settings: Settings, file: Path, *, county: str | None, school_year: int | None) -> int:
    """Print the figures of an edited document that the marts no longer hold; 3 if there are any."""
    from dagster_project.census.rejection import FileRejected
    from dagster_project.reports import compare as comparing

    data = file.read_bytes()
    document = comparing.document_of(data, file.name)
    if document is None:
        err.print(say("cli.no_document_of_ours", file=escape(str(file))))
        return WRONG_USAGE
    try:
        with Published(settings.warehouse) as published:
            known = [
                place
                for place in published.counties()
                if county in (None, place.county_code, place.county_name)
                and school_year in (None, place.school_year)
            ]
            place = known[0] if len(known) == 1 else comparing.county_of(data, file, known)
            if place is None:
                err.print(say("cli.document_of_which_county", file=escape(str(file))))
                return WRONG_USAGE
            templates = Templates(settings.templates)
            found = comparing.compare(data, document, published, place, templates)
    except (NothingPublished, CannotRead, TemplateBroken, FileRejected) as fault:
        err.print(escape(fault.message.text()))
        return NOT_WRITTEN
    _print_compared(found, place, document.name)
    return DIFFERENT if found.differences else WRITTEN


def _print_compared(found: Compared, place: CountyYear, name: str) -> None:
    if found.differences:
        heads = ("cli.place", "cli.document_says", "cli.now", "cli.cell")
        table = Table(*map(say, heads), box=None)
        for one in found.differences:
            table.add_row(*map(escape, (one.place, one.said, one.now, one.cell)))
        out.print(table)
    county = f"{place.county_name or place.county_code} {place.school_year}"
    out.print(
        say(
            "cli.figures_compared",
            document=name,
            county=county,
            figures=found.figures,
            different=len(found.differences),
        )
    )
    if found.own:
        out.print(say("cli.paragraphs_of_their_own", number=len(found.own)))
        for text in found.own[:MOST_NAMED]:
            out.print(f"  {escape(text[:60])}{'…' if len(text) > 60 else ''}")


def cut_off() -> tuple[int, list[str]]:
    """Exit code and sentence of a report that was ended from outside."""
    sentence = "cli.every_document_stands_whole_old"
    return NOT_WRITTEN, [say(sentence)]


def print_failures(failures: list[Failure]) -> None:
    """Say which documents could not be written, and why."""
    for failure in failures[:MOST_FAILURES]:
        mark = say("cli.not_written")
        err.print(f"[red]{mark}[/] {escape(str(failure.document))}: {escape(failure.reason)}")
    if len(failures) > MOST_FAILURES:
        err.print(say("cli.more_2", more=len(failures) - MOST_FAILURES))
