"""The analysts' example queries on a large warehouse: each file of a folder, timed."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from statistics import median

import duckdb

from tests.benchmarks import commands, inputs

YEARS, QUICK_YEARS = 10, 2
REPEATED = 3
LIMIT_SECONDS = 1.0


def run(work: Path, folder: Path, warehouse: Path | None, quick: bool) -> dict[str, list[float]]:
    """Seconds of every query, a file each, in a connection of its own; nothing where none are.

    ``warehouse`` is a published one; without it ten nation-years are loaded.
    """
    files = sorted(folder.rglob("*.sql"))
    if not files:
        return {}
    built = warehouse is None
    if warehouse is None:
        size, years = (inputs.QUICK, QUICK_YEARS) if quick else (inputs.NATION, YEARS)
        warehouse = work / "warehouse"
        shutil.rmtree(warehouse, ignore_errors=True)
        commands.load(inputs.flat(work, size, years), warehouse)
    found: dict[str, list[float]] = {}
    for file in files:
        for _ in range(REPEATED):
            with duckdb.connect(str(warehouse / "junheng.duckdb"), read_only=True) as connection:
                connection.execute("set threads = 2; set memory_limit = '2GB'")
                begun = time.perf_counter()
                for statement in connection.extract_statements(file.read_text("utf-8")):
                    connection.execute(statement).fetchall()
                found.setdefault(file.stem, []).append(time.perf_counter() - begun)
    if built:
        shutil.rmtree(warehouse)
    return found


def show(timed: dict[str, list[float]]) -> None:
    """Print the medians, slowest first."""
    if not timed:
        print("\nqueries: no example queries found")
        return
    print(f"\nqueries (medians of {REPEATED})\n| query | s |\n|---|---|")
    for name, seconds in sorted(timed.items(), key=lambda item: -median(item[1])):
        over = " (over the limit)" if median(seconds) > LIMIT_SECONDS else ""
        print(f"| {name} | {median(seconds):.2f}{over} |")
