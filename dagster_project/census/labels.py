"""Form labels in a comparable shape, and the path of group labels above each row and column.

Forms write the same thing many ways: ``其中：女``, ``#女`` and ``女``; ``24岁及以下`` and ``≤24``;
``占地面积（平方米）``. A *label* keeps the wording, a *key* is what two wordings have in common.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from dagster_project.census.figures import clean_text

TOTAL = "计"
_TOTALS = {"计", "合计", "总计", "小计", "共计"}
_OF_WHICH = re.compile(r"^(#+|其中:?|.{1,6}中:)")
_ENUMERATED = re.compile(r"^[一二三四五六七八九十]+、")
_UNIT = re.compile(
    r"\((平方米|m2|人|名|人次|个|间|台|台\(套\)|套|册|万元|元|学时|小时|公里|吨|班|Mbps)\)$"
)
_AT_MOST = re.compile(r"^(?:≤|<=|小于等于)?(\d+)(?:岁|人)?(?:及|或)?(以下)?$")
_AT_LEAST = re.compile(r"^(?:≥|>=|大于等于)?(\d+)(?:岁|人)?(?:及|或)?(以上)?$")
_RANGE = re.compile(r"^(\d+)(?:岁|人)?[-~—–－至到](\d+)(?:岁|人)?$")


@lru_cache(maxsize=16384)
def label(token: object) -> str:
    """``token`` as a label: full-width folded, every space and line break removed."""
    return re.sub(r"\s+", "", clean_text(token))


@lru_cache(maxsize=16384)
def unit(text: str) -> str:
    """The unit a label ends with (``固定资产总值(万元)`` → ``万元``), or nothing."""
    found = _UNIT.search(text)
    return found.group(1) if found else ""


@lru_cache(maxsize=16384)
def key(text: str) -> str:
    """What a label shares with its other wordings; ``计`` for every word that means total."""
    text = _ENUMERATED.sub("", label(text))
    text = _OF_WHICH.sub("", text) or text.strip("#:")
    text = _UNIT.sub("", text).strip(":")
    if text in _TOTALS:
        return TOTAL
    if text[-2:] == "毕业" and len(text) > 2:
        text = text[:-2]
    for pattern, sign in ((_AT_MOST, "≤"), (_AT_LEAST, "≥")):
        found = pattern.match(text)
        if found and (found.group(2) or text[0] in "≤<小≥>大"):
            return sign + found.group(1)
    found = _RANGE.match(text)
    return f"{found.group(1)}-{found.group(2)}" if found else text


@lru_cache(maxsize=16384)
def path_key(path: tuple[str, ...]) -> tuple[str, ...]:
    """Keys of a path; totals and bare ``其中`` say nothing as long as something else remains."""
    keys = tuple(k for k in map(key, path) if k not in ("", "其中"))
    return tuple(k for k in keys if k != TOTAL) or keys[-1:]


@cache
def _groups() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    text = resources.files(__package__).joinpath("maps/row_groups.csv").read_text("utf-8")
    stages: dict[str, str] = {}
    children: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        if row["kind"] == "stage":
            stages[row["label"]] = row["value"]
        else:
            children[row["label"]] = tuple(row["value"].split("|"))
    return stages, children


def stage_labels() -> dict[str, str]:
    """Labels that open the rows of a stage → the stage (``other`` for those not read)."""
    return _groups()[0]


def of_which_marks(text: str) -> int:
    """How deep a label says it lies below the one before: the number of ``#``, or 1 for 其中."""
    if text.startswith("#"):
        return len(text) - len(text.lstrip("#"))
    return 1 if text.startswith("其中") and text.strip(":") != "其中" else 0


def row_paths(rows: Sequence[Sequence[object]]) -> list[tuple[str, ...]]:
    """The full label of every row: the groups it stands under, then its own label.

    ``rows`` holds the cells of column 甲 (one, or several where 甲 spans columns; merged cells
    filled in). A row is taken to lie under the stage or numbered heading (一、) before it, under
    the label it is an 其中/``#`` part of, and under less indented labels.
    """
    stages, children = _groups()
    paths: list[tuple[str, ...]] = []
    stack: list[_Above] = []  # outermost first
    base, plain = 0, 0  # depth below the open group; depth of the last unmarked row
    for cells in rows:
        parts = _distinct(cells)
        if len(parts) != 1:
            paths.append(tuple(parts))
            continue
        text = parts[0]
        own, marks, indent = key(text), of_which_marks(text), _indent(cells)
        parent = next(
            (above for above in reversed(stack) if own in children.get(key(above.path[-1]), ())),
            None,
        )
        if (own in stages and not marks) or _ENUMERATED.match(text):
            depth, base, plain = 0, 1000, 1000
        elif parent is not None:
            depth = parent.depth + 10
        elif marks:
            depth = plain + marks
        else:
            depth = plain = base + 20 * indent
        # A part (#) heads nothing that is not indented below it.
        while stack and (
            stack[-1].depth >= depth
            or (stack[-1].marks and not marks and parent is None and stack[-1].indent >= indent)
        ):
            stack.pop()
        path = (*(stack[-1].path if stack else ()), text)
        stack.append(_Above(depth, marks, indent, path))
        paths.append(path)
    return paths


class _Above(NamedTuple):
    """A row that later rows may stand under."""

    depth: int
    marks: int
    indent: int
    path: tuple[str, ...]


def _distinct(cells: Sequence[object]) -> list[str]:
    """Labels of the cells from left to right or top down, a merged one counted once."""
    parts: list[str] = []
    for cell in cells:
        part = label(cell)
        if part and (not parts or part != parts[-1]):
            parts.append(part)
    return parts


def _indent(cells: Sequence[object]) -> int:
    """Leading spaces of the label; a label in a column further right is indented too."""
    for offset, cell in enumerate(cells):
        if isinstance(cell, str) and cell.strip():
            return 4 * offset + len(cell) - len(cell.lstrip())
    return 0


def column_paths(columns: Sequence[Sequence[object]]) -> list[tuple[str, ...]]:
    """The full label of every column from its header cells, top down (merged cells filled in).

    A column marked ``#`` or 其中 lies under the last unmarked column of the same group.
    """
    paths: list[tuple[str, ...]] = []
    last: dict[tuple[str, ...], dict[int, str]] = {}
    for cells in columns:
        parts = _distinct(cells)
        group, leaf = tuple(parts[:-1]), parts[-1] if parts else ""
        marks = of_which_marks(leaf)
        above = last.setdefault(group, {})
        for depth in [d for d in above if d >= marks]:
            del above[depth]
        paths.append((*group, *(above[d] for d in sorted(above)), leaf) if leaf else ())
        above[marks] = leaf
    return paths
