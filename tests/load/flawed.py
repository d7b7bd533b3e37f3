"""A small made-up county whose census is as it should not be: what a draft is written from.

Only primary schools report; a nine-year school leaves its junior stage out, so that nothing it
shares can be split; one school reports half a teacher (a hard flag) and has a name that would trip
XML and file systems; one leaves a figure blank.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import openpyxl

from dagster_project import sample

COUNTY, YEAR = "110121", 2023
NAME = 'A&B <i>"小学"</i> ../第一\v'
_BACKBONE, _ROOMS, _SCHOOL = "县级以上骨干教师(小学)", "网络多媒体教室", "机构名称"


def header_columns(sheet, names) -> tuple[int, dict[str, int]]:
    """The first row of schools in a wide table, and the columns whose headings hold ``names``."""
    first = next(row for row in range(1, 10) if sheet.cell(row, 1).value == 1)
    columns = {
        name: next(
            cell.column
            for row in sheet.iter_rows(max_row=first - 1)
            for cell in row
            if name in str(cell.value or "")
        )
        for name in names
    }
    return first, columns


def write_flawed(directory: Path) -> Path:
    """Write the county's only file below ``directory``; returns it."""
    with tempfile.TemporaryDirectory() as aside:
        files = sample.write_nation(
            Path(aside), counties=1, schools=16, years=1, seed=7, first_year=YEAR, file_type="xlsx"
        )
        book = openpyxl.load_workbook(next(path for path in files if "小学" in path.name))
        made_up = (Path(aside) / "mappings" / "divisions.csv").read_text("utf-8").splitlines()[1:]
    sheet = book.active
    first, columns = header_columns(sheet, (_BACKBONE, _ROOMS, _SCHOOL))
    sheet.cell(first, columns[_BACKBONE]).value = "3.5"
    sheet.cell(first + 1, columns[_ROOMS]).value = None
    sheet.cell(first, columns[_SCHOOL]).value = NAME.replace("\v", "_x000B_")
    path = directory / str(YEAR) / "autumn" / "样例（合成数据）_存疑县_小学.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    named = directory / "mappings" / "divisions.csv"  # beside those of other counties there
    named.parent.mkdir(exist_ok=True)
    if not named.exists():
        named.write_text("code,name,from_year,to_year,note\n", "utf-8")
    columns = len(named.read_text("utf-8").splitlines()[0].split(","))
    rows = [",".join(line.split(",")[:2] + [""] * (columns - 2)) for line in made_up]
    named.write_text(named.read_text("utf-8") + "\n".join(rows) + "\n", "utf-8")
    return path
