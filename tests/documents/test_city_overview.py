"""An overview of a city: 威海市, totals over totals of its districts, points above standard."""

from __future__ import annotations

import pytest

CITY, YEAR = "3710", 2021
DISTRICTS = ("371002", "371003", "371082", "371083")
CITY_ITEM = (
    "select value, threshold, margin, numerator, denominator, counties from marts.region_item"
    f" where level = 'city' and region_code = '{CITY}' and school_year = {YEAR}"
    " and stage = 'all' and item_id = ?"
)


def rates(documents, item: str) -> dict[str, tuple]:
    """Numerator and denominator of every district."""
    rows = documents.query(
        "select county_code, numerator, denominator from marts.trend"
        " where county_code like '3710%' and school_year = ? and stage = 'all' and item_id = ?",
        YEAR,
        item,
    )
    assert sorted(code for code, *_ in rows) == list(DISTRICTS)
    return {code: tuple(rest) for code, *rest in rows}


@pytest.mark.parametrize(
    ("item", "percent", "standard", "above"),
    [("G11", "18.13", 10, "8.13"), ("exchange_backbone", "38.87", 20, "18.87")],
)
def test_exchange_over_the_city_in_points_above_the_standard(
    documents, item, percent, standard, above
):
    value, threshold, margin, top, bottom, counties = documents.row(CITY_ITEM, item)
    own = rates(documents, item).values()
    assert counties == 4
    assert (top, bottom) == (sum(n for n, _ in own), sum(d for _, d in own))
    assert value == pytest.approx(top / bottom, rel=1e-12)
    assert (f"{100 * value:.2f}", 100 * threshold) == (percent, standard)
    assert f"{100 * margin:.2f}" == above
    mean_of_rates = sum(n / d for n, d in own) / 4
    assert f"{100 * mean_of_rates:.2f}" != percent


def test_the_printed_points_hold(documents):
    rows = documents.query(
        "select claim_id, published, round(recomputed, 2), verdict, recomputed_from"
        " from marts.claim_audit where county_name = '威海市' order by claim_id"
    )
    assert rows == [
        ("S-WH-01", 8.13, 8.13, "holds", "warehouse"),
        ("S-WH-02", 18.87, 18.87, "holds", "warehouse"),
    ]


@pytest.mark.parametrize("item", ["L1", "L4"])
@pytest.mark.parametrize("stage", ["primary", "junior"])
def test_the_coefficient_of_the_city_is_that_of_all_its_sections(documents, stage, item):
    mean, cv, sections, counties = documents.row(
        "select mean, cv, sections, counties from marts.region_coefficient"
        " where level = 'city' and region_code = ? and school_year = ? and stage = ?"
        " and standard_id = '2017' and indicator_id = ?",
        CITY,
        YEAR,
        stage,
        item,
    )
    rows = documents.query(
        "select indicator.value, indicator.pupils from marts.school_indicator as indicator"
        " join marts.dim_school as school using (school_year, school_id)"
        " where school.county_code like '3710%' and school_year = ? and indicator.stage = ?"
        " and indicator.standard_id = '2017' and indicator.indicator_id = ?",
        YEAR,
        stage,
        item,
    )
    # DOMAIN.md §2, over the sections of all four districts
    pupils = sum(n for _, n in rows)
    x_bar = sum(x * n for x, n in rows) / pupils
    s = (sum(n / pupils * (x - x_bar) ** 2 for x, n in rows)) ** 0.5
    assert (sections, counties) == (len(rows), 4)
    assert mean == pytest.approx(x_bar, rel=1e-9)
    assert cv == pytest.approx(s / x_bar, rel=1e-9)


def test_schools_pupils_and_classes_add_up(documents):
    for item in ("schools", "pupils", "classes", "teachers"):
        value, *_ = documents.row(CITY_ITEM, item)
        rows = documents.query(
            "select value from marts.trend where county_code like '3710%' and school_year = ?"
            " and stage = 'all' and item_id = ?",
            YEAR,
            item,
        )
        assert value == sum(number for (number,) in rows) > 0
    assert documents.row(CITY_ITEM, "class_mean")[0] == pytest.approx(
        documents.row(CITY_ITEM, "pupils")[0] / documents.row(CITY_ITEM, "classes")[0]
    )


def test_no_class_is_too_large_anywhere(documents):
    # printed: 45 in primary, 50 in junior schools and no class of 56, throughout the city
    rows = documents.query(
        "select sum(over_standard), sum(oversize_56), count(distinct county_code)"
        " from marts.class_size where county_code like '3710%' and school_year = ?",
        YEAR,
    )
    assert rows == [(0, 0, 4)]


def test_districts_are_ranked_and_counted(documents):
    rows = documents.query(
        "select county_code, rank_in_city from marts.county_verdict"
        " where county_code like '3710%' and school_year = ?",
        YEAR,
    )
    assert sorted(rank for _, rank in rows) == [1, 2, 3, 4]
    found = documents.row(
        "select counties, counties_attaining, counties_not_attaining, counties_open,"
        " items_met_share from marts.region_summary"
        " where level = 'city' and region_code = ? and school_year = ? and standard_id = '2017'",
        CITY,
        YEAR,
    )
    # what no district was asked is not reported: none attains yet, none fails
    ((met,),) = documents.query(
        "select sum(items_met) from marts.county_verdict"
        " where county_code like '3710%' and school_year = ?",
        YEAR,
    )
    assert found == (4, 0, 0, 4, pytest.approx(met / (4 * 31)))
