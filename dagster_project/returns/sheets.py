"""Draws one sheet of a template, empty or filled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dagster_project.census.place import SCHOOL_YEARS
from dagster_project.census.returns.grid import MARKER, UNIT_ROW
from dagster_project.census.returns.layout import (
    EVIDENCE,
    META,
    Column,
    Layout,
    SheetLayout,
    choices,
    unit_labels,
    version,
)
from dagster_project.returns.rules import rule
from dagster_project.returns.styles import Styles
from dagster_project.words import words

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

CHECKED_ROWS = 5000  # rows below the header that have lists and rules, filled or not
FROZEN_COLUMNS = 3
OFFERED = "项目清单"  # name of the sheet with the items that may be reported
A3, A4 = 8, 9  # the file format's numbers of paper sizes
NARROW, WIDE = 5, 12  # columns that fit an upright page, a page across
_TITLE, _META = 1, 2
_NOTE_LINE, _NOTE_LETTERS = 15, 45  # height of a line of the note, letters that fit in it


@dataclass(frozen=True)
class Heading:
    """The head of a return: whose it is and for when; what is ``None`` is left to be filled in.

    ``term`` is ``autumn`` or ``spring``.
    """

    county_code: str | None = None
    county_name: str | None = None
    school_year: int | None = None
    term: str | None = None


def draw(
    book: xlsxwriter.Workbook,
    styles: Styles,
    layout: Layout,
    sheet: SheetLayout,
    heading: Heading,
    rows: Iterable[Mapping[str, object]],
    offered: int = 0,
) -> None:
    """Add ``sheet`` to ``book``; ``rows`` map column ids to what stands in the cells.

    Items of 其他数据 are proposed from the first ``offered`` rows of :data:`OFFERED`.
    """
    page = book.add_worksheet(sheet.name)
    page.write_row(0, 0, [MARKER, layout.profile, int(version()), sheet.sheet])
    page.set_row(0, None, None, {"hidden": True})
    page.write(_TITLE, 0, sheet.title, styles("title"))
    page.set_row(_TITLE, 28)
    row = _META
    if sheet is layout.main:
        _draw_heading(page, styles, heading, row)
        row += 2
    last = max(min(len(sheet.columns), 7), 2) - 1
    page.merge_range(row, 0, row, last, sheet.note, styles("note"))
    page.set_row(row, _NOTE_LINE * (1 + len(sheet.note) // _NOTE_LETTERS))
    header = row + 1
    first = _draw_header(page, styles, sheet, header)
    for place, column in enumerate(sheet.columns):
        boxed = sheet.shape == "items"
        page.set_column(
            place,
            place,
            column.width,
            None if boxed else styles.entry(column.kind),
            {"hidden": True} if column.hidden else {},
        )
    filled = list(rows)
    if sheet.shape == "items":
        _draw_items(page, styles, sheet, first, {str(r["item_id"]): r for r in filled})
    else:
        _draw_rules(page, sheet, first, heading.school_year, len(filled))
        if offered and sheet.part == "measure":
            _propose_items(page, sheet, first, offered)
        for number, entry in enumerate(filled, start=first):
            _draw_row(page, styles, sheet, number, entry)
    page.freeze_panes(first - 1, min(FROZEN_COLUMNS, len(sheet.columns) - 1))
    _print_setup(page, header, sheet)


def _draw_heading(page: Worksheet, styles: Styles, heading: Heading, row: int) -> None:
    term = choices("term").label(heading.term) if heading.term else None
    values = {
        "county_code": heading.county_code,
        "county_name": heading.county_name,
        "school_year": heading.school_year,
        "term": term,
    }
    for number, (label, name) in enumerate(META.items()):
        line, place = row + number // 2, number % 2 * 2
        page.write(line, place, label, styles("label"))
        if values[name] is None:
            page.write_blank(line, place + 1, None, styles("meta"))
        else:
            page.write(line, place + 1, values[name], styles("meta"))
    page.data_validation(row, 1, row, 1, _message("length", 6, "填六位县级行政区划代码。"))
    year = {"minimum": SCHOOL_YEARS[0], "maximum": SCHOOL_YEARS[-1]}
    message = _message("integer", None, "填学年的起始年份，2023 表示 2023/24 学年。")
    page.data_validation(row + 1, 1, row + 1, 1, {**message, "criteria": "between", **year})
    offered = list(choices("term").offered)
    page.data_validation(row + 1, 3, row + 1, 3, {"validate": "list", "source": offered})


def _message(what: str, value: int | None, text: str) -> dict:
    rules: dict[str, object] = {
        "validate": what,
        "criteria": "==",
        "input_message": text,
        "error_message": text,
    }
    return rules if value is None else {**rules, "value": value}


def _draw_header(page: Worksheet, styles: Styles, sheet: SheetLayout, row: int) -> int:
    """Headings, units, the hidden ids and the example; returns the first row of entries."""
    has_units = sheet.shape == "rows"
    ids = row + 2 if has_units else row + 1
    for place, column in enumerate(sheet.columns):
        item = column.item
        style = "section" if item is not None and item.level == "section" else "school"
        page.write(row, place, column.label, styles(style))
        if has_units:
            unit = UNIT_ROW if place == 0 else _unit_text(column)
            page.write(row + 1, place, unit, styles("unit"))
        page.write(ids, place, column.id)
        page.write(ids + 1, place, _example(column), styles("example"))
    page.set_row(row, 66 if sheet.items and has_units else 30)
    page.set_row(ids, None, None, {"hidden": True})
    return ids + 2


def _unit_text(column: Column) -> str:
    # Only figures state a unit the reader converts by; words explain themselves in their list.
    return column.unit or ""


def _example(column: Column) -> object:
    if column.example is not None:
        return column.example
    if column.item is None:
        return "章程文本、核准文件" if column.id.endswith(EVIDENCE) else ""
    examples = {"yes_no": "是", "rate": 99.62, "count": 60, "amount": 120000}
    return examples[column.item.kind]


def _draw_rules(
    page: Worksheet, sheet: SheetLayout, first: int, school_year: int | None, filled: int
) -> None:
    last = first + max(CHECKED_ROWS, filled) - 1
    for place, column in enumerate(sheet.columns):
        made = rule(column, first, place, school_year)
        if made:
            page.data_validation(first, place, last, place, made)


def _propose_items(page: Worksheet, sheet: SheetLayout, first: int, offered: int) -> None:
    place = [column.id for column in sheet.columns].index("item")
    listed = {
        "validate": "list",
        "source": f"={OFFERED}!$B$2:$B${offered + 1}",
        "error_type": "information",
        "error_title": "不在清单中",
        "error_message": "清单里没有这个项目；县里自定的项目可以照填。",
    }
    page.data_validation(first, place, first + CHECKED_ROWS - 1, place, listed)


def draw_offered(
    book: xlsxwriter.Workbook, styles: Styles, offered: Iterable[Mapping[str, object]]
) -> None:
    """Add the list of items that schools may report, for people and for the drop-down list."""
    page = book.add_worksheet(OFFERED)
    chapters = words("measure_chapter")
    parts = {"level": "每个级别一行", "stage": "每个学段一行"}
    for place, (label, width) in enumerate(
        (("类别", 12), ("项目", 40), ("单位", 10), ("填法", 16))
    ):
        page.write(0, place, label, styles("school"))
        page.set_column(place, place, width)
    for row, item in enumerate(offered, start=1):
        chapter, by = str(item["chapter"]), str(item["split_by"])
        cells = (chapters.get(chapter, chapter), item["name_zh"], item["unit"], parts.get(by, ""))
        for place, text in enumerate(cells):
            page.write(row, place, text, styles("fixed"))
    page.freeze_panes(1, 0)


def _draw_row(
    page: Worksheet, styles: Styles, sheet: SheetLayout, row: int, entry: Mapping[str, object]
) -> None:
    strange = set(entry) - {column.id for column in sheet.columns}
    if strange:
        raise KeyError(f"{sheet.name} has no columns {', '.join(sorted(strange))}")
    is_line = sheet.part == "measure" and "value" not in entry  # to be filled in
    for place, column in enumerate(sheet.columns):
        value = entry.get(column.id)
        if is_line and column.prefill:
            page.write(row, place, value or "", styles("fixed"))
        elif is_line:
            page.write_blank(row, place, None, styles.entry(column.kind, boxed=True))
        elif value is not None and value != "":
            write = page.write_string if isinstance(value, str) else page.write_number
            write(row, place, value, styles.entry(column.kind))


def _draw_items(
    page: Worksheet,
    styles: Styles,
    sheet: SheetLayout,
    first: int,
    filled: Mapping[str, Mapping[str, object]],
) -> None:
    """One line an item, with the rule of its kind; ``filled`` by item id."""
    places = {column.id: place for place, column in enumerate(sheet.columns)}
    for row, item in enumerate(sheet.items, start=first):
        units = unit_labels(item.unit) if item.unit else ()
        entry = filled.get(item.item_id, {})
        page.write(row, places["used_by"], item.used_by, styles("fixed"))
        page.write(row, places["item_name"], item.name_zh, styles("fixed"))
        unit = units[0] if units else "是/否"
        page.write(row, places["unit"], unit, styles("fixed"))
        if len(units) > 1:
            listed = {"validate": "list", "source": list(units)}
            page.data_validation(row, places["unit"], row, places["unit"], listed)
        for name in ("value", "evidence"):
            kind = item.kind if name == "value" else "text"
            style, value = styles.entry(kind, boxed=True), entry.get(name)
            if value is None:
                page.write_blank(row, places[name], None, style)
            else:
                page.write(row, places[name], value, style)
        page.write(row, places["item_id"], item.item_id)
        column = replace(
            sheet.column("value"), kind=item.kind, unit=units[0] if units else None, item=item
        )
        made = rule(replace(column, label=item.name_zh, help=""), row, places["value"], None)
        if made:
            page.data_validation(row, places["value"], row, places["value"], made)


def _print_setup(page: Worksheet, header: int, sheet: SheetLayout) -> None:
    is_wide = len(sheet.columns) > WIDE
    page.set_paper(A3 if is_wide else A4)
    if len(sheet.columns) > NARROW:
        page.set_landscape()
    page.fit_to_pages(2 if is_wide else 1, 0)
    if is_wide:
        page.repeat_columns(0, FROZEN_COLUMNS - 1)
    page.repeat_rows(header, header + 1)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer(f"&L{sheet.title}&R&P / &N")
