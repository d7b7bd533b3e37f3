"""A figure becomes text once, half up, with the decimals of its kind."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.figures.rounding import kind_of_unit, rounded, shown


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.9963442069741283, "share", "99.63%"),
        (0.5998193315266486, "share", "59.98%"),  # printed as "60 % and more" by its county
        (1.0, "share", "100.00%"),
        (0.125, "coefficient", "0.13"),  # half up, not to the even digit
        (2.675, "per_hundred", "2.68"),  # as written, not as the binary number below it
        (0.44999329966005475, "coefficient", "0.45"),
        (4563.842721695482, "per_pupil_yuan", "4564"),
        (81829700.0, "ten_thousand_yuan", "8182.97"),
        (6.960000000000001, "per_pupil_m2", "6.96"),
        (27813.0, "count", "27813"),
        (2.5, "count", "3"),
        (494.0, "split_count", "494"),
        (493.615, "split_count", "493.62"),
        (-0.0001, "ratio", "0.00"),
        (-58.0, "count", "-58"),
        (4.2, "as_is", "4.2"),
        (2000.0, "as_is", "2000"),
        (Decimal("0.8500"), "as_is", "0.85"),
        (0.95, "share_as_is", "95%"),
    ],
)
def test_figures_as_they_are_printed(value, kind, text):
    assert shown(value, kind) == text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (None, "—"),
        ("not_reported", "—（未填报）"),
        ("not_applicable", "—（不适用）"),
        ("早年数据不全", "—（早年数据不全）"),
    ],
)
def test_what_is_missing_is_said(reason, text):
    assert shown(None, "count", reason) == text


def test_the_reasons_are_those_of_the_warehouse(published):
    rows = published.rows(
        "select status, zh from ref.value_status"
        " join ref.word on kind = 'value_status' and code = status where not is_reported"
    )
    assert rows
    assert {row["status"]: shown(None, "count", row["status"]) for row in rows} == {
        row["status"]: f"—（{row['zh']}）" for row in rows
    }


def test_every_unit_of_the_warehouse_has_its_kind(published):
    rows = published.rows(
        "select unit, decimals from ref.indicator union select unit, decimals from ref.item"
        " where kind <> 'yes_no' and unit is not null"
    )
    for row in rows:
        text = shown(1 / 3, kind_of_unit(row["unit"], row["decimals"])).removesuffix("%")
        decimals = len(text.partition(".")[2]) + (2 if row["unit"] == "1" else 0)
        assert decimals == row["decimals"], row


def test_an_unknown_kind_is_named():
    with pytest.raises(KeyError, match=r"no kind 'shares'.*coefficient"):
        shown(1.0, "shares")


@given(st.floats(-1e9, 1e9), st.sampled_from(["share", "coefficient", "count", "split_count"]))
def test_never_further_than_half_a_unit_and_never_twice(value, kind):
    scale = 100 if kind == "share" else 1
    unit = Decimal(1) if kind == "count" else Decimal("0.01")
    exact = Decimal(repr(value)) * scale
    result = rounded(value, kind)
    assert abs(result - exact) <= unit / 2
    if abs(result - exact) == unit / 2:  # a tie goes away from zero
        assert abs(result) > abs(exact)
