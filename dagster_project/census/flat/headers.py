"""Multi-row, merged table headers read as paths: 专任教师 > #按学历分 > 博士研究生.

A path is what identifies a column of a flat export: positions change from year to year and from
province to province, the words above a figure hardly do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from dagster_project.census.figures import clean_text

Merge = tuple[int, int, int, int]  # first row, first column, last row, last column, all from 0

MAX_HEADER_ROWS = 6
_SEARCHED_ROWS = 40  # a header that stands lower than this is none
_OF_WHICH = re.compile(r"^(其中:?|#)+")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−─~〜"), "-")
_NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+%?|\*|-+")
_INDEX = re.compile(r"[甲乙丙丁戊己庚辛壬癸]|\d{1,4}|[A-Z]{1,2}|-")
_CAPTION = re.compile(r"学年|单位[::]|填报|填表|日期|制表|[表文]号")
_TOTALS = ("合计", "总计", "计", "小计")
_UNIT = re.compile(r"\((?:计量)?(?:单位[::])?([^()]+)\)$")


@lru_cache(maxsize=1 << 14, typed=True)
def normalise_label(cell: object) -> str:
    """A header cell as one word: widths folded, spaces, line breaks and 其中: (→ ``#``) removed.

    Dashes and tildes between numbers become ``-``, so 26~30人 and 26—30人 are one label.
    """
    text = re.sub(r"\s+", "", clean_text(cell)).translate(_DASHES)
    return _OF_WHICH.sub("#", text)


@dataclass(frozen=True)
class Column:
    """One column: its place (from 0) and its header path, outermost label first."""

    index: int
    path: tuple[str, ...]

    @property
    def label(self) -> str:
        """The path as maps and messages write it."""
        return ">".join(self.path)

    @property
    def bracketed(self) -> tuple[str, ...]:
        """What stands in brackets at the end of its labels, innermost first; perhaps a unit.

        It need not be one: 在校生数(女); the map of units decides.
        """
        found = (_UNIT.search(segment) for segment in reversed(self.path))
        return tuple(match.group(1) for match in found if match)

    @property
    def is_part(self) -> bool:
        """Whether the column counts a part ("of which") of the column it stands beside."""
        return self.path[-1].startswith("#")


@dataclass(frozen=True)
class Header:
    """The header of a sheet: its columns, its rows (from 0) and what was written above it."""

    columns: tuple[Column, ...]
    first_row: int
    data_row: int  # the first row below the header and its 甲 乙 1 2 3 row
    captions: tuple[str, ...] = field(default=())


def path_key(path: Sequence[str], units: Sequence[str] = (), stage_word: str = "") -> tuple:
    """What two spellings of one path have in common: no ``#``, unit, stage or closing 合计."""
    key = [_bare(segment, units, stage_word) for segment in path]
    key = [segment for segment in key if segment]
    if len(key) > 1 and key[-1] in _TOTALS:
        key.pop()
    return tuple(key)


def _bare(segment: str, units: Sequence[str], stage_word: str) -> str:
    bare = segment.lstrip("#")
    found = _UNIT.search(bare)
    if found and found.group(1) in units:
        bare = bare[: found.start()]
    if stage_word:
        bare = bare.replace(f"({stage_word})", "")
        if len(bare) > len(stage_word):
            bare = bare.removeprefix(stage_word)
    return bare


def find_header(
    rows: Sequence[Sequence[object]],
    merges: Sequence[Merge],
    anchors: Sequence[str],
    is_school_id: Callable[[str], bool],
) -> Header | None:
    """Find the header in the first rows of a sheet; ``None`` if no row holds an anchor label.

    ``anchors`` are normalised labels, the identifying ones first (机构编码, then 机构名称 …): the
    row of the first anchor found belongs to the header. ``is_school_id`` tells where data begin.
    """
    labels = [[normalise_label(c) for c in row] for row in rows[:_SEARCHED_ROWS]]
    standing = ((r, row.index(a)) for a in anchors for r, row in enumerate(labels) if a in row)
    middle, id_column = next(standing, (-1, -1))
    if middle < 0:
        return None
    # Blank rows between those of a header are no end of it: some programs double every line end.
    filled = [number for number, row in enumerate(labels) if any(row)]
    at = filled.index(middle)
    above, below = filled[:at], filled[at + 1 :]
    first = last = middle
    count = 1
    while above and count < MAX_HEADER_ROWS and _is_group_row(labels[above[-1]]):
        first, count = above.pop(), count + 1
    for number in below[: MAX_HEADER_ROWS - count]:
        row = labels[number]
        cell = row[id_column] if id_column < len(row) else ""
        if is_school_id(cell) or not _is_header(row):
            break
        last = number
    data = last + 1
    while data < len(labels) and (_is_index(labels[data]) or not any(labels[data])):
        data += 1
    captions = tuple(dict.fromkeys(c for row in labels[:first] for c in row if c))
    block = _grid(rows, merges, first, last)
    return Header(_columns(block), first, data, captions)


def _is_header(row: Sequence[str]) -> bool:
    """Whether ``row`` holds words only: one number makes it data."""
    filled = [c for c in row if c]
    return bool(filled) and not _is_index(row) and not any(map(_NUMBER.fullmatch, filled))


def _is_group_row(row: Sequence[str]) -> bool:
    """Whether ``row``, above the row of the anchor, is header too and not a title or a caption."""
    distinct = set(filter(None, row))
    if len(distinct) < 2 or not _is_header(row):
        return False
    return len(distinct) > 4 or not any(map(_CAPTION.search, distinct))


def _is_index(row: Sequence[str]) -> bool:
    """Whether ``row`` numbers the columns: 甲 乙 1 2 3 …, or letters A B C …."""
    filled = [c for c in row if c]
    if len(filled) < 2 or not all(map(_INDEX.fullmatch, filled)):
        return False
    numbers = [int(c) for c in filled if c.isdecimal()]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True


Cell = tuple[
    str, tuple[int, int] | None
]  # label and the identity of the (merged) cell it was written in


def _grid(
    rows: Sequence[Sequence[object]], merges: Sequence[Merge], first: int, last: int
) -> list[list[Cell]]:
    """The header block with every merged or filled cell carrying its label and its identity."""
    inside = [m for m in merges if m[0] >= first and m[2] <= last]
    width = max([len(r) for r in rows[first : last + 1]] + [m[3] + 1 for m in inside])
    grid: list[list[Cell]] = []
    for r in range(first, last + 1):
        texts = [normalise_label(c) for c in rows[r]] + [""] * (width - len(rows[r]))
        grid.append([(text, (r, c) if text else None) for c, text in enumerate(texts)])
    if inside:
        for top, left, bottom, right in inside:
            for r in range(top, bottom + 1):
                for c in range(left, right + 1):
                    grid[r - first][c] = grid[top - first][left]
    else:
        _fill(grid)
    return grid


def _fill(grid: list[list[Cell]]) -> None:
    """Undo what csv does to merged cells: they leave blanks to the right of their label.

    A blank continues the label on its left if that label has something below it (else it was
    merged downwards, not sideways) and both stand under the same parent.
    """
    width = len(grid[0])
    below = [
        [any(low[c][0] for low in grid[r + 1 :]) for c in range(width)] for r in range(len(grid))
    ]

    def parent(r: int, c: int) -> object:
        return next((grid[up][c][1] for up in range(r - 1, -1, -1) if grid[up][c][1]), None)

    for r, row in enumerate(grid[:-1]):
        for c in range(1, width):
            label, cell = row[c - 1]
            if row[c][0] or not label or cell is None or not below[r][c]:
                continue
            if below[r][cell[1]] and parent(r, c) == parent(r, c - 1):
                row[c] = row[c - 1]


def _columns(grid: list[list[Cell]]) -> tuple[Column, ...]:
    columns = []
    for c in range(len(grid[0])):
        path: list[str] = []
        seen: set[object] = set()
        for row in grid:
            label, cell = row[c]
            if label and cell not in seen:
                seen.add(cell)
                path.append(label)
        if path:
            columns.append(Column(c, tuple(path)))
    return tuple(columns)
