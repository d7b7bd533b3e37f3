"""Writes the flat national export (宽表): one file per stage, some 300 columns, merged headers.

The columns are data: ``layouts/flat.csv`` gives each header path, the stages that have it and
where its values come from (a figure, ``@attribute``, ``share:<figure>:<part>`` for an "of which"
column without a canonical figure, ``=constant``). It is written apart from the reader's column map
so that reading a sample back tests the reader.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from dagster_project.census.schema import fields
from dagster_project.sample.model import (
    SPONSOR_NAMES,
    STAGE_NAMES,
    SYNTHETIC,
    TYPE_NAMES,
    URBAN_RURAL_NAMES,
    Batch,
    StageTable,
)
from dagster_project.words import words

LAYOUT = Path(__file__).parent / "layouts" / "flat.csv"
Column = tuple[tuple[str, ...], str]  # header path, source
CREATED = datetime(2023, 9, 1)  # fixed, so that the same sample has the same bytes
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")


@cache
def layout(stage: str) -> tuple[Column, ...]:
    """The columns of a stage's file, in their order."""
    with LAYOUT.open(encoding="utf-8") as file:
        return tuple(
            (tuple(row["header_path"].split(">")), row["source"])
            for row in csv.DictReader(file)
            if stage in row["stages"].split()
        )


def header_rows(columns: tuple[Column, ...]) -> list[list[str]]:
    """Header labels by row; a merged label stands in its first cell, the rest are blank."""
    rows = []
    for depth in range(max(len(path) for path, _ in columns)):
        row, before = [], None
        for path, _ in columns:
            prefix = path[: depth + 1]
            shown = len(path) > depth and prefix != before
            row.append(path[depth] if shown else "")
            before = prefix
        rows.append(row)
    return rows


def _merges(columns: tuple[Column, ...]) -> list[tuple[int, int, int, int]]:
    """Merged header ranges (first row, first column, last row, last column), from 0."""
    depths = max(len(path) for path, _ in columns)
    ranges = []
    for depth in range(depths):
        start = 0
        for c in range(1, len(columns) + 1):
            head = columns[start][0]
            same = c < len(columns) and columns[c][0][: depth + 1] == head[: depth + 1]
            if same and len(head) > depth:
                continue
            if len(head) > depth:
                bottom = depths - 1 if len(head) == depth + 1 else depth
                if bottom > depth or c - 1 > start:
                    ranges.append((depth, start, bottom, c - 1))
            start = c
    return ranges


def table(batch: Batch, stage: str, first_number: int = 1) -> pa.Table:
    """The body of the stage's file: one row per section, one column per layout column."""
    section = batch.stages[stage]
    arrays = [_values(batch, section, source, first_number) for _, source in layout(stage)]
    return pa.table(arrays, names=[str(i) for i in range(len(arrays))])


def _values(batch: Batch, section: StageTable, source: str, first_number: int) -> pa.Array:
    if source.startswith("="):
        constant = source[1:]
        value = int(constant) if constant.isdigit() and len(constant) < 6 else constant
        return pa.repeat(value, len(section))
    if source.startswith("@"):
        return _attribute(batch, section, source[1:], first_number)
    if source.startswith("share:"):
        _, name, part = source.split(":")
        whole = _figure(batch, section, name)
        step = 100 if whole.dtype.kind == "f" else 1
        cut = np.floor(whole * step * float(part))
        return pa.array(cut / step if step > 1 else cut.astype(np.int64))
    values = _figure(batch, section, source)
    if source.endswith("_yuan"):
        values = np.round(values / 10000, 2)  # the export's unit is 万元
    return pa.array(values)


def _figure(batch: Batch, section: StageTable, name: str) -> np.ndarray:
    if name in batch.shared:
        return batch.shared[name][section.index]
    known = fields().get(name)
    if known is not None and known.scope == "school":
        raise KeyError(f"layouts/flat.csv asks for {name}, which the sample does not make")
    return section.figures[name]


_YES_NO = words("yes_no")


def _attribute(batch: Batch, section: StageTable, name: str, first_number: int) -> pa.Array:
    if name == "number":
        return pa.array(np.arange(first_number, first_number + len(section)))
    if name == "school_year_label":
        return pa.repeat(f"{batch.school_year}/{batch.school_year + 1}学年", len(section))
    words = {
        "school_type": ("school_type_code", TYPE_NAMES),
        "sponsor": ("sponsor_code", SPONSOR_NAMES),
        "urban_rural": ("urban_rural_code", URBAN_RURAL_NAMES),
        "is_counted": ("is_counted", _YES_NO),
        "is_new": ("is_new", _YES_NO),
        "was_closed": ("was_closed", _YES_NO),
    }
    column, meaning = words.get(name, (name, None))
    values = batch.schools[column][section.index]
    if meaning is None:
        return pa.array(values)
    codes, positions = np.unique(values, return_inverse=True)
    return pa.array(np.array([meaning[str(code)] for code in codes])[positions])


def title(stage: str, school_year: int) -> str:
    """What stands above the header of an xlsx export."""
    return f"{school_year}/{school_year + 1}学年{STAGE_NAMES[stage]}统计宽表　{SYNTHETIC}"


class XlsxExport:
    """One stage's export as xlsx: title row, merged headers, one row per section.

    The sheet stands in memory until closed; meant for counties and cities, not for a nation.
    """

    def __init__(self, path: Path, stage: str) -> None:
        import xlsxwriter

        self.path, self._stage, self._written = path, stage, 0
        self._book = xlsxwriter.Workbook(path)
        self._book.set_properties({"created": CREATED, "comments": SYNTHETIC})
        self._sheet = self._book.add_worksheet(STAGE_NAMES[stage])
        self._row = 0

    def add(self, batch: Batch) -> None:
        """Append the batch's sections of this stage."""
        if self._row == 0:
            self._row = self._head(batch.school_year)
        body = table(batch, self._stage, self._written + 1)
        for values in zip(*(column.to_pylist() for column in body.columns), strict=True):
            self._sheet.write_row(self._row, 0, values)
            self._row += 1
        self._written += body.num_rows

    def _head(self, school_year: int) -> int:
        """Write title and header; returns the first row of the body."""
        columns = layout(self._stage)
        self._sheet.write_string(0, 0, title(self._stage, school_year))
        rows = header_rows(columns)
        for r, labels in enumerate(rows, start=1):
            for c, label in enumerate(labels):
                if label:
                    self._sheet.write_string(r, c, label)
        for top, left, bottom, right in _merges(columns):
            self._sheet.merge_range(top + 1, left, bottom + 1, right, rows[top][left])
        return len(rows) + 1

    def close(self) -> None:
        self._book.close()


class CsvExport:
    """One stage's export as csv: header rows, then each batch as it comes, none kept."""

    def __init__(self, path: Path, stage: str, encoding: str = "gb18030") -> None:
        if encoding not in ENCODINGS:
            raise ValueError(
                f"cannot write csv as {encoding}; choose one of {', '.join(ENCODINGS)}"
            )
        self.path, self._stage, self._written = path, stage, 0
        self._file = path.open("w", encoding=encoding, newline="")
        rows = header_rows(layout(stage))
        csv.writer(self._file, lineterminator="\n").writerows(rows)

    def add(self, batch: Batch) -> None:
        """Append the batch's sections of this stage."""
        body = table(batch, self._stage, self._written + 1)
        buffer = io.BytesIO()
        options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
        pa.csv.write_csv(body, buffer, options)
        self._file.write(buffer.getvalue().decode("utf-8"))
        self._written += body.num_rows

    def close(self) -> None:
        self._file.close()
