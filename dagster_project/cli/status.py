"""``junheng status``: what has arrived, what is missing, what is published, what is open."""

from __future__ import annotations

from rich.table import Table

from dagster_project.cli.console import out
from dagster_project.cli.summary import MOST_FILES, print_not_used
from dagster_project.messages import named, say, spoken
from dagster_project.messages.moments import beijing
from dagster_project.publish.lock import is_written
from dagster_project.publish.opening import open_published
from dagster_project.publish.versions import in_force
from dagster_project.runs.journal import last_run
from dagster_project.runs.summary import PUBLISHED, UNCHANGED
from dagster_project.settings import Settings

_COMPLETENESS = """
    select c.school_year, c.term, c.county_code, c.county_name, c.expected_schools,
           c.received_schools, c.missing_school_ids, c.status,
           coalesce(sum((f.severity = 'hard')::int), 0)::int as hard,
           coalesce(sum((f.severity = 'soft')::int), 0)::int as soft
    from quality.completeness c
    left join quality.flag f
        on f.school_year = c.school_year and f.term = c.term and f.county_code = c.county_code
        and f.status = 'open'
    group by all
    order by c.school_year desc, c.term, c.county_code
"""
_REFUSED = """
    select path, case when $language = 'zh' then coalesce(reason_zh, reason) else reason end
    from quality.rejected_file order by path
"""
MOST_ROWS = 60


def run(settings: Settings) -> int:
    """Print the state of the warehouse and of raw; always exits 0."""
    waiting = _not_loaded(settings)
    standing = in_force(settings)
    if standing is None:
        out.print(say("cli.nothing_published_yet", folder=settings.warehouse))
    else:
        with open_published(settings.database) as connection:
            rows = connection.execute(_COMPLETENESS).fetchall()
            refused = connection.execute(_REFUSED, {"language": spoken()}).fetchall()
        out.print(say("cli.published_version", path=settings.database, id=standing.name))
        _print_completeness(rows, refused)
        print_not_used(settings)
    _print_last_run(settings)
    if waiting:
        out.print(say("cli.file_s_not_loaded_yet", count=len(waiting), raw=settings.raw))
        for path in waiting[:MOST_FILES]:
            out.print(f"  {path}")
        if len(waiting) > MOST_FILES:
            out.print(say("cli.more_2", more=len(waiting) - MOST_FILES))
        out.print(say("cli.run_junheng_load"))
    return 0


def _print_last_run(settings: Settings) -> None:
    """What stands in the way, if the newest run published nothing."""
    last = last_run(settings)
    if last is None or last.outcome in (PUBLISHED, UNCHANGED) or is_written(settings.warehouse):
        return
    if last.outcome is None:
        out.print(say("cli.last_load_cut_off", time=beijing(last.began)))
    else:
        out.print(say("cli.last_load_published_nothing", time=beijing(last.began)))
        for sentence in last.faults:
            out.print(f"  {sentence}")


def _print_completeness(rows: list[tuple], refused: list[tuple]) -> None:
    headers = (
        "cli.year",
        "cli.term",
        "cli.county",
        "cli.expected",
        "cli.received",
        "cli.status",
        "cli.flags",
    )
    table = Table(*map(say, headers), box=None)
    for year, term, code, name, expected, received, _missing, state, hard, soft in rows[:MOST_ROWS]:
        table.add_row(
            str(year),
            named("term", term),
            f"{name or ''} {code}".strip(),
            str(expected),
            str(received),
            named("completeness", state),
            say("cli.hard_soft", hard=hard, soft=soft) if hard or soft else say("cli.none"),
        )
    out.print(table)
    if len(rows) > MOST_ROWS:
        more, mart = len(rows) - MOST_ROWS, "quality.completeness"
        out.print(say("cli.more", more=more, table=mart))
    for year, term, code, _name, _expected, _received, missing, *_ in rows[:MOST_ROWS]:
        if missing:
            ids = missing.replace(",", ", ")
            out.print(
                say(
                    "cli.missing",
                    year=year,
                    term=named("term", term),
                    code=code,
                    ids=ids,
                )
            )
    for path, reason in refused[:MOST_FILES]:
        out.print(f"[red]{say('cli.refused')}[/] {path}: {reason}")


def _not_loaded(settings: Settings) -> list[str]:
    """Paths in raw whose present bytes no load has seen."""
    from dagster_project.lake.in_force import latest_by_version
    from dagster_project.lake.scan import scan
    from dagster_project.lake.store import Lake

    known = latest_by_version(Lake(settings.lake).deliveries())
    return [file.path for file in scan(settings.raw) if (file.path, file.sha256) not in known]
