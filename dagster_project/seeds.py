"""The seeds of the dbt project, for the code that needs one of them before any database is there.

They are read where dbt reads them and kept nowhere else.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from dagster_project.project import SEEDS


def seed_path(name: str) -> Path:
    """The csv file of a seed."""
    return SEEDS / f"{name}.csv"


def seed_rows(name: str) -> list[dict[str, str]]:
    """The rows of a seed, as text."""
    with seed_path(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def settings() -> dict[str, str]:
    """The settings as the project ships them, by their id."""
    return {row["setting_id"]: row["value"] for row in seed_rows("setting")}


def setting(setting_id: str) -> str:
    """The value of a setting; ``KeyError`` where there is none."""
    return settings()[setting_id]
