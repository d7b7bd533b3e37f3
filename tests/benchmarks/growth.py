"""How the cost grows: with the number of counties in one year, and with the years of a province."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.benchmarks import commands, inputs
from tests.benchmarks.commands import Runs
from tests.benchmarks.inputs import NATION_SCHOOLS, QUICK_SCHOOLS, Size

COUNTIES, QUICK_COUNTIES = (1, 10, 100, 1000, 2900), (1, 3)
YEARS, QUICK_YEARS = (1, 3, 10), (2,)
COUNTIES_OF_YEARS, QUICK_COUNTIES_OF_YEARS = 100, 1


def growth(work: Path, quick: bool, runs: int) -> Runs:
    """Loads into an empty warehouse: more and more counties, then more and more years of 100."""
    schools = QUICK_SCHOOLS if quick else NATION_SCHOOLS
    steps = [(counties, 1) for counties in (QUICK_COUNTIES if quick else COUNTIES)]
    some = QUICK_COUNTIES_OF_YEARS if quick else COUNTIES_OF_YEARS
    steps += [(some, years) for years in (QUICK_YEARS if quick else YEARS) if years > 1]
    warehouse = work / "warehouse"
    results: Runs = {}
    commands.keep_manifest()
    for counties, years in steps:
        raw = inputs.flat(work, Size(counties, schools), years)
        for _ in range(runs):
            shutil.rmtree(warehouse, ignore_errors=True)
            done = commands.load(raw, warehouse)
            results.setdefault(f"{counties:,} counties × {years} years", []).append(done)
    shutil.rmtree(warehouse)
    return results
