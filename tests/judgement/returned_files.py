"""The sample county with its returns as files in raw/, to be changed and judged as they lie."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.compute as pc
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.judgement.flags.rows import flag_rows
from dagster_project.judgement.frames import build as frames
from dagster_project.judgement.frames.relations import Source, attach, window
from dagster_project.judgement.rules.catalogue import Catalogue
from dagster_project.judgement.scan import evaluate
from dagster_project.lake.ingest import ingest
from dagster_project.lake.reference import write_reference
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake
from dagster_project.sample import write_pingluo

HEADING_ROW = 8  # of a template: the ids of its columns


@dataclass
class Template:
    """A filled template, by the ids of its columns; ``save`` writes it back."""

    path: Path

    def __post_init__(self) -> None:
        self.book = openpyxl.load_workbook(self.path)
        self.sheet: Worksheet = self.book.worksheets[0]
        self.heading = next(
            row for row in self.sheet.iter_rows() if row[0].value in ("school_id", "used_by")
        )
        self.letters = {cell.value: cell.column_letter for cell in self.heading}

    def rows(self, **wanted: object) -> list[int]:
        """The rows whose cells are as ``wanted``."""
        return [
            number
            for number in range(self.heading[0].row + 1, self.sheet.max_row + 1)
            if all(str(self.value(number, k)) == str(v) for k, v in wanted.items())
        ]

    def value(self, row: int, column: str):
        return self.sheet[f"{self.letters[column]}{row}"].value

    def put(self, value: object, column: str, **wanted: object) -> str:
        """Write ``value`` into the one row that is ``wanted``; returns the cell."""
        (row,) = self.rows(**wanted)
        cell = f"{self.letters[column]}{row}"
        self.sheet[cell] = value
        return cell

    def delete(self, rows: Iterable[int]) -> None:
        for row in sorted(rows, reverse=True):
            self.sheet.delete_rows(row)

    def save(self) -> None:
        self.book.save(self.path)


@dataclass
class County:
    """raw/ of the sample county and the lake that is read from it, below ``root``."""

    root: Path

    @classmethod
    def write(cls, root: Path, school_years: Iterable[int]) -> County:
        write_pingluo(root / "raw", "flat", school_years=tuple(school_years), returns=True)
        return cls(root)

    @property
    def source(self) -> Source:
        return Source(Lake(self.root / "lake"), self.root / "selection")

    def template(self, school_year: int, term: str, what: str) -> Template:
        (path,) = (self.root / "raw" / str(school_year) / term / "returns").glob(f"*{what}.xlsx")
        return Template(path)

    def load(self) -> None:
        """Read what lies in raw/, and select what counts of it."""
        lake = Lake(self.root / "lake")
        ingest(self.root / "raw", lake)
        write_reference(lake, self.root / "raw")
        shutil.rmtree(self.root / "selection", ignore_errors=True)
        select(lake, self.root / "selection")

    def flags(self, catalogue: Catalogue, school_years: Iterable[int]) -> list[dict]:
        """The flags of these years, as rows of ``quality.flag``."""
        return [
            flag
            for year, violations in self._judged(catalogue, tuple(school_years)).items()
            for flag in flag_rows(self.source, catalogue, year, violations)
        ]

    def _judged(self, catalogue: Catalogue, years: tuple[int, ...]) -> dict:
        with duckdb.connect() as connection:
            attach(connection, self.source, catalogue, window(years, catalogue))
            frames.build(connection, catalogue, (min(years), max(years)))
            verdict = evaluate(connection, catalogue)
        assert verdict.broken == ()
        found = verdict.violations
        return {year: found.filter(pc.equal(found.column("school_year"), year)) for year in years}


def one(flags: Iterable[dict], rule_id: str, **wanted: object) -> dict:
    """The one flag of this rule that is ``wanted``."""
    (flag,) = (
        f for f in flags if f["rule_id"] == rule_id and all(f[k] == v for k, v in wanted.items())
    )
    return flag


def figures(flag: dict) -> dict:
    return json.loads(flag["figures"])


Change = Callable[[County], None]
