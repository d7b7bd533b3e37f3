"""Small files that other programs are reported to read wrongly, and what must come of them here.

The files stand in ``shared/cases``, each with a note; every folder there is a row of :data:`CASES`
or is named under :data:`ELSEWHERE`. What the cases have in common is tested with made-up variants
beside the reader concerned.
"""

from __future__ import annotations

import pyarrow as pa
import pytest

from dagster_project.census import schema
from dagster_project.census.profile import load_profiles
from dagster_project.census.read import read
from dagster_project.census.rejection import FileRejected


def readings(raw):
    """Every data file below ``raw`` with its reading, or with its refusal."""
    profiles = load_profiles(raw)
    assert profiles.broken == ()
    for path in sorted(raw.rglob("t.*")):
        if path.parent.name == "profiles":
            continue
        try:
            reading = read(path, raw, profiles)
            table = pa.Table.from_batches(reading.sections, schema.section_schema())
            yield reading, table.to_pylist()
        except FileRejected as refusal:
            yield refusal, []


def pupils(rows: list[dict]) -> dict[str, float | None]:
    return {row["school_id"]: row["pupils"] for row in rows}


def bytes_are_read(name: str, expected: dict[str, float]):
    def check(raw):
        (_, rows), = readings(raw)  # fmt: skip
        assert pupils(rows) == expected

    return name, check


def is_refused(name: str, *words: str, cell: str | None = None):
    def check(raw):
        (refusal, rows), = readings(raw)  # fmt: skip
        assert rows == []
        assert all(word in refusal.sentence for word in words), refusal.sentence
        assert cell is None or refusal.cell == cell

    return name, check


CASES = dict([
    bytes_are_read("16-korean-names", {"001": 101, "002": 102, "003": 103}),
    bytes_are_read("17-dos-end-mark", {"001": 100}),
    bytes_are_read("18-pipe-separated", {"001": 100, "002": 50}),
    bytes_are_read("30-zipped-csv", {"001": 100}),
    bytes_are_read("34-zero-width-marks", {"001": 100, "002": 50}),
    is_refused("12-quote-never-closed", "Row 2 ", "quotation mark", cell="row 2"),
    is_refused("33-html-fragment-as-xls", "web page", "save it as xlsx"),
])  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_reported_case_comes_out_right(shared, name):
    CASES[name](shared / "cases" / name / "raw")
