"""How flags ended: corrected, no longer reported, or judged differently, by their own figures."""

from __future__ import annotations

import json

from dagster_project.judgement.flags.endings import find_endings
from dagster_project.judgement.flags.log import DROPPED, Ending
from dagster_project.judgement.frames import build as frames

RULE = "classes.pupils_without_classes"


def logged(school_id: str | None, pupils: float, rule_id: str = RULE, **more) -> dict:
    return {
        "rule_id": rule_id, "school_year": 2023, "term": "autumn", "county_code": "640221",
        "school_id": school_id, "stage": "primary", "sha256": "f1", "observed": "0",
        "figures": json.dumps({"observed": 0.0, "pupils": pupils, "classes": 0.0}), **more,
    }  # fmt: skip


def test_every_flag_is_compared_with_its_own_school(census, catalogue):
    schools = {"1": (113, 6), "2": (113, 0), "3": (80, 0), "4": (50, 2)}
    connection = census(
        [
            {"school_id": school, "pupils": pupils, "classes": classes}
            for school, (pupils, classes) in schools.items()
        ]
    )
    frames.build(connection, catalogue)
    gone = [
        logged("9", 40),
        logged("1", 113),
        logged("2", 113),
        logged("3", 113),
        logged("4", 50, rule_id="no.such_rule"),
    ]
    assert find_endings(connection, catalogue, gone) == [
        Ending("corrected", "原填报 0，现已不再填报。"),
        Ending("corrected", "原填报 0，现为 6。"),
        Ending(DROPPED),  # the figures are the same: the rule judges differently
        Ending("corrected", "有关数据已更正。"),
        Ending(DROPPED),
    ]
    assert find_endings(connection, catalogue, []) == []


def test_a_school_that_stands_twice_is_as_it_was_if_one_row_is(census, catalogue):
    connection = census([{"pupils": 113, "classes": 6}, {"pupils": 113, "classes": 0}])
    frames.build(connection, catalogue)
    assert find_endings(connection, catalogue, [logged("2164000001", 113)]) == [Ending(DROPPED)]


def test_files_and_counties_are_found_by_what_they_are_known_by(census, catalogue):
    connection = census([{"pupils": 113, "classes": 6}])
    frames.build(connection, catalogue)
    of_file = next(rule for rule in catalogue.of_frame("file"))
    of_county = next(rule for rule in catalogue.of_frame("county"))
    seven = {"figures": '{"sections": 7, "schools": 7}'}
    gone = [
        logged(None, 1, rule_id=of_file.rule_id, sha256="f1", stage=None, **seven),
        logged(None, 1, rule_id=of_file.rule_id, sha256="f2", stage=None, **seven),
        logged(None, 1, rule_id=of_county.rule_id, county_code="640222", **seven),
        logged(None, 1, rule_id=of_county.rule_id, **seven),
    ]
    found = [ending.note for ending in find_endings(connection, catalogue, gone)]
    nothing_reported = "原填报 0，现已不再填报。"
    assert found[1:3] == [nothing_reported, nothing_reported]
    assert nothing_reported not in (found[0], found[3])
