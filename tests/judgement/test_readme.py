"""The rules that the README shows a newcomer, taken from there and judged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dagster_project.judgement.rules.catalogue import Catalogue, load
from dagster_project.judgement.rules.validation import judge_cases
from dagster_project.project import ROOT
from tests.judgement.returned_files import County

# A rule's file is named after what it judges; the README says so where it is not plain.
FILES = {"section": "record_local.yml", "answer": "returns_local.yml"}


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> Catalogue:
    """A catalogue of the entries below "A rule of your own", as they stand there."""
    text = (Path(ROOT) / "README.md").read_text("utf-8")
    section = text.partition("**A rule of your own**")[2].partition("\n## ")[0]
    folder = tmp_path_factory.mktemp("readme") / "rules"
    folder.mkdir()
    for entry in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL):
        frame = re.search(r"frame: (\w+)", entry)[1]
        (folder / FILES[frame]).write_text(entry, "utf-8")
    return load(folder.parent)


def test_they_can_be_used_and_judge_their_own_rows_as_they_say(shown):
    assert {rule.frame for rule in shown.rules} == set(FILES)
    for rule_id, cases in judge_cases(shown).items():
        assert [(kind == "fail") for kind, _, _ in cases] == [
            bool(verdict) for _, _, verdict in cases
        ], rule_id


def test_the_one_about_answers_flags_a_countys_return_at_its_cell(shown, tmp_path):
    county = County.write(tmp_path, (2023,))
    answers = county.template(2023, "autumn", "县级填报表")
    cell = answers.put(108, "value", item_id="exchange_eligible")
    answers.put(20, "value", item_id="exchange_moved")
    answers.put(5, "value", item_id="exchange_moved_backbone")
    answers.save()
    county.load()
    (flag,) = county.flags(shown, (2023,))
    assert (flag["rule_id"], flag["severity"], flag["taints"]) == (
        "exchange.few_eligible", "soft", "G11",
    )  # fmt: skip
    assert (flag["sheet"], flag["cell"]) == ("县级填报表", cell)
    assert "108 人，只占专任教师 1903 人的 5.7%" in flag["message"]
