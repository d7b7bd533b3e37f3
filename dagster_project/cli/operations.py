"""Commands around the warehouse: handing in, going back a version, looking for trouble."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dagster_project.cli.interruption import release, supervised
from dagster_project.cli.options import RawOption, WarehouseOption, settings_from

operations = typer.Typer()


@operations.command()
def pack(
    context: typer.Context,
    county: Annotated[str, typer.Option(help="cli.option_code_name_county")],
    school_year: Annotated[
        int, typer.Option("--school-year", min=1990, max=2100, help="cli.option_start_year")
    ],
    target: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.zip", help="cli.option_where_pack_goes")
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="cli.option_pack_draft")] = False,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """``junheng pack``: what it does, ``cli.help_pack`` says."""
    from dagster_project.cli.pack import run

    settings = settings_from(context, raw, warehouse)
    raise typer.Exit(
        run(settings, county=county, school_year=school_year, target=target, is_draft=draft)
    )


@operations.command()
def rollback(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ID", help="cli.option_version_default_one_before"),
    ] = None,
    only_list: Annotated[
        bool, typer.Option("--list", help="cli.option_only_list_versions_kept")
    ] = False,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """``junheng rollback``: what it does, ``cli.help_rollback`` says."""
    from dagster_project.cli.rollback import run

    settings = settings_from(context, raw, warehouse)
    raise typer.Exit(run(settings, publish_id=to, only_list=only_list))


@operations.command()
def doctor(
    context: typer.Context,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="cli.option_put_damaged_storage_right"),
    ] = False,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """``junheng doctor``: what it does, ``cli.help_doctor`` says."""
    from dagster_project.cli import doctor as command

    settings = settings_from(context, raw, warehouse)
    if not repair:
        release()
        raise typer.Exit(command.run(settings))
    from dagster_project.cli.load import cut_off
    from dagster_project.publish.versions import in_force

    before = in_force(settings)
    raise typer.Exit(
        supervised(
            lambda: command.repair_and_load(settings),
            lambda ending: cut_off(settings, before, ending.process),
        )
    )
