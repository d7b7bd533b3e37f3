"""Commands and options; what a command does stands in the module of its name.

Nothing heavy is imported here, so that ``--help`` answers at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.cli.interruption import release, supervised
from dagster_project.cli.operations import operations
from dagster_project.cli.options import RawOption, WarehouseOption, settings_from

app = typer.Typer(
    name="junheng",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Junheng (均衡): load school-census exports, publish indicators and coefficients.",
)

app.add_typer(operations)

SUPERVISED = {"load", "report", "rollback", "doctor"}
"""Commands that signals do not interrupt wherever they are; see ``cli/interruption.py``."""


class Term(StrEnum):
    """The two semesters of a school year."""

    autumn = "autumn"
    spring = "spring"


class Form(StrEnum):
    """How a command prints rows."""

    table = "table"
    json = "json"
    csv = "csv"


class Shape(StrEnum):
    """The file shapes that ``junheng sample`` writes."""

    flat = "flat"
    workbook = "workbook"


class CheckFormat(StrEnum):
    """How ``junheng check`` prints."""

    text = "text"
    json = "json"
    csv = "csv"


class FlagFormat(StrEnum):
    """How ``junheng flags`` prints."""

    table = "table"
    csv = "csv"
    json = "json"


class Return(StrEnum):
    """The returns that ``junheng template`` writes."""

    all = "all"
    school = "school"
    county = "county"
    roster = "roster"
    movement = "movement"


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"junheng {version('junheng')}")
        raise typer.Exit


@app.callback()
def _paths(
    context: typer.Context,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
    lang: Annotated[
        str | None,
        typer.Option(
            "--lang", metavar="en|zh", help="Language, JUNHENG_LANG (default: the locale's)."
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    # --lang is taken out of the arguments before they come here; see cli/language.py.
    # --version has ended the command already: it is eager.
    context.obj = (raw, warehouse)
    if context.invoked_subcommand not in SUPERVISED:
        release()


def _timestamp(text: str | None) -> datetime | None:
    """An ISO date or time; without a zone it is local time. Returned as naive UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is not a date or time; write 2024-03-01 or 2024-03-01T08:00."
        ) from None
    return moment.astimezone(UTC).replace(tzinfo=None)


