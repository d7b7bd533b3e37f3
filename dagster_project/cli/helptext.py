"""The help of every command, and what typer says itself, in the language spoken.

Typer speaks English only. Its sentences stand in ``messages/usage.yml`` beside their Chinese; those
that it fills in are known by their holes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import typer

from dagster_project.messages import catalogue, say, spoken

_CONSTANTS = (
    "ARGUMENTS_PANEL_TITLE",
    "OPTIONS_PANEL_TITLE",
    "COMMANDS_PANEL_TITLE",
    "ERRORS_PANEL_TITLE",
    "ABORTED_TEXT",
    "DEFAULT_STRING",
    "REQUIRED_LONG_STRING",
)
_english: dict[str, str] = {}  # what stood in typer's constants
_HOLE = re.compile(r"\\\{(\w+)\\\}")


def translated(app: typer.Typer) -> Any:
    """The commands of ``app``, their help and that of their options translated."""
    from typer import rich_utils

    for name in _CONSTANTS:
        own = _english.setdefault(name, getattr(rich_utils, name))
        setattr(rich_utils, name, framework(own))
    command = typer.main.get_command(app)
    _translate(command)
    return command


def framework(text: str) -> str:
    """A sentence of typer's in the language spoken; one that is not known stays as it is."""
    if spoken() != "zh":
        return text
    for pattern, chinese in _known():
        if found := pattern.fullmatch(text):
            return chinese.format("{}", **{n: framework(v) for n, v in found.groupdict().items()})
    return text


@cache
def _known() -> list[tuple[re.Pattern[str], str]]:
    """What typer says, and the Chinese of it; what has the longest text of its own comes first."""
    entries = sorted(
        catalogue("usage").values(), key=lambda e: -len(re.sub(r"\{\w*\}", "", e["en"]))
    )
    return [
        (re.compile(_HOLE.sub(r"(?P<\1>.*?)", re.escape(e["en"])), re.DOTALL), e["zh"])
        for e in entries
    ]


def usage_error(error: Any) -> None:
    """Print what is wrong with the way a command was called (a ``ClickException``)."""
    from dagster_project.cli.console import err

    if type(error).__name__ == "NoArgsIsHelpError":
        return  # the help has been printed
    context = error.ctx if hasattr(error, "ctx") else None
    if context is not None:
        err.print(context.get_usage(), style="yellow", markup=False)
        command = {"command": context.command_path, "option": context.help_option_names[0]}
        err.print(say("usage.try_help", **command), style="dim", markup=False)
    err.print(f"[red]{framework('Error')}[/]: {framework(error.format_message())}")


def sentences(command: Any) -> list[str]:
    """The id of every sentence of help of ``command`` and the commands below it."""
    found = [_help_of(command)]
    found += [text for p in command.params if (text := getattr(p, "help", None))]
    for member in getattr(command, "commands", {}).values():
        found += sentences(member)
    return found


def _help_of(command: Any) -> str:
    return f"cli.help_{command.name}"


def _translate(command: Any) -> None:
    command.help = say(_help_of(command))
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = say(parameter.help)
    command.get_usage = _after(command.get_usage, framework)
    command.get_help_option = _after(command.get_help_option, _help_option)
    for member in getattr(command, "commands", {}).values():
        _translate(member)


def _after(function: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda *arguments: change(function(*arguments))


def _help_option(option: Any) -> Any:
    option.help = framework(option.help)
    return option
