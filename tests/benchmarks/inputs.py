"""Inputs of the benchmarks: synthetic exports from ``junheng sample``'s generator, made once."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

from dagster_project.sample import write_nation
from tests.benchmarks.bare import FLAT_COLUMNS, HEADER_ROWS, header_places

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
PROVINCE = Size(424, NATION_SCHOOLS)  # 20,000 primary sections


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


def one_sheet(work: Path, size: Size) -> Path:
    """``raw`` with a single xlsx: the primary sections of one year, some 300 columns."""

    def write(folder: Path) -> None:
        _write(folder, size, 1, shape="flat", file_type="xlsx")
        for path in folder.glob("*/*/*.xlsx"):
            if "小学" not in path.name:
                path.unlink()

    return _once(work / f"sheet-{size.counties}x{size.schools}", write)


def correct_a_county(raw: Path, number: int, schools: int | None = None) -> tuple[str, Path]:
    """Deliver the ``number``-th county's primary sections anew, each with one more 多媒体教室.

    Of so many ``schools`` only, if it is given. Returns the county's code and the file, which
    stands in a folder 更正 of the last year.
    """
    (source,) = (raw / str(LAST_YEAR) / "autumn").glob("*小学.csv")
    with source.open(encoding="gb18030", newline="") as file:
        rows = csv.reader(file)
        header = [next(rows) for _ in range(HEADER_ROWS)]
        places = header_places(header)
        code, rooms = (places[FLAT_COLUMNS[name]] for name in ("county_code", "multimedia_rooms"))
        counties: dict[str, list[list[str]]] = {}
        for row in rows:
            if row[code] not in counties and len(counties) == number:
                break  # a county's schools stand together
            counties.setdefault(row[code], []).append(row)
    county, rows_of_it = counties.popitem()
    delivered = rows_of_it[:schools]
    for row in delivered:
        if row[rooms]:
            row[rooms] = str(int(row[rooms]) + 1)
    target = source.parent / "更正" / f"{county}_小学.csv"
    target.parent.mkdir(exist_ok=True)
    with target.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([*header, *delivered])
    return county, target


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
