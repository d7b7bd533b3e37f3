"""Inputs of the benchmarks: synthetic exports from ``junheng sample``'s generator, made once."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from dagster_project.sample import write_nation

SEED = 1
NATION_COUNTIES, NATION_SCHOOLS = 2900, 61  # about 200,000 primary and junior sections
COUNTY_SCHOOLS = 28
QUICK_COUNTIES, QUICK_SCHOOLS = 2, 6
LAST_YEAR = 2023


@dataclass(frozen=True)
class Size:
    """How many counties, and schools in each."""

    counties: int
    schools: int


COUNTY, NATION = Size(1, COUNTY_SCHOOLS), Size(NATION_COUNTIES, NATION_SCHOOLS)
QUICK = Size(QUICK_COUNTIES, QUICK_SCHOOLS)


def workbooks(work: Path, size: Size) -> Path:
    """``raw`` with a workbook of some twenty sheets for every school, one year."""
    return _once(
        work / f"workbooks-{size.counties}x{size.schools}",
        lambda folder: _write(folder, size, 1, shape="workbook"),
    )


def flat(work: Path, size: Size, years: int = 1) -> Path:
    """``raw`` with a csv of some 300 columns (GB18030) for every stage and year."""
    return _once(
        work / f"flat-{size.counties}x{size.schools}x{years}",
        lambda folder: _write(folder, size, years, shape="flat", file_type="csv"),
    )


def points(raw: Path) -> Path:
    """The reviewed mapping of teaching points to their parents that belongs to ``raw``."""
    return raw / "mappings" / "teaching_points.csv"


def _write(folder: Path, size: Size, years: int, **options: str) -> None:
    write_nation(
        folder,
        counties=size.counties,
        schools=size.schools,
        years=years,
        seed=SEED,
        first_year=LAST_YEAR - years + 1,
        **options,
    )


def _once(folder: Path, write) -> Path:
    """Write ``folder`` unless an earlier run has; a half-written one is never taken for whole."""
    if not folder.exists():
        aside = folder.with_name(f".{folder.name}")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        write(aside)
        aside.rename(folder)
    return folder
