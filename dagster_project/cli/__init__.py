"""The ``junheng`` command: a thin face over the Dagster jobs, dbt and the published warehouse."""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130  # what typer makes of ctrl-C, and a shell of a process that it ended


def main() -> None:
    """Entry point of the ``junheng`` command."""
    from dagster_project.cli.interruption import hold, leave

    hold()
    for stream in (sys.stdout, sys.stderr):
        # A terminal or a log that has no Chinese gets what it can show, never a fault.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    leave(run(sys.argv))


def run(arguments: list[str]) -> int:
    """Do what the command line ``arguments`` (the program's name first) ask; the exit code."""
    from dagster_project.cli.language import UnknownLanguage, chosen_language, speak

    try:
        speak(chosen_language(arguments, os.environ))
    except UnknownLanguage as error:
        sys.stderr.write(f"{error}\n")
        return 2
    from typer.exceptions import TyperException

    from dagster_project.cli.app import app
    from dagster_project.cli.helptext import translated, usage_error

    try:
        command = translated(app)
        code = command(arguments[1:], prog_name="junheng", standalone_mode=False) or 0
    except TyperException as error:
        usage_error(error)
        return error.exit_code
    except Exception as error:
        from dagster_project.cli.console import err
        from dagster_project.cli.faults import worded

        sentence = worded(error)
        if sentence is None or os.environ.get("JUNHENG_TRACEBACK"):
            raise
        err.print(sentence, style="bold red")
        return 1
    if code == INTERRUPTED:
        from dagster_project.cli.console import err
        from dagster_project.messages import say

        err.print(say("cli.interrupted"), style="bold red")
    return code
