"""Cohorts and retention (Q1): the same numbers as marts.retention, and what is impossible in them.

Figures are those of the circular of Pingluo (2024-02-04) and of DOMAIN §4, or worked out by hand.
"""

from __future__ import annotations

import json

import duckdb
import pytest

from dagster_project.judgement.frames import build as frames
from dagster_project.judgement.frames.relations import Source, attach, window
from dagster_project.judgement.rules.catalogue import Catalogue, default_folder, parse
from dagster_project.judgement.scan import evaluate
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake
from tests.judgement.cohorts import SCHOOL, flow, moved, returned

JUDGED = (2023, 2023)
# 3526 entrants, in 108, resumed 30, out 77, suspended 43, died 1, 3543 graduates.
PINGLUO = {
    "entrant": 3526, "transfer_in": 108, "resumed": 30, "transfer_out": 77, "suspended": 43,
    "death": 1, "graduate": 3543,
}  # fmt: skip
NONE = {"school_year": 2023, "stage": "junior", "pupils": 1, "classes": 1}


@pytest.fixture(scope="module")
def rules(catalogue) -> Catalogue:
    """The rules on cohorts alone."""
    return Catalogue(tuple(rule for rule in catalogue.rules if rule.frame == "cohort"))


@pytest.fixture
def told(census, rules):
    """Judges a cohort: sections, and the relations of its returns; flags by rule and school."""

    def judge(sections: list[dict], **relations) -> dict[tuple[str, str | None], dict]:
        connection = census(sections)
        for name, table in relations.items():
            connection.register(name, table)
        frames.build(connection, rules, JUDGED)
        verdict = evaluate(connection, rules)
        assert verdict.broken == ()
        return {
            (row["rule_id"].removeprefix("retention."), row["school_id"]): json.loads(
                row["figures"]
            )
            for row in verdict.violations.to_pylist()
        }

    return judge


def rows(census, rules, sections, columns: str, **relations) -> list[tuple]:
    connection = census(sections)
    for name, table in relations.items():
        connection.register(name, table)
    frames.build(connection, rules, JUDGED)
    return connection.execute(
        f"select {columns} from frame_cohort order by school_id nulls first, cohort_years, basis"
    ).fetchall()


# ------------------------------------------------------------------------------- the frame


def test_the_published_cohort(census, rules):
    (county, school) = rows(
        census, rules, [NONE],
        "school_id, county_name, basis, cohort_years, cohort, cohort_due, retention,"
        " retention_alternative, flow_balance, status, taints",
        movement=moved(**PINGLUO),
    )  # fmt: skip
    assert county == (
        None, "平罗县", "movement", 3, 2020, 3556, pytest.approx(3543 / 3556),
        pytest.approx(3512 / 3525), 0, "reported", "Q1,retention_3",
    )  # fmt: skip
    assert school == (SCHOOL, *county[1:])


def test_form_331_is_a_grades_part_of_three_years(census, rules):
    columns = "school_id, basis, forms, cohort_entrants, cohort_transfers_in, cohort_graduates"
    found = rows(census, rules, [flow(year) for year in range(2019, 2024)], columns)
    assert found == [(s, "form_331", 3, 120, 2, 90) for s in (None, SCHOOL)]


def test_two_censuses_tell_of_a_county_only(census, rules):
    sections = [
        {"school_year": 2020, "stage": "junior", "entrants": 100},
        {"school_year": 2023, "stage": "junior", "graduates": 99},
    ]
    assert rows(census, rules, sections, "school_id, basis, retention, status") == [
        (None, "census", 0.99, "no_flows")
    ]


def test_a_cohort_of_another_year_and_of_a_special_school_is_not_there(census, rules):
    sections = [
        {"school_year": 2020, "stage": "junior", "entrants": 100, "school_type_code": "514"},
        {"school_year": 2023, "stage": "junior", "graduates": 99, "school_type_code": "514"},
    ]
    assert rows(census, rules, sections, "1", movement=moved(2019, entrant=9, graduate=9)) == []


