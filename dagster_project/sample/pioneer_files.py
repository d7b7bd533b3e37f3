"""Lays the pioneer county out as raw drops: tables and profile, export, returns, mappings."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dagster_project.sample import drops, pioneer
from dagster_project.sample.exports import drop_folder
from dagster_project.sample.made import CLASS_SIZE
from dagster_project.sample.model import GRADES, STAGE_NAMES, SYNTHETIC
from dagster_project.words import word

PROFILE = Path(__file__).parent / "layouts" / "pioneer_profile.yml"
GRADE_NAMES = ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级")


def write(directory: Path, school_years: Sequence[int] | None) -> list[Path]:
    """Everything the county sends in; ``school_years`` chooses among the tables before 2022.

    ``ValueError`` for a year without schools.
    """
    every = range(pioneer.FIRST_YEAR, pioneer.LAST_YEAR + 1)
    years = sorted(school_years or every)
    for year in years:
        if year not in every:
            raise ValueError(
                f"the pioneer county exists for school years {every[0]} to {every[-1]}, not "
                f"{year}; ask for one of these"
            )
    written = [_table(directory, year) for year in years if year < pioneer.LAST_YEAR]
    if pioneer.LAST_YEAR in years:
        name = pioneer.COUNTY_NAME
        written += drops.write_census(directory, "flat", name, [pioneer.county()])
    written += drops.write_returns(directory, pioneer.returns_rows())
    written += drops.write_claims(directory, pioneer.COUNTY_NAME, "先行创建工作纪实")
    profiles = Path(directory) / "profiles"
    profiles.mkdir(parents=True, exist_ok=True)
    written.append(Path(shutil.copyfile(PROFILE, profiles / "sample_pioneer.yml")))
    written.append(drops.write_mapping(directory, "succession", pioneer.succession()))
    # The county has no name that could be given, and so no code of the national list.
    county = {"code": pioneer.COUNTY_CODE, "name": pioneer.COUNTY_NAME, "note": SYNTHETIC}
    written.append(drops.write_mapping(directory, "divisions", [county]))
    return written


def _table(directory: Path, year: int) -> Path:
    path = drop_folder(directory, year) / f"{SYNTHETIC}_先行县_{year}.csv"
    rows = table(year)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def table(year: int) -> list[dict]:
    """The county's schools of ``year``, a row per stage, closed ones without pupils."""
    rows = []
    for stage in pioneer.STAGES:
        past = pioneer.history(stage)
        pupils = pioneer.by_school(stage, year, past.pupils[year])
        left = past.graduates.get(year - 1)
        graduates = {} if left is None else pioneer.by_school(stage, year - 1, left)
        for name, grades in pupils.items():
            rows.append(_row(year, name, stage, grades, graduates.get(name, "")))
        for name in pioneer.closed(year):  # their last pupils have graduated or moved
            if name in graduates:
                none = np.zeros(GRADES[stage], int)
                rows.append(_row(year, name, stage, none, graduates[name]))
    return rows


def _row(year: int, name: str, stage: str, grades: np.ndarray, graduates: object) -> dict:
    was_closed = name in pioneer.closed(year)
    is_new = year > pioneer.FIRST_YEAR and name not in pioneer.schools(year - 1)
    by_grade = dict.fromkeys(GRADE_NAMES, "*") | dict(zip(GRADE_NAMES, grades, strict=False))
    return {
        "学年": year,
        "县区代码": pioneer.COUNTY_CODE,
        "县区名称": pioneer.COUNTY_NAME,
        "学校标识码": pioneer.school_ids()[name],
        "学校名称": name,
        "办学类型编码": pioneer.type_code(name),
        "举办者类型编码": "831",
        "城乡类型编码": pioneer.place_code(name),
        "是否本年新增": word("yes_no", int(is_new)),
        "是否上年撤销": word("yes_no", int(was_closed)),
        "学段": STAGE_NAMES[stage],
        "在校生数": int(grades.sum()),
        **by_grade,
        "招生数": int(grades[0]),
        "毕业生数": graduates,
        "班数": int((-(-grades // CLASS_SIZE[stage])).sum()),
    }