@app.command()
def load(
    context: typer.Context,
    school_year: Annotated[
        list[int] | None,
        typer.Option("--school-year", help="Start year, 2023 = 2023/24; may be repeated."),
    ] = None,
    term: Annotated[Term | None, typer.Option(help="Only this semester's folder.")] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="TIMESTAMP", help="Publish the warehouse as it was known then."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 while hard flags are open.")
    ] = False,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Ingest what is new in raw, validate, build, audit and publish."""
    from dagster_project.cli.load import cut_off, run
    from dagster_project.publish.versions import in_force

    settings = replace(settings_from(context, raw, warehouse), judges_apart=True)
    for year in school_year or ():
        if not 1990 <= year <= 2100:
            raise typer.BadParameter(
                f"{year} is not a school year; write the year it starts in, such as 2023.",
                param_hint="--school-year",
            )
    moment, before = _timestamp(as_of), in_force(settings)
    raise typer.Exit(
        supervised(
            lambda: run(
                settings,
                school_years=school_year or None,
                term=term.value if term else None,
                as_of=moment,
                strict=strict,
            ),
            lambda ending: cut_off(settings, before, ending.process),
        )
    )


@app.command()
def check(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|FOLDER ...", exists=True, help="What is to be handed in."),
    ],
    form: Annotated[CheckFormat, typer.Option("--format", help="Output.")] = CheckFormat.text,
    list_folder: Annotated[
        Path | None,
        typer.Option("--list", metavar="DIR", help="Write correction lists (xlsx) there."),
    ] = None,
    school_year: Annotated[
        int | None,
        typer.Option("--school-year", min=1990, max=2100, help="Where no file or folder says it."),
    ] = None,
    term: Annotated[Term | None, typer.Option(help="Where no file or folder says it.")] = None,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """What a load would read, use, flag and compute of files; nothing is loaded.

    Ends with 0 if all is clean, 3 with flags or content that is not used, 1 if nothing is usable.
    """
    from dagster_project.cli.check import run

    raise typer.Exit(
        run(
            settings_from(context, raw, warehouse),
            paths,
            form=form.value,
            list_folder=list_folder,
            school_year=school_year,
            term=term.value if term else None,
        )
    )


@app.command()
def profile(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A table (csv, xlsx)."),
    ],
    target: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT.yml", help="Where the draft goes (the screen)."),
    ] = None,
    explained: Annotated[
        Path | None,
        typer.Option(
            "--check",
            metavar="PROFILE",
            exists=True,
            dir_okay=False,
            help="Explain this profile against the file instead.",
        ),
    ] = None,
    school_year: Annotated[
        int | None,
        typer.Option("--school-year", min=1990, max=2100, help="Where no file or folder says it."),
    ] = None,
    term: Annotated[Term | None, typer.Option(help="Where no file or folder says it.")] = None,
) -> None:
    """Draft a profile for a table: columns, keys and units guessed, with reasons and doubts.

    Ends with 0 if the draft reads the file, 3 if it must be filled in first, 1 without a table.
    """
    from dagster_project.cli import profile as command

    place = {"school_year": school_year, "term": term.value if term else None}
    if explained is not None:
        raise typer.Exit(command.explain(explained, file, **place))
    raise typer.Exit(command.run(file, target, **place))


@app.command()
def status(
    context: typer.Context, raw: RawOption = None, warehouse: WarehouseOption = None
) -> None:
    """Per county, year and term: what has arrived, what is missing, what is published."""
    from dagster_project.cli.status import run

    raise typer.Exit(run(settings_from(context, raw, warehouse)))


@app.command()
def flags(
    context: typer.Context,
    only_open: Annotated[
        bool, typer.Option("--open", help="Only flags that nobody has dealt with.")
    ] = False,
    county: Annotated[str | None, typer.Option(help="Code or name of a county.")] = None,
    school_year: Annotated[
        int | None, typer.Option("--school-year", help="Start year, 2023 = 2023/24.")
    ] = None,
    form: Annotated[FlagFormat, typer.Option("--format", help="Output.")] = FlagFormat.table,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """The flags: figures that are impossible or must be explained, and what became of them."""
    from dagster_project.cli.flags import run

    settings = settings_from(context, raw, warehouse)
    raise typer.Exit(
        run(settings, only_open=only_open, county=county, school_year=school_year, form=form.value)
    )


@app.command()
def report(
    context: typer.Context,
    county: Annotated[str | None, typer.Option(help="Code or name of a county.")] = None,
    school_year: Annotated[
        int | None, typer.Option("--school-year", help="Start year, 2023 = 2023/24.")
    ] = None,
    only_changed: Annotated[
        bool, typer.Option("--changed", help="Only reports that would come out otherwise.")
    ] = False,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Write the yearly reports again: self-evaluation, circular, annex and web page."""
    from dagster_project.cli.report import cut_off, run

    settings = settings_from(context, raw, warehouse)
    raise typer.Exit(
        supervised(
            lambda: run(
                settings, county=county, school_year=school_year, only_changed=only_changed
            ),
            lambda ending: cut_off(),
        )
    )


@app.command()
def audit(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, readable=True)
    ],
    warehouse: WarehouseOption = None,
) -> None:
    """Recompute published claims and print those that do not hold."""
    from dagster_project.cli.audit import run

    raise typer.Exit(run(file, settings_from(context, None, warehouse)))


@app.command()
def sample(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into.")],
    county: Annotated[
        str | None,
        typer.Option(help="pingluo (the default), zhoucun, weihai, pioneer or sucheng."),
    ] = None,
    history: Annotated[
        bool,
        typer.Option("--history", help="Pingluo from 2020 on, with six semesters and returns."),
    ] = False,
    counties: Annotated[int | None, typer.Option(min=1, help="Number of made-up counties.")] = None,
    schools: Annotated[int, typer.Option(min=1, help="Schools per county.")] = 30,
    years: Annotated[int, typer.Option(min=1, max=30, help="School years, ending 2023.")] = 1,
    seed: Annotated[int, typer.Option(help="Same seed, same files.")] = 1,
    shape: Annotated[Shape, typer.Option(help="File shape.")] = Shape.flat,
) -> None:
    """Write synthetic census exports in the real file shapes, for trying and benchmarking."""
    from dagster_project.cli.sample import run

    if county is not None and counties is not None:
        raise typer.BadParameter("Choose --county or --counties, not both.")
    raise typer.Exit(
        run(
            directory,
            county=county or (None if counties else "pingluo"),
            history=history,
            counties=counties,
            schools=schools,
            years=years,
            seed=seed,
            shape=shape.value,
        )
    )


