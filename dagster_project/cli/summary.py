"""What a person reads after a load: files, sections, flags, verdicts, and where the outputs are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import duckdb
from rich.markup import escape
from rich.table import Table

from dagster_project.cli.console import out
from dagster_project.figures.rounding import marked
from dagster_project.messages import named, say, spoken
from dagster_project.publish.attaching import attach
from dagster_project.publish.not_used import COMPUTED, not_used
from dagster_project.publish.opening import DatabaseHeld, open_published
from dagster_project.publish.restatement import told
from dagster_project.publish.versions import manifest_of
from dagster_project.runs.launched import Launched
from dagster_project.settings import Settings
from dagster_project.verdicts import of_county

MOST_COUNTIES = 12
MOST_FILES = 20

_COUNTIES = """
    with coefficient as (
        select school_year, county_code, any_value(county_name) as county_name, stage,
               max(sections) as sections,
               count(*) filter (verdict = 'met' and sections_tainted = 0) as met,
               count(*) as items
        from marts.county_coefficient where standard_id = '2017'
        group by school_year, county_code, stage
    ),
    attaining as (
        select school_year, county_code, stage, count(*) filter (attains) as attaining
        from marts.school_attainment
        where standard_id = '2017'
        group by school_year, county_code, stage
    )
    select school_year, county_code, county_name, stage, sections, coalesce(attaining, 0),
           met, items
    from coefficient left join attaining using (school_year, county_code, stage)
    order by school_year desc, county_code, stage desc
"""
_BELOW = """
    select school_year, school_name, stage, indicator_id, value, threshold, verdict, is_tainted
    from marts.school_indicator
    where standard_id = '2017' and verdict in ('floor', 'below')
      and school_year = (select max(school_year) from marts.school_indicator)
    order by verdict, value / threshold, school_id
    limit 10
"""
# What was set aside as doubtful and is open: nobody has corrected or waived it.
_DOUBTFUL = """
    select entry.path, entry.sheet, entry.cell,
           case when ? = 'zh' then coalesce(entry.sentence_zh, entry.sentence)
                else entry.sentence end
    from quality.set_aside as entry
    where entry.reason = 'doubtful' and entry.is_standing
      and exists (
          select 1
          from quality.flag
          join quality.rule using (rule_id)
          where rule.frame = 'entry' and flag.status = 'open'
            and flag.source_file = entry.path
            and flag.sheet is not distinct from entry.sheet
            and list_contains(string_split(flag.cell, '; '), entry.cell)
      )
    order by entry.path, entry.sheet, entry.source_row, entry.cell
"""
_NATIONAL = """
    select school_year, stage, sum(schools), sum(pupils), sum(classes), sum(teachers),
           sum(graduates)
    from marts.county_enrolment group by school_year, stage order by school_year, stage desc
"""
_VERDICTS = """
    select verdict.school_year, verdict.county_code, any_value(verdict.county_name),
           any_value(verdict.items_met), any_value(verdict.items_total),
           bool_or(verdict.attains), any_value(verdict.items_not_reported),
           list(assessment.item_id order by assessment.item_id)
               filter (assessment.verdict = 'not_met'),
           list(assessment.item_id order by assessment.item_id)
               filter (assessment.verdict = 'unverified'),
           any_value(verdict.satisfaction_verdict) = 'not_reported'
    from marts.county_verdict as verdict
    join marts.county_assessment as assessment using (school_year, county_code, standard_id)
    where verdict.standard_id = '2017'
      and verdict.school_year = (select max(school_year) from marts.county_verdict)
    group by verdict.school_year, verdict.county_code
    order by verdict.county_code
