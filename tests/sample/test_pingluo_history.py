"""The sample county 2020-2023: movements, rosters and returns lead to what the circular prints."""

from __future__ import annotations

import csv
import importlib.util
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from dagster_project.census.opening.source import open_source
from dagster_project.census.place import place_of
from dagster_project.census.reading import Place
from dagster_project.census.returns import read as reader
from dagster_project.census.workbook import read as workbook
from dagster_project.sample import pingluo, pingluo_returns, write_pingluo
from dagster_project.sample import workbook as sample_workbook

_SPEC = importlib.util.spec_from_file_location(
    "identities", Path(__file__).with_name("identities.py")
)
identities = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(identities)

YEARS = range(2020, 2024)
GRADES = {"primary": 6, "junior": 3}
SIGN = {"transfer_in": 1, "resumed": 1, "transfer_out": -1, "suspended": -1, "death": -1}
# circular of 2024-02-04, III.1
COHORT_2020 = {
    "entrant": 3526,
    "transfer_in": 108,
    "resumed": 30,
    "transfer_out": 77,
    "suspended": 43,
    "death": 1,
    "graduate": 3543,
}


@pytest.fixture(scope="module")
def counties():
    return {year: pingluo.county(year) for year in YEARS}


@pytest.fixture(scope="module")
def rows():
    return pingluo_returns.returns_rows(YEARS)


def records(counties, year):
    return {s.attributes["school_id"]: s for s in counties[year].records()}


def test_identities_hold_in_every_year(counties):
    for county in counties.values():
        assert identities.broken(county) == []


def test_the_same_28_schools_stand_in_every_year(counties):
    ids = [sorted(county.schools["school_id"]) for county in counties.values()]
    assert ids == [ids[0]] * 4
    assert len(ids[0]) == 28


def test_the_cohort_of_2020_is_the_printed_one(rows):
    kinds = Counter()
    for row in rows["movement"]:
        if (row["stage"], row["cohort"]) == ("junior", 2020):
            kinds[row["kind"]] += row["pupils"]
    assert kinds == COHORT_2020
    came, went, died = kinds["transfer_in"], kinds["transfer_out"], kinds["death"]
    default = Decimal(kinds["graduate"]) / (kinds["entrant"] + came - went - died)
    other = Decimal(kinds["graduate"] - came + went) / (kinds["entrant"] - died)
    step = Decimal("0.00001")
    assert default.quantize(step, ROUND_HALF_UP) == Decimal("0.99634")
    assert other.quantize(step, ROUND_HALF_UP) == Decimal("0.99631")
    assert kinds["entrant"] + sum(SIGN[k] * kinds[k] for k in SIGN) == kinds["graduate"]


def test_six_semesters_of_movements(rows):
    semesters = {(row["school_year"], row["term"]) for row in rows["movement"]}
    assert semesters == {(y, term) for y in (2020, 2021, 2022) for term in ("autumn", "spring")}
    for row in rows["movement"]:
        assert row["cohort"] == row["school_year"] - row["grade"] + 1
        assert row["pupils"] > 0
        if row["kind"] == "entrant":
            assert (row["term"], row["grade"]) == ("autumn", 1)
        if row["kind"] == "graduate":
            assert (row["term"], row["grade"]) == ("spring", GRADES[row["stage"]])


def test_cohorts_move_up_by_their_movements(counties, rows):
    moved, graduates = Counter(), Counter()
    for row in rows["movement"]:
        key = row["school_id"], row["stage"], row["school_year"], row["grade"]
        if row["kind"] in SIGN:
            moved[key] += SIGN[row["kind"]] * row["pupils"]
        elif row["kind"] == "graduate":
            graduates[key] += row["pupils"]
    for year, following in pairwise(YEARS):
        then, now = records(counties, year), records(counties, following)
        for school_id, school in then.items():
            for stage, own in school.stages.items():
                for grade in range(1, GRADES[stage] + 1):
                    key = school_id, stage, year, grade
                    left = own[f"pupils_grade_{grade}"] + moved[key]
                    if grade < GRADES[stage]:
                        assert left == now[school_id].stages[stage][f"pupils_grade_{grade + 1}"]
                    else:
                        assert left == graduates[key] == now[school_id].stages[stage]["graduates"]


def test_form_331_adds_up_the_semesters_of_the_year_before(counties, rows):
    names = {
        "transfer_in": "transfers_in",
        "transfer_out": "transfers_out",
        "death": "deaths",
        "resumed": "resumed",
        "suspended": "suspended",
    }
    sums = Counter()
    for row in rows["movement"]:
        sums[row["school_id"], row["stage"], row["school_year"], row["kind"]] += row["pupils"]
    for year, following in pairwise(YEARS):
        then = records(counties, year)
        for school_id, school in records(counties, following).items():
            for stage, own in school.stages.items():
                assert own["flow_opening"] == then[school_id].stages[stage]["pupils"]
                for kind, name in names.items():
                    assert own[f"flow_{name}"] == sums[school_id, stage, year, kind]


