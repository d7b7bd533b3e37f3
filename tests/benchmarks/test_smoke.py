"""The benchmark's own parts, on a few schools: inputs, bare script and the watch over a process."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest

from tests.benchmarks import inputs
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
