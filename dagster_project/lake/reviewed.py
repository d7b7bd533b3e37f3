"""Reviewed tables: small csv files that people keep in ``raw/mappings``, read with their rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow as pa

from dagster_project.census.figures import clean_text
from dagster_project.census.opening.admission import obstacle
from dagster_project.census.opening.printable import printable
from dagster_project.census.opening.source import TextTable, open_source
from dagster_project.census.place import SCHOOL_YEARS
from dagster_project.census.rejection import FileRejected
from dagster_project.messages import Message

FOLDER = "mappings"
Row = Mapping[str, Any]  # of the types of the table's schema
SHOWN = 20
_SCHOOL_ID = re.compile("[0-9A-Za-z_-]+")  # 2164 000022 and 2.164E+09 would name no school


@dataclass(frozen=True)
class Reviewed:
    """One reviewed table: its file below ``raw/mappings``, the columns, and what a row must obey.

    ``needed`` columns must stand in the file; ``filled`` ones in every row. ``choices`` names the
    words a column may hold, ``defaults`` what an empty cell means. ``check`` returns what is wrong
    with a row as a whole, or ``None``. ``key`` may stand only once.
    """

    file: str
    schema: pa.Schema
    needed: tuple[str, ...]
    filled: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defaults: Row = field(default_factory=dict)
    check: Callable[[Row], Message | None] = lambda row: None

    @property
    def path(self) -> str:
        """Its place below ``raw``."""
        return f"{FOLDER}/{self.file}"


@dataclass(frozen=True)
class ReviewedRows:
    """The rows of a reviewed table that can be used; ``refusal`` names the lines that cannot."""

    rows: pa.Table
    refusal: FileRejected | None = None


def read_reviewed(raw: Path, table: Reviewed) -> ReviewedRows:
    """What a reviewed table says; nothing where the file does not exist.

    A line at fault costs itself. Two lines that say different things of the same key cost both.
    Raises :class:`FileRejected` where nothing of the file can be read.
    """
    path = raw / table.path
    if not (path.exists() or path.is_symlink()):
        return ReviewedRows(table.schema.empty_table())
    if refusal := obstacle(path, raw):
        raise refusal
    source = open_source(path)
    if not isinstance(source, TextTable):
        raise FileRejected("lake.table_no_csv")
    header, *lines = [[printable(clean_text(cell)) for cell in row] for row in source.rows()] or [
        []
    ]
    missing = [name for name in table.needed if name not in header]
    if missing:
        raise FileRejected(
            "lake.table_lacks_columns",
            missing=missing,
            names=",".join(table.schema.names),
            cell="row 1",
        )
    rows: dict[int, dict] = {}
    faults: dict[int, list[Message]] = {}
    for line, cells in enumerate(lines, start=2):
        if any(cells):
            rows[line], wrong = _row(table, dict(zip(header, cells, strict=False)))
            if wrong:
                faults[line] = wrong
    faults |= _repeated({n: row for n, row in rows.items() if n not in faults}, table.key)
    good = [row for line, row in rows.items() if line not in faults]
    return ReviewedRows(pa.Table.from_pylist(good, table.schema), _refusal(faults, len(good)))


def _repeated(rows: Mapping[int, Row], key: tuple[str, ...]) -> dict[int, list[Message]]:
    """Lines whose key stands twice: the later one if both say the same, else both."""
    by_key: dict[tuple, list[int]] = {}
    for line, row in rows.items():
        by_key.setdefault(tuple(row[name] for name in key), []).append(line)
    faults = {}
    for values, lines in by_key.items() if key else ():
        named = ", ".join(map(str, values))
        is_same = all(rows[line] == rows[lines[0]] for line in lines)
        for line in lines[1:] if is_same else lines if len(lines) > 1 else ():
            other = lines[0] if line != lines[0] else lines[1]
            said = "lake.repeats_line" if is_same else "lake.contradicts_line"
            faults[line] = [Message(said, {"line": other, "key": named})]
    return faults


def _refusal(faults: Mapping[int, list[Message]], good: int) -> FileRejected | None:
    if not faults:
        return None
    messages = [(line, message) for line in sorted(faults) for message in faults[line]]
    shown = [
        Message("lake.at_line", {"line": line, "fault": message})
        for line, message in messages[:SHOWN]
    ]
    if len(messages) > SHOWN:
        shown.append(Message("planning.and_more", {"count": len(messages) - SHOWN}))
    return FileRejected(
        "lake.lines_set_aside",
        count=len(faults),
        faults=shown,
        good=good,
        cell=f"row {min(faults)}",
    )


def _row(table: Reviewed, cells: Mapping[str, str]) -> tuple[dict, list[Message]]:
    """One row in the types of the schema, and what is wrong with it."""
    row: dict[str, object] = {}
    wrong: list[Message] = []
    for column in table.schema:
        text = cells.get(column.name) or ""
        value: object = text or table.defaults.get(column.name)
        if text and pa.types.is_integer(column.type):
            is_year = re.fullmatch(r"[0-9]{4}", text) and int(text) in SCHOOL_YEARS
            value = int(text) if is_year else None
            if value is None:
                wrong.append(unexpected("lake.a_school_year", column.name, text))
        elif text and pa.types.is_floating(column.type):
            value = _number(text)
            if value is None:
                wrong.append(unexpected("lake.a_number", column.name, text))
        elif text and text not in table.choices.get(column.name, (text,)):
            known = list(table.choices[column.name])
            wrong.append(unexpected("lake.one_of", column.name, text, known=known))
        elif text and column.name.endswith("school_id") and not _SCHOOL_ID.fullmatch(text):
            wrong.append(unexpected("lake.an_id", column.name, text))
        if value is None and not text and column.name in table.filled:
            wrong.append(Message("lake.is_empty", {"column": column.name}))
        row[column.name] = value
    if not wrong:
        complaint = table.check(row)
        wrong += [complaint] if complaint else []
    return row, wrong


def unexpected(expected: str, column: str, text: str, **values: object) -> Message:
    """What stands in a column, and what is expected there: a phrase of the catalogue."""
    wanted = Message(expected, values)
    return Message("lake.unexpected", {"column": column, "text": text, "expected": wanted})


def _number(text: str) -> float | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return float(number) if number.is_finite() else None