def test_junior_entrants_of_every_autumn_left_a_primary_school(counties):
    for county in counties.values():
        primary, junior = (county.stages[s].figures for s in ("primary", "junior"))
        assert junior["entrants"].sum() <= primary["graduates"].sum()
    assert counties[2020].stages["junior"].figures["entrants"].sum() == 3526


def test_a_workbook_of_2020_holds_form_331(tmp_path, counties):
    school = counties[2020].records()[25]
    source = open_source(sample_workbook.write(tmp_path, school))
    reading = workbook.read(source, "0" * 64, Place(2020, "autumn"))
    (row,) = [row for batch in reading.sections for row in batch.to_pylist()]
    flows = {k: v for k, v in school.stages["junior"].items() if k.startswith("flow_")}
    assert {name: row[name] or 0 for name in flows} == flows


BINS = (25, 30, 35, 40, 45, 50, 55, 60, 65, 10**6)
BIN_NAMES = ("le25", "26_30", "31_35", "36_40", "41_45", "46_50", "51_55", "56_60", "61_65", "ge66")


def test_rosters_of_autumn_are_the_classes_of_the_census(counties, rows):
    classes, pupils = Counter(), Counter()
    for row in rows["roster"]:
        if row["term"] == "autumn":
            name = BIN_NAMES[next(b for b, top in enumerate(BINS) if row["pupils"] <= top)]
            key = row["school_year"], row["school_id"], row["stage"]
            classes[(*key, name)] += 1
            pupils[(*key, row["grade"])] += row["pupils"]
        assert 0 <= row["girls"] <= row["pupils"]
    for year in YEARS:
        for school_id, school in records(counties, year).items():
            for stage, own in school.stages.items():
                for name in BIN_NAMES:
                    assert own[f"classes_{name}"] == classes[year, school_id, stage, name]
                for grade in range(1, GRADES[stage] + 1):
                    expected = own[f"pupils_grade_{grade}"]
                    assert pupils[year, school_id, stage, grade] == expected


def test_rosters_show_the_printed_large_classes(rows):
    of_2023 = [row for row in rows["roster"] if row["school_year"] == 2023]
    primary = [row["pupils"] for row in of_2023 if row["stage"] == "primary"]
    junior = [row["pupils"] for row in of_2023 if row["stage"] == "junior"]
    assert (len(primary), sum(primary)) == (428, 17930)
    assert (len(junior), sum(junior)) == (213, 9883)
    assert sum(size > 45 for size in primary) == 178
    assert sum(size > 50 for size in junior) == 30
    names = [(r["school_id"], r["stage"], r["grade"], r["class_name"]) for r in of_2023]
    assert len(set(names)) == len(names)


def test_rosters_of_spring_follow_from_autumn(rows):
    sums = Counter()
    for row in rows["roster"]:
        sums[row["term"], row["school_year"], row["school_id"], row["stage"]] += row["pupils"]
    for row in rows["movement"]:
        if row["term"] == "autumn" and row["kind"] in SIGN:
            key = "autumn", row["school_year"], row["school_id"], row["stage"]
            sums[key] += SIGN[row["kind"]] * row["pupils"]
    for (term, *key), pupils in sums.items():
        if term == "spring":
            assert pupils == sums["autumn", *key]


def answers(rows, **wanted):
    found = {}
    for row in rows["answer"]:
        if all(row[name] == value for name, value in wanted.items()):
            found[row["school_name"], row["stage"], row["item_id"]] = row["value"]
    return found


def test_training_money_falls_short_in_the_five_named_schools(rows):
    found = answers(rows)
    shares = {
        name: found[name, None, "training_budget_yuan"] / value
        for (name, _, item), value in found.items()
        if item == "running_budget_yuan"
    }
    short = {name for name, share in shares.items() if share < 0.05}
    assert len(shares) == 28
    assert short == {"平罗六中", "陶乐中学", "城关五小", "城关八小", "红瑞燕宝小学"}


def test_every_teacher_is_trained_and_certified(rows, counties):
    for item in ("teachers_certified", "teachers_trained_360h"):
        found = {k[:2]: v for k, v in answers(rows, item_id=item).items()}
        assert sum(found.values()) == 1903
        for school in counties[2023].records():
            for stage, own in school.stages.items():
                assert found[school.attributes["school_name"], stage] == own["teachers"]


