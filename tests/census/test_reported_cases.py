"""Small files that other programs are reported to read wrongly, and what must come of them here.

The files stand in ``shared/cases``, each with a note; every folder there is a row of :data:`CASES`
or is named under :data:`ELSEWHERE`. What the cases have in common is tested with made-up variants
beside the reader concerned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa
import pytest

from dagster_project.census import schema
from dagster_project.census.read import read
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.profile import load_profiles
from dagster_project.census.table.profile_check import parse_profile
from dagster_project.census.table.profile_model import Profiles


@dataclass
class Outcome:
    """What a case became: its sections, and what its readers set aside or refused."""

    rows: list[dict] = field(default_factory=list)
    left: list = field(default_factory=list)
    refusal: FileRejected | None = None

    def figures(self, field_id: str = "pupils") -> dict[str, float | None]:
        return {f"{r['school_id']}": r[field_id] for r in self.rows}


def outcome(raw, changes: tuple[tuple[str, str], ...]) -> Outcome:
    """Read the case below ``raw``, with ``changes`` of its profile's text."""
    text = (raw / "profiles" / "t.yml").read_text("utf-8")
    assert all(old in text for old, _ in changes)
    for old, new in changes:
        text = text.replace(old, new)
    profiles = load_profiles(raw)
    if changes:
        profiles = Profiles((parse_profile(text.encode(), "t.yml", is_user=True),))
    assert not profiles.broken
    (path,) = (p for p in raw.rglob("t.*") if p.parent.name != "profiles")
    try:
        reading = read(path, raw, profiles)
        table = pa.Table.from_batches(reading.sections, schema.section_schema())
        return Outcome(table.to_pylist(), list(reading.set_aside))
    except FileRejected as refusal:
        return Outcome(refusal=refusal)


def is_refused(*words: str, cell: str | None = None) -> Callable[[Outcome], None]:
    def check(found: Outcome) -> None:
        assert found.refusal is not None
        assert all(w in found.refusal.sentence for w in words), found.refusal.sentence
        assert cell is None or found.refusal.cell == cell

    return check


def gives(expected: dict, field_id="pupils", left: dict | None = None) -> Callable[[Outcome], None]:
    """The figures by school, and the reasons of rows that were set aside by their number."""

    def check(found: Outcome) -> None:
        assert found.refusal is None, found.refusal
        assert found.figures(field_id) == expected
        assert {a.source_row: a.reason for a in found.left} == (left or {})

    return check


def years(found: Outcome, expected: dict[int, float]) -> None:
    """The pupils of every school year."""
    totals: Counter[int] = Counter()
    for row in found.rows:
        totals[row["school_year"]] += row["pupils"]
    assert totals == expected and not found.left


def national_rows(found: Outcome, reason: str) -> bool:
    """Nothing is counted twice: rows of the nation without a county are no schools."""
    sums = {stage: sum(r["pupils"] for r in found.rows if r["stage"] == stage)
            for stage in ("primary", "junior")}  # fmt: skip
    assert sums == {"primary": 1648, "junior": 818}
    assert [a.reason for a in found.left if a.source_row in (15, 16)] == [reason] * 2
    return True


TEN = {f"64022100{n:02}": 100.0 + 10 * n for n in range(1, 11)}
STAGES = """stages:
  primary: {pupils: [k, g1, g2, g3, g4, g5]}
  junior: {pupils: [g6, g7, g8]}
ignored: []"""

