"""The Zhoucun-like county has the figures of the self-evaluation and attains everything."""

from __future__ import annotations

import importlib.util
import math
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from dagster_project.sample import write_zhoucun, zhoucun
from tests.sample.solvers import zhoucun as solver

_SPEC = importlib.util.spec_from_file_location(
    "identities", Path(__file__).with_name("identities.py")
)
identities = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(identities)

# DOMAIN §1: threshold per pupil
THRESHOLDS = {
    "L1": {"primary": "0.042", "junior": "0.053"},
    "L2": {"primary": "0.01", "junior": "0.01"},
    "L3": {"primary": "0.009", "junior": "0.009"},
    "L4": {"primary": "4.5", "junior": "5.8"},
    "L5": {"primary": "7.5", "junior": "10.2"},
    "L6": {"primary": "2000", "junior": "2500"},
    "L7": {"primary": "0.023", "junior": "0.024"},
}
LIMIT = {"primary": 0.50, "junior": 0.45}
QUALIFYING = {
    "primary": ("doctor", "master", "bachelor", "associate"),
    "junior": ("doctor", "master", "bachelor"),
}


@pytest.fixture(scope="module")
def county():
    return zhoucun.county()


@pytest.fixture(scope="module")
def schools(county):
    return county.records()


@pytest.fixture(scope="module")
def rows():
    return zhoucun.returns_rows()


def numerator(school, stage, item):
    """DOMAIN §1 and §3: the section's numerator, shared stock divided A : 1.1 B."""
    own, whole = school.stages[stage], school.shared
    if item == "L1":
        return Fraction(sum(own[f"teachers_{d}"] for d in QUALIFYING[stage]))
    if item == "L2":
        return Fraction(own["backbone_teachers"])
    if item == "L3":
        return Fraction(own["teachers_pe"] + own["teachers_arts"])
    exact = {name: Fraction(str(value)) for name, value in whole.items()}
    stock = {
        "L4": exact["teaching_area_m2"] - exact["indoor_sports_area_m2"],
        "L5": exact["sports_ground_area_m2"] + exact["indoor_sports_area_m2"],
        "L6": exact["equipment_value_yuan"],
        "L7": exact["multimedia_rooms"],
    }[item]
    if len(school.stages) == 1:
        return stock
    a = Fraction(school.stages["primary"]["pupils"])
    b = Fraction(11, 10) * school.stages["junior"]["pupils"]
    return stock * (a if stage == "primary" else b) / (a + b)


def coefficient(schools, stage, item):
    own = [s for s in schools if stage in s.stages]
    pupils = [s.stages[stage]["pupils"] for s in own]
    numerators = [numerator(s, stage, item) for s in own]
    mean = sum(numerators) / sum(pupils)
    variance = sum(p * (n / p - mean) ** 2 for n, p in zip(numerators, pupils, strict=True))
    return math.sqrt(variance / sum(pupils)) / float(mean)


