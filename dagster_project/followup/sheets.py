"""How a correction list looks: the summary, one line per flag, and excerpts of files.

Wording and layout live here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path

from dagster_project.census.opening.printable import printable_lines
from dagster_project.followup.census_copy import COLOURS, Flag, sheet_title
from dagster_project.followup.school_rows import Excerpt
from dagster_project.spreadsheets.formula_injection import WORKBOOK_OPTIONS, looks_like_a_formula
from dagster_project.words import word, words

A4 = 9  # paper size as Excel numbers it

SUMMARY_SHEET = "说明与汇总"
LIST_SHEET = "更正清单"
ID_HEADING = "疑点编号"

# Heading, width in characters, and what stands there. Eight of them are printed; what they say
# together stands apart in the hidden ones, for who filters and sorts.
COLUMNS = (
    ("序号", 6, None),
    ("学校", 16, "school"),
    ("学段", 8, "stage"),
    ("级别", 12, "severity"),
    ("疑点", 26, "title"),
    ("文件", 28, "source_file"),
    ("工作表", 14, "sheet"),
    ("位置", 22, "place"),
    ("填报数", 11, "observed"),
    ("应为", 18, "expected"),
    ("为什么有疑问", 34, "why"),
    ("怎么办", 28, "remedy"),
    ("由谁处理", 10, "owner"),
    ("审核结论", 9, "decision"),
    ("情况说明", 24, "explanation"),
    ("填写人", 10, "reviewer"),
    ("日期", 12, "date"),
    (ID_HEADING, 18, "flag_id"),
)
_FILLED_IN = ("decision", "explanation", "reviewer", "date")
_DECISIONS = [*words("decision").values()]
_HIDDEN = (None, "stage", "severity", "title", "source_file", "sheet", "owner", "flag_id")
_LAST_PRINTED = "explanation"
_CODED = ("severity", "stage", "owner")
_LINE, _MOST_LINES = 15, 20  # height of a line of text, and how many of them a row may have
_NARROWEST, _WIDEST = 9, 40  # letters of a column of an excerpt
_MOST_IN_CELL = 32_767  # characters, as Excel has it

_GUIDE = (
    "本清单由数据校验自动生成，列出尚未处理的疑点。",
    "一、填报有误的：请更正原统计表，并把更正后的文件重新报送；更正后疑点自动消除。",
    "二、填报无误的：请在“情况说明”栏写明原因（“审核结论”可填 属实 或 豁免），"
    "把本文件放入 raw/reviews/ 即可。",
    "三、请勿改动隐藏的“疑点编号”栏：它把说明与数据对应起来。数据一旦变更，原说明自动失效。",
)


def write_county_list(
    path: Path, flags: list[Flag], school_lists: int, excerpts: Sequence[Excerpt] = ()
) -> None:
    """The county's list: a summary by school, every flag, ``excerpts`` of the county's files."""
    schools = Counter(
        (str(f["school_id"] or ""), str(f["school_name"] or "（区县）"), str(f["severity"]))
        for f in flags
    )
    names = dict.fromkeys((key[0], key[1]) for key in schools)
    lines = [
        (name, school_id, schools[school_id, name, "hard"], schools[school_id, name, "soft"])
        for school_id, name in names
    ]
    notes = [*_GUIDE]
    if school_lists < sum(bool(school_id) for school_id, _ in names):
        notes.append(f"学校太多，只为前 {school_lists} 所学校另写了清单；本清单包含全部疑点。")
    _write(path, flags, notes, ("学校", "学校标识码", "错误", "疑问"), lines, excerpts)


def write_school_list(path: Path, flags: list[Flag], excerpts: Sequence[Excerpt] = ()) -> None:
    """A school's list: the same lines, for one school, and ``excerpts`` of what they point into."""
    rules = Counter((str(f["title"] or f["rule_id"]), str(f["severity"])) for f in flags)
    lines = [
        (title, word("severity", severity), count) for (title, severity), count in rules.items()
    ]
    _write(path, flags, _GUIDE, ("疑点", "级别", "条数"), lines, excerpts)


