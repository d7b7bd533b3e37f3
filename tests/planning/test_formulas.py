"""The formulas of DOMAIN §1-§3: oracles, and properties that hold for any county."""

from __future__ import annotations

import csv
import json

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.planning import formulas
from dagster_project.reports.annex import table
from dagster_project.transform.dbt_sql import render_macro

ONE = np.array([1.0])


def cv(numerator, pupils, multiplier=ONE) -> float:
    return float(formulas.spread(np.c_[numerator], np.c_[pupils], multiplier).cv[0])


@st.composite
def counties(draw, least: int = 2):
    size = draw(st.integers(least, 30))
    pupils = draw(st.lists(st.integers(20, 4000), min_size=size, max_size=size))
    numerator = draw(st.lists(st.integers(1, 9000), min_size=size, max_size=size))
    return np.array(numerator, float), np.array(pupils, float)


def test_five_schools_give_0_52(shared):
    """oracles/cv_5school_example.csv: only the weighted population form gives it."""
    with (shared / "domain/oracles/cv_5school_example.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = cv([float(r["books"]) for r in rows], [float(r["students"]) for r in rows])
    assert round(found, 2) == 0.52


def test_nine_year_school_is_split_by_weighted_pupils(shared):
    """oracles/split_example.json, unrounded."""
    oracle = json.loads((shared / "domain/oracles/split_example.json").read_text("utf-8"))
    example, weights = oracle["example"], oracle["weights"]["九年一贯制"]
    shares = formulas.split_shares(
        np.array([example["A_primary_students"], example["B_junior_students"]])
        * [weights["小学"], weights["初中"]]
    )
    exact = example["exact"]
    assert shares * example["books_total"] == pytest.approx(
        [exact["primary_books"], exact["junior_books"]], rel=1e-12
    )


@given(counties(), st.floats(0.01, 100))
def test_scaling_pupils_and_resources_leaves_cv(figures, factor):
    numerator, pupils = figures
    assert cv(numerator * factor, pupils * factor) == pytest.approx(cv(numerator, pupils), abs=1e-9)


@given(counties(), st.data())
def test_splitting_a_section_into_two_equal_ones_leaves_cv(figures, data):
    numerator, pupils = figures
    i = data.draw(st.integers(0, len(pupils) - 1))
    halves = [np.append(one, one[i] / 2) for one in (numerator, pupils)]
    for one in halves:
        one[i] /= 2
    assert cv(*halves) == pytest.approx(cv(numerator, pupils), abs=1e-9)


@given(counties(), st.floats(0.01, 50))
def test_the_same_more_for_every_pupil_lowers_cv(figures, more):
    numerator, pupils = figures
    before = cv(numerator, pupils)
    after = cv(numerator + more * pupils, pupils)
    assert after < before or before == pytest.approx(0, abs=1e-9)


@given(counties(), st.data())
def test_contributions_sum_to_one(figures, data):
    numerator, pupils = figures
    kinds = st.sampled_from(["urban", "town", "rural", None])
    area = data.draw(st.lists(kinds, min_size=len(pupils), max_size=len(pupils)))
    share, between, within = formulas.contributions(numerator, pupils, 1.0, area)
    if cv(numerator, pupils) < 1e-6:
        return
    assert share.sum() == pytest.approx(1)
    assert between.sum() + within.sum() == pytest.approx(1)


def test_a_zero_stays_in_and_a_missing_figure_does_not():
    found = formulas.spread(
        np.array([[0.0], [10.0], [np.nan]]), np.array([[10.0], [10.0], [10.0]]), ONE
    )
    assert (found.sections[0], found.missing[0]) == (2, 1)
    assert (found.mean[0], found.cv[0]) == (0.5, 1.0)
    assert formulas.coefficient_verdict(found.cv[0], found.missing[0], 2.0) == "missing"


@pytest.mark.parametrize(
    ("values", "attains"),
    [
        ((1, 1, 1, 1, 1, 1, 1), True),
        ((0.85, 1, 1, 1, 1, 1, 1), True),
        ((0.8499, 1, 1, 1, 1, 1, 1), False),
        ((0.9, 0.9, 1, 1, 1, 1, 1), False),
        ((np.nan, 1, 1, 1, 1, 1, 1), None),
        ((np.nan, 0.9, 0.9, 1, 1, 1, 1), False),
    ],
)
def test_six_of_seven_and_the_rest_85_percent(values, attains):
    verdicts = formulas.verdicts(np.array([values], float), np.ones(7), np.full(7, 0.85))
    assert formulas.attains(verdicts, 6) == [attains]


def test_a_limit_is_reached_here_as_in_the_marts_and_in_the_annex():
    """at_least and at_most stand in dbt's macros; Python, the annex's Excel have copies of both."""
    noise = np.array([0, 1e-16, 1e-10, 0.999e-9, 1.001e-9, 1e-8, 1e-3])
    limits = np.array([0, 1, 85, 0.45, 4.2, 1e-12, 3.7e9, -2.5])
    limit, factor = (grid.ravel() for grid in np.meshgrid(limits, np.r_[noise, -noise]))
    value = limit + factor * np.abs(limit)
    at_least = render_macro("at_least", value="value", limit="lim")
    at_most = render_macro("at_most", value="value", limit="lim")
    with duckdb.connect() as connection:
        connection.register("pair", {"value": value, "lim": limit})
        marts = connection.execute(f"select {at_least}, {at_most} from pair").fetchnumpy()
    here_least, here_most = marts.values()
    assert (formulas.at_least(value, limit) == here_least).all()
    below = [
        formulas.coefficient_verdict(*pair) for pair in zip(value, 0 * value, limit, strict=True)
    ]
    assert ([verdict == formulas.MET for verdict in below] == here_most).all()
    assert 0 < here_least.sum() < len(value) and 0 < here_most.sum() < len(value)
    assert float(table.TOLERANCE) == formulas.TOLERANCE


def test_a_quotient_is_missing_here_where_it_is_missing_in_the_marts():
    sides = [0.0, -0.0, 1.0, -3.0, 1e300, 1e-7, None]
    pairs = [(a, b) for a in sides for b in sides]
    quotient = render_macro("safe_divide", numerator="a", denominator="b")
    rows = ", ".join(f"({'null' if a is None else repr(a)}::double, "
                     f"{'null' if b is None else repr(b)}::double)" for a, b in pairs)  # fmt: skip
    marts = duckdb.sql(f"select {quotient} from (values {rows}) as t (a, b)").fetchall()
    numerator, denominator = (np.array(side, float) for side in zip(*pairs, strict=True))
    here = formulas.value(numerator, denominator, ONE)
    for (there,), found in zip(marts, here, strict=True):
        assert np.isnan(found) if there is None else found == there
