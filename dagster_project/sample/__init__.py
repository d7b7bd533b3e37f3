"""Synthetic census exports and returns in the real file shapes: solved counties, made-up nations.

Everything written here is made up and says so (样例（合成数据） in its file name or title).
Files are laid out as raw drops: ``<directory>/<school_year>/autumn/…``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SHAPES = ("flat", "workbook")


def write_pingluo(
    directory: Path,
    shape: str = "flat",
    school_year: int = 2023,
    *,
    school_years: Sequence[int] | None = None,
    returns: bool = False,
) -> list[Path]:
    """Write the Pingluo-like county: two flat xlsx files a year, or a workbook for each school.

    ``school_years`` (2020 to 2023) asks for several years instead of ``school_year``; with
    ``returns`` the county's returns (rosters and movements per semester, school and county return
    of 2023) and the figures it published stand beside the census. Returns the files written.
    ``ValueError`` for an unknown shape or a year not solved.
    """
    from dagster_project.sample import drops, pingluo, pingluo_returns

    _check_shape(shape)
    years = tuple(school_years or (school_year,))
    counties = [pingluo.county(year) for year in years]
    written = []
    for county in counties:
        written += drops.write_census(directory, shape, pingluo.COUNTY_NAME, [county])
    if returns:
        written += drops.write_returns(directory, pingluo_returns.returns_rows(years))
        if pingluo.LAST_YEAR in years:
            written += drops.write_claims(directory, pingluo.COUNTY_NAME, "平罗县督查通报")
    return written


def write_zhoucun(directory: Path, shape: str = "flat") -> list[Path]:
    """Write the Zhoucun-like county of 2021 with all its returns; returns the files written.

    Its movement files reach back to autumn 2015. ``ValueError`` for an unknown shape.
    """
    from dagster_project.sample import drops, zhoucun

    _check_shape(shape)
    name = zhoucun.WHERE["county_name"]
    return [
        *drops.write_census(directory, shape, name, [zhoucun.county()]),
        *drops.write_returns(directory, zhoucun.returns_rows()),
        *drops.write_claims(directory, name, "周村区自评报告"),
    ]


def write_city(directory: Path, shape: str = "flat") -> list[Path]:
    """Write four districts of one city (2021) with county returns; returns the files written."""
    from dagster_project.sample import drops, weihai

    _check_shape(shape)
    return [
        *drops.write_census(directory, shape, weihai.CITY, weihai.districts()),
        *drops.write_returns(directory, weihai.returns_rows()),
        *drops.write_claims(directory, weihai.CITY, "城市概览"),
    ]


def write_sucheng(directory: Path, shape: str = "flat") -> list[Path]:
    """Write the county under a three-year plan, 2019 to 2021; returns the files written."""
    from dagster_project.sample import drops, sucheng

    _check_shape(shape)
    written = []
    for year in range(sucheng.FIRST_YEAR, sucheng.LAST_YEAR + 1):
        county = sucheng.county(year)
        written += drops.write_census(directory, shape, sucheng.COUNTY_NAME, [county])
    return written + drops.write_returns(directory, sucheng.returns_rows())


def write_pioneer(directory: Path, school_years: Sequence[int] | None = None) -> list[Path]:
    """Write the pioneer county: 116 schools in 2007 that become 19 by 2022, and how.

    A plain table per year before 2022 with its profile, the flat export of 2022, movement files of
    the nine years to 2022, county returns of 2021 and 2022, ``mappings/succession.csv`` and, for
    its made-up code, ``mappings/divisions.csv``.
    ``school_years`` leaves out other years' tables. Returns the files written.
    """
    from dagster_project.sample import pioneer_files

    return pioneer_files.write(directory, school_years)


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
    schools of its 教学点 go to ``mappings/teaching_points.csv``, its made-up counties to
    ``mappings/divisions.csv``. Memory does not grow with the
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
