"""The column map of the flat national export and its matching with the columns of a file.

The map is data: ``maps/flat.csv`` (what is loaded), ``maps/flat_known.csv`` (what is known and not
loaded, personal data among it) and ``maps/flat_units.csv`` (units that a header may state).
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from dagster_project.census.flat.headers import Column, normalise_label, path_key
from dagster_project.census.reading import Drift
from dagster_project.census.schema import fields
from dagster_project.words import word

FORM = re.compile(r"(教基|基础基)\d+")


@dataclass(frozen=True)
class MapRow:
    """One line of the column map.

    ``target`` is a field of the dictionary or an attribute of the section. The rows of a target
    with the same ``choice`` are added up; of several choices the first that the file has complete
    is taken. ``paths`` are alternatives, the usual one first. ``factor`` applies where the header
    states no unit. ``stage`` is empty where the row serves every stage. A file that has the target
    ``absent_with`` need not have this one (博士研究生 and 硕士研究生, or 研究生 undivided).
    """

    target: str
    stage: str
    choice: int
    paths: tuple[tuple[str, ...], ...]
    factor: int
    from_year: int
    to_year: int
    absent_with: str


@dataclass(frozen=True)
class Source:
    """A column that (a part of) a target is read from, and the factor to the canonical unit."""

    column: Column
    factor: int


@dataclass(frozen=True)
class Matching:
    """Where every target of a sheet is read from, and what does not fit the map."""

    targets: dict[str, tuple[Source, ...]]
    drift: tuple[Drift, ...]
    ambiguous: dict[str, tuple[Column, ...]]


def _table(name: str) -> list[dict[str, str]]:
    text = resources.files("dagster_project.census").joinpath("maps", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def parse_path(text: str) -> tuple[str, ...]:
    """``在校生数>#女`` as a path of normalised labels."""
    return tuple(normalise_label(segment) for segment in text.split(">"))


@cache
def column_map() -> tuple[MapRow, ...]:
    """``maps/flat.csv``, all stages and years."""
    return tuple(
        MapRow(
            row["target"],
            row["stage"],
            int(row["choice"]),
            tuple(parse_path(path) for path in row["header_path"].split("|")),
            int(row["unit_factor"]),
            int(row["from_year"] or 0),
            int(row["to_year"] or 9999),
            row["absent_with"],
        )
        for row in _table("flat.csv")
    )


@cache
def units() -> dict[str, tuple[str, int]]:
    """Unit label of a header → kind of figure it measures and factor to the canonical unit."""
    return {r["label"]: (r["kind"], int(r["factor"])) for r in _table("flat_units.csv")}


def caption_factors(captions: Iterable[str]) -> dict[str, int]:
    """Factor by kind of figure from what stands above the header: 单位:人、平方米、元."""
    stated = re.compile(r"单位:?([^:()]+)")
    words = [w for c in captions for m in stated.finditer(c) for w in re.split("[、,/;]", m[1])]
    return dict(units()[word] for word in words if word in units())


def _unit(column: Column) -> tuple[str, int] | None:
    return next((units()[word] for word in column.bracketed if word in units()), None)


@cache
def labels_of(target: str) -> tuple[str, ...]:
    """The innermost labels that the map knows for ``target``, the usual one first."""
    rows = (row for row in column_map() if row.target == target)
    return tuple(dict.fromkeys(path[-1] for row in rows for path in row.paths))


