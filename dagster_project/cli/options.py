"""Options that many commands share, and the settings they make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dagster_project.settings import Settings

RawOption = Annotated[
    Path | None,
    typer.Option("--raw", help="Folder of raw files (JUNHENG_RAW; default: raw)."),
]
WarehouseOption = Annotated[
    Path | None,
    typer.Option("--warehouse", help="Warehouse folder (JUNHENG_WAREHOUSE; default: warehouse)."),
]


def settings_from(context: typer.Context, raw: Path | None, warehouse: Path | None) -> Settings:
    """Settings from the command's own options, then those before the command, then variables."""
    before = context.obj or (None, None)
    return Settings.from_environment(raw or before[0], warehouse or before[1])
