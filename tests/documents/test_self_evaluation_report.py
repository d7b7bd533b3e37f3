"""A self-evaluation of 31 items: 周村区 2021, everything attained."""

from __future__ import annotations

import pytest

COUNTY, YEAR = "370306", 2021
WHERE = f" where county_code = '{COUNTY}' and school_year = {YEAR}"


@pytest.fixture(scope="module")
def items(documents) -> dict[str, tuple]:
    """Value, threshold, verdict and evidence of every item."""
    rows = documents.query(
        f"select item_id, value, threshold, verdict, evidence from marts.county_assessment{WHERE}"
    )
    return {item: rest for item, *rest in rows}


def test_all_31_items_are_met_and_the_district_attains(documents, items):
    assert len(items) == 31 + 2  # beside them satisfaction and vetoes
    assert {verdict for _, _, verdict, _ in items.values()} == {"met"}
    found = documents.row(
        "select items_met, items_total, attains, satisfaction_verdict, veto_verdict, reasons"
        f" from marts.county_verdict{WHERE}"
    )
    assert found == (31, 31, True, "met", "met", "各项指标全部达标")


def test_28_schools_by_kind(documents):
    rows = documents.query(
        "select school_type_code, urban_rural, is_public, count(*)"
        f" from marts.dim_school{WHERE} group by all"
    )
    kinds: dict[str, int] = {}
    for code, area, _, number in rows:
        name = {"311": "初中", "312": "九年一贯制"}.get(code, f"{area} 小学")
        kinds[name] = kinds.get(name, 0) + number
    assert kinds == {"初中": 8, "九年一贯制": 3, "urban 小学": 9, "rural 小学": 8}
    private = [(code, area, number) for code, area, public, number in rows if not public]
    assert sorted(private) == [("211", "urban", 1), ("312", "urban", 1)]


def test_pupils_and_teachers(documents):
    rows = documents.query(f"select stage, pupils, teachers from marts.county_enrolment{WHERE}")
    assert sorted(rows) == [("junior", 11583, 1132), ("primary", 15957, 1147)]


def test_composite_coefficients_of_the_report(documents):
    rows = documents.query(
        f"select stage, composite_cv from marts.county_composite{WHERE} and standard_id = '2017'"
    )
    assert {stage: f"{cv:.4f}" for stage, cv in rows} == {"primary": "0.4233", "junior": "0.2896"}
    single = documents.query(
        "select stage, avg(cv), count(*), max(cv) from marts.county_coefficient"
        f"{WHERE} and standard_id = '2017' group by stage"
    )
    for stage, mean, number, largest in single:
        assert (mean, number) == (pytest.approx(dict(rows)[stage], rel=1e-12), 7)
        assert largest <= {"primary": 0.5, "junior": 0.45}[stage]


def test_every_school_attains(documents):
    rows = documents.query(
        f"select attains, count(distinct school_id) from marts.school_attainment{WHERE}"
        " and standard_id = '2017' group by all"
    )
    assert rows == [(True, 28)]


@pytest.mark.parametrize(
    ("item", "value", "threshold"),
    [
        ("S1", 0.9962, 0.85),  # satisfaction 99.62 %
        ("G9", 1, 1),  # 360 hours
        ("G12", 1, 1),  # certified
        ("G13", 1, 1),  # nearby enrolment
        ("Q1", 1, 0.95),  # retention of junior schools
        ("Q2", 1, 0.95),  # disabled children
        ("G5", 0, 0),  # no class too large
        ("V", 0, 0),
    ],
)
def test_rates_of_the_report(items, item, value, threshold):
    assert items[item][:2] == [pytest.approx(value), threshold]


def test_bounds_of_the_report(items):
    assert items["G14"][0] >= 0.70  # quota places, printed as more than 70 %
    assert items["Q4"][0] >= 0.05  # training money of the worst school
    assert items["G8"][0] >= 1  # teachers' pay against civil servants'
    assert "99.62%" in items["S1"][3] and "专任教师2279人，持证2279人" in items["G12"][3]


def test_retention_is_100_percent_in_both_stages(documents):
    rows = documents.query(
        "select stage, cohort_years, retention, transfers_in, transfers_out, flow_balance, status"
        f" from marts.retention{WHERE} and school_id is null and status = 'reported'"
    )
    assert sorted(rows) == [
        ("junior", 3, 1, 60, 60, 0, "reported"),
        ("primary", 6, 1, 96, 96, 0, "reported"),
    ]


def test_the_printed_sums_hold(documents):
    rows = documents.query(
        "select claim_id, recomputed, recomputed_from, verdict from marts.claim_audit"
        f" where county_code = '{COUNTY}' order by claim_id"
    )
    assert rows == [
        ("S-ZC-01", 2279, "warehouse", "holds"),
        ("S-ZC-02", 28, "warehouse", "holds"),
    ]


def test_the_district_is_ready_for_the_national_review(documents):
    rows = documents.query(
        "select level, ready_counties from marts.region_summary"
        " where school_year = ? and region_code in ('3703', '37', 'CN')",
        YEAR,
    )
    assert sorted(rows) == [("city", "周村区"), ("nation", "周村区"), ("province", "周村区")]
