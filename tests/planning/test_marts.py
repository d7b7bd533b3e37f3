"""The formulas here and the marts of a real load are the same; the commands read the warehouse."""

from __future__ import annotations

import json
import subprocess
import sys

import duckdb
import numpy as np
import openpyxl
import pytest

from dagster_project.planning import formulas
from dagster_project.planning.changes import parse
from dagster_project.planning.county import CountyNotFound, read_county
from dagster_project.planning.whatif import Scenario

COUNTIES = ("640221", "110121")
CLOSE = {"rel": 1e-12, "abs": 1e-12, "nan_ok": True}


@pytest.fixture(scope="module")
def ask(loaded):
    with duckdb.connect(str(loaded.database), read_only=True) as connection:
        yield lambda sql, *values: connection.execute(sql, list(values)).fetchall()


@pytest.mark.parametrize("standard", ["2017", "2012"])
@pytest.mark.parametrize("code", COUNTIES)
def test_values_verdicts_and_coefficients_are_those_of_the_marts(loaded, ask, code, standard):
    county = read_county(loaded.warehouse, code, standard_id=standard)
    cleaned = Scenario(county).apply(parse(leave_out_flagged=True))
    compared = 0
    for stage, part in county.stages.items():
        values, verdicts = county.values(stage), county.verdicts(stage)
        found = county.spread(stage)
        for k, one in enumerate(county.indicators):
            key = (code, standard, stage, one.indicator_id)
            rows = ask(
                "select school_id, value, verdict from marts.school_indicator where county_code = ?"
                " and standard_id = ? and stage = ? and indicator_id = ?"
                " and value_status <> 'no_pupils'",
                *key,
            )
            assert {school_id for school_id, *_ in rows} == set(part.school_ids)
            for school_id, value, verdict in rows:
                i = part.school_ids.index(school_id)
                assert values[i, k] == pytest.approx(np.nan if value is None else value, **CLOSE)
                assert verdicts[i, k] == (verdict or "")
                compared += 1
            ((mean, deviation, cv, verdict, clean),) = ask(
                "select mean, std_dev, cv, verdict, cv_without_tainted"
                " from marts.county_coefficient"
                " where county_code = ? and standard_id = ? and stage = ? and indicator_id = ?",
                *key,
            )
            assert (found.mean[k], found.std_dev[k], found.cv[k]) == pytest.approx(
                (mean, deviation, cv), **CLOSE
            )
            assert county.coefficient_verdicts(stage)[k] == verdict
            assert cleaned.spread(stage).cv[k] == pytest.approx(clean, **CLOSE)
        if county.attains(stage) is not None:
            attaining = ask(
                "select school_id, attains from marts.school_attainment"
                " where county_code = ? and standard_id = ? and stage = ?",
                code,
                standard,
                stage,
            )
            assert dict(zip(part.school_ids, county.attains(stage), strict=True)) == dict(attaining)
    assert compared > 150


@pytest.mark.parametrize("code", COUNTIES)
def test_contributions_are_those_of_the_marts(loaded, ask, code):
    county = read_county(loaded.warehouse, code)
    for stage, part in county.stages.items():
        for k, one in enumerate(county.indicators):
            rows = ask(
                "select school_id, share, between_urban_rural, within from marts.cv_contribution"
                " where county_code = ? and stage = ? and indicator_id = ?",
                code,
                stage,
                one.indicator_id,
            )
            here = formulas.contributions(
                part.numerator[:, k], part.denominator[:, k], one.multiplier, list(part.areas)
            )
            for school_id, *there in rows:
                i = part.school_ids.index(school_id)
                assert [kind[i] for kind in here] == pytest.approx(there, rel=1e-9, abs=1e-12)


def test_shares_of_a_nine_year_school_are_its_weighted_pupils(loaded):
    county = read_county(loaded.warehouse, "640221")
    primary, junior = county.stages["primary"], county.stages["junior"]
    (row,) = (i for i, name in enumerate(primary.names) if name == "河东九年制学校")
    (other,) = (i for i, name in enumerate(junior.names) if name == "河东九年制学校")
    weighed = np.array([primary.pupils[row], 1.1 * junior.pupils[other]])
    assert [primary.share[row], junior.share[other]] == pytest.approx(
        formulas.split_shares(weighed)
    )


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({}, "Name one county with --county: .*640221"),
        ({"county": "平凉"}, "no county '平凉'"),
        ({"county": "平罗县", "school_year": 2001}, "published: 2023"),
        ({"standard_id": "2030"}, "published: 2012, 2017"),
    ],
)
def test_what_is_not_there_is_said(loaded, wanted, sentence):
    with pytest.raises(CountyNotFound, match=sentence):
        read_county(loaded.warehouse, **wanted)


def junheng(loaded, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [
            *(sys.executable, "-c", "from dagster_project.cli import main; main()"),
            *arguments,
            *("--warehouse", str(loaded.warehouse)),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_whatif_prints_old_and_new_as_json(loaded):
    done = junheng(
        loaded,
        *("whatif", "--county", "平罗县", "--move", "3:backbone:城关八小>城关一小"),
        *("--merge", "灵沙九年制学校+陶乐二小", "--format", "json"),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    changed = {(row["school_name"], row["indicator_id"]) for row in found["sections"]}
    assert ("城关八小", "L2") in changed and ("陶乐二小+灵沙九年制学校", "L4") in changed
    assert [row["sections_after"] for row in found["attainment"]] == [21, 9]


def test_whatif_refuses_with_a_sentence_and_exit_2(loaded):
    done = junheng(loaded, "whatif", "--county", "640221", "--move", "3:L2:无此校>城关一小")
    assert done.returncode == 2
    assert "'无此校'" in done.stderr and "Traceback" not in done.stderr


def test_plan_writes_a_workbook_that_adds_up(loaded, tmp_path):
    target = tmp_path / "plan.xlsx"
    done = junheng(loaded, "plan", "--county", "110121", "--out", str(target))
    assert done.returncode == 0, done.stderr
    # What is not reported stays so: of the county nobody can say that it attains.
    assert "With this the seven indicators are met" in done.stdout
    assert "The county's verdict:" in done.stdout and "county attains" not in done.stdout
    book = openpyxl.load_workbook(target)
    facts = dict(row[:2] for row in book["摘要 summary"].iter_rows(min_row=2, values_only=True))
    header, *rows = book["措施 changes"].iter_rows(values_only=True)
    paid = header.index("费用（元）cost (yuan)")
    assert sum(row[paid] for row in rows) == pytest.approx(facts["cost_yuan"])
    assert facts["status"] == "planned" and facts["gap"] <= 0.01
    coefficients = book["差异系数 coefficients"].iter_rows(min_row=2, values_only=True)
    assert all(row[-1] == "met" for row in coefficients if row[1] != "composite")
