"""The sample county equals the printed county: totals, coefficients, named schools, thresholds."""

from __future__ import annotations

import csv
import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from dagster_project.sample import pingluo
from tests.sample.solvers import pingluo as solver

# what the circular prints (L1 … L7): total of the numerator, coefficient; DOMAIN §1 thresholds
PRINTED = {
    "primary": {
        "L1": ("1132", "0.34", "4.2"),
        "L2": ("461", "0.45", "1"),
        "L3": ("192", "0.25", "0.9"),
        "L4": ("109525.17", "0.38", "4.5"),
        "L5": ("199851.15", "0.41", "7.5"),
        "L6": ("81829700", "0.22", "2000"),
        "L7": ("494", "0.15", "2.3"),
    },
    "junior": {
        "L1": ("758", "0.12", "5.3"),
        "L2": ("257", "0.25", "1"),
        "L3": ("104", "0.17", "0.9"),
        "L4": ("74655.51", "0.14", "5.8"),
        "L5": ("127120.88", "0.15", "10.2"),
        "L6": ("60076800", "0.21", "2500"),
        "L7": ("274", "0.09", "2.4"),
    },
}
CASES = [(stage, item) for stage, items in PRINTED.items() for item in items]
PER_HUNDRED = ("L1", "L2", "L3", "L7")
SHARED = ("L4", "L5", "L6", "L7")
QUALIFYING = {
    "primary": ("doctor", "master", "bachelor", "associate"),
    "junior": ("doctor", "master", "bachelor"),
}


@pytest.fixture(scope="module")
def schools():
    return pingluo.county(2023).records()


def numerator(school, stage, item):
    """The indicator's numerator for the whole school, exactly."""
    own, whole = school.stages[stage], school.shared

    def exact(name):
        return Fraction(str(whole[name]))

    return {
        "L1": lambda: Fraction(sum(own[f"teachers_{d}"] for d in QUALIFYING[stage])),
        "L2": lambda: Fraction(own["backbone_teachers"]),
        "L3": lambda: Fraction(own["teachers_pe"] + own["teachers_arts"]),
        "L4": lambda: exact("teaching_area_m2") - exact("indoor_sports_area_m2"),
        "L5": lambda: exact("sports_ground_area_m2") + exact("indoor_sports_area_m2"),
        "L6": lambda: exact("equipment_value_yuan"),
        "L7": lambda: Fraction(whole["multimedia_rooms"]),
    }[item]()


def share(school, stage, item):
    """DOMAIN §3: a nine-year school's shared stock is divided A : 1.1 B."""
    if item not in SHARED or len(school.stages) == 1:
        return Fraction(1)
    a, b = school.stages["primary"]["pupils"], school.stages["junior"]["pupils"] * Fraction(11, 10)
    return (a if stage == "primary" else b) / (a + b)


def sections(schools, stage, item):
    """(school name, pupils, numerator) of every section."""
    return [
        (
            s.attributes["school_name"],
            s.stages[stage]["pupils"],
            numerator(s, stage, item) * share(s, stage, item),
        )
        for s in schools
        if stage in s.stages
    ]


def half_up(value, decimals):
    step = Decimal(1).scaleb(-decimals)
    return Decimal(str(float(value))).quantize(step, ROUND_HALF_UP)


def test_28_schools_of_three_kinds(schools):
    kinds = [s.attributes["school_type_code"] for s in schools]
    assert (kinds.count("211"), kinds.count("311"), kinds.count("312")) == (19, 6, 3)
    assert len(kinds) == 28
    ids = {s.attributes["school_id"] for s in schools}
    assert len(ids) == 28
    assert {len(i) for i in ids} == {10}


@pytest.mark.parametrize(("stage", "item"), CASES)
def test_total_is_the_printed_one(schools, stage, item):
    assert sum(n for _, _, n in sections(schools, stage, item)) == Fraction(PRINTED[stage][item][0])


@pytest.mark.parametrize(("stage", "item"), CASES)
def test_coefficient_is_the_printed_one(schools, stage, item):
    rows = sections(schools, stage, item)
    pupils = sum(p for _, p, _ in rows)
    mean = sum(n for *_, n in rows) / pupils
    variance = sum(p * (n / p - mean) ** 2 for _, p, n in rows) / pupils
    assert half_up(math.sqrt(variance) / float(mean), 2) == Decimal(PRINTED[stage][item][1])


@pytest.mark.parametrize(("stage", "item"), CASES)
def test_only_the_two_named_sections_are_below_a_threshold(schools, stage, item):
    threshold = Fraction(PRINTED[stage][item][2])
    factor = 100 if item in PER_HUNDRED else 1
    below = {name: n * factor / p for name, p, n in sections(schools, stage, item)}
    below = {name: value for name, value in below.items() if value < threshold}
    named = {
        ("primary", "L4"): {"城关八小": Decimal("4.28")},
        ("primary", "L5"): {"城关一小": Decimal("6.96")},
    }.get((stage, item), {})
    assert {name: half_up(value, 2) for name, value in below.items()} == named
    assert all(value >= threshold * Fraction(85, 100) for value in below.values())


