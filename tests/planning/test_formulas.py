"""The formulas of DOMAIN §1-§3: oracles, and properties that hold for any county."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.planning import formulas

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