@pytest.mark.parametrize(("stage", "printed"), [("primary", "0.4233"), ("junior", "0.2896")])
def test_composite_is_the_printed_one_and_every_coefficient_within_the_limit(
    schools, stage, printed
):
    single = [coefficient(schools, stage, item) for item in THRESHOLDS]
    assert max(single) <= LIMIT[stage]
    mean = Decimal(str(sum(single) / 7)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert mean == Decimal(printed)


def test_every_section_reaches_every_threshold(schools):
    for school in schools:
        for stage, own in school.stages.items():
            for item, least in THRESHOLDS.items():
                value = numerator(school, stage, item) / own["pupils"]
                assert value >= Fraction(least[stage]), (school.attributes["school_name"], item)


def test_schools_pupils_and_teachers_are_the_printed_ones(schools):
    kinds = Counter()
    for school in schools:
        a = school.attributes
        place = "rural" if a["urban_rural_code"][0] == "2" else "town"
        kinds[a["school_type_code"], place if a["school_type_code"] == "211" else ""] += 1
    assert kinds == {("311", ""): 8, ("312", ""): 3, ("211", "town"): 9, ("211", "rural"): 8}
    private = [
        s.attributes["school_type_code"] for s in schools if s.attributes["sponsor_code"] == "999"
    ]
    assert sorted(private) == ["211", "312"]
    sums = Counter()
    for school in schools:
        for stage, own in school.stages.items():
            sums[stage, "pupils"] += own["pupils"]
            sums[stage, "teachers"] += own["teachers"]
    assert sums["primary", "pupils"] == 15957
    assert sums["junior", "pupils"] == 11583
    assert (sums["primary", "teachers"], sums["junior", "teachers"]) == (1147, 1132)


def test_identities_hold(county):
    assert identities.broken(county) == []


def test_schools_and_classes_are_of_lawful_size(schools, rows):
    for school in schools:
        pupils = sum(own["pupils"] for own in school.stages.values())
        assert pupils <= (2500 if len(school.stages) == 2 else 2000)
    for row in rows["roster"]:
        assert row["pupils"] <= (45 if row["stage"] == "primary" else 50)
    assert sum(row["pupils"] for row in rows["roster"]) == 15957 + 11583


@pytest.mark.parametrize(("stage", "cohort"), [("primary", 2015), ("junior", 2018)])
def test_retention_is_100_percent(rows, stage, cohort):
    kinds, semesters = Counter(), set()
    for row in rows["movement"]:
        if (row["stage"], row["cohort"]) == (stage, cohort):
            kinds[row["kind"]] += row["pupils"]
            semesters.add((row["school_year"], row["term"]))
    assert len(semesters) == 2 * (2021 - cohort)
    assert kinds["transfer_in"] > 0
    left = kinds["entrant"] + kinds["transfer_in"] - kinds["transfer_out"] - kinds["death"]
    assert kinds["graduate"] == left


def test_every_item_of_the_county_can_be_judged(rows):
    own = {row["item_id"]: row["value"] for row in rows["answer"] if row["school_id"] is None}
    assert own["satisfaction_rate"] == 0.9962
    assert own["quota_places"] / own["senior_places"] >= 0.7
    assert own["exchange_moved"] / own["exchange_eligible"] >= 0.1
    assert own["exchange_moved_backbone"] / own["exchange_moved"] >= 0.2
    assert own["teacher_pay_yuan"] >= own["civil_servant_pay_yuan"]
    enrolled = sum(own[f"disabled_{k}"] for k in ("special_class", "inclusive", "home"))
    assert enrolled + own["disabled_special_school"] == own["disabled_registered"]
    assert all(value == 0 for item, value in own.items() if item.startswith("veto_"))
    for row in rows["monitoring"]:
        assert row["level"] >= 3
        assert row["between_school_rate"] < 0.15
    money = {}
    for row in rows["answer"]:
        if row["item_id"] in ("training_budget_yuan", "running_budget_yuan"):
            money.setdefault(row["school_id"], {})[row["item_id"]] = row["value"]
    assert len(money) == 28
    assert all(m["training_budget_yuan"] >= 0.05 * m["running_budget_yuan"] for m in money.values())


def test_the_solver_still_gives_the_file():
    text = (solver.DATA / "zhoucun_base.csv").read_text("utf-8")
    assert solver.write_base(solver.solve()) == text


def test_files_lie_where_raw_drops_lie(tmp_path):
    names = {path.relative_to(tmp_path).as_posix() for path in write_zhoucun(tmp_path)}
    assert "2021/autumn/样例（合成数据）_周村区_小学.xlsx" in names
    assert "2021/autumn/returns/样例（合成数据）_周村区_县级填报表.xlsx" in names
    assert "2015/autumn/returns/样例（合成数据）_周村区_学生异动.xlsx" in names
    assert "2020/spring/returns/样例（合成数据）_周村区_学生异动.xlsx" in names
    with pytest.raises(ValueError, match="unknown shape"):
        write_zhoucun(tmp_path, "pdf")