def _write(
    path: Path,
    flags: list[Flag],
    notes: Iterable[str],
    headings: tuple[str, ...],
    lines: list[tuple],
    excerpts: Sequence[Excerpt] = (),
) -> None:
    import xlsxwriter

    # Eleven temporary files a list take longer than writing it.
    with xlsxwriter.Workbook(str(path), {**WORKBOOK_OPTIONS, "in_memory": True}) as book:
        # Without a fixed date the same flags would give other bytes at every load.
        import datetime

        book.set_properties({"created": datetime.datetime(2000, 1, 1), "title": LIST_SHEET})
        _write_summary(book, flags, notes, headings, lines)
        _write_list(book, flags)
        looks = _Looks(book)
        for excerpt in excerpts:
            _write_excerpt(book, excerpt, looks)


def _write_summary(book, flags, notes, headings, lines) -> None:
    sheet = book.add_worksheet(SUMMARY_SHEET)
    bold = book.add_format({"bold": True, "font_size": 14})
    head = book.add_format({"bold": True, "bg_color": "#D9E1F2", "border": 1, "text_wrap": True})
    cell = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    counts = Counter(str(flag["severity"]) for flag in flags)
    first = flags[0]
    place = first["county_name"] or first["county_code"] or ""
    title = f"{place} {first['school_year']} 学年 统计数据疑点"
    sheet.write_string(0, 0, title.strip(), bold)
    sheet.set_row(0, 24)
    sheet.write_string(1, 0, f"错误 {counts['hard']} 条，疑问 {counts['soft']} 条。")
    row = 2
    for note in notes:
        sheet.merge_range(row, 0, row, 4, "", wrap)
        sheet.write_string(row, 0, note, wrap)
        sheet.set_row(row, 32)
        row += 1
    row += 1
    for column, heading in enumerate(headings):
        sheet.write_string(row, column, heading, head)
    for line in lines:
        row += 1
        for column, value in enumerate(line):
            if isinstance(value, int):
                sheet.write_number(row, column, value, cell)
            else:
                sheet.write_string(row, column, value, cell)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 4, 14)
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _write_list(book, flags: list[Flag]) -> None:
    sheet = book.add_worksheet(LIST_SHEET)
    head = book.add_format(
        {"bold": True, "bg_color": "#D9E1F2", "border": 1, "text_wrap": True, "valign": "vcenter"}
    )
    formats = {
        severity: book.add_format(
            {"border": 1, "text_wrap": True, "valign": "top", "locked": True, "num_format": "@"}
            | ({"bg_color": "#FCE4D6"} if severity == "hard" else {})
        )
        for severity in words("severity")
    }
    to_fill = book.add_format(
        {"border": 1, "text_wrap": True, "valign": "top", "locked": False, "bg_color": "#FFF9DB",
         "num_format": "@"}
    )  # fmt: skip
    for column, (heading, width, source) in enumerate(COLUMNS):
        hidden = {"hidden": True} if source in _HIDDEN else {}
        sheet.set_column(column, column, width, None, hidden)
        sheet.write_string(0, column, heading, head)
    sheet.set_row(0, 30)
    for row, flag in enumerate(flags, start=1):
        lines = 1
        for column, (_, width, source) in enumerate(COLUMNS):
            if source in _FILLED_IN:
                sheet.write_blank(row, column, None, to_fill)
            else:
                text = str(row) if source is None else _show(source, flag)
                sheet.write_string(row, column, text, formats[str(flag["severity"])])
                if source not in _HIDDEN:
                    lines = max(lines, _count_lines(text, width))
        sheet.set_row(row, _LINE * min(lines, _MOST_LINES))
    position = {source: column for column, (_, _, source) in enumerate(COLUMNS)}
    last = max(len(flags), 1)
    sheet.data_validation(
        1, position["decision"], last, position["decision"],
        {"validate": "list", "source": _DECISIONS, "ignore_blank": True},
    )  # fmt: skip
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
    # Against slips of the hand, not against people: no password, and sorting stays possible.
    sheet.protect(
        "", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True}
    )
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.print_area(0, 0, last, position[_LAST_PRINTED])
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&R第 &P 页 / 共 &N 页")