def test_the_cohorts_are_those_of_the_mart(documents, tmp_path):
    """Row by row, over every county of the session's load: one computation, read twice."""
    select(Lake(documents.settings.lake), tmp_path)
    source = Source(Lake(documents.settings.lake), tmp_path)
    catalogue, problems = parse(default_folder())
    assert problems == []
    figures = (
        "entrants", "transfers_in", "transfers_out", "resumed", "suspended", "deaths", "dropouts",
        "completions", "still_enrolled", "arrivals", "graduates",
    )  # fmt: skip
    key = "school_year, county_code, coalesce(school_id, ''), stage, cohort_years, cohort"
    mart = documents.query(
        f"select {key}, {', '.join(figures)}, flow_balance, semesters, source,"
        " if(status = 'small_cohort', null, status), retention_uncapped from marts.retention"
        " order by all"
    )
    years = range(2007, 2024)
    with duckdb.connect() as connection:
        attach(connection, source, catalogue, window(years, catalogue))
        frames.build(connection, catalogue, (years[0], years[-1]))
        judged = connection.execute(
            f"select {key}, {', '.join(f'cohort_{name}' for name in figures)}, flow_balance,"
            " semesters, basis,"
            " if(school_id is not null and cohort_entrants < 5"
            "    and status not in ('no_flows', 'incomplete'), null, status) as status,"
            " if(status in ('reported', 'estimated', 'capped', 'above_one'), retention, null)"
            " from frame_cohort where is_chosen order by all"
        ).fetchall()
    assert len(mart) > 200
    assert judged == mart


# ---------------------------------------------------------------------- 104 % by each source