def match_columns(
    columns: Sequence[Column],
    stage: str,
    school_year: int,
    sheet: str | None = None,
    captions: Sequence[str] = (),
) -> Matching:
    """Find the column of every map row that applies to ``stage`` in ``school_year``.

    A column fits exactly, or by the end of its path (教基3112>在校生数 for 在校生数), or with
    grouping labels in between; anything but exact must be unique. Columns whose unit measures
    something else than the field never fit. A unit counts where it is nearest: in the header of
    the column, else in ``captions`` (the text above the header), else as the map says.
    """
    rows = [
        row
        for row in column_map()
        if row.stage in ("", stage) and row.from_year <= school_year <= row.to_year
    ]
    search = _Search(columns, stage, {_key(path, stage)[-1] for row in rows for path in row.paths})
    found: dict[MapRow, Column | None] = {row: search.exact(row) for row in rows}
    search.claim(found.values())
    for look in (search.ending, search.around):
        open_rows = [row for row in rows if found[row] is None]
        # The longest path first: it is the most particular about its column.
        for row in sorted(open_rows, key=lambda row: -max(map(len, row.paths))):
            found[row] = look(row)
        search.claim(found.values())
    general = caption_factors(captions)
    targets = {
        t: _chosen(t, rows, found, general) for t in dict.fromkeys(row.target for row in rows)
    }
    ambiguous = {
        row.target: hits for row, hits in search.ambiguous.items() if not targets[row.target]
    }
    # Senior sections serve the splitting of shared resources, by pupils; more is not expected.
    expected = {"pupils"} if stage == "senior" else fields().keys()
    instead = {row.target: row.absent_with for row in rows}
    drift = [
        _missing(target, rows, columns, ambiguous.get(target, ()), sheet)
        for target, sources in targets.items()
        if not sources and target in expected and not targets.get(instead.get(target, ""))
    ]
    used = {source.column.index for sources in targets.values() for source in sources}
    used |= search.claimed
    drift += [
        Drift("new", column.label, None, sheet)
        for column in columns
        if column.index not in used and not _is_known(column, stage)
    ]
    return Matching({t: s for t, s in targets.items() if s}, tuple(drift), ambiguous)


def _key(path: Sequence[str], stage: str) -> tuple:
    return path_key(path, tuple(units()), word("stage", stage))


class _Search:
    """The columns of one sheet, looked through for map rows, strictest rule first."""

    def __init__(self, columns: Sequence[Column], stage: str, figures: set[str]) -> None:
        self.keyed = [(column, _key(column.path, stage)) for column in columns]
        self.stage = stage
        self.figures = figures  # innermost labels of the map: never mere grouping labels
        self.claimed: set[int] = set()
        self.ambiguous: dict[MapRow, tuple[Column, ...]] = {}

    def claim(self, columns: Iterable[Column | None]) -> None:
        self.claimed |= {column.index for column in columns if column}

    def exact(self, row: MapRow) -> Column | None:
        for path in row.paths:
            key = _key(path, self.stage)
            hits = [c for c, k in self.keyed if k == key and _fits(c, row)]
            literal = [c for c in hits if _plain(c.path) == _plain(path)]
            hit = self._only(row, literal if len(hits) > 1 and literal else hits)
            if hit:
                return hit
        return None

    def ending(self, row: MapRow) -> Column | None:
        return self._loosely(row, self._is_end)

    def around(self, row: MapRow) -> Column | None:
        return self._loosely(row, self._is_around)

    def _loosely(self, row: MapRow, rule) -> Column | None:
        if row in self.ambiguous:
            return None
        for path in row.paths:
            key = _key(path, self.stage)
            hits = [
                c
                for c, k in self.keyed
                if c.index not in self.claimed and rule(key, k, c.path) and _fits(c, row)
            ]
            hit = self._only(row, hits)
            if hit:
                return hit
        return None

    @staticmethod
    def _is_end(key: tuple, found: tuple, path: Sequence[str]) -> bool:
        extra = len(found) - len(key)
        # A part of the pupils (#寄宿生>在校生数) is no group that 在校生数 might stand in.
        return extra > 0 and found[extra:] == key and not any(s[0] == "#" for s in path[:extra])

    def _is_around(self, key: tuple, found: tuple, path: Sequence[str]) -> bool:
        if len(key) < 2 or len(found) <= len(key) or found[-1] != key[-1]:
            return False
        rest = iter(found)
        if not all(segment in rest for segment in key):
            return False
        extra = [s for s in path if s.lstrip("#") not in key]
        return all(s.startswith("#按") or (s[0] != "#" and s not in self.figures) for s in extra)

    def _only(self, row: MapRow, hits: list[Column]) -> Column | None:
        if len(hits) > 1:
            self.ambiguous.setdefault(row, tuple(hits))
        return hits[0] if len(hits) == 1 else None