@app.command()
def template(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into.")],
    kind: Annotated[Return, typer.Option(help="Which return.")] = Return.all,
    county: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="County code; its published schools are prefilled."),
    ] = None,
    school_year: Annotated[
        int | None, typer.Option("--school-year", min=1990, max=2100, help="Start year.")
    ] = None,
    term: Annotated[Term | None, typer.Option(help="Semester.")] = None,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Write the project's own return forms (xlsx): school, county, class roster, movements."""
    from dagster_project.cli.template import run

    if county is not None and not (county.isdigit() and len(county) == 6):
        raise typer.BadParameter(
            f"'{county}' is no county code; write six digits such as 640221.",
            param_hint="--county",
        )
    raise typer.Exit(
        run(
            settings_from(context, raw, warehouse),
            directory,
            kind=kind.value,
            county=county,
            school_year=school_year,
            term=term.value if term else None,
        )
    )


CountyOption = Annotated[
    str | None, typer.Option("--county", help="Code or name; needed where there are several.")
]
YearOption = Annotated[
    int | None,
    typer.Option("--school-year", min=1990, max=2100, help="Start year (default: the latest)."),
]


@app.command()
def whatif(
    context: typer.Context,
    county: CountyOption = None,
    school_year: YearOption = None,
    standard: Annotated[str, typer.Option(help="2017, 2012 or a regional one.")] = "2017",
    close_gaps: Annotated[
        list[str] | None,
        typer.Option("--close-gaps", metavar="L4,L5|all", help="Every section to the threshold."),
    ] = None,
    merge: Annotated[
        list[str] | None,
        typer.Option(metavar="A+B", help="Schools (code or exact name) become one, the first."),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", metavar="A[/junior]", help="Without a school or section."),
    ] = None,
    leave_out_flagged: Annotated[
        bool,
        typer.Option("--leave-out-flagged", help="Coefficients without hard-flagged figures."),
    ] = False,
    move: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N:KIND:FROM>TO",
            help="Move teachers, equipment or classrooms, in quotes: '3:L2:A>B';"
            " '2:L1+L3:A/junior>B' where a teacher counts twice. Kinds: L1 degree, L2 backbone,"
            " L3 pe-arts, L6 equipment, L7 multimedia.",
        ),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar="N:KIND:SCHOOL", help="Add a resource: '600:L5:A'."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="Output.")] = Form.table,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """What the coefficients become if gaps close, schools merge or teachers move.

    Options may be repeated. Whatever their order, they are done so: leave out, merge, move, add,
    close gaps.
    """
    from dagster_project.cli.whatif import run

    options = {
        "close_gaps": close_gaps,
        "merge": merge,
        "leave_out": leave_out,
        "leave_out_flagged": leave_out_flagged,
        "move": move,
        "add": add,
    }
    raise typer.Exit(
        run(
            settings_from(context, raw, warehouse),
            county=county,
            school_year=school_year,
            standard=standard,
            options=options,
            form=form.value,
        )
    )


@app.command()
def plan(
    context: typer.Context,
    county: CountyOption = None,
    school_year: YearOption = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Own prices: indicator_id,action,price_yuan; a blank price = not to be had.",
        ),
    ] = None,
    no_hires: Annotated[
        bool, typer.Option("--no-hires", help="Only the teachers the county has.")
    ] = False,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=1, metavar="SECONDS", help="Seconds to search.")
    ] = 30.0,
    target: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write .xlsx, .csv or .json.")
    ] = None,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """The cheapest changes that make a county attain the 2017 standard."""
    from dagster_project.cli.plan import run

    raise typer.Exit(
        run(
            settings_from(context, raw, warehouse),
            county=county,
            school_year=school_year,
            prices=prices,
            no_hires=no_hires,
            time_limit=time_limit,
            target=target,
        )
    )
