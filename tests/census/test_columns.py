"""Judging columns must be judging tokens: every case is compared with figures.py."""

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dagster_project.census import columns
from dagster_project.census.figures import add_figures, clean_text, parse_figure
from dagster_project.census.opening.number_marks import Evidence

NASTY = [
    None, "", " ", "0", "-0", "0.00", "007", "12", "8182.97", "0.1", "-1", "-1.0", "−1", "*",
    "＊", "-", "--", "—", "１２", "１２３．４", "1,234", "1，234", "12,34", "1 234", "1e5", "1e400",
    "abc", "nan", "inf", "NaN", "#DIV/0!", "_x000D_", "5_x000D_", " 5 ", "5\n", "\n5", "+5", ".5",
    "5.", "-7", "123456789012345678", "0.123456789", "99999999999.9999", "5人", "٣", "十",
    "123²", "50¹", "806③", "35 2", "1\u00a0234", "1.23E+05", "4.9e-324", "12\u200b0", "½", "m²",
    "1,234,567.89", "0.07", "1.005", "4503599627370497.5", "5\n5",
]  # fmt: skip
tokens = st.lists(
    st.one_of(
        st.none(),
        st.sampled_from(NASTY),
        st.text(alphabet="0123456789.,-+eE* 　１２＊－", max_size=8),
        st.integers(-2, 10**12).map(str),
        st.decimals(0, 10**9, places=2).map(str),
    ),
    max_size=30,
)


def says_that_commas_part_decimals(values) -> bool:
    """Whether a column tells more than its tokens: see the test of doubtful thousands below."""
    return Evidence.of(values).comma


def pairs(column):
    return list(
        zip(column.value_array().to_pylist(), column.status_array().to_pylist(), strict=True)
    )


@pytest.mark.parametrize("factor", [1, 1000, 10000, 3])
@pytest.mark.parametrize("token", NASTY)
def test_a_nasty_token_is_judged_as_figures_does(token, factor):
    column = columns.judge(pa.array([token, "1"], pa.string()), factor)
    assert pairs(column)[0] == tuple(parse_figure(token, factor))


@given(tokens, st.sampled_from([1, 10000, 7]))
def test_a_column_is_judged_as_its_tokens(values, factor):
    assume(not says_that_commas_part_decimals(values))
    array = pa.array(values, pa.string())
    expected = [tuple(parse_figure(value, factor)) for value in values]
    assert pairs(columns.judge(array, factor)) == expected
    assert pairs(columns.judge(array.dictionary_encode(), factor)) == expected


@given(st.lists(st.tuples(*[st.sampled_from(NASTY)] * 3), max_size=20))
@settings(max_examples=200)
def test_columns_are_added_as_figures_are(rows):
    assume(not any(says_that_commas_part_decimals(column) for column in zip(*rows, strict=True)))
    parts = [columns.judge(pa.array([r[i] for r in rows], pa.string())) for i in range(3)]
    expected = [tuple(add_figures(map(parse_figure, row))) for row in rows]
    assert pairs(columns.add(parts)) == expected


@pytest.mark.parametrize(
    "token",
    [
        *("123²", "50¹", "806③", "¾", "35 2", "1 234", "16\n80", "1,2 3", "123*", "123a", "123ᵃ"),
        *(".1254", ".5", "-.5", "．5", "857\u00a0869"),
        *("(45)", "1.23E+05", "1E3", "4.9e-324", "1e-7", 4.9e-324, 2.8e-17, 1e16, "1e13"),
    ],
)
def test_what_may_be_another_number_is_unreadable(token):
    assert parse_figure(token).status == "unreadable"


@pytest.mark.parametrize(
    ("token", "value"),
    [("１２３", 123), ("1，234", 1234), ("12\u200b0", 120), ("1.5E+00", 1.5),
     (1e-6, 1e-6), (123456789.25, 123456789.25), ("\ufeff50", 50)],
)  # fmt: skip
def test_what_can_only_be_one_number_is_read(token, value):
    assert parse_figure(token) == (value, "reported")


def test_a_space_parts_thousands_where_a_second_figure_shows_it():
    """One alone may be two numbers that somebody pasted into one cell."""
    judged = columns.judge(pa.array(["1\u00a0201", "12\u202f345", "980"]))
    assert judged.values.tolist() == [1201, 12345, 980]
    assert pairs(columns.judge(pa.array(["1\u00a0201", "345"])))[0] == (None, "unreadable")


def test_a_comma_that_parts_decimals_beside_it_makes_a_thousand_doubtful():
    judged = columns.judge(pa.array(["1,201", "12,5", "980"]))
    assert pairs(judged) == [(None, "unreadable"), (None, "unreadable"), (980, "reported")]
    assert pairs(columns.judge(pa.array(["1,201", "12.5"])))[0] == (1201, "reported")


def test_wan_yuan_become_yuan_exactly():
    judged = columns.judge(pa.array(["8182.97", "0.0001", "1234.56"]), 10000)
    assert judged.values.tolist() == [81829700.0, 1.0, 12345600.0]


@given(st.lists(st.one_of(st.none(), st.text(max_size=6), st.sampled_from(NASTY)), max_size=20))
def test_texts_are_cleaned_as_figures_does(values):
    cleaned = columns.clean(pa.array(values, pa.string())).to_pylist()
    assert cleaned == [clean_text(value) or None for value in values]


def test_a_field_without_a_place_is_not_collected():
    assert pairs(columns.not_collected(2)) == [(None, "not_collected")] * 2
