"""The county's whole verdict: by the marts' own formula, before and after plans and works."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import docx
import pytest

from dagster_project.figures.published import Published
from dagster_project.planning.changes import parse
from dagster_project.planning.county import read_county
from dagster_project.planning.plan import make_plan
from dagster_project.planning.plan_file import document, write_plan
from dagster_project.planning.prices import read_prices
from dagster_project.planning.whatif import Scenario
from dagster_project.planning.whole import decided, indicator_verdict, whole_after, whole_of
from dagster_project.planning.works import total


@pytest.fixture(scope="module")
def places(loaded):
    with Published(loaded.warehouse) as published:
        verdicts = published.rows(
            "select county_code, attains, items_met, items_total from marts.county_verdict"
            " where standard_id = '2017'"
        )
    return [(read_county(loaded.warehouse, row["county_code"]), row) for row in verdicts]


def test_a_county_attains_exactly_where_the_marts_say_so(places):
    assert len(places) >= 2
    for county, row in places:
        whole = whole_of(county)
        assert whole.attains is row["attains"]
        assert (whole.met, whole.total) == (row["items_met"], row["items_total"])


@pytest.mark.parametrize(
    ("verdicts", "attains"),
    [
        (["met", "met"], True),
        (["met", "not_due", "not_applicable"], True),
        (["met", "not_met", "not_reported"], False),
        (["met", "not_reported"], None),
        (["met", "unverified"], None),
        (["not_due"], None),
        ([], None),
    ],
)
def test_one_verdict_decides(verdicts, attains):
    assert decided(verdicts) is attains


def test_an_indicator_is_judged_anew_as_the_marts_judge_it(places):
    for (county, _), number in product(places, range(1, 8)):
        assert indicator_verdict(county, f"L{number}") == county.items[f"L{number}"]


def pingluo(places):
    return next(county for county, _ in places if county.county_code == "640221")


def test_works_open_as_many_classes_as_the_pupils_need(loaded, places):
    """Pupils over the limit of 45 and 50, a room a class, the county's teachers per class."""
    county = pingluo(places)
    with Published(loaded.warehouse) as published:
        sizes = published.rows(
            "select school_id, stage, classes, pupils from marts.class_size"
            " where county_code = '640221' and over_standard > 0 and term = 'autumn'"
        )
        ((primary, junior),) = (
            tuple(row.values())
            for row in published.rows(
                "select sum(teachers) filter (stage = 'primary') / sum(classes) filter"
                " (stage = 'primary'), sum(teachers) filter (stage = 'junior') / sum(classes)"
                " filter (stage = 'junior') from marts.county_enrolment"
                " where county_code = '640221'"
            )
        )
    limits, per_class = {"primary": 45, "junior": 50}, {"primary": primary, "junior": junior}
    expected = {
        (row["school_id"], row["stage"]): max(
            math.ceil(row["pupils"] / limits[row["stage"]]) - int(row["classes"]), 0
        )
        for row in sizes
    }
    found = {
        (work.school_id, work.stage): work.amounts for work in county.works if work.item_id == "G5"
    }
    assert {key: amounts.classes for key, amounts in found.items()} == expected
    assert sum(expected.values()) > 5
    for (_, stage), amounts in found.items():
        assert amounts.rooms == amounts.classes
        assert amounts.teachers == math.ceil(amounts.classes * per_class[stage])
    (size,) = (work for work in county.works if work.item_id == "G4")
    assert (size.school_name, size.amounts.pupils) == ("平罗四中", 16)
    money = total(work for work in county.works if work.item_id == "Q4").yuan
    with Published(loaded.warehouse) as published:
        ((asked,),) = (
            tuple(row.values())
            for row in published.rows(
                "select coalesce(sum(shortfall), 0) from marts.gap"
                " where county_code = '640221' and item_id = 'Q4'"
            )
        )
    assert money == asked


def test_what_is_not_met_is_never_called_attaining(places):
    """平罗县 meets the seven and has large classes: nothing to change is not to attain."""
    county = pingluo(places)
    plan = make_plan(county, read_prices())
    assert plan.status == "attains" and plan.whole_before.attains is False
    assert document(plan)["status"] == "seven_met"
    assert plan.whole_before.those("not_met") == ["G4", "G5"]
    assert plan.whole_after.those("not_met") == []
    assert plan.whole_after.attains is None  # G7 and others are not reported
    waiting = replace(county, works=tuple(replace(work, is_tainted=True) for work in county.works))
    assert make_plan(waiting, read_prices()).whole_after.attains is False


def test_whatif_says_what_becomes_of_the_county(places):
    county = pingluo(places)
    options = {"close_gaps": None, "leave_out": None, "leave_out_flagged": False}
    worse = Scenario(county).apply(
        parse(**options, merge=None, move=None, add=["90000000:L6:城关一小"])
    )
    assert indicator_verdict(worse, "L6") == "not_met"
    after = whole_after(county, worse)
    assert after.items["L6"] == indicator_verdict(worse, "L6")
    assert {item for item in county.items if after.items[item] != county.items[item]} <= {"L6"}
    merged = Scenario(county).apply(
        parse(**options, merge=["灵沙九年制学校+陶乐二小"], move=None, add=None)
    )
    assert whole_after(county, merged).those("unverified")[:3] == ["G3", "G4", "G5"]


def test_a_plan_is_handed_in_as_a_document(places, tmp_path):
    county = pingluo(places)
    path = tmp_path / "plan.docx"
    write_plan(make_plan(county, read_prices()), path)
    written = docx.Document(str(path))
    rows = [[cell.text for cell in row.cells] for table in written.tables for row in table.rows]
    assert rows[0][1:] == ["学校", "措施", "费用（万元）", "责任单位", "完成时限（建议）"]
    assert {row[1] for row in rows[1:] if len(row) == 6} >= {"平罗四中", "城关八小"}
    text = "\n".join(paragraph.text for paragraph in written.paragraphs)
    assert "平罗县义务教育优质均衡发展整改方案" in text.replace("\n", "").replace(" ", "")
    assert "未达到优质均衡标准" in text and "仍不达标" not in text
    assert written.core_properties.category == "整改方案"
