"""Writes one school's census workbook: 教基 forms from 2021/22, 基础基 forms before.

How a form looks is data (``layouts/forms_2020.yml``, ``layouts/forms_2021.yml``); this module turns
a layout and a school into the cells of a sheet. All cells are text, as in the real workbooks: blank
where nobody is counted, ``*`` where the question does not apply, ``0`` for measures of nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from dagster_project.sample import crossed
from dagster_project.sample.flat import CREATED
from dagster_project.sample.model import (
    SPONSOR_NAMES,
    SYNTHETIC,
    TYPE_NAMES,
    URBAN_RURAL_NAMES,
    School,
)

LAYOUTS = Path(__file__).parent / "layouts"
FIRST_YEAR_OF_2021_FORMS = 2021
SUFFIXES = {"教基3112": "_小学", "教基3115": "_初中"}  # some sheet names carry one


@cache
def layouts(school_year: int) -> tuple[bool, tuple[dict, ...]]:
    """Whether the year's sheets have the hidden frame, and the layouts of its forms."""
    import yaml

    name = "forms_2021.yml" if school_year >= FIRST_YEAR_OF_2021_FORMS else "forms_2020.yml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader where it is built in
    book = yaml.load((LAYOUTS / name).read_text("utf-8"), loader)
    forms = tuple(
        form
        for form in book["forms"]
        if form.get("from_year", 0) <= school_year <= form.get("to_year", 9999)
    )
    return book["frame"], forms


@dataclass
class Grid:
    """The cells of one sheet, from 0, and its merged ranges."""

    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)

    def put(self, row: int, column: int, text: str) -> None:
        if text:
            self.cells[row, column] = text

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        if (top, left) != (bottom, right):
            self.merges.append((top, left, bottom, right))


@dataclass
class Answers:
    """A school's figures as the forms ask for them: by stage, with the inside of two-way forms."""

    school: School
    stages: dict[str, dict[str, float]]
    whole: dict[str, float]
    words: dict[str, str]

    def figure(self, stage: str | None, source: str) -> float | None:
        """A figure of the stage or of the school; ``None`` where there is none."""
        own = self.stages.get(stage) if stage else None
        if own is not None and source in own:
            return own[source]
        return self.whole.get(source)


def answers(school: School) -> Answers:
    """Everything a workbook prints about ``school``."""
    stages = {}
    for stage, figures in school.stages.items():
        own = dict(figures)
        tables = crossed.stage_tables(stage, own)
        if "teachers" in own:
            _merge_degrees(own, tables)
        stages[stage] = own | tables
    whole = school.shared | crossed.staff_tables(school.shared) | _parts_of_2020(school.shared)
    a = school.attributes
    words = {
        **a,
        "school_type": TYPE_NAMES[a["school_type_code"]],
        "sponsor": SPONSOR_NAMES[a["sponsor_code"]],
        "urban_rural": URBAN_RURAL_NAMES[a["urban_rural_code"]],
        "is_counted": "是" if a["is_counted"] == "1" else "否",
        "authority": f"{a['province_name']}{a['city_name']}{a['county_name']}教育局",
        "authority_code": a["county_code"] + "000000",
        "address_code": a["county_code"] + "001001",
        "year_caption": f"（{school.school_year} /{school.school_year + 1} 学年初）",
    }
    return Answers(school, stages, whole, words)


def _merge_degrees(own: dict, tables: dict) -> None:
    """To 2020 the forms know 研究生 only, and primary schools no course 劳动."""
    own["teachers_postgraduate"] = own["teachers_doctor"] + own["teachers_master"]
    own["x_course_old_other"] = own["x_course_labour"] + own["x_course_other"]
    rows = [*crossed.DEGREES, "teachers_women", "x_teachers_minority"]
    for row in rows:
        both = tables[f"{row}&x_course_labour"] + tables[f"{row}&x_course_other"]
        tables[f"{row}&x_course_old_other"] = both
    for column in (*crossed.COURSES, "teachers_arts", "teachers_women", "x_course_old_other"):
        parts = (tables[f"teachers_{d}&{column}"] for d in ("doctor", "master"))
        tables[f"teachers_postgraduate&{column}"] = sum(parts)


