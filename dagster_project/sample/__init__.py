"""Synthetic census exports in the real file shapes: a solved county and nations of any size.

Everything written here is made up and says so (样例（合成数据） in its file name or title).
Files are laid out as raw drops: ``<directory>/<school_year>/autumn/…``.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

SHAPES = ("flat", "workbook")


def write_pingluo(directory: Path, shape: str = "flat", school_year: int = 2023) -> list[Path]:
    """Write the Pingluo-like county: two flat xlsx files, or one workbook for each school.

    Returns the files written. ``ValueError`` for an unknown shape or a year not solved.
    """
    from dagster_project.sample import flat, pingluo, workbook
    from dagster_project.sample.exports import drop_folder
    from dagster_project.sample.model import STAGE_NAMES, SYNTHETIC

    _check_shape(shape)
    county = pingluo.county(school_year)
    folder = drop_folder(directory, school_year)
    if shape == "workbook":
        return [workbook.write(folder, school) for school in county.records()]
    written = []
    for stage in county.stages:
        name = f"{SYNTHETIC}_{pingluo.COUNTY_NAME}_{STAGE_NAMES[stage]}.xlsx"
        with closing(flat.XlsxExport(folder / name, stage)) as export:
            export.add(county)
        written.append(export.path)
    return written


def write_nation(
    directory: Path,
    *,
    counties: int,
    schools: int,
    years: int,
    seed: int,
    shape: str = "flat",
    first_year: int = 2023,
    file_type: str | None = None,
    encoding: str = "gb18030",
    split: str = "nation",
) -> list[Path]:
    """Write ``counties`` counties of ``schools`` schools each, for ``years`` years.

    The same arguments always write the same bytes. Flat files are csv (in ``encoding``) or xlsx
    (``file_type``; by default xlsx up to 2,000 schools), one per stage and year for the whole
    nation or for each province (``split``); workbooks stand in a folder per county. The parent
    schools of its 教学点 go to ``mappings/teaching_points.csv``. Memory does not grow with the
    number of counties, except for xlsx. Returns the census files written; ``ValueError`` for
    arguments that make no sense.
    """
    from dagster_project.sample import exports, nation

    _check_shape(shape)
    plan = nation.plan(counties, schools, years, seed, first_year)
    if shape == "workbook":
        return exports.write_workbooks(plan, directory)
    if file_type is None:
        file_type = "xlsx" if counties * schools <= 2000 else "csv"
    return exports.write_flat(plan, directory, file_type, encoding, split)


def _check_shape(shape: str) -> None:
    if shape not in SHAPES:
        raise ValueError(f"unknown shape {shape!r}; choose one of {', '.join(SHAPES)}")
