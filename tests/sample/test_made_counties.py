"""The city of four districts, the county whose schools merge, the county under a plan."""

from __future__ import annotations

import csv
import importlib.util
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dagster_project.census.read import read
from dagster_project.census.table.profile import load_profiles
from dagster_project.cli.app import app
from dagster_project.sample import pioneer, sucheng, weihai, write_city, write_pioneer, zhoucun

_SPEC = importlib.util.spec_from_file_location(
    "identities", Path(__file__).with_name("identities.py")
)
identities = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(identities)


def percent(part, whole):
    return (Decimal(100) * part / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)


def county_items(rows):
    """Value of every county item by (county code, school year)."""
    found = {}
    for row in rows["answer"]:
        assert row["school_id"] is None
        key = row["county_code"], row["school_year"]
        found.setdefault(key, {})[row["item_id"]] = row["value"]
    return found


@pytest.mark.parametrize("batches", [weihai.districts(), [sucheng.county(2020)]], ids=len)
def test_identities_hold(batches):
    for batch in batches:
        assert identities.broken(batch) == []


# the city


def test_the_city_exchanges_what_the_overview_prints():
    items = county_items(weihai.returns_rows())
    assert sorted(code for code, _ in items) == ["371002", "371003", "371082", "371083"]
    parts = ("exchange_moved_backbone", "exchange_moved", "exchange_eligible")
    backbone, moved, eligible = (sum(own[part] for own in items.values()) for part in parts)
    assert percent(moved, eligible) == Decimal("18.13")
    assert percent(backbone, moved) == Decimal("38.87")
    rates = [own["exchange_moved"] / own["exchange_eligible"] for own in items.values()]
    assert percent(Decimal(sum(rates)) / 4, 1) != Decimal("18.13")  # not a mean of rates


def test_no_class_of_the_city_is_too_large():
    rows = weihai.returns_rows()["roster"]
    pupils = sum(b.stages[s].figures["pupils"].sum() for b in weihai.districts() for s in b.stages)
    assert sum(row["pupils"] for row in rows) == pupils
    assert all(row["pupils"] <= (45 if row["stage"] == "primary" else 50) for row in rows)


def test_the_city_lies_in_one_file_per_stage(tmp_path):
    files = write_city(tmp_path)
    census = [path for path in files if path.parent.name == "autumn" and path.suffix == ".xlsx"]
    assert [p.name for p in census] == [
        f"样例（合成数据）_威海市_{s}.xlsx" for s in ("小学", "初中")
    ]
    reading = read(census[0], tmp_path, load_profiles(None))
    codes = {row["county_code"] for batch in reading.sections for row in batch.to_pylist()}
    assert codes == {"371002", "371003", "371082", "371083"}


# the pioneer county


@pytest.fixture(scope="module")
def pioneer_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pioneer")
    write_pioneer(folder)
    return folder


def tables(folder):
    """Rows of every year's table as the census reader has them."""
    profiles = load_profiles(folder)
    assert profiles.broken == ()
    for path in sorted(folder.glob("*/autumn/*先行县*.csv")):
        reading = read(path, folder, profiles)
        assert (reading.profile, reading.drift) == ("sample_pioneer", ())
        yield reading.school_year, [r for b in reading.sections for r in b.to_pylist()]


