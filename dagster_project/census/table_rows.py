"""The rows of a plain table, turned into section batches column by column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

import pyarrow as pa

from dagster_project.census import schema
from dagster_project.census.addresses import column_letter
from dagster_project.census.figures import (
    BLANK,
    NOT_APPLICABLE,
    NOT_COLLECTED,
    REPORTED,
    STATUSES,
    ZERO,
    Figure,
    add_figures,
    clean_text,
    parse_figure,
)
from dagster_project.census.profile_check import BOOLEAN_ATTRIBUTES, TEXT_ATTRIBUTES
from dagster_project.census.profile_model import Profile, Value
from dagster_project.census.rejection import FileRejected

BATCH_ROWS = 20_000
LARGEST_EXACT = 2**53  # whole numbers below are added exactly as floats
_TOTAL = re.compile(r"(.*(合计|合計|总计|總計|小计|小計|总和|總和)|(grand )?total)", re.IGNORECASE)
_NOTE = re.compile(
    r"※|\*?(註|注|备注|備註|附註|附注|说明|說明|资料来源|資料來源|note|source)", re.IGNORECASE
)
_REWRITTEN = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_YES_NO = {
    **dict.fromkeys(("1", "是", "true", "yes", "y"), True),
    **dict.fromkeys(("0", "否", "false", "no", "n"), False),
    "": None,
}
_CODE = {status: number for number, status in enumerate(STATUSES)}
_ADVICE = "Correct it in a new copy of the file, or describe it in the profile."


@dataclass(frozen=True)
class Key:
    """A key or attribute in this file: its rule and its column (``None`` for a constant)."""

    name: str
    value: Value
    column: int | None


@dataclass(frozen=True)
class Keys:
    """Every key and attribute that this file has."""

    by_name: Mapping[str, Key]
    year_column: int | None

    @classmethod
    def of(cls, profile: Profile, positions: Mapping[str, int]) -> Keys:
        """The keys of ``profile`` as they stand in a file with these column ``positions``."""
        values = {
            name: getattr(profile, name)
            for name in ("school_id", "school_name", "county_code", "county_name", "stage", "term")
        }
        found = {}
        for name, value in {**values, **profile.attributes}.items():
            if value is None:
                continue
            column = next((positions[c] for c in value.columns if c in positions), None)
            if column is not None or not value.columns:
                found[name] = Key(name, value, column)
        return cls(found, positions.get(profile.school_year.column))


@dataclass(frozen=True)
class Layout:
    """One file as its profile reads it: where every key and field stands."""

    sha256: str
    profile: Profile
    vintage: str
    sheet: str | None
    width: int
    school_year: int
    term: str
    keys: Keys
    fields: Mapping[str, tuple[tuple[int, ...], Decimal]]

    def refuse(self, reason: str, row: int, column: int | None, advice: str = _ADVICE) -> None:
        """Raise the rejection of this file for ``reason`` at ``row`` (from 1) and ``column``."""
        cell = f"row {row}" if column is None else f"{column_letter(column)}{row}"
        raise FileRejected(reason, advice=advice, sheet=self.sheet, cell=cell)


def batches(
    layout: Layout, numbered: Iterable[tuple[int, list[object]]]
) -> Iterator[pa.RecordBatch]:
    """Section batches from ``(row number, cells)``; raises :class:`FileRejected` on the way."""
    reader = _Reader(layout)
    kept = reader.kept(numbered)
    while block := list(islice(kept, BATCH_ROWS)):
        yield reader.batch(block)


class _Reader:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.seen: dict[tuple[str, str], int] = {}
        self.judges = {
            field_id: self._judge(factor) for field_id, (_, factor) in layout.fields.items()
        }
        self.sums: dict[str, dict[tuple, Figure]] = {f: {} for f in layout.fields}
        self.known: dict[tuple[str, str], object] = {}
        self.id_column = layout.keys.by_name["school_id"].column

    def kept(self, numbered: Iterable[tuple[int, list[object]]]) -> Iterator[tuple]:
        """Rows that are sections, with their row number and keys; totals and notes left out."""
        layout = self.layout
        keys = layout.keys.by_name
        name_column = keys["school_name"].column if "school_name" in keys else None
        for number, row in numbered:
            filled = [c for c in row if c is not None and str(c).strip()]
            if not filled or (len(filled) == 1 and _NOTE.match(clean_text(filled[0]))):
                continue
            self._check_width(row, number)
            token = clean_text(row[self.id_column])
            name = clean_text(row[name_column]) if name_column is not None else ""
            if _TOTAL.fullmatch(token) or _TOTAL.fullmatch(name):
                continue
            if not token:
                if _TOTAL.fullmatch(clean_text(filled[0])):
                    continue
                layout.refuse(
                    f"Row {number} has no school id, so its figures belong to nobody.",
                    number,
                    self.id_column,
                    "Fill in the id in a new copy of the file; rows of totals are skipped if they "
                    "say 合计 or 總計.",
                )
            found = {name: self._resolve(key, row, number) for name, key in keys.items()}
            if found["stage"] is None:
                continue
            self._check_year_and_term(found, row, number)
            self._check_twice(found, number)
            yield number, row, found

    def _check_width(self, row: list[object], number: int) -> None:
        width = self.layout.width
        if len(row) == width:
            return
        if len(row) > width and not any(c is not None and str(c).strip() for c in row[width:]):
            return
        self.layout.refuse(
            f"Row {number} has {len(row)} cells, the header has {width}.",
            number,
            None,
            "Look for a missing or additional separator or quotation mark in that row.",
        )

    def _check_twice(self, found: Mapping[str, object], number: int) -> None:
        key = (str(found["school_id"]), str(found["stage"]))
        earlier = self.seen.setdefault(key, number)
        if earlier != number:
            self.layout.refuse(
                f"The school {key[0]} stands twice in the file, in rows {earlier} and {number}.",
                number,
                self.id_column,
                "Keep the right row in a new copy of the file.",
            )

    def _check_year_and_term(
        self, found: Mapping[str, object], row: list[object], number: int
    ) -> None:
        layout = self.layout
        if found.get("term") not in (None, layout.term):
            layout.refuse(
                f"Row {number} is of term {found['term']}, the first row of {layout.term}.",
                number,
                layout.keys.by_name["term"].column,
                "Split the file by term.",
            )
        if (column := layout.keys.year_column) is None:
            return
        token = clean_text(row[column])
        key = ("school_year", token)
        if key not in self.known:
            digits = re.match(r"\d{2,4}", token)
            self.known[key] = digits and int(digits[0]) + layout.profile.school_year.add
        if self.known[key] != layout.school_year:
            layout.refuse(
                f"Row {number} is of school year {token or 'nothing'}, but the file is of "
                f"{layout.school_year}.",
                number,
                column,
                "Split the file by school year.",
            )

    def _resolve(self, key: Key, row: list[object], number: int) -> object:
        """What ``key`` is in this row; every distinct token is translated once."""
        if key.column is None:
            return key.value.constant
        token = clean_text(row[key.column])
        memo = (key.name, token)
        if memo not in self.known:
            self.known[memo] = self._judge_key(key, token, number)
        return self.known[memo]

    def _judge_key(self, key: Key, token: str, number: int) -> object:
        """What the profile makes of ``token``; refuses one it does not know."""
        value, label = key.value, "/".join(key.value.columns)
        if value.width and token.isdecimal():
            token = token.zfill(value.width)
        if value.same_as:
            token = value.same_as.get(token, token)
        if value.known and token not in value.known:
            self.layout.refuse(f"{token!r} under {label} is not known.", number, key.column)
        if value.values is None and not value.match:
            return self._plain_key(key, token, number)
        if value.values is not None:
            if token in value.values:
                return value.values[token]
            if not value.match and not value.has_otherwise:
                words = ", ".join(value.values)
                reason = f"{token!r} under {label} is not known; known are {words}."
                self.layout.refuse(reason, number, key.column)
        hits = (result for pattern, result in value.match if re.search(pattern, token))
        return next(hits, value.otherwise)

    def _plain_key(self, key: Key, token: str, number: int) -> object:
        """A key that is taken as it stands, if it can be one."""
        label = "/".join(key.value.columns)
        if key.name in BOOLEAN_ATTRIBUTES:
            if token.lower() not in _YES_NO:
                reason = f"{token!r} under {label} is neither yes nor no."
                self.layout.refuse(reason, number, key.column)
            return _YES_NO[token.lower()]
        if key.name == "school_id" and _REWRITTEN.fullmatch(token):
            self.layout.refuse(
                f"The school id {token!r} was rewritten as a number by a spreadsheet program.",
                number,
                key.column,
                "Export the file again with the ids as text.",
            )
        if key.name == "county_code" and not re.fullmatch(r"[0-9A-Za-z]{1,6}", token):
            reason = f"{token!r} under {label} is no county code (1 to 6 digits or letters)."
            self.layout.refuse(reason, number, key.column)
        return token or None

    def _judge(self, factor: Decimal) -> Callable[[object], Figure]:
        """``parse_figure`` with the profile's own tokens, each distinct token judged once."""
        tokens, memo = self.layout.profile.tokens, {}

        def judge(token: object) -> Figure:
            # 1, 1.0 and True are one dictionary key, but not one token.
            key = token if isinstance(token, str) else (type(token), token)
            figure = memo.get(key)
            if figure is None:
                status = tokens.get(clean_text(token)) if tokens else None
                figure = Figure(None, status) if status else parse_figure(token, factor)
                memo[key] = figure
            return figure

        return judge

    def figures(self, field_id: str, rows: list[list[object]]) -> list[Figure]:
        """The figure of ``field_id`` in every row."""
        columns, _ = self.layout.fields[field_id]
        judge = self.judges[field_id]
        parts = [[judge(row[column]) for row in rows] for column in columns]
        return parts[0] if len(parts) == 1 else [_add(p) for p in zip(*parts, strict=True)]

    def batch(self, block: list[tuple]) -> pa.RecordBatch:
        rows = [row for _, row, _ in block]
        judged = {field_id: self.figures(field_id, rows) for field_id in self.layout.fields}
        missing = (BLANK, NOT_APPLICABLE)
        exists = [
            figure.status not in missing or any(f[i].status not in missing for f in judged.values())
            for i, figure in enumerate(judged["pupils"])
        ]
        if not all(exists):
            block = [b for b, keep in zip(block, exists, strict=True) if keep]
            judged = {
                field_id: [f for f, keep in zip(found, exists, strict=True) if keep]
                for field_id, found in judged.items()
            }
        return self._assemble(block, judged)

    def _assemble(self, block: list[tuple], judged: dict[str, list[Figure]]) -> pa.RecordBatch:
        layout, size = self.layout, len(block)
        constants = {
            "sha256": layout.sha256,
            "profile": layout.profile.profile_id,
            "vintage": layout.vintage,
            "standards": layout.profile.standards,
            "sheet": layout.sheet,
            "school_year": layout.school_year,
            "term": layout.term,
        }
        words = pa.array(STATUSES, pa.string())
        nothing = pa.nulls(size, pa.float64())
        uncollected = _statuses([NOT_COLLECTED] * size, words)
        texts = ("school_id", "school_name", "county_code", "county_name", "stage")
        columns: dict[str, pa.Array] = {"source_row": pa.array([b[0] for b in block], pa.int32())}
        for name in (*texts, *TEXT_ATTRIBUTES, *BOOLEAN_ATTRIBUTES):
            columns[name] = [b[2].get(name) for b in block]
        for field_id, found in judged.items():
            columns[field_id] = [f.value for f in found]
            columns[schema.status_column(field_id)] = _statuses([f.status for f in found], words)
        arrays = []
        for target in schema.section_schema():
            column = columns.get(target.name)
            if column is None and target.name in constants:
                column = [constants[target.name]] * size
            if column is None:
                column = nothing if pa.types.is_floating(target.type) else uncollected
            if isinstance(column, list):
                if pa.types.is_string(target.type):
                    column = [None if c is None else str(c) for c in column]
                column = pa.array(column, target.type)
            arrays.append(column)
        return pa.RecordBatch.from_arrays(arrays, schema=schema.section_schema())


def _statuses(statuses: list[str], words: pa.Array) -> pa.DictionaryArray:
    codes = pa.array([_CODE[s] for s in statuses], pa.int8())
    return pa.DictionaryArray.from_arrays(codes, words)


def _add(parts: tuple[Figure, ...]) -> Figure:
    """:func:`add_figures`, short for whole numbers, whose sum is exact without decimals."""
    total = 0.0
    for value, status in parts:
        if status == REPORTED and value.is_integer():
            total += value
        elif status != ZERO:
            return add_figures(parts)
    if abs(total) >= LARGEST_EXACT:
        return add_figures(parts)
    return Figure(total, REPORTED if total else ZERO)
