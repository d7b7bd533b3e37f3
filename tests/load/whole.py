"""A whole load in this process, and questions to what it published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.cli.load import run
from dagster_project.settings import Settings


@dataclass(frozen=True)
class Loaded:
    """A warehouse, the settings it was loaded with and the exit code of the last load."""

    settings: Settings
    exit_code: int

    def query(self, sql: str, *parameters) -> list[tuple]:
        with duckdb.connect(str(self.settings.database), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()


def load(raw: Path, warehouse: Path, **options) -> Loaded:
    """Run a whole load in this process."""
    settings = Settings(raw=raw, warehouse=warehouse)
    options = {"school_years": None, "term": None, "as_of": None, "strict": False, **options}
    return Loaded(settings, run(settings, **options))