@pytest.mark.parametrize("item", list(PRINTED["primary"]))
def test_rural_primary_schools_are_better_equipped_than_town_ones(schools, item):
    rural = {s.attributes["school_name"]: s.attributes["urban_rural_code"] for s in schools}
    ratio = {}
    for place, codes in (("town", ("121",)), ("rural", ("210", "220"))):
        rows = [r for r in sections(schools, "primary", item) if rural[r[0]] in codes]
        ratio[place] = sum(n for *_, n in rows) / sum(p for _, p, _ in rows)
    assert ratio["rural"] > ratio["town"]


def stage_sum(schools, stage, *fields):
    return sum(s.stages[stage][f] for s in schools if stage in s.stages for f in fields)


def test_pupils_classes_teachers_and_staff(schools):
    assert stage_sum(schools, "primary", "pupils") == 17930
    assert stage_sum(schools, "junior", "pupils") == 9883
    assert stage_sum(schools, "primary", "classes") == 428
    assert stage_sum(schools, "junior", "classes") == 213
    assert stage_sum(schools, "primary", "teachers") == 1132
    assert stage_sum(schools, "junior", "teachers") == 771
    assert sum(s.shared["staff"] for s in schools) == 1146 + 799 == 1945
    primary_staff = sum(s.shared["staff"] for s in schools if list(s.stages) == ["primary"])
    assert primary_staff <= 1146


OVER_50 = ("classes_51_55", "classes_56_60", "classes_61_65", "classes_ge66")


def test_large_classes_stand_in_the_county_town(schools):
    over_45 = ("classes_46_50", *OVER_50)
    assert stage_sum(schools, "primary", *over_45) == 178
    assert stage_sum(schools, "junior", *OVER_50) == 30
    elsewhere = [s for s in schools if s.attributes["urban_rural_code"] != "121"]
    assert stage_sum(elsewhere, "primary", *over_45) == 0
    assert stage_sum(elsewhere, "junior", *OVER_50) == 0


def test_only_pingluo_no_4_has_more_than_2000_pupils(schools):
    pupils = {
        s.attributes["school_name"]: sum(own["pupils"] for own in s.stages.values())
        for s in schools
    }
    assert {name: n for name, n in pupils.items() if n > 2000} == {"平罗四中": 2016}


def test_teachers_short_of_the_degree(schools):
    short = {
        s.attributes["school_name"]: own["teachers"]
        - sum(own[f"teachers_{d}"] for d in QUALIFYING[stage])
        for s in schools
        for stage, own in s.stages.items()
    }
    named = {name: n for name, n in short.items() if n}
    assert named == {"平罗三中": 1, "平罗四中": 2, "平罗六中": 1, "陶乐中学": 9}


def test_further_printed_totals(schools):
    assert stage_sum(schools, "junior", "graduates") == 3543
    migrants = [stage_sum(schools, stage, "pupils_migrant") for stage in ("primary", "junior")]
    left = [stage_sum(schools, stage, "pupils_left_behind") for stage in ("primary", "junior")]
    assert (sum(migrants), sum(left)) == (4207, 183)
    # R021: no more junior entrants than primary leavers
    leavers = stage_sum(schools, "primary", "graduates")
    assert leavers >= stage_sum(schools, "junior", "entrants")


def test_printed_figures_are_those_of_the_published_claims(shared):
    with (shared / "domain" / "published_claims.csv").open(encoding="utf-8-sig") as file:
        claims = {row["claim_id"]: row for row in csv.DictReader(file)}
    for number, (item, stage) in enumerate(
        ((item, stage) for item in PRINTED["primary"] for stage in PRINTED), start=3
    ):
        claim = claims[f"PL-{number:02d}"]
        assert claim["stage"] == stage
        assert Fraction(claim["numerator"]) == Fraction(PRINTED[stage][item][0]), claim["claim_id"]
    table = shared / "domain" / "oracles" / "county_cv_2017_7ind.csv"
    with table.open(encoding="utf-8-sig") as file:
        rows = {r["学段"]: r for r in csv.DictReader(file) if r["区县"] == "平罗县"}
    for stage, name in (("primary", "小学"), ("junior", "初中")):
        printed = [v for k, v in rows[name].items() if k.startswith("差异系数_L")]
        assert [Decimal(v) for v in printed] == [Decimal(c) for _, c, _ in PRINTED[stage].values()]


def test_the_solver_still_finds_such_a_county():
    found = solver.solve()
    for name, targets in solver.TARGETS.items():
        for stage, target in zip(("primary", "junior"), targets, strict=True):
            rows = [s for s in found if s.stage == stage]
            pupils = sum(s.pupils for s in rows)
            mean = sum(s.got[name] for s in rows) / pupils
            variance = sum(s.pupils * (s.got[name] / s.pupils - mean) ** 2 for s in rows) / pupils
            assert sum(s.got[name] for s in rows) == target.total
            assert half_up(math.sqrt(variance) / mean, 2) == Decimal(str(target.cv)), name


def test_a_year_that_is_not_solved_is_refused():
    with pytest.raises(ValueError, match="2023"):
        pingluo.county(1999)
