"""What Dagster is told about a judgement, and what blocks publishing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.defs.judgement import STRUCTURAL, check_name, check_result, figures_judged
from dagster_project.judgement.catalogue import ENTRY, GROUPS, load
from dagster_project.judgement.outcome import Judged, RuleOutcome


@pytest.fixture(scope="module")
def rules():
    return load().rules


def judged(*outcomes: RuleOutcome, **more) -> Judged:
    return Judged(Path("out"), outcomes, {}, (2023,), (2023,), 31, **more)


def outcome(rules, group: str, severity: str, flags: int, broken: str | None = None) -> RuleOutcome:
    rule = next(r for r in rules if r.group == group and r.severity == severity)
    return RuleOutcome(rule, flags, broken, ("2023 城关一小: 女生多于在校生。",) * bool(flags))


def test_one_check_per_rule_group():
    assert {spec.name for spec in figures_judged.check_specs} == {check_name(g) for g in GROUPS}


def test_flags_warn_and_say_which(rules):
    hard = outcome(rules, "record", "hard", 3)
    result = check_result(judged(hard), "record")
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.metadata["flags_by_rule"].value == {hard.rule.rule_id: 3}
    assert result.metadata["open_hard"].value == 3


def test_a_broken_rule_fails_its_check_without_a_flag(rules):
    broken = outcome(rules, "record", "hard", 0, "Conversion Error")
    result = check_result(judged(broken), "record")
    assert not result.passed
    assert result.metadata["broken_rules"].value == {broken.rule.rule_id: "Conversion Error"}
    assert check_result(judged(replace(broken, broken=None)), "record").passed


def test_only_a_damaged_file_is_an_error_and_blocks(rules):
    damaged, odd = (outcome(rules, STRUCTURAL, s, 1) for s in ("hard", "soft"))
    assert check_result(judged(damaged), STRUCTURAL).severity == dg.AssetCheckSeverity.ERROR
    assert check_result(judged(odd), STRUCTURAL).severity == dg.AssetCheckSeverity.WARN
    flag = {"rule_id": damaged.rule.rule_id, "source_file": "a.xlsx", "message": "多数读不出。",
            "flag_id": "F1"}  # fmt: skip
    faults = judged(damaged, open_hard=(flag,)).structural_faults(STRUCTURAL)
    assert faults == ["a.xlsx: 多数读不出。 (flag F1)"]
    entry = outcome([r for r in rules if r.frame == ENTRY], STRUCTURAL, "hard", 1)
    flag_on_entry = {**flag, "rule_id": entry.rule.rule_id}
    assert check_result(judged(entry), STRUCTURAL).severity == dg.AssetCheckSeverity.WARN
    assert judged(entry, open_hard=(flag_on_entry,)).structural_faults(STRUCTURAL) == []
    record = outcome(rules, "record", "hard", 1)
    assert judged(record, open_hard=(flag,)).structural_faults(STRUCTURAL) == []