class _Looks:
    """The formats of excerpts, each made once per workbook."""

    def __init__(self, book) -> None:
        self._book = book
        self._made: dict[tuple[str | None, bool, bool], object] = {}

    def of(self, severity: str | None, is_formula_like: bool, is_heading: bool = False):
        """Format of a cell; ``None`` for one that has no looks."""
        key = severity, is_formula_like, is_heading
        if not any(key):
            return None
        if key not in self._made:
            colour = COLOURS.get(severity, COLOURS["soft"])[2:] if severity else None
            fill = {"pattern": 1, "fg_color": f"#{colour}"} if colour else {}
            head = {"bold": True, "text_wrap": True, "valign": "top"} if is_heading else {}
            self._made[key] = self._book.add_format({"quote_prefix": is_formula_like} | fill | head)
        return self._made[key]


def _write_excerpt(book, excerpt: Excerpt, looks: _Looks) -> None:
    titles = [sheet.get_name() for sheet in book.worksheets()]
    sheet = book.add_worksheet(sheet_title(excerpt.sheet or "原表", titles))
    sheet.set_tab_color("#C00000")
    sheet.set_comments_author("数据校验")
    bare = dict(excerpt.severities)
    for row, cells in enumerate(excerpt.rows):
        filled = [(at, value) for at, value in enumerate(cells) if value not in (None, "")]
        for column, value in filled:
            severity = bare.pop((row, column), None)
            # A title stands alone in its row and runs over the columns beside it.
            is_heading = row < excerpt.headings and len(filled) > 1
            look = looks.of(severity, looks_like_a_formula(value), is_heading)
            if isinstance(value, int | float) and math.isfinite(value):
                sheet.write_number(row, column, value, look)
            else:
                text = printable_lines(str(value))[:_MOST_IN_CELL]
                sheet.write_string(row, column, text, look)
    for (row, column), severity in bare.items():
        sheet.write_blank(row, column, None, looks.of(severity, False))
    for (row, column), text in excerpt.comments.items():
        sheet.write_comment(row, column, text, {"width": 360, "height": 160})
    sheet.fit_to_pages(1, 0)
    for column, width in enumerate(_measure_widths(excerpt)):
        sheet.set_column(column, column, width)
    if excerpt.headings:
        sheet.freeze_panes(excerpt.headings, 0)


def _measure_widths(excerpt: Excerpt) -> Iterable[int]:
    """Widths in letters that show what stands in the rows; headings wrap."""
    columns = zip_longest(*excerpt.rows[excerpt.headings :], fillvalue="")
    for cells in columns:
        letters = max((_count_letters(str(cell or "")) for cell in cells), default=0)
        yield min(max(letters + 2, _NARROWEST), _WIDEST)


def _count_letters(text: str) -> int:
    """How many letters of a column's width ``text`` takes: Chinese ones take two."""
    return sum(2 if ord(letter) > 0xFF else 1 for letter in text)


def _count_lines(text: str, width: int) -> int:
    """How many lines a text takes in a column of that width."""
    return sum(max(-(-_count_letters(line) // width), 1) for line in text.split("\n"))


def _show(source: str, flag: Flag) -> str:
    """What stands in a column; what was filled in stands in quotes, as it was filled in."""
    value = flag.get(source)
    if source == "school":
        school = str(flag["school_name"] or "（区县）")
        return f"{school}（{_show('stage', flag)}）" if flag["stage"] else school
    if source == "place":
        where = " ".join(str(flag[part]) for part in ("sheet", "cell") if flag[part])
        return "\n".join(text for text in (str(flag["source_file"] or ""), where) if text)
    if source == "why":
        title = flag["title"] or flag["rule_id"]
        return f"【{_show('severity', flag)}】{title}。{flag['message'] or ''}"
    if source == "observed" and value is not None:
        return word("value_status", value) if value in words("value_status") else f"“{value}”"
    if source in _CODED:
        # What is flagged on no stage is flagged on the school.
        return word(source, "school" if source == "stage" and value is None else value)
    return "" if value is None else str(value)