def _parts_of_2020(shared: dict) -> dict[str, float]:
    """Rooms as the forms divided them to 2020 (the taxonomy changed in 2021)."""
    teaching = ("classroom_area_m2", "counselling_area_m2", "public_teaching_other_area_m2")
    laboratory = round(shared["special_room_area_m2"] * 0.6, 2)
    rooms, plain = shared["multimedia_rooms"], shared["multimedia_rooms"] * 4 // 5
    special = max(rooms - plain, shared["classrooms"] // 5)
    return {
        "x_classroom_2020_m2": round(sum(shared[name] for name in teaching), 2),
        "x_laboratory_m2": laboratory,
        "x_computer_room_m2": round(shared["special_room_area_m2"] - laboratory, 2),
        "x_plain_multimedia": plain,
        "x_special_multimedia": rooms - plain,
        "x_plain_rooms": shared["classrooms"] - special,
        "x_special_rooms": special,
    }


# Of most counts a blank cell says that there are none; of these it says that nobody filled it in.
NONE_IS_WRITTEN = ("backbone_teachers",)


def token(name: str, value: float | None) -> str:
    """A figure as the forms print it; the forms' unit of money is 万元."""
    if value is None:
        return ""
    if name.endswith("_yuan"):
        return f"{value / 10000:.2f}" if value else "0"
    if name.endswith("_m2"):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(int(value)) if value or name in NONE_IS_WRITTEN else ""


def sheet_grid(form: dict, known: Answers, frame: bool) -> Grid:
    """The sheet of one form for one school."""
    grid = Grid()
    if "grid" in form:
        for r, row in enumerate(form["grid"]):
            for c, text in enumerate(row):
                grid.put(r, c, known.words[text[1:]] if text[:1] == "@" else text)
    else:
        _fill_form(grid, form, known)
    return _framed(grid) if frame else grid


def _fill_form(grid: Grid, form: dict, known: Answers) -> None:
    lead, header, tail = form["lead"], form["header"], form.get("tail", [])
    width = len(lead) + len(header) + len(tail)
    depth = form["lines"].count("header")
    top = 0
    for line in dict.fromkeys(form["lines"]):
        if line == "title":
            grid.put(top, 0, form["title"])
            grid.merge(top, 0, top, width - 1)
        elif line == "form":
            unit = f"单位：{form['unit']}" if "unit" in form else ""
            grid.put(top, 0, form["form"] + " " * 60 + unit)
            grid.merge(top, 0, top, width - 1)
        elif line == "header":
            _fill_header(grid, top, depth, lead, header, tail)
        else:
            _fill_index(grid, top, lead, len(header))
        top += depth if line == "header" else 1
    _fill_rows(grid, top, form, known)


def _fill_header(grid: Grid, top: int, depth: int, lead: list, header: list, tail: list) -> None:
    for c, text in enumerate(lead):
        grid.put(top, c, "" if text == "甲" else text)
        grid.merge(top, c, top + depth - 1, c)
    paths = [path.split(">") for path in header]
    for level in range(depth):
        start = 0
        for c in range(1, len(paths) + 1):
            head = paths[start]
            if c < len(paths) and len(head) > level and paths[c][: level + 1] == head[: level + 1]:
                continue
            if len(head) > level:
                bottom = depth - 1 if len(head) == level + 1 else level
                grid.put(top + level, len(lead) + start, head[level])
                grid.merge(top + level, len(lead) + start, top + bottom, len(lead) + c - 1)
            start = c
    for c, text in enumerate(tail, start=len(lead) + len(header)):
        grid.put(top, c, text)


def _fill_index(grid: Grid, row: int, lead: list, columns: int) -> None:
    names = iter("甲乙丙丁")
    for c, text in enumerate(lead):
        # unnamed columns beside the first belong to 甲: they hold the inner labels
        grid.put(row, c, next(names) if text or c == 0 else "")
    for number in range(1, columns + 1):
        grid.put(row, len(lead) + number - 1, str(number))


def _fill_rows(grid: Grid, top: int, form: dict, known: Answers) -> None:
    codes = [c for c, text in enumerate(form["lead"]) if text in ("代码", "编号")]
    units = [c for c, text in enumerate(form["lead"]) if text in ("计量单位",)]
    two_digits = known.school.school_year >= 2024
    stage = form.get("stage")
    absent = stage in ("primary", "junior", "senior") and stage not in known.stages
    groups = form.get("groups", [{"label": "", "stage": stage}])
    number = 0
    for group in groups:
        for row in form["rows"]:
            number += 1
            at = top + number - 1
            if "above" in row:
                grid.put(at, 0, row["above"])
            grid.put(at, row.get("indent", 0), row["label"].replace("{}", group["label"]))
            for c in codes:
                grid.put(at, c, f"{number:02d}" if two_digits else str(number))
            for c in units:
                grid.put(at, c, row.get("unit", ""))
            if form.get("tail"):
                right = len(form["lead"]) + len(form["header"])
                grid.put(at, right, row.get("unit", ""))
                grid.put(at, right + 1, row.get("note", ""))
            whose = row.get("stage", group["stage"])
            for c in range(len(form["header"])):
                text = "*" if absent else _cell(form, row, c, whose, known)
                grid.put(at, len(form["lead"]) + c, text)


def _cell(form: dict, row: dict, c: int, stage: str | None, known: Answers) -> str:
    """The token at the row's column number ``c + 1``."""
    single = row.get("set", {}).get(c + 1)
    if c + 1 in row.get("na", ()):
        return "*"
    if single is not None:
        if single.startswith("="):
            return single[1:]
        if single.startswith("@"):
            return known.words[single[1:]]
        if row.get("stage") and row["stage"] not in known.stages:
            return ""
        return token(single, known.figure(stage, single))
    source, by = form["columns"][c], row.get("by")
    if source == "*":
        return "*"
    if source == "." or by is None:
        return ""
    if "/" in source:  # the column is another stage's
        stage, _, source = source.partition("/")
        if stage not in known.stages:
            return "*"
    if stage is not None and stage not in known.stages:
        return ""
    if by == "=":
        return token(source, known.figure(stage, source))
    inside = known.figure(stage, f"{by}&{source}")
    if inside is None and source in TOTALS:
        inside = known.figure(stage, by)
    return token(source, inside)


TOTALS = ("pupils", "classes", "teachers", "teachers_by_title", "staff")  # a row's own total


def _framed(grid: Grid) -> Grid:
    """The sheet of 2020 and before: a hidden first row A, B, C … and first column 1, 2, 3 …."""
    from xlsxwriter.utility import xl_col_to_name

    out = Grid({(r + 1, c + 1): text for (r, c), text in grid.cells.items()})
    out.merges = [(a + 1, b + 1, c + 1, d + 1) for a, b, c, d in grid.merges]
    bottom, right = max(r for r, _ in out.cells), max(c for _, c in out.cells)
    out.cells |= {(0, c): xl_col_to_name(c) for c in range(right + 1)}
    out.cells |= {(r, 0): str(r) for r in range(1, bottom + 1)}
    return out


def write(folder: Path, school: School) -> Path:
    """Write the school's workbook ``学校名称(办学类型).xlsx`` into ``folder``."""
    import xlsxwriter

    known = answers(school)
    frame, forms = layouts(school.school_year)
    if frame:  # to 2020 a workbook holds only the forms of the school's stages
        stages = (None, *school.stages)
        forms = tuple(form for form in forms if form.get("stage") in stages)
    path = folder / f"{known.words['school_name']}({known.words['school_type']}).xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": CREATED, "comments": SYNTHETIC})
        _write_sheet(book, "封面", _cover(known), frame=False)
        _write_sheet(book, "目录", _contents(forms), frame=False)
        for form in forms:
            name = form["form"] + SUFFIXES.get(form["form"], "")
            _write_sheet(book, name, sheet_grid(form, known, frame), frame)
    return path


