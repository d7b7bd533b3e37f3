"""Cohorts told by each of their sources: form 331, movement files, a return, two censuses."""

from __future__ import annotations

import pyarrow as pa

from dagster_project.census.schema import part_schema

COUNTY, SCHOOL = "640221", "2164000001"
# Where in its three years a kind of movement of a junior cohort is told of: years on, term, grade.
_WHEN = {
    "entrant": (0, "autumn", 1), "transfer_out": (0, "spring", 1), "transfer_in": (1, "autumn", 2),
    "resumed": (1, "spring", 2), "dropout": (1, "spring", 2), "suspended": (2, "autumn", 3),
    "death": (2, "autumn", 3), "graduate": (2, "spring", 3), "completion": (2, "spring", 3),
    "still_enrolled": (2, "spring", 3),
}  # fmt: skip


def flow(year: int, **more) -> dict:
    """A junior school's census with form 331: 2 come and 1 goes every year, 90 graduate."""
    return {
        "school_year": year, "stage": "junior", "pupils": 300, "flow_closing": 300,
        "flow_entrants": year - 1900, "flow_transfers_in": 2, "flow_transfers_out": 1,
        "flow_graduates": 90, **more,
    }  # fmt: skip


def moved(cohort: int = 2020, school_id: str = SCHOOL, **kinds: int) -> pa.Table:
    """Six semesters of movements of a junior cohort, a row a kind; none of a kind says 0."""
    usual = dict.fromkeys(("transfer_in", "transfer_out", "resumed", "suspended"), 0)
    rows = []
    for kind, pupils in {**usual, **kinds}.items():
        years_on, term, grade = _WHEN[kind]
        rows.append({
            "sha256": f"moved{years_on}{term}", "school_year": cohort + years_on, "term": term,
            "county_code": COUNTY, "school_id": school_id, "stage": "junior", "grade": grade,
            "cohort": cohort, "kind": kind, "pupils": pupils, "sheet": "学生异动",
            "source_row": 10 + len(rows),
        })  # fmt: skip
    return pa.Table.from_pylist(rows, part_schema("movement"))


def returned(cohort: int = 2020, years: int = 3, school_id: str | None = None, **figures):
    """The cohort as a county return of the autumn after it tells of it."""
    row = {
        "sha256": "returned", "school_year": cohort + years, "term": "autumn",
        "county_code": COUNTY, "county_name": "平罗县", "school_id": school_id,
        "stage": "primary" if years == 6 else "junior", "cohort_years": years, "cohort": cohort,
        "sheet": "学生巩固情况", "source_row": 10, **figures,
    }  # fmt: skip
    return pa.Table.from_pylist([row], part_schema("cohort"))
