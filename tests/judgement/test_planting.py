"""Seeded errors: every rule's kind of error planted into clean censuses, and what is caught of it.

``pytest --long -s`` plants more than 2,000 into the sample county, a made-up nation and the real
open census and prints the table; without it every rule is tried once.
"""

from __future__ import annotations

import pytest

from dagster_project.judgement.frames.returned import RETURN_FRAMES
from dagster_project.judgement.rules.catalogue import OTHER_DATA, Catalogue, Rule
from tests.judgement.planting import census as censuses
from tests.judgement.planting.trial import Trial, report, run

HARD_RECALL = 0.99
# A soft rule speaks of degrees: what stays within an honest school's change is let pass.
SOFT_RECALL = 0.95
BLANK_IS_NONE = "in ('blank', 'not_applicable'"


# What readers leave out is planted into files, by the tests of the readers; into returns it is by
# test_planting_returns, into cohorts by test_cohorts.
NOT_IN_A_CENSUS = ("entry", "cohort", *RETURN_FRAMES, *OTHER_DATA)


def _rules(catalogue: Catalogue) -> list[Rule]:
    return [rule for rule in catalogue.rules if rule.frame not in NOT_IN_A_CENSUS]


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    return censuses.sample_county(tmp_path_factory.mktemp("sample"))


def _holds(trial: Trial, catalogue: Catalogue) -> None:
    print(report(trial))
    untried = {r.rule_id for r in _rules(catalogue)} - {o.rule.rule_id for o in trial.outcomes}
    assert untried == set(), "give these rules a planter in tests/judgement/planting"
    assert trial.false_alarms == []
    assert trial.recall("hard") >= HARD_RECALL, trial.missed()
    assert trial.recall("soft") >= SOFT_RECALL, trial.missed()


def test_one_error_of_every_kind_is_caught(sample, catalogue, tmp_path):
    trial = run(sample, catalogue, _rules(catalogue), 1, seed=20260, at_once=90)
    elsewhere = [r for r in _rules(catalogue) if (sample.name, r.rule_id) in trial.no_place]
    small = censuses.nation(tmp_path, counties=20, schools=12, years=2)
    trial += run(small, catalogue, elsewhere, 1, seed=20261, at_once=20, own_county=True)
    _holds(trial, catalogue)


def test_blank_means_none_in_workbooks(workbook_county, catalogue):
    """Every rule that adds up parts, on forms whose empty kinds are blank."""
    sums = [rule for rule in catalogue.rules if BLANK_IS_NONE in rule.fails_when]
    assert len(sums) >= 30
    county = censuses.of_lake("workbook", workbook_county.settings.warehouse / "lake")
    trial = run(county, catalogue, sums, 2, seed=20265, at_once=90)
    print(report(trial))
    assert trial.missed() == []
    assert trial.false_alarms == []


@pytest.mark.long
def test_two_thousand_errors(sample, catalogue, tmp_path, shared):
    trial = run(sample, catalogue, _rules(catalogue), 2, seed=20262, at_once=90)
    nation = censuses.nation(tmp_path, counties=110, schools=8, years=7)
    trial += run(nation, catalogue, _rules(catalogue), 3, seed=20263, at_once=100, own_county=True)
    real = censuses.open_census(shared)
    sections = [rule for rule in catalogue.rules if rule.frame in ("section", "school")]
    trial += run(real, catalogue, sections, 6, seed=20264, at_once=220)
    assert len(trial.outcomes) >= 2000
    _holds(trial, catalogue)
