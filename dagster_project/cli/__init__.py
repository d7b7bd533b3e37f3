"""The ``junheng`` command: a thin face over the Dagster jobs, dbt and the published warehouse."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of the ``junheng`` command."""
    from dagster_project.cli.interruption import hold

    hold()
    for stream in (sys.stdout, sys.stderr):
        # A terminal or a log that has no Chinese gets what it can show, never a fault.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    from dagster_project.cli.language import UnknownLanguage, chosen_language, speak

    try:
        speak(chosen_language(sys.argv, os.environ))
    except UnknownLanguage as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
    from dagster_project.cli.app import app
    from dagster_project.cli.helptext import translated

    try:
        translated(app)(prog_name="junheng")
    except Exception as error:
        from dagster_project.cli.console import err
        from dagster_project.cli.faults import WORDED

        if not isinstance(error, WORDED) or os.environ.get("JUNHENG_TRACEBACK"):
            raise
        err.print(str(error), style="bold red")
        raise SystemExit(1) from None
