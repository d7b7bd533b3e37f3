"""Reviewed tables: small csv files that people keep in ``raw/mappings``, read with their rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyarrow as pa

from dagster_project.census.admission import obstacle
from dagster_project.census.figures import clean_text
from dagster_project.census.place import SCHOOL_YEARS
from dagster_project.census.printable import printable
from dagster_project.census.rejection import FileRejected
from dagster_project.census.source import TextTable, open_source

FOLDER = "mappings"
Row = Mapping[str, object]
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
    check: Callable[[Row], str | None] = lambda row: None

    @property
    def path(self) -> str:
        """Its place below ``raw``."""
        return f"{FOLDER}/{self.file}"


def read_reviewed(raw: Path, table: Reviewed) -> pa.Table:
    """The rows of a reviewed table; empty where the file does not exist.

    Raises :class:`FileRejected` with every line at fault.
    """
    path = raw / table.path
    if not (path.exists() or path.is_symlink()):
        return table.schema.empty_table()
    if refusal := obstacle(path, raw):
        raise FileRejected(f"{table.path}: {refusal.reason}", advice=refusal.advice)
    source = open_source(path)
    if not isinstance(source, TextTable):
        raise FileRejected(f"{table.path} is not a csv file.", advice="Save it as csv.")
    header, *lines = [[printable(clean_text(cell)) for cell in row] for row in source.rows()] or [
        []
    ]
    missing = [name for name in table.needed if name not in header]
    if missing:
        raise FileRejected(
            f"{table.path} lacks the column(s) {', '.join(missing)}.",
            advice=f"Its first line must be: {','.join(table.schema.names)}",
        )
    rows: list[dict] = []
    faults: list[tuple[int, str]] = []
    seen: dict[tuple, int] = {}
    for line, cells in enumerate(lines, start=2):
        if not any(cells):
            continue
        row, wrong = _row(table, dict(zip(header, cells, strict=False)))
        key = tuple(row[name] for name in table.key)
        if not wrong and key and seen.setdefault(key, line) != line:
            wrong = [f"it repeats line {seen[key]} ({', '.join(map(str, key))})"]
        faults += [(line, sentence) for sentence in wrong]
        rows.append(row)
    if faults:
        shown = "; ".join(f"line {line}: {sentence}" for line, sentence in faults[:SHOWN])
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise FileRejected(
            f"{table.path} {shown}{more}.",
            advice="Correct these lines; no row of the table was taken.",
            cell=f"row {faults[0][0]}",
        )
    return pa.Table.from_pylist(rows, table.schema)


def _row(table: Reviewed, cells: Mapping[str, str]) -> tuple[dict, list[str]]:
    """One row in the types of the schema, and what is wrong with it."""
    row: dict[str, object] = {}
    wrong: list[str] = []
    for column in table.schema:
        text = cells.get(column.name) or ""
        value: object = text or table.defaults.get(column.name)
        if text and pa.types.is_integer(column.type):
            is_year = re.fullmatch(r"[0-9]{4}", text) and int(text) in SCHOOL_YEARS
            value = int(text) if is_year else None
            if value is None:
                wrong.append(
                    f"{column.name} is {text!r}, expected the year a school year starts in, such as"
                    " 2023"
                )
        elif text and pa.types.is_floating(column.type):
            value = _number(text)
            if value is None:
                wrong.append(f"{column.name} is {text!r}, expected a number")
        elif text and text not in table.choices.get(column.name, (text,)):
            known = ", ".join(table.choices[column.name])
            wrong.append(f"{column.name} is {text!r}, expected one of {known}")
        elif text and column.name.endswith("school_id") and not _SCHOOL_ID.fullmatch(text):
            wrong.append(f"{column.name} is {text!r}, expected an id of digits or letters alone")
        if value is None and not text and column.name in table.filled:
            wrong.append(f"{column.name} is empty; fill it in")
        row[column.name] = value
    if not wrong:
        complaint = table.check(row)
        wrong += [complaint] if complaint else []
    return row, wrong


def _number(text: str) -> float | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return float(number) if number.is_finite() else None