# Name of the folder → what must come of it; with changes of its profile where the language is used.
CASES = {
    "01-total-label-spaced": gives(TEN, left={12: "total"}),
    "02-total-label-foreign": gives(TEN, left=dict.fromkeys(range(12, 17), "total")),
    "04-national-rows-at-the-end": lambda found: national_rows(found, "doubtful"),
    "05-footnote-marks-in-numbers": gives(
        {"001": None, "002": None, "003": None, "004": None, "005": 200}
    ),
    "07-formula-without-value-in-a-sum": gives({"001": None, "002": 98}, left={2: "doubtful"}),
    "08-school-of-formulas-vanishes": gives({"001": None, "002": 98}, left={2: "doubtful"}),
    "10-hidden-first-sheet": gives({"001": 100, "002": 85}, left={1: "hidden"}),
    "12-quote-never-closed": is_refused("Row 2 ", "quotation mark", cell="row 2"),
    "14-suppressed-part-of-a-sum": gives({"001": None, "002": 98, "003": None}),
    "15-dot-as-thousands": gives({f"00{n}": 1200 + n for n in range(1, 6)}),
    "16-korean-names": gives({"001": 101, "002": 102, "003": 103}),
    "17-dos-end-mark": gives({"001": 100}),
    "18-pipe-separated": gives({"001": 100, "002": 50}),
    "20-id-longer-than-fifteen-digits": gives({"36402210001234567": 50}, left={2: "doubtful"}),
    "22-id-that-only-looks-rewritten": gives({"9E21": 100, "3E145": 50, "04M015": 70}),
    "23-leading-zeros-by-number-format": gives({"001501": 100}),
    "24-skipped-row-without-county": gives(
        {"001": 100, "002": 50}, left={4: "skipped", 5: "skipped"}
    ),
    "25-years-in-rows": lambda found: years(found, {2021: 90, 2022: 95, 2023: 140}),
    "26-two-stages-in-one-row": gives({"001": 75, "002": None}),
    "28-county-code-of-seven-digits": is_refused("county code"),
    "29-table-without-pupils": gives({"001": 6, "002": 12}, "classes"),
    "30-zipped-csv": gives({"001": 100}),
    "33-html-fragment-as-xls": is_refused("web page", "save it as xlsx"),
    "34-zero-width-marks": gives({"001": 100, "002": 50}),
}
BY_PROFILE = {
    "04-national-rows-at-the-end": (
        (("ignored:", "skip_rows: {column: URN, values: [NAT]}\nignored:"),),
        lambda found: (
            sum(r["pupils"] for r in found.rows if r["stage"] == "primary") == 1648
            and sum(r["pupils"] for r in found.rows if r["stage"] == "junior") == 818
            and {a.reason for a in found.left} == {"skipped"}
        ),
    ),
    "14-suppressed-part-of-a-sum": (
        (("fields:", "values: {none: ['*', '-']}\nfields:"),),
        lambda found: found.figures() == {"001": 45, "002": 98, "003": 12},
    ),
    "15-dot-as-thousands": (
        (("fields:", "decimal: ','\nthousands: '.'\nfields:"),),
        lambda found: found.figures("books")["001"] == 12301.5 and found.figures()["001"] == 1201,
    ),
    "16-korean-names": (
        (("term:", "encoding: cp949\nterm:"),),
        lambda found: found.rows[0]["school_name"] == "서울초등학교",
    ),
    "26-two-stages-in-one-row": (
        (
            ("stage: primary\n", ""),
            ("fields:\n  pupils: [k, g1, g2, g3, g4, g5]\nignored: [g6, g7, g8]", STAGES),
        ),
        lambda found: (
            {(r["school_id"], r["stage"]): r["pupils"] for r in found.rows}
            == {("001", "primary"): 75, ("001", "junior"): 51, ("002", "junior"): 63}
        ),
    ),
    "28-county-code-of-seven-digits": (
        (("county_code: mun", "county_code: {column: mun, cut: 6}"),),
        lambda found: [r["county_code"] for r in found.rows] == ["330330", "330455"],
    ),
}
ELSEWHERE = {
    "31-two-sources-one-id": "tests/lake/test_sources.py",
    "37-no-standard-no-praise": "documents without a standard in force",
    "39-old-version-returns": "the sensor",
    "40-analyst-holds-the-write-lock": "commands beside an analyst",
}


@pytest.mark.parametrize("name", CASES)
def test_a_reported_case_comes_out_right(shared, name):
    CASES[name](outcome(shared / "cases" / name / "raw", ()))


@pytest.mark.parametrize("name", BY_PROFILE)
def test_a_profile_can_say_how_a_case_is_meant(shared, name):
    changes, is_right = BY_PROFILE[name]
    found = outcome(shared / "cases" / name / "raw", changes)
    assert found.refusal is None, found.refusal
    assert is_right(found)


def test_every_reported_case_has_its_row(shared):
    folders = {p.name for p in (shared / "cases").iterdir() if p.is_dir()}
    assert folders == CASES.keys() | ELSEWHERE.keys()
