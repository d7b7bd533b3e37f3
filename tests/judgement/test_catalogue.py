"""The catalogue as a whole, and what is said of one that cannot be used."""

from __future__ import annotations

import csv
import re

import pytest
import yaml

from dagster_project.judgement.frames.returned import RETURN_FRAMES
from dagster_project.judgement.rules import catalogue as catalogues
from dagster_project.judgement.rules.catalogue import GROUPS, CatalogueInvalid, load
from dagster_project.judgement.rules.validation import judge_cases
from dagster_project.project import SEEDS

SOUND = {
    "id": "pupils.girls_exceed_pupils",
    "title_zh": "女生多于在校生",
    "title_en": "more girls than pupils",
    "severity": "hard",
    "frame": "section",
    "fields": ["pupils_girls", "pupils"],
    "fails_when": "pupils_girls > pupils",
    "observed": "pupils_girls",
    "expected": "不超过 {pupils}",
    "message": "女生 {pupils_girls} 人，在校生 {pupils} 人。",
    "meaning": "部分大于整体。",
    "when": "每次。",
    "resolve": "核对。",
    "owner": "school",
    "source": "R026",
    "tests": {
        "pass": [{"pupils_girls": 1, "pupils": 2}],
        "fail": [{"pupils_girls": 3, "pupils": 2}],
    },
}


def write(folder, *entries, name="record_pupils.yml"):
    (folder / "rules").mkdir(exist_ok=True)
    text = yaml.safe_dump({"rules": list(entries)}, allow_unicode=True)
    (folder / "rules" / name).write_text(text, "utf-8")
    return folder


def problems(folder):
    with pytest.raises(CatalogueInvalid) as caught:
        load(folder)
    return tuple(problem.text("en") for problem in caught.value.problems)


def test_there_are_rules_for_everything_that_is_judged(catalogue):
    assert len(catalogue.rules) >= 80
    assert {rule.group for rule in catalogue.rules} == set(GROUPS)
    assert {rule.severity for rule in catalogue.rules} == {"hard", "soft"}


def test_every_rule_number_a_source_names_is_in_the_domain_list(catalogue, shared):
    with (shared / "domain/census_rules.csv").open(encoding="utf-8-sig") as file:
        known = {row["rule_id"] for row in csv.DictReader(file)}
    named = {n for rule in catalogue.rules for n in re.findall(r"\bR\d{3}\b", rule.source)}
    assert named <= known
    assert len(named) >= 30


def test_every_resource_indicator_is_tainted_by_some_rule(catalogue):
    tainted = {indicator for rule in catalogue.rules for indicator in rule.taints}
    assert {f"L{n}" for n in range(1, 8)} | {f"B{n}" for n in range(1, 9)} <= tainted


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fields": ["pupils_girls", "pupils", "pupil"]}, "field 'pupil' is not in the dictionary"),
        ({"fails_when": "pupils_girls > pupil"}, "does not fit frame_section"),
        ({"fails_when": "pupils_girls > pupils +"}, "does not fit frame_section"),
        ({"observed": "nothing"}, "does not fit frame_section"),
        ({"message": "女生 {girls} 人"}, "its texts name girls, not in frame_section"),
        ({"message": "女生 {pupils_girls 人"}, "a brace in its texts belongs to no placeholder"),
        ({"fields": ["pupils_girls"]}, "reads pupils, which `fields` does not list"),
        ({"tests": {"pass": [{"pupils": 1}]}}, "no test row that must fail"),
        ({"tests": {"pass": [{"pupil": 1}], "fail": [{"pupils": 1}]}}, "test rows name pupil,"),
        ({"severity": "fatal"}, "severity is 'fatal'; expected one of hard, soft"),
        ({"frame": "sections"}, "frame is 'sections'"),
        ({"owner": "ministry"}, "owner is 'ministry'"),
        ({"taints": ["L8"]}, "unknown indicator or item 'L8'"),
        ({"stages": ["kindergarten"]}, "stage 'kindergarten' is unknown"),
        ({"effective_from": 2024, "effective_to": 2020}, "effective_from lies after effective_to"),
        ({"fails_when": "school_name like '%小学' and pupils_girls > pupils"}, "holds { } or %"),
        ({"resolve": None}, "the key(s) resolve are missing"),
        ({"sevrity": "hard"}, "unknown key(s) sevrity"),
        ({"for_each": [{"part": 1}], "title_en": "${whole}"}, "no usable value for 'whole'"),
        (
            {"for_each": [{"part": "pupil"}], "title_en": "${part.en}"},
            "no usable value for 'pupil'",
        ),
    ],
)
def test_an_entry_that_cannot_be_used_is_named_with_its_reason(tmp_path, change, said):
    found = problems(write(tmp_path, {**SOUND, **change}))
    assert any(said in sentence and SOUND["id"] in sentence for sentence in found), found


