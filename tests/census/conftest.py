"""Writes census workbooks the way the ministry's export lays them out, for the readers' tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest

LETTERS = "甲乙丙丁"


@dataclass
class FormSheet:
    """One form: header paths (``在校生数>合计``) of the numbered columns, rows of code and values.

    ``lead`` heads the columns left of column 1; the place of the row code is where it says 编号
    or 代码, units stand under 计量单位. ``hidden`` adds the row A, B, C and column 1, 2.
    """

    form: str
    header: Sequence[str]
    rows: Sequence[tuple]  # (label, code, values) or (label, code, values, unit)
    lead: Sequence[str] = ("", "编号")
    unit: str = "人"
    title: str = "统计表"
    hidden: bool = False
    index: bool = True
    merged: bool = True

    def grid(self) -> tuple[list[list], list[tuple[int, int, int, int]]]:
        """Cells and merges (first row, first column, last row, last column, from 1)."""
        paths = [path.split(">") for path in self.header]
        depth = max(map(len, paths))
        width = len(self.lead) + len(paths)
        lines: list[list] = [
            [self.title] + [None] * (width - 1),
            [f"{self.form}{' ' * 40}单位：{self.unit}"] + [None] * (width - 1),
        ]
        merges = [(1, 1, 1, width), (2, 1, 2, width)]
        for level in range(depth):
            line = [text or None for text in self.lead] if level == 0 else [None] * len(self.lead)
            for n, path in enumerate(paths):
                part = path[level] if level < len(path) else None
                above = paths[n - 1][: level + 1] if n else None
                if part and level < len(path) - 1 and above == path[: level + 1]:
                    part = None  # covered by the merge to its left
                line.append(part)
            lines.append(line)
        merges += self._header_merges(paths, depth)
        if self.index:
            letters = [text if self.lead[n] != "-" else None for n, text in self._letters()]
            lines.append([*letters, *map(str, range(1, len(paths) + 1))])
        for row in self.rows:
            lines.append([*self._lead_cells(row), *row[2]])
        if self.hidden:
            lines = [[float(n), *line] for n, line in enumerate(lines, 1)]
            lines.insert(0, [chr(65 + n) for n in range(width + 1)])
            merges = [(a + 1, b + 1, c + 1, d + 1) for a, b, c, d in merges]
        return lines, merges if self.merged else []

    def _letters(self):
        letter = iter(LETTERS)
        for n, text in enumerate(self.lead):
            yield n, next(letter) if n == 0 or text else None

    def _lead_cells(self, row: tuple) -> list:
        label, code, *_ = row
        unit = row[3] if len(row) > 3 else None
        cells = []
        labels = list(label) if isinstance(label, tuple) else [label]
        for n, text in enumerate(self.lead):
            if text in ("编号", "代码"):
                cells.append(code)
            elif text == "计量单位":
                cells.append(unit)
            else:
                cells.append(labels[n] if n < len(labels) else None)
        return cells

    def _header_merges(self, paths, depth):
        merges = []
        first = len(self.lead) + 1
        for n, path in enumerate(paths):
            if len(path) < depth:
                merges.append((2 + len(path), first + n, 2 + depth, first + n))
            for level in range(len(path) - 1):
                group = path[: level + 1]
                if n and paths[n - 1][: level + 1] == group:
                    continue
                end = n
                while end + 1 < len(paths) and paths[end + 1][: level + 1] == group:
                    end += 1
                if end > n:
                    merges.append((3 + level, first + n, 3 + level, first + end))
        return merges


@dataclass
class Book:
    """A workbook to be written: sheet name → form, or a plain grid of cells."""

    sheets: dict[str, FormSheet | list[list]] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        """Write as xlsx, or as xls if the name says so."""
        return self._xls(path) if path.suffix == ".xls" else self._xlsx(path)

    def _grids(self):
        for name, sheet in self.sheets.items():
            yield name, *(sheet.grid() if isinstance(sheet, FormSheet) else (sheet, []))

    def _xlsx(self, path: Path) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, lines, merges in self._grids():
            sheet = book.create_sheet(name)
            for line in lines:
                sheet.append(line)
            for top, left, bottom, right in merges:
                sheet.merge_cells(
                    start_row=top, start_column=left, end_row=bottom, end_column=right
                )
        book.save(path)
        return path

    def _xls(self, path: Path) -> Path:
        import xlwt

        book = xlwt.Workbook(encoding="utf-8")
        for name, lines, merges in self._grids():
            sheet = book.add_sheet(name)
            covered = {
                (top - 1, left - 1): (bottom - 1, right - 1) for top, left, bottom, right in merges
            }
            for r, line in enumerate(lines):
                for c, value in enumerate(line):
                    if (r, c) in covered:
                        sheet.write_merge(r, covered[r, c][0], c, covered[r, c][1], value)
                    elif value is not None:
                        sheet.write(r, c, value)
        book.save(str(path))
        return path


GRADES = ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级"]
DEGREES = ["博士研究生", "硕士研究生", "本科", "专科", "高中阶段", "高中阶段以下"]
PRIMARY_ROWS = [
    "总计",
    "#女",
    "#少数民族",
    "#复式班",
    "#寄宿生",
    "#随迁子女",
    "外省迁入",
    "本省外县迁入",
    "#进城务工人员随迁子女",
    "外省迁入",
    "本省外县迁入",
    "#农村留守儿童",
]


def identity_1001(**answers: str) -> FormSheet:
    """教基1001 of a made-up school in Pingluo; ``answers`` replace the usual ones by label."""
    usual = {
        "学校(机构)标识码": "0164000123",
        "学校(机构)名称": "样例九年制学校",
        "单位负责人": "张三",
        "办公电话": "0952-0000000",
        "填表人电子信箱": "zhangsan@example.org",
        "城乡分类": "镇中心区",
        "城乡分类代码": "121",
        "属地管理教育行政部门": "宁夏回族自治区石嘴山市平罗县教育体育局",
        "属地管理教育行政部门代码": "640221000000",
        "学校(机构)举办者代码": "831",
        "学校(机构)办学类型": "九年一贯制学校",
        "学校(机构)办学类型代码": "312",
    }
    rows = [
        (label, f"{n:02}", [text])
        for n, (label, text) in enumerate({**usual, **answers}.items(), 1)
    ]
    return FormSheet(
        "教基1001",
        ["内容"],
        rows,
        lead=("指标名称", "代码"),
        title="学校(机构)基本信息 2023/2024学年",
    )


def primary_3112(**changes) -> FormSheet:
    """教基3112 with 600 pupils, 290 girls, 40 migrant children of whom 30 of migrant workers."""
    header = [
        "毕业生数",
        "招生数>合计",
        "招生数>未接受过",
        "招生数>接受过学前教育>一年",
        "招生数>接受过学前教育>两年",
        "招生数>接受过学前教育>三年",
        "在校生数>合计",
        "在校生数>#女",
        *[f"在校生数>{grade}" for grade in GRADES],
        "预计毕业生数",
    ]
    values: list[list] = [
        ["95", "1,00５", "5", "10", "20", "70", "600", "290", *["100"] * 6, "98"],
        ["45", "50", *[None] * 4, "290", "*", "48", "49", "48", "49", "48", "48", "47"],
        *[["-"] * 15] * 2,
        [None, None, *[None] * 4, "0", *[None] * 8],
        [None, None, *[None] * 4, "40", *[None] * 8],
        [None, None, *[None] * 4, "15", *[None] * 8],
        [None, None, *[None] * 4, "25", *[None] * 8],
        [None, None, *[None] * 4, "30", *[None] * 8],
        [None, None, *[None] * 4, "10", *[None] * 8],
        [None, None, *[None] * 4, "20", *[None] * 8],
        [None, None, *[None] * 4, "-1", *[None] * 8],
    ]
    rows = [(label, f"{n:02}", values[n - 1]) for n, label in enumerate(PRIMARY_ROWS, 1)]
    return FormSheet(**{"form": "教基3112", "header": header, "rows": rows, **changes})


def junior_3115(**changes) -> FormSheet:
    """教基3115 with 300 pupils."""
    header = [
        "毕业生数",
        "招生数",
        "在校生数>合计",
        "在校生数>#女",
        *[f"在校生数>{grade}" for grade in GRADES[:4]],
        "预计毕业生数",
    ]
    blank: list = [None] * 9
    rows = [
        (
            label,
            str(n),
            ["99", "101", "300", "140", "101", "100", "99", "*", "99"] if n == 1 else blank,
        )
        for n, label in enumerate(PRIMARY_ROWS, 1)
    ]
    return FormSheet(**{"form": "教基3115", "header": header, "rows": rows, **changes})


def site_5176(equipment: object = "8182.97", unit: str = "万元") -> FormSheet:
    """教基5176 as it was seen: 运动场地 D7, 图书 D12, 网络多媒体教室 D17, 教学仪器设备 D19."""
    items = [
        ("占地面积", "平方米", "20,000.5"),
        ("#绿化用地面积", "平方米", "4000"),
        ("#运动场地面积", "平方米", "７０００"),
        ("校园足球场", "个", "1"),
        ("#11人制足球场", "个", None),
        ("#7人制足球场", "个", "1"),
        ("#5人制足球场", "个", None),
        ("图书", "册", "12345_x000D_"),
        ("数字终端", "台", "200"),
        ("#教师终端", "台", "60"),
        ("#教学用计算机", "台", "140"),
        ("教室", "间", "30"),
        ("#网络多媒体教室", "间", "28"),
        ("固定资产总值", unit, "10000"),
        ("#教学仪器设备资产值", unit, equipment),
        ("#当年新增", unit, "12.5"),
    ]
    rows = [(label, f"{n:02}", [value], u) for n, (label, u, value) in enumerate(items, 1)]
    # Row 4 is the index row of the seen layout, so the header takes one line.
    return FormSheet("教基5176", ["数量"], rows, lead=("指标名称", "计量单位", "代码"), unit="")


@pytest.fixture
def book():
    """The parts of a written workbook, by name."""

    class Parts:
        Form = FormSheet
        Book = Book
        degrees = DEGREES
        identity = staticmethod(identity_1001)
        primary = staticmethod(primary_3112)
        junior = staticmethod(junior_3115)
        site = staticmethod(site_5176)

    return Parts
