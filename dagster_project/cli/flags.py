"""``junheng flags``: the flags of the published warehouse, for reading or for further work."""

from __future__ import annotations

import csv
import json
import sys

from rich.markup import escape
from rich.table import Table

from dagster_project.cli.console import err, out
from dagster_project.messages import named, say
from dagster_project.publish.opening import open_published
from dagster_project.publish.versions import in_force
from dagster_project.settings import Settings
from dagster_project.spreadsheets.formula_injection import csv_cell

COLUMNS = (
    "flag_id", "rule_id", "title", "severity", "status", "school_year", "term", "county_code",
    "county_name", "school_id", "school_name", "stage", "fields", "observed", "expected", "message",
    "remedy", "owner", "source_file", "sheet", "cell", "note",
)  # fmt: skip
_SQL = """
    select flag.*, school.school_name, county.county_name, rule.title, rule.owner
    from (select * from quality.flag) as flag
    left join (
        select school_year, school_id, any_value(school_name) as school_name
        from marts.dim_school group by all
    ) as school using (school_year, school_id)
    left join (
        select county_code, max(county_name) as county_name from marts.dim_school group by all
    ) as county using (county_code)
    left join quality.rule as rule using (rule_id)
    where (not $open or flag.status = 'open')
      and ($county is null or flag.county_code = $county or county.county_name = $county)
      and ($school_year is null or flag.school_year = $school_year)
    order by flag.severity, flag.school_year desc, flag.county_code, flag.school_id, flag.stage,
             flag.rule_id, flag.flag_id
"""
MOST_ROWS = 200  # of a table on the screen


def run(
    settings: Settings, *, only_open: bool, county: str | None, school_year: int | None, form: str
) -> int:
    """Print the flags as ``form`` (table, csv, json); 1 if nothing is published yet."""
    if in_force(settings) is None:
        err.print(say("cli.nothing_published_yet", folder=settings.warehouse))
        err.print(say("cli.run_junheng_load"))
        return 1
    rows = read(settings, only_open=only_open, county=county, school_year=school_year)
    {"table": _print_table, "csv": _print_csv, "json": _print_json}[form](rows)
    return 0


def read(
    settings: Settings,
    *,
    only_open: bool = False,
    county: str | None = None,
    school_year: int | None = None,
) -> list[dict[str, object]]:
    """The published flags, hard ones first; ``county`` is a code or a name."""
    with open_published(settings.database) as connection:
        result = connection.execute(
            _SQL, {"open": only_open, "county": county, "school_year": school_year}
        )
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return [{name: row.get(name) for name in COLUMNS} for row in rows]


def _print_csv(rows: list[dict]) -> None:
    stream = sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([csv_cell(row[name]) for name in COLUMNS] for row in rows)


def _print_json(rows: list[dict]) -> None:
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    json.dump(rows, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def _print_table(rows: list[dict]) -> None:
    headers = (
        "cli.flag",
        "cli.severity",
        "cli.year",
        "cli.school",
        "cli.stage",
        "cli.where",
        "cli.message",
        "cli.status",
    )
    table = Table(*map(say, headers), box=None)
    for row in rows[:MOST_ROWS]:
        school = row["school_name"] or row["school_id"] or row["county_name"] or row["county_code"]
        where = " ".join(str(row[n]) for n in ("source_file", "sheet", "cell") if row[n])
        cells = (row["flag_id"], named("severity", row["severity"]), row["school_year"], school,
                 named("stage", row["stage"]), where, row["message"],
                 named("flag_status", row["status"]))  # fmt: skip
        table.add_row(*(escape(str(cell)) if cell is not None else "" for cell in cells))
    if rows:
        out.print(table)
    if len(rows) > MOST_ROWS:
        out.print(say("cli.more_format_csv_shows_all", more=len(rows) - MOST_ROWS))
    hard = sum(row["severity"] == "hard" for row in rows)
    out.print(say("cli.flags_hard_soft", all=len(rows), hard=hard, soft=len(rows) - hard))
