"""Every rule about returns catches an error of its kind, made where it may be made in a return."""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pytest

from dagster_project.judgement.frames import build as frames
from dagster_project.judgement.frames.relations import attach
from dagster_project.judgement.scan import evaluate
from tests.judgement.planting import returns

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