def succession(folder):
    with (folder / "mappings" / "succession.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_116_schools_become_19(pioneer_folder):
    by_year = dict(tables(pioneer_folder))
    assert sorted(by_year) == list(range(2007, 2022))
    kinds = Counter(row["school_type_code"] for row in by_year[2007])
    assert kinds == {"311": 9, "211": 107}
    last = pioneer.county().records()
    kinds = Counter(
        s.attributes["school_type_code"] for s in last if s.attributes["was_closed"] == "0"
    )
    assert kinds["211"] == 16
    assert kinds["311"] + kinds["312"] == 3  # 3 with junior pupils, one of them from grade 1 on
    closed = [s for s in last if s.attributes["was_closed"] == "1"]
    assert {s.attributes["school_name"] for s in closed} == {"新路小学", "第四中学", "东大街小学"}
    assert all(sum(own["pupils"] for own in s.stages.values()) == 0 for s in closed)
    assert identities.broken(pioneer.county()) == []


def test_succession_leads_every_school_to_one_that_is_open(pioneer_folder):
    open_in = {
        year: {row["school_id"] for row in rows if row["pupils"]}
        for year, rows in tables(pioneer_folder)
    }
    last = pioneer.county()
    pupils = sum(t.figures["pupils"].sum() for t in last.stages.values())
    assert pupils > 0
    open_in[2022] = {
        s.attributes["school_id"] for s in last.records() if s.attributes["was_closed"] == "0"
    }
    rows = succession(pioneer_folder)
    for year, following in pairwise(sorted(open_in)):
        gone = open_in[year] - open_in[following]
        steps = [row for row in rows if int(row["school_year"]) == following]
        for row in steps:
            assert row["school_id"] in open_in[year]
            assert row["successor_school_id"] in open_in[following]
        assert gone <= {row["school_id"] for row in steps}
        new = open_in[following] - open_in[year]
        assert new <= {row["successor_school_id"] for row in steps}
    shares = Counter()
    for row in rows:
        shares[row["school_id"], row["school_year"]] += Decimal(row["share"])
    assert set(shares.values()) == {Decimal(1)}
    kinds = Counter(row["kind"] for row in rows)
    assert kinds["campus"] == kinds["rename"] == 1
    assert kinds["split"] == 2
    in_2022 = [r for r in rows if r["school_year"] == "2022" and r["kind"] == "merge"]
    assert len({row["successor_school_id"] for row in in_2022}) == 1
    assert len(in_2022) == 2


def test_retention_of_the_pioneer_county():
    def flows(stage, cohort):
        kinds = Counter()
        for row in pioneer.returns_rows()["movement"]:
            if (row["stage"], row["cohort"]) == (stage, cohort):
                kinds[row["kind"]] += row["pupils"]
        return kinds

    primary, junior = flows("primary", 2013), flows("junior", 2019)
    three = junior["entrant"] + junior["transfer_in"] - junior["transfer_out"] - junior["death"]
    assert percent(junior["graduate"], three) == 100
    both = primary + junior
    nine = primary["entrant"] + both["transfer_in"] - both["transfer_out"] - both["death"]
    assert percent(junior["graduate"], nine) == Decimal("99.76")
    assert primary["graduate"] == junior["entrant"]


@pytest.mark.parametrize("made", [pioneer, zhoucun])
def test_every_cohort_whose_movements_are_all_told_balances(made):
    """entrants + in + resumed - out - suspended - deaths = graduates, to the pupil (DOMAIN §4)."""
    cohorts: dict[tuple, Counter] = defaultdict(Counter)
    for row in made.returns_rows()["movement"]:
        cohorts[row["stage"], row["cohort"]][row["kind"]] += row["pupils"]
    whole = {key: kinds for key, kinds in cohorts.items() if kinds["entrant"] and kinds["graduate"]}
    assert ("junior", 2019 if made is pioneer else 2018) in whole
    for key, kinds in whole.items():
        came = kinds["entrant"] + kinds["transfer_in"] + kinds["resumed"]
        went = kinds["transfer_out"] + kinds["suspended"] + kinds["death"] + kinds["dropout"]
        assert came - went == kinds["graduate"], key


def test_movements_name_schools_that_are_open(pioneer_folder):
    open_in = {
        year: {(row["school_id"], row["stage"]) for row in rows if row["pupils"]}
        for year, rows in tables(pioneer_folder)
    }
    for row in pioneer.returns_rows()["movement"]:
        assert (row["school_id"], row["stage"]) in open_in[row["school_year"]]


def test_returns_of_the_pioneer_county_are_the_printed_ones():
    items = county_items(pioneer.returns_rows())
    before, now = items["620999", 2021], items["620999", 2022]
    growth = now["education_budget_yuan"] / before["education_budget_yuan"] - 1
    assert now["education_budget_yuan"] == 257_000_000
    assert round(growth, 3) == 0.036
    assert now["education_budget_per_pupil_yuan"] > before["education_budget_per_pupil_yuan"]
    assert now["exchange_moved"] == 153
    places = ("special_class", "inclusive", "special_school", "home")
    enrolled = sum(now[f"disabled_{place}"] for place in places)
    assert percent(enrolled, now["disabled_registered"]) == Decimal("98.63")


def test_fewer_tables_of_the_pioneer_county(tmp_path):
    names = [path.name for path in write_pioneer(tmp_path, [2007, 2021])]
    assert sum("先行县" in name for name in names) == 2
    with pytest.raises(ValueError, match="2007 to 2022"):
        write_pioneer(tmp_path, [1999])


# the county under a plan


@pytest.mark.parametrize(("year", "fewest", "most"), [(2019, 10, 100), (2020, 1, 4), (2021, 0, 0)])
def test_large_classes_disappear_in_sucheng(year, fewest, most):
    figures = [table.figures for table in sucheng.county(year).stages.values()]
    assert sum(own["classes_ge66"].sum() for own in figures) == 0
    oversize = sum(
        own[name].sum() for own in figures for name in ("classes_56_60", "classes_61_65")
    )
    assert fewest <= oversize <= most
    rows = [row for row in sucheng.returns_rows()["roster"] if row["school_year"] == year]
    assert sum(row["pupils"] >= 56 for row in rows) == oversize


def test_sucheng_reaches_the_targets_of_its_plan():
    items = county_items(sucheng.returns_rows())
    years = [items["321302", year] for year in (2019, 2020, 2021)]
    assert all(own["exchange_moved"] >= 0.15 * own["exchange_eligible"] for own in years)
    for before, now in pairwise(years):
        for item in ("education_budget_yuan", "education_budget_per_pupil_yuan"):
            assert now[item] >= before[item]


def test_years_of_sucheng_follow_from_each_other():
    for year, following in pairwise((2019, 2020, 2021)):
        before, now = sucheng.county(year), sucheng.county(following)
        for stage in ("primary", "junior"):
            opening = now.stages[stage].figures["flow_opening"]
            assert (opening == before.stages[stage].figures["pupils"]).all()
    with pytest.raises(ValueError, match="2019 to 2021"):
        sucheng.county(2022)


# the command


@pytest.mark.parametrize(
    ("arguments", "code", "files"),
    [
        (["--county", "zhoucun"], 0, 18),
        (["--county", "sucheng"], 0, 12),
        (["--history"], 0, 24),
        (["--county", "atlantis"], 2, 0),
        (["--county", "weihai", "--history"], 2, 0),
        (["--county", "pioneer", "--shape", "workbook"], 2, 0),
    ],
)
def test_command_writes_the_county_asked_for(tmp_path, arguments, code, files):
    result = CliRunner().invoke(app, ["sample", str(tmp_path / "raw"), *arguments])
    assert result.exit_code == code, result.output
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == files