def _cover(known: Answers) -> Grid:
    grid = Grid()
    grid.put(2, 2, "基  础 教 育 基 层 统 计 调 查 表")
    grid.put(3, 2, known.words["year_caption"])
    grid.put(4, 2, SYNTHETIC)
    grid.put(9, 3, "学校（机构）")
    grid.put(10, 2, "名 称")
    grid.put(10, 3, known.words["school_name"])
    grid.put(11, 2, "代 码")
    grid.put(11, 3, known.words["school_id"])
    return grid


def _contents(forms: tuple[dict, ...]) -> Grid:
    grid = Grid()
    grid.put(3, 2, "目录")
    for r, form in enumerate(forms, start=4):
        grid.put(r, 2, "全国")
        grid.put(r, 3, form["form"])
        grid.put(r, 4, form.get("title", ""))
    return grid


def _write_sheet(book, name: str, grid: Grid, frame: bool) -> None:
    sheet = book.add_worksheet(name)
    merged = set()
    for top, left, bottom, right in grid.merges:
        sheet.merge_range(top, left, bottom, right, grid.cells.get((top, left), ""))
        merged.add((top, left))
    for (row, column), text in grid.cells.items():
        if (row, column) not in merged:
            sheet.write_string(row, column, text)
    if frame:
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.set_column(0, 0, None, None, {"hidden": True})
