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
from dagster_project.cli.options import Form, RawOption, WarehouseOption, settings_from
from dagster_project.cli.planning import planning
from dagster_project.messages import say

app = typer.Typer(
    name="junheng",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="cli.help_junheng",
)

app.add_typer(planning)
app.add_typer(operations)

SUPERVISED = {"load", "report", "rollback", "doctor"}
"""Commands that signals do not interrupt wherever they are; see ``cli/interruption.py``."""


class Term(StrEnum):
    """The two semesters of a school year."""

    autumn = "autumn"
    spring = "spring"


class Shape(StrEnum):
    """The file shapes that ``junheng sample`` writes."""

    flat = "flat"
    workbook = "workbook"


class CheckFormat(StrEnum):
    """How ``junheng check`` prints."""

    text = "text"
    json = "json"
    csv = "csv"


class Return(StrEnum):
    """What ``junheng template`` writes: returns, or the Word templates of the documents."""

    all = "all"
    school = "school"
    county = "county"
    roster = "roster"
    movement = "movement"
    word = "word"


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
        typer.Option("--lang", metavar="en|zh", help="cli.option_language_junheng_lang_default"),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="cli.option_print_version"
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
        raise typer.BadParameter(say("cli.no_date", text=text)) from None
    return moment.astimezone(UTC).replace(tzinfo=None)


@app.command()
def load(
    context: typer.Context,
    school_year: Annotated[
        list[int] | None,
        typer.Option("--school-year", help="cli.option_start_year_2023_2023"),
    ] = None,
    term: Annotated[Term | None, typer.Option(help="cli.option_only_semester_s_folder")] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="TIMESTAMP", help="cli.option_publish_warehouse_as_known"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="cli.option_exit_3_while_hard")] = False,
    full: Annotated[bool, typer.Option("--full", help="cli.option_compute_all_years")] = False,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """``junheng load``: what it does, ``cli.help_load`` says."""
    from dagster_project.cli.load import cut_off, run
    from dagster_project.publish.versions import in_force

    settings = replace(settings_from(context, raw, warehouse), judges_apart=True)
    for year in school_year or ():
        if not 1990 <= year <= 2100:
            raise typer.BadParameter(
                say("cli.no_school_year", year=year), param_hint="--school-year"
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
                full=full,
            ),
            lambda ending: cut_off(settings, before, ending.process),
        )
    )


@app.command()
def check(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|FOLDER ...", exists=True, help="cli.option_handed"),
    ],
    form: Annotated[
        CheckFormat, typer.Option("--format", help="cli.option_output")
    ] = CheckFormat.text,
    list_folder: Annotated[
        Path | None,
        typer.Option("--list", metavar="DIR", help="cli.option_write_correction_lists_xlsx_there"),
    ] = None,
    school_year: Annotated[
        int | None,
        typer.Option(
            "--school-year", min=1990, max=2100, help="cli.option_where_no_file_folder_says"
        ),
    ] = None,
    term: Annotated[Term | None, typer.Option(help="cli.option_where_no_file_folder_says")] = None,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """``junheng check``: what it does, ``cli.help_check`` says."""
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
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help="cli.option_table_csv_xlsx"
        ),
    ],
    target: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT.yml", help="cli.option_where_draft_goes_screen"),
    ] = None,
    explained: Annotated[
        Path | None,
        typer.Option(
            "--check",
            metavar="PROFILE",
            exists=True,
            dir_okay=False,
            help="cli.option_explain_profile_against_file_instead",
        ),
    ] = None,
    school_year: Annotated[
        int | None,
        typer.Option(
            "--school-year", min=1990, max=2100, help="cli.option_where_no_file_folder_says"
        ),
    ] = None,
    term: Annotated[Term | None, typer.Option(help="cli.option_where_no_file_folder_says")] = None,
) -> None:
    """``junheng profile``: what it does, ``cli.help_profile`` says."""
    from dagster_project.cli import profile as command

    said = term.value if term else None
    if explained is not None:
        raise typer.Exit(command.explain(explained, file, school_year=school_year, term=said))
    raise typer.Exit(command.run(file, target, school_year=school_year, term=said))


