"""Commands about changes of a county: what given ones would do, and which ones it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dagster_project.cli.options import Form, RawOption, WarehouseOption, settings_from

planning = typer.Typer()

CountyOption = Annotated[
    str | None, typer.Option("--county", help="cli.option_code_name_needed_where")
]
YearOption = Annotated[
    int | None,
    typer.Option("--school-year", min=1990, max=2100, help="cli.option_start_year_default_latest"),
]


@planning.command()
def whatif(
    context: typer.Context,
    county: CountyOption = None,
    school_year: YearOption = None,
    standard: Annotated[str, typer.Option(help="cli.option_2017_2012_regional_one")] = "2017",
    close_gaps: Annotated[
        list[str] | None,
        typer.Option(
            "--close-gaps", metavar="L4,L5|all", help="cli.option_every_section_threshold"
        ),
    ] = None,
    merge: Annotated[
        list[str] | None,
        typer.Option(metavar="A+B", help="cli.option_schools_code_exact_name"),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", metavar="A[/junior]", help="cli.option_without_school_section"),
    ] = None,
    leave_out_flagged: Annotated[
        bool,
        typer.Option("--leave-out-flagged", help="cli.option_coefficients_without_hard_flagged"),
    ] = False,
    move: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N:KIND:FROM>TO",
            help="cli.option_move_teachers_equipment_classrooms",
        ),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar="N:KIND:SCHOOL", help="cli.option_add_resource_600_l5"),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="cli.option_output")] = Form.table,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """``junheng whatif``: what it does, ``cli.help_whatif`` says."""
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


@planning.command()
def plan(
    context: typer.Context,
    county: CountyOption = None,
    school_year: YearOption = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="cli.option_own_prices_indicator_id",
        ),
    ] = None,
    no_hires: Annotated[
        bool, typer.Option("--no-hires", help="cli.option_only_teachers_county")
    ] = False,
    time_limit: Annotated[
        float,
        typer.Option("--time-limit", min=1, metavar="SECONDS", help="cli.option_seconds_search"),
    ] = 30.0,
    target: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="cli.option_write_xlsx_csv_json")
    ] = None,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """``junheng plan``: what it does, ``cli.help_plan`` says."""
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