BY_SOURCE = {
    "movement": ([NONE], {"movement": moved(entrant=1000, transfer_in=15, transfer_out=15,
                                            graduate=1040)}),
    "return": ([NONE], {"cohort": returned(entrants=1000, transfers_in=15, transfers_out=15,
                                           graduates=1040)}),
    "form_331": (
        [flow(year, flow_entrants=1000, flow_transfers_in=15, flow_transfers_out=15,
              flow_graduates=1040) for year in range(2020, 2024)],
        {},
    ),
    "census": (
        [{"school_year": 2020, "stage": "junior", "entrants": 1000},
         {"school_year": 2023, "stage": "junior", "graduates": 1040}],
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", BY_SOURCE)
def test_104_percent_is_impossible_whoever_tells_of_it(told, rules, source):
    sections, relations = BY_SOURCE[source]
    flags = told(sections, **relations)
    hard = {rule.rule_id.removeprefix("retention.") for rule in rules.rules
            if rule.severity == "hard"}  # fmt: skip
    of_county = {name: f for (name, school), f in flags.items() if school is None and name in hard}
    assert of_county, flags
    for figures in of_county.values():
        assert figures["basis"] == source
        assert figures["taints"].split(",")[0] == "Q1"


@pytest.mark.parametrize("source", BY_SOURCE)
def test_99_percent_is_none_of_the_rules_business(told, source):
    sections, relations = BY_SOURCE[source]
    sections = [
        {**row, **{k: 990 for k in ("graduates", "flow_graduates") if k in row}} for row in sections
    ]
    if source == "movement":
        relations = {"movement": moved(entrant=1000, transfer_in=15, transfer_out=15, dropout=10,
                                       graduate=990)}  # fmt: skip
    if source == "return":
        relations = {"cohort": returned(entrants=1000, transfers_in=15, transfers_out=15,
                                        dropouts=10, graduates=990)}  # fmt: skip
    assert told(sections, **relations) == {}


# ------------------------------------------------------------------------------- what explains


def test_more_resumed_than_suspended_explains_a_balanced_cohort(told):
    """Pingluo with nobody suspended and 43 more graduates: 3586 of 3556, balance 0."""
    assert told([NONE], movement=moved(**{**PINGLUO, "suspended": 0, "graduate": 3586})) == {}


@pytest.mark.parametrize(
    ("change", "balance"),
    [
        ({"graduate": 3544}, -1),  # one graduate more than came
        ({"graduate": 3538}, 5),  # five dropped out and nobody said so
        ({"dropout": 5}, -5),  # five are said to have, and graduated all the same
        ({"completion": 2}, -2),
    ],
)
def test_a_balance_must_hold_to_the_pupil(told, change, balance):
    flags = told([NONE], movement=moved(**{**PINGLUO, **change}))
    assert set(flags) == {("flow_balance_broken", school) for school in (None, SCHOOL)}
    assert flags["flow_balance_broken", None]["flow_balance"] == balance


@pytest.mark.parametrize(
    "change",
    [
        {"graduate": 3538, "dropout": 5},
        {"graduate": 3541, "completion": 2},
        {"graduate": 3542, "still_enrolled": 1},
    ],
)
def test_dropouts_completions_and_who_stays_are_part_of_the_balance(told, change):
    assert told([NONE], movement=moved(**{**PINGLUO, **change})) == {}


def test_semesters_that_are_missing_are_not_judged_to_the_pupil(told):
    some = moved(**PINGLUO).filter(
        [row["term"] == "spring" for row in moved(**PINGLUO).to_pylist()]
    )
    assert told([{**NONE, "school_year": 2020, "entrants": 3526}, NONE], movement=some) == {}


def test_a_county_grows_by_a_few_percent_that_nobody_told_of(told):
    sections, _ = BY_SOURCE["census"]
    assert told([sections[0], {**sections[1], "graduates": 1030}]) == {}


def test_an_estimate_may_be_off_by_a_quarter_of_what_moved(told):
    """1000 entrants, 60 in and 60 out of each grade: 30 more graduates lie within the estimate."""
    for graduates, rule in ((1030, set()), (1031, {"estimate_exceeds_cohort"})):
        sections = [
            flow(year, flow_entrants=1000, flow_transfers_in=60, flow_transfers_out=60,
                 flow_graduates=graduates)
            for year in range(2020, 2024)
        ]  # fmt: skip
        assert {name for name, school in told(sections) if school is None} == rule


# ------------------------------------------------------------------------------- the other rules


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("part_exceeds_cohort.cohort_transfers_out", {"transfer_out": 7700}),
        ("part_exceeds_cohort.cohort_dropouts", {"dropout": 5000}),
        ("suspended_never_resumed", {"resumed": 0, "graduate": 3513}),
        ("many_dropouts", {"dropout": 100, "graduate": 3443}),
        ("low", {"graduate": 343, "dropout": 3200}),
        ("graduates_beyond_cohort", {"entrant": 0, "transfer_in": 70}),
    ],
)
def test_what_else_a_cohort_is_asked(told, rule, change):
    assert (rule, None) in told([NONE], movement=moved(**{**PINGLUO, **change}))


def test_a_return_without_movements_or_against_the_movement_files(told):
    without = told([NONE], cohort=returned(entrants=1000, graduates=1003))
    assert set(without) == {("movements_missing", None)}
    against = told(
        [NONE], movement=moved(entrant=100, graduate=100),
        cohort=returned(entrants=99, transfers_in=0, graduates=99),
    )  # fmt: skip
    assert set(against) == {("return_differs_from_movements", None)}
    assert against["return_differs_from_movements", None]["chosen_graduates"] == 100


def test_who_came_between_the_stages_explains_nine_years(told):
    """98 left primary school, 120 began junior school: 119 of 100 after nine years."""
    nine = returned(2014, 9, entrants=100, transfers_in=22, suspended=2, dropouts=1, graduates=119)
    assert told([NONE], cohort=nine) == {}
    more = returned(2014, 9, entrants=100, transfers_in=22, suspended=2, dropouts=1, graduates=130)
    flags = told([NONE], cohort=more)
    assert flags["more_graduates_than_possible", None]["taints"] == "retention_9"
