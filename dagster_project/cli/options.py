"""Options that many commands share, and the settings they make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dagster_project.cli.console import err
from dagster_project.cli.language import say
from dagster_project.settings import Settings
from dagster_project.variables import SettingsInvalid

WRONG_USAGE = 2

RawOption = Annotated[
    Path | None,
    typer.Option("--raw", help="Folder of raw files (JUNHENG_RAW; default: raw)."),
]
WarehouseOption = Annotated[
    Path | None,
    typer.Option("--warehouse", help="Warehouse folder (JUNHENG_WAREHOUSE; default: warehouse)."),
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
            expected = say(problem.kind.expected, **dict(problem.kind.values))
            err.print(
                say(
                    "{name} is '{value}'; write {expected}.",
                    name=problem.name,
                    value=problem.value,
                    expected=expected,
                )
            )
        raise typer.Exit(WRONG_USAGE) from None
    if "?" in str(settings.warehouse):
        err.print(
            say(
                "The warehouse {folder} has a ? in its path, behind which DuckDB looks for options"
                " and not for a file. Choose another folder.",
                folder=settings.warehouse,
            )
        )
        raise typer.Exit(WRONG_USAGE)
    return settings