"""


def _query(settings: Settings, sql: str, *values: object) -> list[tuple]:
    with opened(settings) as connection:
        return connection.execute(sql, values).fetchall()


def opened(settings: Settings) -> duckdb.DuckDBPyConnection:
    """The published version; kept open, queries made meanwhile share what it has read.

    Somebody may hold the file that a load has found unchanged: then its Parquet files are read.
    """
    with suppress(DatabaseHeld):
        return open_published(settings.database)
    connection = duckdb.connect()
    attach(connection, settings.database.resolve(), "version")
    connection.execute("use version")
    return connection


def rejected_files(settings: Settings) -> list[tuple]:
    """Path, sheet, cell and reason of the files that were not loaded."""
    reason = "coalesce(reason_zh, reason)" if spoken() == "zh" else "reason"
    return _query(
        settings, f"select path, sheet, cell, {reason} from quality.rejected_file order by path"
    )


def doubtful_entries(settings: Settings) -> list[tuple]:
    """Path, sheet, cell and sentence of the entries that were not used and wait for correction."""
    return _query(settings, _DOUBTFUL, spoken())


def open_hard_flags(settings: Settings) -> int:
    """Number of open flags on impossible figures."""
    return _query(
        settings,
        "select count(*) from quality.flag where severity = 'hard' and status = 'open'",
    )[0][0]


def print_summary(settings: Settings, launched: Launched, is_new: bool) -> None:
    """Print the summary of a load that ended well."""
    (sections, years), *_ = _query(
        settings,
        "select count(*), count(distinct school_year) from"
        " (select distinct school_year, school_id, stage from marts.school_indicator)",
    )
    flags = dict(
        _query(
            settings,
            "select severity, count(*) from quality.flag where status = 'open' group by severity",
        )
    )
    rejected = rejected_files(settings)
    out.print()
    out.print(
        say(
            "cli.files_raw_read_now_refused",
            files=launched.files,
            read=launched.read,
            refused=len(rejected),
        )
    )
    out.print(
        say(
            "cli.sections_school_year_s",
            sections=sections,
            years=years,
        )
    )
    out.print(
        say(
            "cli.flags_hard_soft_open",
            hard=flags.get("hard", 0),
            soft=flags.get("soft", 0),
        )
    )
    _print_totals(settings)
    _print_counties(settings)
    _print_places("cli.refused", rejected, "quality.rejected_file")
    _print_places("cli.not_used", doubtful_entries(settings), "quality.set_aside")
    print_not_used(settings)
    for sentence in launched.notes[:MOST_FILES]:
        out.print(f"[yellow]{say('cli.note')}[/] {escape(sentence)}")
    out.print()
    verb = say("cli.published") if is_new else say("cli.nothing_changed_published_before")
    out.print(f"[bold green]{verb}[/] {settings.database}")
    out.print(say("cli.same_tables_as_parquet", folder=settings.published))
    _print_reports(settings, launched)
    if (index := settings.warehouse / "index.html").exists():
        out.print(say("cli.start_here_browser", page=index))
    if is_new:
        _print_restatement(settings)
        _print_audit(settings)


def _print_audit(settings: Settings) -> None:
    """Print what a load that computed all years found unlike the version that stood."""
    audit = manifest_of(settings.current).get("audit")
    if not audit:
        return
    version, unlike = audit["compared_with"], audit["unlike"]
    if not unlike:
        out.print(say("cli.whole_is_alike", version=version))
        return
    out.print(f"[bold red]{say('cli.whole_is_unlike', version=version, tables=unlike)}[/]")


def print_not_used(settings: Settings) -> None:
    """Print what the version in force did not compute, and which columns nobody reads."""
    try:
        with opened(settings) as connection:
            found = not_used(connection)
    except (duckdb.CatalogException, duckdb.BinderException):
        return  # published by an earlier release, whose tables had other columns
    for what, messages in (
        ("cli.not_computed", found.not_computed),
        ("cli.ignored", found.ignored),
    ):
        for message in messages[:MOST_FILES]:
            out.print(f"[yellow]{say(what)}[/] {escape(message.text())}")
        if len(messages) > MOST_FILES:
            out.print(say("cli.more_2", more=len(messages) - MOST_FILES))


def is_anything_computed(settings: Settings) -> bool:
    """Whether the version in force has the figure of some indicator."""
    return bool(_query(settings, COMPUTED)[0][0])


def _print_places(what: str, places: list[tuple], table: str) -> None:
    """Files or entries at fault, each with its sentence; of many the first."""
    for path, sheet, cell, reason in places[:MOST_FILES]:
        where = ", ".join(part for part in (sheet, cell) if part)
        head = f"[red]{say(what)}[/] {escape(str(path))}{f' ({escape(where)})' if where else ''}"
        out.print(f"{head}: {escape(reason)}")
    if len(places) > MOST_FILES:
        more = len(places) - MOST_FILES
        out.print(say("cli.more", more=more, table=table))


def _print_reports(settings: Settings, launched: Launched) -> None:
    for sentence in launched.reports_failed[:MOST_FILES]:
        out.print(f"[red]{say('cli.not_written')}[/] {escape(sentence)}")
    if len(launched.reports_failed) > MOST_FILES:
        out.print(say("cli.more_2", more=len(launched.reports_failed) - MOST_FILES))
    print_kept(launched.kept)
    if settings.reports.is_dir():
        out.print(
            say(
                "cli.yearly_reports_places_written_now",
                written=launched.reports,
                folder=settings.reports,
            )
        )
    if launched.reports_left:
        out.print(
            say(
                "cli.reports_more_counties_years_due",
                left=launched.reports_left,
            )
        )


def print_kept(sentences: Sequence[str]) -> None:
    """Say which files that somebody edited were left as they are, and where the new ones stand."""
    for sentence in sentences[:MOST_FILES]:
        out.print(f"[yellow]{say('cli.kept')}[/] {escape(sentence)}", soft_wrap=True)
    if len(sentences) > MOST_FILES:
        out.print(say("cli.more_2", more=len(sentences) - MOST_FILES))


def _print_restatement(settings: Settings) -> None:
    restatement = manifest_of(settings.current).get("restatement", {})
    if not restatement.get("compared_with") and not restatement.get("is_missing"):
        return
    out.print()
    note, *lines = told(restatement)
    out.print(f"[bold]{say('cli.restated')}[/]  {note}")
    for line in lines:
        out.print(f"  {line}")


def _print_totals(settings: Settings) -> None:
    headers = (
        "cli.year",
        "cli.stage",
        "cli.schools",
        "cli.pupils",
        "cli.classes",
        "cli.teachers",
        "cli.graduates",
    )
    table = Table(*map(say, headers), box=None)
    for column in table.columns[2:]:
        column.justify = "right"
    for year, stage, *numbers in _query(settings, _NATIONAL):
        table.add_row(
            str(year), named("stage", stage), *("–" if n is None else f"{n:,.0f}" for n in numbers)
        )
    out.print(table)


def _print_counties(settings: Settings) -> None:
    rows = _query(settings, _COUNTIES)
    if not rows:
        return
    headers = (
        "cli.year",
        "cli.county",
        "cli.stage",
        "cli.sections",
        "cli.attaining",
        "cli.coefficients_met",
    )
    table = Table(*map(say, headers), box=None)
    for year, code, name, stage, sections, attaining, met, items in rows[:MOST_COUNTIES]:
        table.add_row(
            str(year),
            f"{name or ''} {code}".strip(),
            named("stage", stage),
            str(sections),
            str(attaining),
            f"[{'green' if met == items else 'yellow'}]"
            + say("cli.text", met=met, items=items)
            + "[/]",
        )
    out.print(table)
    if len(rows) > MOST_COUNTIES:
        more, mart = len(rows) - MOST_COUNTIES, "marts.county_coefficient"
        out.print(say("cli.more", more=more, table=mart))
    verdicts = _query(settings, _VERDICTS)
    for row in verdicts[:MOST_COUNTIES]:
        year, code, name, met, total, attains, silent, not_met, doubted, is_s1_silent = row
        missed = say("cli.not_met", items=not_met) if not_met else ""
        open_ = say("cli.unverified", items=doubted) if doubted else ""
        unsaid = say("cli.not_reported", silent=silent) if silent else ""
        if is_s1_silent:  # satisfaction stands beside the 31
            unsaid += say("cli.s1_not_reported")
        colour = "green" if attains else "yellow"
        mark = f"[{colour}]{of_county(attains, spoken())}[/]"
        items = say("cli.items", met=met, total=total)
        out.print(f"  {year} {name or ''} {code} {mark}: {items}{missed}{open_}{unsaid}")
    below = _query(settings, _BELOW)
    for year, name, stage, indicator, value, threshold, verdict, is_tainted in below:
        gap = "cli.below_floor" if verdict == "below" else "cli.below_threshold"
        out.print(
            say(
                "cli.text_2",
                year=year,
                name=name,
                stage=named("stage", stage),
                indicator=indicator,
                value=marked(f"{value:,.2f}", is_tainted),
                threshold=threshold,
                gap=say(gap),
            )
        )
