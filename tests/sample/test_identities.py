"""Nothing that the validation rules call impossible is in a sample."""

from __future__ import annotations

import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dagster_project.sample import nation, pingluo

_SPEC = importlib.util.spec_from_file_location(
    "identities", Path(__file__).with_name("identities.py")
)
identities = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(identities)


def test_identities_hold_in_the_county():
    assert identities.broken(pingluo.county()) == []


def test_the_check_itself_finds_a_wrong_figure():
    county = pingluo.county()
    figures = county.stages["junior"].figures
    figures["pupils_girls"] = figures["pupils_girls"] + (np.arange(9) == 0)
    county.shared["site_area_m2"][3] = 0.0
    rules = [line.split(" ", 1)[1] for line in identities.broken(county)]
    assert rules == ["R042 site", "junior girls by grade", "junior R030 girls"]


def small_nation(seed=5, years=3):
    plan = nation.plan(counties=2, schools=60, years=years, seed=seed, first_year=2021)
    ((_, chunks),) = nation.files(plan, "nation")
    return [batch for chunk in chunks for batch in nation.batches(plan, chunk)]


@pytest.fixture(scope="module")
def batches():
    return small_nation()


def test_identities_hold_in_every_year_of_a_nation(batches):
    assert [b.school_year for b in batches] == [2021, 2022, 2023] * 2
    for batch in batches:
        assert identities.broken(batch) == []


def test_years_of_a_nation_follow_from_each_other(batches):
    for before, after in pairwise(batches):
        if after.school_year == 2021:
            continue  # the next county
        for stage, table in after.stages.items():
            then, now = before.stages[stage].figures, table.figures
            top = f"pupils_grade_{identities.GRADES[stage]}"
            assert (now["flow_opening"] == then["pupils"]).all()  # R024
            assert (now["graduates"] <= then[top] + now["flow_transfers_in"]).all()  # R047
            moved = np.abs(now["pupils_grade_2"] - then["pupils_grade_1"])
            assert (moved <= 3 + 0.05 * then["pupils_grade_1"]).all()
        leavers = after.stages["primary"].figures["graduates"].sum()
        assert leavers >= after.stages["junior"].figures["entrants"].sum()  # R021


def test_a_nation_has_every_type_and_valid_codes(batches):
    types = {code for b in batches for code in b.schools["school_type_code"]}
    assert types == {"211", "218", "311", "312", "341", "345"}
    schools = batches[0].schools
    points = schools["school_type_code"] == "218"
    assert set(schools["is_counted"][points]) == {"0"}
    assert set(schools["parent_school_id"][points]) == {schools["school_id"][0]}
    assert {len(code) for code in schools["county_code"]} == {6}
    ids = [i for b in batches if b.school_year == 2021 for i in b.schools["school_id"]]
    assert len(set(ids)) == len(ids) == 120


def test_a_nation_depends_on_its_seed_alone():
    first, again, other = small_nation(5, 1), small_nation(5, 1), small_nation(6, 1)
    for a, b in zip(first, again, strict=True):
        for stage in a.stages:
            for name, figures in a.stages[stage].figures.items():
                assert (figures == b.stages[stage].figures[name]).all()
    assert any(
        len(a.stages["primary"]) != len(b.stages["primary"])
        or (a.stages["primary"].figures["pupils"] != b.stages["primary"].figures["pupils"]).any()
        for a, b in zip(first, other, strict=True)
    )


@pytest.mark.parametrize(
    "wrong",
    [{"counties": 0}, {"schools": 1}, {"years": 0}, {"seed": -1}, {"counties": 999_999}],
)
def test_arguments_without_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"ask for|needs at least|fit"):
        nation.plan(
            **{"counties": 1, "schools": 5, "years": 1, "seed": 1, "first_year": 2023} | wrong
        )
