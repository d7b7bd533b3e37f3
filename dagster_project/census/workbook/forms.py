"""From a sheet of the census workbook to figures with an official address.

Every form numbers its columns in the row ``甲 乙 [丙] 1 2 3 …`` and its rows in the column headed
编号 or 代码, so form + row number + column number survives layout noise (DOMAIN.md §5). Forms with
one question per row (项目, 编号, 内容, 单位) may lack that row; their answers are column 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from dagster_project.census import labels
from dagster_project.census.addresses import cell_address, column_letter
from dagster_project.census.figures import (
    NOT_APPLICABLE,
    REPORTED,
    UNREADABLE,
    Figure,
    clean_text,
    parse_figure,
)
from dagster_project.census.opening.source import Sheet
from dagster_project.census.personal import is_personal

_CODE_HEADS = {"编号", "代码", "序号", "行次", "指标代码"}
_UNIT_HEADS = {"单位", "计量单位"}
_ANSWER_HEADS = {"内容", "数值", "数量", "填报内容", "指标值", "填报值", "数据"}
_REMARK_HEADS = _CODE_HEADS | _UNIT_HEADS | {"备注", "说明"}
_LETTERS = "甲乙丙丁"
_FORM_CODE = re.compile(r"(基础基|教基)(\d{3,4})(续表\d*)?")
_ABOVE_HEADER = re.compile(r"(基础基|教基)\d{3,4}|^(计量)?单位:")
_NOTE = re.compile(r"^(说明|注|备注|填表说明|单位负责人|统计负责人|填表人|报出日期|补充资料)[:\d]")
_SEARCHED_ROWS = 20
LONGEST_NUMBER = 9  # digits of a row or column number


class FormName(NamedTuple):
    """What a sheet name says: form code, its family, and the suffix behind it (学段 or none)."""

    code: str
    family: str
    suffix: str


@lru_cache(maxsize=4096)
def form_name(sheet_name: str) -> FormName | None:
    """``教基3112_小学`` → 教基3112, 教基, 小学; ``None`` if the sheet name holds no form code."""
    text = labels.label(sheet_name)
    found = _FORM_CODE.search(text)
    if not found:
        return None
    return FormName(found.group(0), found.group(1), text[found.end() :].strip("_-()"))


@dataclass(frozen=True, slots=True)
class Line:
    """A row or column of a form: its official number, its labels, where it stands in the sheet."""

    number: str | None
    path: tuple[str, ...]
    key: tuple[str, ...]
    at: int  # from 0
    unit: str = ""


class Cell(NamedTuple):
    """One figure under its official address."""

    form: str
    row: Line
    column: Line
    token: object
    value: float | None
    status: str

    @property
    def address(self) -> str:
        """The cell in its sheet, as spreadsheets write it."""
        return cell_address(self.row.at, self.column.at)


@dataclass(frozen=True)
class Form:
    """One sheet, understood: rows and columns with their numbers and labels."""

    code: str
    sheet: Sheet
    stage: str | None  # the stage the sheet name speaks of, if it does
    rows: tuple[Line, ...]
    columns: tuple[Line, ...]
    answers: bool  # one question per row
    _found: dict = field(default_factory=dict, repr=False, compare=False)

    def figure(self, row: Line, column: Line, factor: int = 1) -> Figure:
        """The figure at ``row`` and ``column``, in units of ``factor``."""
        token = self.sheet.value(row.at, column.at)
        return parse_figure(token, factor) if factor != 1 else Figure(*judge(token))

    def cells(self) -> Iterator[Cell]:
        """Every figure of the form, personal data left out."""
        columns = [c for c in self.columns if not is_personal(c.path)]
        grid = self.sheet.rows
        for row in self.rows:
            if is_personal(row.path, answer=self.answers):
                continue
            tokens = grid[row.at]
            width = len(tokens)
            for column in columns:
                token = tokens[column.at] if column.at < width else None
                value, status = judge(token)
                if status == UNREADABLE and self.answers and not row.unit:
                    status = REPORTED  # 是, 否, a name: an answer in words, and not a number
                yield Cell(self.code, row, column, token, value, status)

    def find(self, axis: str, number: str, specs: tuple[tuple[str, ...], ...]) -> list[Line]:
        """Rows or columns that bear one of the labels ``specs`` (first wording that is there).

        Each spec is a path of keys whose last is the own label and whose others stand above it.
        Of several matches the one numbered ``number`` comes first, then the least nested.
        Without specs the number alone decides.
        """
        lookup = (axis, number, specs)
        if lookup not in self._found:
            self._found[lookup] = self._search(axis, number, specs)
        return self._found[lookup]

    def _search(self, axis: str, number: str, specs: tuple[tuple[str, ...], ...]) -> list[Line]:
        lines = self.rows if axis == "row" else self.columns
        if not specs:
            return [line for line in lines if line.number == number]
        for spec in specs:
            found = [line for line in self._by_own[axis].get(spec[-1], ()) if _under(line, spec)]
            if found:
                return sorted(found, key=lambda n: (n.number != number, len(n.key), n.at))
        return []

    @cached_property
    def _by_own(self) -> dict[str, dict[str, list[Line]]]:
        index: dict[str, dict[str, list[Line]]] = {"row": {}, "column": {}}
        for axis, lines in (("row", self.rows), ("column", self.columns)):
            for line in lines:
                if line.key:
                    index[axis].setdefault(line.key[-1], []).append(line)
        return index

    @cached_property
    def layout(self) -> frozenset[str]:
        """Structural facts that a column map may ask for; never a matter of the year.

        ``stage_rows``/``stage_columns``/``one_block``: whether stages share the sheet and how;
        ``arts_nested``/``arts_beside``: whether 音乐 and 美术 are parts of 艺术 or stand beside it.
        """
        read = {k for k, stage in labels.stage_labels().items() if stage != "other"}
        facts = set()
        if any(read.intersection(line.key) for line in self.rows):
            facts.add("stage_rows")
        if any(read.intersection(line.key) for line in self.columns):
            facts.add("stage_columns")
        nested = any("艺术" in c.key[:-1] and c.key[-1] in ("音乐", "美术") for c in self.columns)
        return frozenset((facts or {"one_block"}) | {"arts_nested" if nested else "arts_beside"})


def _under(line: Line, spec: tuple[str, ...]) -> bool:
    above = iter(line.key[:-1])
    return all(part in above for part in spec[:-1])


@lru_cache(maxsize=65536, typed=True)
def judge(token: object) -> Figure:
    """:func:`parse_figure`, remembered: the same tokens stand in a workbook many times."""
    return parse_figure(token)


@lru_cache(maxsize=16384, typed=True)
def number(token: object) -> str | None:
    """A row or column number as whole-number text (``01`` and 1.0 → ``1``); ``None`` if blank."""
    text = clean_text(token).strip("()")
    is_number = text.isdecimal() and len(text) <= LONGEST_NUMBER
    return str(int(text)) if is_number else text or None


class _Frame(NamedTuple):
    """Where the parts of a form stand in its sheet (row and column indices from 0)."""

    last_head: int  # last row above the data
    label_columns: range
    code_column: int | None
    unit_column: int | None
    figures: dict[int, str]  # column → number
    header: range
    answers: bool


def parse_form(sheet: Sheet, code: str, stage: str | None = None) -> Form | None:
    """Find the numbered columns and rows of a sheet; ``None`` if it has neither."""
    frame = _indexed_frame(sheet) or _answer_frame(sheet)
    if frame is None:
        return None
    filled = _merged_cells(sheet, frame)
    columns = _columns(sheet, frame, filled)
    return Form(code, sheet, stage, _rows(sheet, frame, filled), columns, frame.answers)


def _indexed_frame(sheet: Sheet) -> _Frame | None:
    for at, row in enumerate(sheet.rows[:_SEARCHED_ROWS]):
        letters: dict[str, int] = {}
        for column, token in enumerate(row):
            if isinstance(token, str) and (text := labels.label(token)) in _LETTERS and text:
                letters.setdefault(text, column)
        if "甲" not in letters:
            continue
        places = sorted(letters.values())
        figures = {
            column: digits
            for column in range(places[-1] + 1, len(row))
            if (digits := number(row[column])) and digits.isdecimal()
        }
        if not figures:
            continue
        header = _header_rows(sheet, at, min(figures))
        heads = {
            c: {labels.label(sheet.value(r, c)) for r in header if sheet.value(r, c) is not None}
            for c in places[1:]
        }
        code = next((c for c, words in heads.items() if words & _CODE_HEADS), None)
        unit = next((c for c, words in heads.items() if words & _UNIT_HEADS), None)
        if code is None:
            code = next((c for c in places[1:] if c != unit and _holds_codes(sheet, at, c)), None)
        if unit is None and code is not None and len(places) == 3:
            unit = next(c for c in places[1:] if c != code)
        end = places[1] if len(places) > 1 else min(figures)
        first = letters["甲"]
        return _Frame(at, range(first, end), code, unit, figures, header, unit is not None)
    return None


def _holds_codes(sheet: Sheet, index: int, column: int) -> bool:
    texts = [number(sheet.value(r, column)) for r in range(index + 1, len(sheet.rows))]
    said = [text for text in texts if text]
    return bool(said) and all(text.isdecimal() for text in said)


def _answer_frame(sheet: Sheet) -> _Frame | None:
    for at, row in enumerate(sheet.rows[:_SEARCHED_ROWS]):
        heads = {c: labels.label(token) for c, token in enumerate(row) if isinstance(token, str)}
        code = next((c for c, text in heads.items() if text in _CODE_HEADS), None)
        if code is None:
            continue
        first = next((c for c, text in heads.items() if text and text not in _REMARK_HEADS), None)
        answer = next((c for c, text in heads.items() if text in _ANSWER_HEADS), None)
        if answer is None:
            later = [c for c, t in heads.items() if c > code and t and t not in _REMARK_HEADS]
            answer = later[0] if later else None
        if first is None or answer is None or first >= answer:
            continue
        unit = next((c for c, text in heads.items() if text in _UNIT_HEADS), None)
        end = min(c for c in (code, unit, answer) if c is not None and c > first)
        return _Frame(at, range(first, end), code, unit, {answer: "1"}, range(at, at + 1), True)
    return None


def _header_rows(sheet: Sheet, index: int, first_figure: int) -> range:
    top = index
    for r in range(index - 1, -1, -1):
        cells = [(c, t) for c, t in enumerate(sheet.rows[r]) if t is not None]
        texts = {c: labels.label(t) for c, t in cells}
        if any(_ABOVE_HEADER.search(text) for text in texts.values()):
            break
        if r == 0 and cells and all(texts[c] == column_letter(c) for c, _ in cells):
            break  # the hidden row A, B, C …
        heads = _CODE_HEADS | _UNIT_HEADS
        if any(c >= first_figure or texts[c] in heads for c, _ in cells):
            top = r
        elif any(isinstance(t, str) for _, t in cells) and top < index:
            break  # the title
    return range(top, index)


def _merged_cells(sheet: Sheet, frame: _Frame) -> dict[tuple[int, int], object]:
    """Values of covered cells, for merges in the header and down the label columns."""
    filled: dict[tuple[int, int], object] = {}
    for top, left, bottom, right in sheet.merges:
        in_header = top >= frame.header.start and bottom < frame.header.stop
        in_labels = top > frame.last_head and left in frame.label_columns
        if not in_header and not in_labels:
            continue
        if bottom - top > 500 or right - left > 500:
            continue  # no form is that large; a stray merge must not cost a million cells
        value = sheet.value(top, left)
        for r in range(top, bottom + 1):
            for c in range(left, right + 1):
                filled[r, c] = value
    return filled


def _columns(sheet: Sheet, frame: _Frame, filled: dict) -> tuple[Line, ...]:
    header = [[filled.get((r, c), sheet.value(r, c)) for c in frame.figures] for r in frame.header]
    if not any(r in frame.header for r, _ in filled):
        _spread(header)
    paths = labels.column_paths([list(cells) for cells in zip(*header, strict=True)])
    paths = paths or [()] * len(frame.figures)
    return tuple(
        Line(text, path, labels.path_key(path), at, _unit(path))
        for (at, text), path in zip(frame.figures.items(), paths, strict=True)
    )


def _spread(header: list[list[object]]) -> None:
    """Without merges in the file: an empty upper cell above a label belongs to its left group."""
    for lower, upper in pairwise(reversed(header)):
        for c in range(1, len(upper)):
            alone = lower[c - 1] is None
            if upper[c] is None and lower[c] is not None and not alone:
                upper[c] = upper[c - 1]


def _rows(sheet: Sheet, frame: _Frame, filled: dict) -> tuple[Line, ...]:
    places: list[int] = []
    names: list[list[object]] = []
    for r in range(frame.last_head + 1, len(sheet.rows)):
        row = sheet.rows[r]
        cells = [filled.get((r, c), row[c] if c < len(row) else None) for c in frame.label_columns]
        code = sheet.value(r, frame.code_column) if frame.code_column is not None else None
        if code is None and all(cell is None for cell in cells):
            continue
        if code is None and _NOTE.match(labels.label(next(c for c in cells if c is not None))):
            break
        if not sheet.merges and names and len(cells) > 1 and cells[0] is None:
            above = names[-1]  # a file without merges: the group stands only in its first row
            if cells[1] is not None and above[0] is not None and above[1] is not None:
                cells[0] = above[0]
        places.append(r)
        names.append(cells)
    lines = []
    for r, path in zip(places, labels.row_paths(names), strict=True):
        code = sheet.value(r, frame.code_column) if frame.code_column is not None else None
        if frame.code_column is not None and code is None and not _has_figures(sheet, frame, r):
            continue  # a heading
        unit = sheet.value(r, frame.unit_column) if frame.unit_column is not None else None
        unit = labels.label(unit).strip("()") or _unit(path)
        lines.append(Line(number(code), path, labels.path_key(path), r, unit))
    return tuple(lines)


def _has_figures(sheet: Sheet, frame: _Frame, row: int) -> bool:
    statuses = {judge(sheet.value(row, c))[1] for c in frame.figures}
    return bool(statuses & {REPORTED, "zero", NOT_APPLICABLE})


def _unit(path: tuple[str, ...]) -> str:
    return next((u for part in reversed(path) if (u := labels.unit(part))), "")