@app.command()
def status(
    context: typer.Context, raw: RawOption = None, warehouse: WarehouseOption = None
) -> None:
    """``junheng status``: what it does, ``cli.help_status`` says."""
    from dagster_project.cli.status import run

    raise typer.Exit(run(settings_from(context, raw, warehouse)))


@app.command()
def flags(
    context: typer.Context,
    only_open: Annotated[
        bool, typer.Option("--open", help="cli.option_only_flags_nobody_dealt")
    ] = False,
    county: Annotated[str | None, typer.Option(help="cli.option_code_name_county")] = None,
    school_year: Annotated[
        int | None, typer.Option("--school-year", help="cli.option_start_year_2023_2023_2")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="cli.option_output")] = Form.table,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """``junheng flags``: what it does, ``cli.help_flags`` says."""
    from dagster_project.cli.flags import run

    settings = settings_from(context, raw, warehouse)
    raise typer.Exit(
        run(settings, only_open=only_open, county=county, school_year=school_year, form=form.value)
    )


@app.command()
def report(
    context: typer.Context,
    county: Annotated[str | None, typer.Option(help="cli.option_code_name_county")] = None,
    school_year: Annotated[
        int | None, typer.Option("--school-year", help="cli.option_start_year_2023_2023_2")
    ] = None,
    only_changed: Annotated[
        bool, typer.Option("--changed", help="cli.option_only_reports_would_come")
    ] = False,
    compared: Annotated[
        Path | None,
        typer.Option(
            "--compare",
            metavar="FILE.docx",
            exists=True,
            dir_okay=False,
            readable=True,
            help="cli.option_figures_edited_document",
        ),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="cli.option_kind_of_documents")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="cli.option_pdf")] = False,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """``junheng report``: what it does, ``cli.help_report`` says."""
    from dagster_project.cli.report import compare, cut_off, run

    settings = settings_from(context, raw, warehouse)
    if compared is not None:
        raise typer.Exit(compare(settings, compared, county=county, school_year=school_year))
    raise typer.Exit(
        supervised(
            lambda: run(
                settings,
                county=county,
                school_year=school_year,
                only_changed=only_changed,
                kinds=kind or None,
                pdf=pdf,
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
    """``junheng audit``: what it does, ``cli.help_audit`` says."""
    from dagster_project.cli.audit import run

    raise typer.Exit(run(file, settings_from(context, None, warehouse)))


@app.command()
def sample(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="cli.option_folder_write_into")],
    county: Annotated[
        str | None,
        typer.Option(help="cli.option_pingluo_default_zhoucun_weihai"),
    ] = None,
    history: Annotated[
        bool,
        typer.Option("--history", help="cli.option_pingluo_from_2020_six"),
    ] = False,
    counties: Annotated[
        int | None, typer.Option(min=1, help="cli.option_number_made_up_counties")
    ] = None,
    schools: Annotated[int, typer.Option(min=1, help="cli.option_schools_per_county")] = 30,
    years: Annotated[
        int, typer.Option(min=1, max=30, help="cli.option_school_years_ending_2023")
    ] = 1,
    seed: Annotated[int, typer.Option(help="cli.option_same_seed_same_files")] = 1,
    shape: Annotated[Shape, typer.Option(help="cli.option_file_shape")] = Shape.flat,
) -> None:
    """``junheng sample``: what it does, ``cli.help_sample`` says."""
    from dagster_project.cli.sample import run

    if county is not None and counties is not None:
        raise typer.BadParameter(say("cli.county_or_counties"))
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
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="cli.option_folder_write_into")],
    kind: Annotated[Return, typer.Option(help="cli.option_which_return")] = Return.all,
    county: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="cli.option_county_code_published_schools"),
    ] = None,
    school_year: Annotated[
        int | None, typer.Option("--school-year", min=1990, max=2100, help="cli.option_start_year")
    ] = None,
    term: Annotated[Term | None, typer.Option(help="cli.option_semester")] = None,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """``junheng template``: what it does, ``cli.help_template`` says."""
    from dagster_project.cli.template import run

    if county is not None and not (county.isdigit() and len(county) == 6):
        raise typer.BadParameter(say("cli.no_county_code", county=county), param_hint="--county")
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
