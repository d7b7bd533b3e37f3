"""The benchmark's own parts, on a few schools: inputs, bare script and the watch over a process."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest

from tests.benchmarks import inputs, queries
from tests.benchmarks.bare import FIGURES
from tests.benchmarks.by_openpyxl import indicators
from tests.benchmarks.measure import CommandFailed, measure


@pytest.fixture(scope="module")
def coefficients(tmp_path_factory) -> dict[str, Path]:
    """Coefficients of the same few schools, by the file shape that the bare script read."""
    found = {}
    for shape, write in (("workbooks", inputs.workbooks), ("flat", inputs.flat)):
        work = tmp_path_factory.mktemp(shape)
        raw, out = write(work, inputs.QUICK), work / "out"
        command = [sys.executable, "-m", "tests.benchmarks.bare", shape, raw, inputs.points(raw)]
        measure([str(part) for part in (*command, out)])
        found[shape] = out / "county_coefficient.parquet"
    return found


@pytest.mark.parametrize("shape", ["workbooks", "flat"])
def test_bare_script_gives_every_county_its_coefficients(coefficients, shape):
    counties, found, highest = duckdb.sql(
        "select count(distinct county_code), count(cv), max(cv)"
        f" from '{coefficients[shape]}' where standard_id = '2017'"
    ).fetchall()[0]
    assert counties == inputs.QUICK_COUNTIES
    assert found == inputs.QUICK_COUNTIES * 2 * 7  # both stages, seven indicators
    assert 0 < highest < 3


def test_both_shapes_of_the_same_schools_have_the_same_means(coefficients):
    def means(path):
        return duckdb.sql(
            f"select county_code, stage, indicator_id, round(mean, 9) from '{path}'"
            " where indicator_id in ('L4', 'L5', 'C1') order by all"
        ).fetchall()

    assert means(coefficients["workbooks"]) == means(coefficients["flat"])


def test_a_correction_holds_one_county_with_one_more_room_each(tmp_path):
    raw = inputs.flat(tmp_path, inputs.QUICK)
    county, path = inputs.correct_a_county(raw, 2)
    assert path.parent.name == "更正" and path.name.startswith(county)
    old = set(next(raw.glob("*/*/*小学.csv")).read_text("gb18030").splitlines())
    new = path.read_text("gb18030").splitlines()
    assert set(new[:4]) <= old and len(new) > 4
    assert all(county in line and line not in old for line in new[4:])


def test_the_openpyxl_script_computes_the_seven_indicators_as_the_rules_say():
    row = dict.fromkeys(FIGURES) | {
        "pupils": 200.0, "teachers_bachelor": 9.0, "backbone_teachers": 2.0, "teachers_pe": 2.0,
        "teaching_area_m2": 700.0, "indoor_sports_area_m2": 100.0, "sports_ground_area_m2": 1000.0,
        "equipment_value_yuan": 30.0, "multimedia_rooms": 3.0,
    }  # fmt: skip
    expected = {"L1": 4.5, "L2": 1, "L3": 1, "L4": 3, "L5": 5.5, "L6": 1500, "L7": 1.5}
    assert indicators(row) == pytest.approx(expected)
    assert set(indicators(row | {"pupils": 0.0}).values()) == {None}


def test_queries_are_timed_file_by_file_and_none_are_no_error(tmp_path):
    with duckdb.connect(str(tmp_path / "junheng.duckdb")) as connection:
        connection.execute("create table t as select 1 as x")
    folder = tmp_path / "queries"
    assert queries.run(tmp_path, folder, tmp_path, quick=True) == {}
    folder.mkdir()
    (folder / "all.sql").write_text("-- 全部\nselect * from t;\nselect count(*) from t", "utf-8")
    timed = queries.run(tmp_path, folder, tmp_path, quick=True)
    assert [len(seconds) for seconds in timed.values()] == [queries.REPEATED]
    assert list(timed) == ["all"]


def test_a_process_is_watched_with_its_children():
    child = "x = bytearray(80_000_000); import time; time.sleep(0.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    seen = measure([sys.executable, "-c", parent + "; print('read …')"])
    assert seen.largest >= 80_000_000
    assert seen.tree > seen.largest
    assert list(seen.stages) == ["start", "read"]


def test_a_command_that_fails_says_what_it_printed():
    with pytest.raises(CommandFailed, match="no such county"):
        measure([sys.executable, "-c", "raise SystemExit('no such county')"])