def test_county_return_has_the_printed_numerators(rows, shared):
    own = {item: value for (_, _, item), value in answers(rows, school_id=None).items()}
    with (shared / "domain" / "published_claims.csv").open(encoding="utf-8-sig") as file:
        claims = {row["claim_id"]: row for row in csv.DictReader(file)}

    def printed(claim):
        return [int(claims[claim][part]) for part in ("numerator", "denominator")]

    assert printed("PL-17") == [own["exchange_moved"], own["exchange_eligible"]]
    assert printed("PL-18") == [own["exchange_moved_backbone"], own["exchange_moved"]]
    assert printed("PL-20") == [own["quota_places"], own["senior_places"]]
    enrolled = ("special_class", "inclusive", "special_school", "home")
    assert printed("PL-22") == [
        sum(own[f"disabled_{where}"] for where in enrolled),
        own["disabled_registered"] - own["disabled_deferred"],
    ]
    assert own["nearby_rate_primary"] == own["nearby_rate_junior"] == 1
    assert own["migrant_children"] == own["migrant_children_placed"] == 4207
    assert own["left_behind_children"] == own["left_behind_children_placed"] == 183
    vetoes = [value for item, value in own.items() if item.startswith("veto_")]
    assert vetoes == [0] * 6


def test_what_the_circular_does_not_print_is_not_returned(rows):
    asked = {row["item_id"] for row in rows["answer"]}
    silent = {"satisfaction_rate", "teacher_pay_yuan", "special_education_funding_yuan"}
    assert not asked & silent
    assert "monitoring" not in rows


def test_art_rooms_are_enough_and_lawful(rows, counties):
    rooms = Counter()
    for row in rows["art_room"]:
        school = records(counties, 2023)[row["school_id"]]
        rooms[row["school_id"], row["stage"], row["kind"]] += 1
        largest = max(
            r["pupils"]
            for r in rows["roster"]
            if (r["school_year"], r["school_id"], r["stage"])
            == (2023, row["school_id"], row["stage"])
        )
        rural = school.attributes["urban_rural_code"] in ("210", "220")
        if rural and largest < 30:
            least = {"primary": 54, "junior": 61}[row["stage"]]
        elif row["built_year"] <= 2016:
            least = {"music": 73, "fine_art": 67}[row["kind"]]
        else:
            least = {"music": 96, "fine_art": 90}[row["kind"]]
        assert row["area_m2"] >= least
    for school_id, school in records(counties, 2023).items():
        for stage, own in school.stages.items():
            for kind in ("music", "fine_art"):
                assert rooms[school_id, stage, kind] * 12 >= own["classes"]
    years = {row["built_year"] > 2016 for row in rows["art_room"]}
    assert years == {True, False}
    assert min(row["area_m2"] for row in rows["art_room"]) < 67


@pytest.fixture(scope="module")
def history_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    return folder, write_pingluo(folder, school_years=YEARS, returns=True)


def test_history_lies_where_raw_drops_lie(history_files):
    folder, files = history_files
    names = {path.relative_to(folder).as_posix() for path in files}
    assert len(files) == len(names) == 24
    assert all("样例（合成数据）" in name for name in names)
    for year in range(2020, 2023):
        for term in ("autumn", "spring"):
            for what in ("班级名册", "学生异动"):
                assert f"{year}/{term}/returns/样例（合成数据）_平罗县_{what}.xlsx" in names


def as_counts(rows, *names):
    return Counter(tuple(row[name] for name in names) for row in rows)


def test_returns_read_back_whole(history_files, rows):
    folder, files = history_files
    found = {}
    for path in files:
        source = open_source(path)
        if reader.recognises(source):
            reading = reader.read(source, "0" * 64, place_of(path.relative_to(folder)))
            assert reading.drift == ()
            for part, table in reading.parts.items():
                found.setdefault(part, []).extend(table.to_pylist())
    place = ("school_year", "term", "county_code", "school_id", "stage")
    for part, names in {
        "roster": (*place, "grade", "class_name", "pupils", "girls"),
        "movement": (*place, "grade", "cohort", "kind", "pupils"),
        "answer": (*place, "item_id", "value", "evidence"),
        "art_room": (*place, "kind", "area_m2", "built_year"),
    }.items():
        assert as_counts(found[part], *names) == as_counts(rows[part], *names), part
    assert len(found["claim"]) == 26
    assert not found["monitoring"]


def test_one_year_stays_two_flat_files(tmp_path):
    files = write_pingluo(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        f"2023/autumn/样例（合成数据）_平罗县_{stage}.xlsx" for stage in ("小学", "初中")
    ]


def test_returns_are_the_same_bytes_each_time(tmp_path, history_files):
    _, files = history_files
    again = write_pingluo(tmp_path, school_years=[2023], returns=True)
    assert [path.name for path in again] == [path.name for path in files if "/2023/" in str(path)]
    for path, other in zip(again, [p for p in files if "/2023/" in str(p)], strict=True):
        assert path.read_bytes() == other.read_bytes(), path.name
