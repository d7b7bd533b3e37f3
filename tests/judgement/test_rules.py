"""Every rule of the catalogue judges its own test rows as it says."""

from __future__ import annotations

import pytest

from dagster_project.judgement.rules import catalogue as catalogues
from dagster_project.judgement.rules.validation import judge_cases

RULE_IDS = [rule.rule_id for rule in catalogues.parse(catalogues.default_folder())[0].rules]


@pytest.fixture(scope="module")
def judged(catalogue):
    return judge_cases(catalogue)


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_rule_judges_its_own_cases(rule_id, judged):
    for kind, row, verdict in judged[rule_id]:
        assert (verdict is True) == (kind == "fail"), f"{row} should {kind}"
