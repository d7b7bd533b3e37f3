"""The help of every command in the language spoken."""

from __future__ import annotations

from typing import Any

import typer

from dagster_project.cli.language import say


def translated(app: typer.Typer) -> Any:
    """The commands of ``app``, their help and that of their options translated."""
    from typer import rich_utils

    for name in ("OPTIONS_PANEL_TITLE", "ARGUMENTS_PANEL_TITLE", "COMMANDS_PANEL_TITLE"):
        setattr(rich_utils, name, say(getattr(rich_utils, name)))
    command = typer.main.get_command(app)
    _translate(command)
    return command


def sentences(command: Any) -> list[str]:
    """Every sentence of help of ``command`` and the commands below it."""
    found = [_plain(command.help)] if command.help else []
    found += [text for p in command.params if (text := getattr(p, "help", None))]
    for member in getattr(command, "commands", {}).values():
        found += sentences(member)
    return found


def _plain(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _translate(command: Any) -> None:
    if command.help:
        command.help = say(_plain(command.help))
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = say(parameter.help)
    for member in getattr(command, "commands", {}).values():
        _translate(member)
