"""Every rule about returns catches an error of its kind, made where it may be made in a return."""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pytest

from dagster_project.judgement.frames import build as frames
from dagster_project.judgement.frames.relations import attach
from dagster_project.judgement.rules.catalogue import OTHER_DATA, Catalogue
from dagster_project.judgement.scan import evaluate
from tests.judgement.planting import other_data, returns

UNTOUCHED = 3


@pytest.fixture(scope="module")
def lake(samples, about_returns):
    with duckdb.connect() as connection:
        attach(connection, samples, about_returns, range(2022, 2024))
        yield connection


def test_every_rule_about_returns_catches_an_error_of_its_kind(lake, about_returns):
    rules = about_returns.rules
    without = [rule.rule_id for rule in rules if returns.planter(rule) is None]
    assert without == [], "give these rules a planter in tests/judgement/planting/returns.py"

    names = [*(rule.rule_id for rule in rules), *map(str, range(UNTOUCHED))]
    made = returns.copies(returns.relations(lake), names, seed=20266)
    for copy, rule in zip(made, rules, strict=False):
        returns.planter(rule)(copy, rule)
    with returns.connect(lake, made) as connection:
        frames.build(connection, about_returns, (2022, 2023))
        verdict = evaluate(connection, about_returns)
    assert verdict.broken == ()

    raised = defaultdict(set)
    for row in verdict.violations.to_pylist():
        school = row["school_id"]
        raised[int(school[:3]) if school else int(row["county_code"]) - 700000].add(row["rule_id"])
    missed = {r.rule_id for copy, r in zip(made, rules, strict=False)
              if r.rule_id not in raised[copy.number]}  # fmt: skip
    assert missed == set()
    assert [raised[copy.number] for copy in made[len(rules) :]] == [set()] * UNTOUCHED
    beside = {r.rule_id: raised[c.number] - {r.rule_id} for c, r in zip(made, rules, strict=False)}
    print(f"{len(rules)} planted, all found; beside them "
          f"{sum(map(len, beside.values())) / len(rules):.1f} flags each")  # fmt: skip


def test_every_rule_about_other_data_catches_an_error_of_its_kind_and_nothing_else(catalogue):
    rules = tuple(rule for rule in catalogue.rules if rule.frame in OTHER_DATA)
    names = [rule.rule_id for rule in rules]
    assert set(names) == set(other_data.PLANTERS), "see tests/judgement/planting/other_data.py"

    made = [other_data.returned() for _ in range(len(rules) + 1)]
    for copy, name in zip(made, names, strict=False):
        other_data.PLANTERS[name](copy)
    about = Catalogue(rules, catalogue.measures, catalogue.fingerprints)
    with other_data.connect(made) as connection:
        frames.build(connection, about, (other_data.YEAR, other_data.YEAR))
        verdict = evaluate(connection, about)
    assert verdict.broken == ()
    raised = defaultdict(list)
    for row in verdict.violations.to_pylist():
        raised[row["county_code"]].append(row["rule_id"])
    wanted = {other_data.county_code(number): [name] for number, name in enumerate(names)}
    assert raised == wanted  # and the last copy, which is as it was returned, is asked nothing