ABOUT_RETURNS = {
    **SOUND,
    "id": "answer.moved",
    "frame": "answer",
    "fields": ["exchange_moved"],
    "fails_when": "exchange_moved > census_teachers",
    "observed": "exchange_moved",
    "expected": "不超过 {census_teachers}",
    "message": "交流 {exchange_moved} 人。",
    "taints": ["G11"],
    "tests": {
        "pass": [{"exchange_moved": 1, "census_teachers": 2}],
        "fail": [{"exchange_moved": 3, "census_teachers": 2}],
    },
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fields": ["exchange_moved", "moved"]}, "field 'moved' is not in the dictionary"),
        ({"fields": ["exchange_moved", "moved"]}, "nor is it an item of its returns"),
        ({"fails_when": "exchange_moved > census_teacher"}, "does not fit frame_answer"),
        ({"fails_when": "exchange_moved > quota_places"}, "reads quota_places, which `fields`"),
        ({"fails_when": "exchange_moved > prev_quota_places"}, "reads quota_places, which"),
        ({"fails_when": "exchange_moved > schools_teachers_certified_primary"},
         "reads teachers_certified, which `fields`"),
        ({"message": "{exchange}"}, "its texts name exchange, not in frame_answer"),
        ({"tests": {"pass": [{"moved": 1}], "fail": [{"exchange_moved": 3}]}},
         "its test rows name moved, not in frame_answer"),
        ({"frame": "roster", "fails_when": "roster_classes > 1"}, "reads roster_classes, which"),
        ({"frame": "roster"}, "nor is it a figure of rosters"),
        ({"frame": "movement", "fails_when": "last_year_death > 1"}, "reads movement_death, which"),
        ({"frame": "school_answer"}, "nor is it an item of its returns"),
    ],
)  # fmt: skip
def test_an_entry_about_returns_is_checked_like_any_other(tmp_path, change, said):
    found = problems(write(tmp_path, {**ABOUT_RETURNS, **change}, name="returns.yml"))
    assert any(said in sentence and "answer.moved" in sentence for sentence in found), found


def test_the_sound_entries_are_sound(tmp_path):
    assert len(load(write(tmp_path, ABOUT_RETURNS, name="returns.yml")).rules) == 1


def test_there_are_seventy_rules_about_what_is_returned(catalogue):
    rules = [rule for rule in catalogue.rules if rule.frame in RETURN_FRAMES]
    assert len(rules) >= 70
    assert {"G9", "G11", "G12", "G13", "G14", "G15", "Q1", "Q2", "Q4", "G5", "G7", "G8"} <= {
        item for rule in rules if rule.severity == "hard" for item in rule.taints
    }


def test_the_sound_entry_is_sound(tmp_path):
    assert [rule.rule_id for rule in load(write(tmp_path, SOUND)).rules] == [SOUND["id"]]


def test_taints_may_name_every_item_that_a_verdict_is_given_on(tmp_path):
    """Answers taint the government's items and those of quality as figures taint L1 to L7."""
    with (SEEDS / "item.csv").open(encoding="utf-8") as file:
        every = [row["item_id"] for row in csv.DictReader(file)]
    assert {"L1", "G1", "G15", "Q1", "Q9", "S1", "V"} <= set(every)
    (rule,) = load(write(tmp_path, {**SOUND, "taints": [*every, "B1", "C1", "all"]})).rules
    assert list(rule.taints) == [*every, "B1", "C1", "all"]


def test_all_problems_come_at_once(tmp_path):
    write(tmp_path, SOUND, {**SOUND, "severity": "fatal"}, {"title_zh": "没有编号"})
    write(tmp_path, {**SOUND, "id": "x", "fails_when": "nonsense"}, name="county.yml")
    (tmp_path / "rules" / "cross_form.yml").write_text("rules: [", "utf-8")
    found = "\n".join(problems(write(tmp_path, SOUND, name="fitness.yml")))
    for said in ("used 2 times", "'fatal'", "entry 1 has no `id`", "not valid YAML", "fitness.yml"):
        if said != "entry 1 has no `id`":
            assert said in found
    assert "entry 3 has no `id`" in found
    assert "x: its SQL does not fit" in found


def test_an_empty_folder_is_not_a_catalogue(tmp_path):
    assert problems(tmp_path) == (
        f"There are no rules in {tmp_path.name}/rules/; expected *.yml files there.",
    )


def test_a_family_becomes_one_rule_per_row(tmp_path):
    entry = {
        **SOUND,
        "id": "pupils.part_exceeds_whole.${part}",
        "for_each": [
            {"part": "pupils_boarding", "taints": ["L1"]},
            {"part": "pupils_minority", "severity": "soft"},
        ],
        "fields": ["${part}", "pupils"],
        "fails_when": "${part} > pupils",
        "observed": "${part}",
        "message": "${part.zh} {${part}} ${part.unit}",
        "tests": {
            "pass": [{"${part}": 1, "pupils": 2}],
            "fail": [{"${part}": 3, "pupils": 2}],
        },
    }
    boarding, minority = load(write(tmp_path, entry)).rules
    assert boarding.rule_id == "pupils.part_exceeds_whole.pupils_boarding"
    assert boarding.message == "在校生数 寄宿生 {pupils_boarding} 人"
    assert (boarding.severity, boarding.taints) == ("hard", ("L1",))
    assert (minority.severity, minority.taints) == ("soft", ())


def test_the_example_of_the_readme_works(tmp_path):
    text = (catalogues.default_folder() / "README.md").read_text("utf-8")
    entry = re.search(r"```yaml\n(.*?)```", text, re.S)[1]
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "record_example.yml").write_text(entry, "utf-8")
    for cases in judge_cases(load(tmp_path)).values():
        assert all((verdict is True) == (kind == "fail") for kind, _, verdict in cases)
