"""A whole load in this process, and questions to what it published."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from dagster_project.cli.load import run
from dagster_project.settings import Settings

ODD = "O'Brien [县] * loads"
"""Folder of all whole loads: what is odd in a path must be so nowhere in the product."""


@dataclass(frozen=True)
class Loaded:
    """A warehouse, the settings it was loaded with and the exit code of the last load."""

    settings: Settings
    exit_code: int

    def query(self, sql: str, *parameters) -> list[tuple]:
        with duckdb.connect(str(self.settings.database), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()

    def row(self, sql: str, *parameters) -> tuple:
        """The only row."""
        found = self.query(sql, *parameters)
        assert len(found) == 1, f"{len(found)} rows: {sql} {parameters}"
        return found[0]


def load(raw: Path, warehouse: Path, **options) -> Loaded:
    """Run a whole load in this process."""
    settings = Settings(raw=raw, warehouse=warehouse)
    options = {"school_years": None, "term": None, "as_of": None, "strict": False, **options}
    return Loaded(settings, run(settings, **options))


def load_once(
    tmp_path_factory,
    name: str,
    drop: Callable[[Path], object],
    reports: int = 0,
    validates: bool = False,
) -> Loaded:
    """The load of what ``drop(raw)`` writes: the first process that asks runs it for all others.

    ``reports`` is how many county-years' reports the load writes; it ``validates`` if Great
    Expectations repeats the judgement.

    Under pytest-xdist every worker is a process of its own; they share one folder of the session.
    What is published there is for reading only: a test that loads again works on a copy.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    root = base / ODD / name
    done = root / "done.json"
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / "lock"):
        if not done.exists():
            for rest in (root / "raw", root / "warehouse"):  # of a process that failed
                shutil.rmtree(rest, ignore_errors=True)
            drop(root / "raw")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("JUNHENG_REPORT_COUNTIES", str(reports))
                patch.setenv("JUNHENG_VALIDATION", "on" if validates else "off")
                loaded = load(root / "raw", root / "warehouse")
            done.write_text(json.dumps(loaded.exit_code), "utf-8")
    settings = Settings(raw=root / "raw", warehouse=root / "warehouse")
    return Loaded(settings, json.loads(done.read_text("utf-8")))
