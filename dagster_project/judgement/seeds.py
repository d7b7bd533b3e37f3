"""The seeds of the dbt project that rules are judged with; they are read there and kept nowhere
else."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from dagster_project.project import SEEDS

EVERYTHING = "all"


def seed_path(name: str) -> Path:
    """The csv file of a seed."""
    return SEEDS / f"{name}.csv"


@cache
def taintable() -> frozenset[str]:
    """What a rule's ``taints`` may name: every indicator, every item, or ``all`` of them."""
    return frozenset({EVERYTHING, *_ids("indicator", "indicator_id"), *_ids("item", "item_id")})


def _ids(name: str, column: str) -> list[str]:
    with seed_path(name).open(encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


@cache
def settings() -> dict[str, str]:
    """The settings as the project ships them, by their id."""
    with seed_path("setting").open(encoding="utf-8", newline="") as file:
        return {row["setting_id"]: row["value"] for row in csv.DictReader(file)}
