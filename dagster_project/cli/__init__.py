"""The ``junheng`` command: a thin face over the Dagster jobs, dbt and the published warehouse."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of the ``junheng`` command."""
    from dagster_project.cli.language import (
        UnknownLanguage,
        from_environment,
        speak,
        take_language,
    )

    try:
        speak(take_language(sys.argv) or from_environment(os.environ))
    except UnknownLanguage as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
    from dagster_project.cli.app import app
    from dagster_project.cli.helptext import translated

    translated(app)(prog_name="junheng")
