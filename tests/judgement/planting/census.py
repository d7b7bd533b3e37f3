"""Clean censuses to plant errors into, and the tables that come out of it.

A :class:`Census` holds every column of the relation ``section`` as an array, so that a figure can
be put somewhere and the whole judged again without reading a file twice. Relations are joined
within a term: a copy of a small county under a term of its own is a census of its own, and many of
them are judged in one go without knowing of each other.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.census.figures import STATUSES
from dagster_project.census.read import read
from dagster_project.census.schema import fields, section_schema
from dagster_project.census.table.profile import load_profiles
from dagster_project.sample import write_nation, write_pingluo


@dataclass
class Census:
    """Clean sections (column → array, null as NaN or None) and the relations beside them."""

    name: str
    columns: dict[str, np.ndarray]
    relations: dict[str, list[dict]] = field(default_factory=dict)
    copies: bool = False  # small enough to be copied for every planting

    @property
    def size(self) -> int:
        return len(self.columns["school_id"])

    @cached_property
    def place(self) -> dict[tuple, int]:
        """(year, school, stage) → row."""
        names = ("school_year", "school_id", "stage")
        return {key: i for i, key in enumerate(zip(*(self.columns[n] for n in names), strict=True))}

    @cached_property
    def of_school(self) -> dict[tuple, list[int]]:
        return self._grouped("school_year", "school_id")

    @cached_property
    def of_county(self) -> dict[tuple, list[int]]:
        return self._grouped("school_year", "county_code", "stage")

    @cached_property
    def of_file(self) -> dict[str, list[int]]:
        return {key[0]: rows for key, rows in self._grouped("sha256").items()}

    @cached_property
    def of_stage(self) -> dict[tuple, list[int]]:
        return self._grouped("school_year", "stage")

    def _grouped(self, *names: str) -> dict[tuple, list[int]]:
        groups = defaultdict(list)
        for i, key in enumerate(zip(*(self.columns[n] for n in names), strict=True)):
            groups[key].append(i)
        return groups


def of_table(name: str, table: pa.Table) -> Census:
    """A census of sections in canonical form."""
    columns = {}
    for column in section_schema():
        values = table[column.name]
        if column.name in fields():
            columns[column.name] = values.to_numpy()
        elif pa.types.is_dictionary(column.type):
            codes = {status: i for i, status in enumerate(STATUSES)}
            words = values.combine_chunks().to_pylist()
            columns[column.name] = np.array([codes[word] for word in words], np.int8)
        else:
            columns[column.name] = np.array(values.to_pylist(), object)
    return Census(name, columns)


def table_of(columns: Mapping[str, np.ndarray]) -> pa.Table:
    """The columns as an Arrow table in the schema of sections."""
    arrays = []
    for column in section_schema():
        values = columns[column.name]
        if pa.types.is_dictionary(column.type):
            arrays.append(pa.DictionaryArray.from_arrays(pa.array(values), list(STATUSES)))
        else:
            arrays.append(pa.array(values, column.type, from_pandas=True))
    return pa.Table.from_arrays(arrays, schema=section_schema())


def _sections(files: Sequence[Path], raw: Path) -> pa.Table:
    profiles = load_profiles(None)
    batches = [batch for path in files for batch in read(path, raw, profiles).sections]
    return pa.Table.from_batches(batches)


def sample_county(folder: Path) -> Census:
    """The Pingluo-like county, 2020 to 2023."""
    files = write_pingluo(folder, "flat", school_years=range(2020, 2024))
    census = of_table("sample", _sections(files, folder))
    census.copies = True
    return census


def of_lake(name: str, lake: Path) -> Census:
    """The sections of a lake that a load left behind, small enough to be copied."""
    files = sorted((lake / "section").rglob("*.parquet"))
    sections = pa.concat_tables(pq.ParquetFile(path).read() for path in files)
    census = of_table(name, sections.unify_dictionaries())
    census.copies = True
    return census


def nation(folder: Path, *, counties: int, schools: int, years: int) -> Census:
    """A made-up nation that ends in 2023: the parents of its 教学点 are known."""
    files = write_nation(
        folder, counties=counties, schools=schools, years=years, seed=331,
        first_year=2024 - years, file_type="csv",
    )  # fmt: skip
    census = of_table("nation", _sections(files, folder))
    for relation, file, years in (
        ("teaching_point", "teaching_points", ("from_year", "to_year")),
        ("division", "divisions", ("from_year", "to_year")),
    ):
        rows = csv.DictReader((folder / "mappings" / f"{file}.csv").open(encoding="utf-8"))
        census.relations[relation] = [
            {**{k: v for k, v in row.items() if k != "note"},
             **{year: int(row[year]) if row[year] else None for year in years}}
            for row in rows
        ]  # fmt: skip
    # A file for each county, stage and year, as counties deliver them.
    keys = ("county_code", "school_year", "stage")
    census.columns["sha256"] = np.array(
        ["-".join(map(str, key)) for key in zip(*(census.columns[k] for k in keys), strict=True)],
        object,
    )
    return census


def open_census(shared: Path) -> Census:
    """Eight real years of 2,660 schools."""
    folder = shared / "census/tw_moe_basec"
    return of_table("real", _sections(sorted(folder.glob("*_basec.csv")), folder))
