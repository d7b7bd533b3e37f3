"""Options that many commands share, and the settings they make."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.cli.console import err
from dagster_project.messages import say
from dagster_project.settings import Settings
from dagster_project.variables import SettingsInvalid

WRONG_USAGE = 2


class Form(StrEnum):
    """How a command prints rows."""

    table = "table"
    csv = "csv"
    json = "json"


RawOption = Annotated[
    Path | None,
    typer.Option("--raw", help="cli.option_folder_raw_files_junheng"),
]
WarehouseOption = Annotated[
    Path | None,
    typer.Option("--warehouse", help="cli.option_warehouse_folder_junheng_warehouse"),
]


def settings_from(context: typer.Context, raw: Path | None, warehouse: Path | None) -> Settings:
    """Settings from the command's own options, then those before the command, then variables.

    A variable that cannot be used is wrong usage: its sentence, exit code 2.
    """
    before = context.obj or (None, None)
    try:
        settings = Settings.from_environment(raw or before[0], warehouse or before[1])
    except SettingsInvalid as invalid:
        for problem in invalid.problems:
            err.print(problem.message.text())
        raise typer.Exit(WRONG_USAGE) from None
    if "?" in str(settings.warehouse):
        err.print(
            say(
                "cli.warehouse_path_behind_which_duckdb",
                folder=settings.warehouse,
            )
        )
        raise typer.Exit(WRONG_USAGE)
    return settings