def _plain(path: Sequence[str]) -> list[str]:
    return [segment.lstrip("#") for segment in path]


def _fits(column: Column, row: MapRow) -> bool:
    unit, field = _unit(column), fields().get(row.target)
    return unit is None or field is None or unit[0] == field.kind


def _chosen(
    target: str,
    rows: Sequence[MapRow],
    found: dict[MapRow, Column | None],
    general: dict[str, int],
) -> tuple[Source, ...]:
    """The columns of the first complete choice, without those that are parts of another."""
    for choice in sorted({row.choice for row in rows if row.target == target}):
        parts = [row for row in rows if row.target == target and row.choice == choice]
        columns = [column for row in parts if (column := found[row]) is not None]
        if len(columns) == len(parts):
            whole = _without_parts(columns)
            unique = {c.index: (c, r) for c, r in zip(columns, parts, strict=True) if c in whole}
            return tuple(Source(c, _factor(c, r, general)) for c, r in unique.values())
    return ()


def _factor(column: Column, row: MapRow, general: dict[str, int]) -> int:
    field = fields().get(row.target)
    if field is None:
        return 1
    unit = _unit(column)
    return unit[1] if unit else general.get(field.kind, row.factor)


def _without_parts(columns: Sequence[Column]) -> list[Column]:
    """Drop columns that another of ``columns`` already contains: 艺术>计 contains 艺术>音乐.

    A column is contained in the one whose path its own begins with, and, if marked ``#``, in the
    nearest unmarked one before it under the same parent.
    """
    kept = []
    for column in columns:
        own = path_key(column.path)
        wholes = [o for o in columns if o is not column and own[: len(k := path_key(o.path))] == k]
        if column.is_part:
            wholes += [
                o
                for o in columns
                if o.path[:-1] == column.path[:-1] and not o.is_part and o.index < column.index
            ]
        if not wholes:
            kept.append(column)
    return kept


def _missing(
    target: str,
    rows: Sequence[MapRow],
    columns: Sequence[Column],
    ambiguous: Sequence[Column],
    sheet: str | None,
) -> Drift:
    label = next(">".join(row.paths[0]) for row in rows if row.target == target)
    if ambiguous:
        return Drift(
            "missing", label, target, sheet, "ambiguous: " + "; ".join(c.label for c in ambiguous)
        )
    near = difflib.get_close_matches(label, [c.label for c in columns], 3, 0.5)
    return Drift("missing", label, target, sheet, "; ".join(near))


@cache
def _known_keys(stage: str) -> frozenset[tuple]:
    return frozenset(_key(path, stage) for row in column_map() for path in row.paths)


@cache
def _known_pattern() -> re.Pattern[str]:
    patterns = (">".join(_plain(parse_path(r["header_path"]))) for r in _table("flat_known.csv"))
    return re.compile("|".join(re.escape(p).replace(r"\*", ".*") for p in dict.fromkeys(patterns)))


def _is_known(column: Column, stage: str) -> bool:
    # A form code above a group (教基3112>在校生数) says where it comes from, not what it is.
    bare = [segment for segment in _plain(column.path) if not FORM.fullmatch(segment)]
    key = _key(bare, stage)
    if {key, _key(column.path, stage)} & _known_keys(stage):
        return True
    spellings = (_plain(column.path), bare, key, (*key, "合计"))
    return any(_known_pattern().fullmatch(">".join(spelling)) for spelling in spellings)
