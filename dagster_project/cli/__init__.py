"""The ``junheng`` command: a thin face over the Dagster jobs, dbt and the published warehouse."""

from __future__ import annotations


def main() -> None:
    """Entry point of the ``junheng`` command."""
    from dagster_project.cli.app import app

    app()
