"""What Dagster is told about a judgement, and the files that are left out because of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest

from dagster_project.defs.judgement import (
    STRUCTURAL,
    _judged,
    check_name,
    check_result,
    figures_judged,
    untrusted_reason,
)
from dagster_project.defs.resources import Warehouse
from dagster_project.judgement.outcome import Judged, RuleOutcome
from dagster_project.judgement.rules.catalogue import ENTRY, GROUPS, default_folder, load
from dagster_project.lake.selection import select
from dagster_project.publish.publication import NotPublished
from tests.lake.conftest import Drop


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


def test_only_a_damaged_file_is_an_error_and_is_left_out(rules):
    damaged, odd = (outcome(rules, STRUCTURAL, s, 1) for s in ("hard", "soft"))
    assert check_result(judged(damaged), STRUCTURAL).severity == dg.AssetCheckSeverity.ERROR
    assert check_result(judged(odd), STRUCTURAL).severity == dg.AssetCheckSeverity.WARN
    flag = {"rule_id": damaged.rule.rule_id, "sha256": "a1", "message": "多数读不出。",
            "flag_id": "F1", "remedy": "重新导出。"}  # fmt: skip
    found = judged(damaged, open_hard=(flag,))
    assert found.untrusted() == (flag,) and found.untrusted({"a1"}) == ()
    reason = untrusted_reason(flag).text("en")
    assert "多数读不出。 重新导出。" in reason and "waive the flag F1" in reason
    entry = outcome([r for r in rules if r.frame == ENTRY], STRUCTURAL, "hard", 1)
    flag_on_entry = {**flag, "rule_id": entry.rule.rule_id}
    assert check_result(judged(entry), STRUCTURAL).severity == dg.AssetCheckSeverity.WARN
    assert judged(entry, open_hard=(flag_on_entry,)).untrusted() == ()
    record = outcome(rules, "record", "hard", 1)
    assert judged(record, open_hard=(flag,)).untrusted() == ()


# ------------------------------------------------------------------------------ files left out


class OfFiles(Warehouse):
    """Judges by the project's rules on files alone: the other three hundred have no say here."""

    def judge(self, question):
        folder = self.settings.warehouse / "expectations"
        if not folder.exists():
            (folder / "rules").mkdir(parents=True)
            shutil.copy(default_folder() / "rules" / "file.yml", folder / "rules")
            shutil.copy(default_folder() / "measures.yml", folder)
        return super().judge(replace(question, catalogue_folder=folder))


class County:
    """A small county, judged as a run does it."""

    def __init__(self, root):
        self.drop = Drop(root)
        self.warehouse = OfFiles(raw=str(self.drop.raw), warehouse=str(root))
        self.selection = root / "build" / "selection"

    def judge(self):
        """Rules that left a file out, and the schools that count."""
        self.drop.load()
        select(self.drop.lake, self.selection)
        judged, left_out = _judged(self.warehouse)
        self.flags = pq.read_table(judged.folder / "flag.parquet").to_pylist()
        current = pq.read_table(self.selection / "current.parquet").column("school_id").to_pylist()
        return [flag["rule_id"] for flag in left_out], sorted(current)

    def refused(self):
        rows = pq.read_table(self.selection / "delivery.parquet").to_pylist()
        return [row["path"] for row in rows if row["is_refused"]]


GOOD, UNDECIDED = "2023/autumn/good_2023.csv", "2023/autumn/undecided_2023.csv"
RULE = "file.most_sections_without_pupils"


def test_a_file_that_cannot_be_trusted_is_left_out_until_it_is_waived_corrected_or_removed(
    tmp_path,
):
    county = County(tmp_path)
    county.drop.put(GOOD, ("0640221001", 90, 2))
    bad = [(f"064022100{n}", "待定", 2) for n in range(2, 6)]
    path = county.drop.put(UNDECIDED, *bad)
    assert county.judge() == ([RULE], ["0640221001"])
    assert county.refused() == [UNDECIDED]
    (flag,) = (flag for flag in county.flags if flag["rule_id"] == RULE)
    assert (flag["status"], flag["source_file"]) == ("open", UNDECIDED)

    review = county.drop.raw / "reviews" / "r.csv"
    review.parent.mkdir()
    text = f"flag_id,decision,explanation\n{flag['flag_id']},waived,全部停办"
    review.write_text(text, "utf-8")
    assert county.judge() == ([], [f"064022100{n}" for n in range(1, 6)])
    review.unlink()

    county.drop.put(UNDECIDED, *((school, 50, classes) for school, _, classes in bad))
    assert county.judge()[0] == [] and county.refused() == []
    assert [f["status"] for f in county.flags if f["rule_id"] == RULE] == ["corrected"]

    county.drop.put(UNDECIDED, *bad)  # then what counted before counts on
    assert county.judge() == ([RULE], [f"064022100{n}" for n in range(1, 6)])
    log = list((tmp_path / "lake" / "flag_log").iterdir())
    assert county.judge()[0] == [RULE]  # and so it stays, without another event in the log
    assert list((tmp_path / "lake" / "flag_log").iterdir()) == log
    path.unlink()
    assert county.judge() == ([], ["0640221001"])
    assert county.refused() == []


def test_where_nothing_is_left_the_files_are_named(tmp_path):
    county = County(tmp_path)
    county.drop.put(UNDECIDED, *((f"064022100{n}", "待定", 2) for n in range(4)))
    with pytest.raises(NotPublished, match=r"undecided_2023\.csv.*cannot be trusted"):
        county.judge()
