"""The dbt project computes the same on Spark as on DuckDB, from the same lake."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project import sample
from dagster_project.judgement.judge import Limits, judge
from dagster_project.lake.ingest import ingest
from dagster_project.lake.reference import write_reference
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake
from dagster_project.transform.dbt_project import build
from tests.spark.parity import compare

pytestmark = [pytest.mark.spark, pytest.mark.long]


def _built_on_both(folder: Path, drop: Callable[[Path], object]) -> Path:
    """The build folder of a load of what ``drop`` writes, done on DuckDB and then on Spark."""
    raw, lake, built = folder / "raw", Lake(folder / "lake"), folder / "build"
    drop(raw)
    assert not [e.reason for e in ingest(raw, lake, workers=2).entries if e.reason]
    write_reference(lake, raw)
    select(lake, built / "selection")
    judge(lake, built / "selection", built / "judgement", limits=Limits(folder / "judging"))
    on_duckdb = build(lake.root, built, judgement=built / "judgement")
    assert on_duckdb.success, on_duckdb.failures
    spark = [sys.executable, "-m", "dagster_project.transform.on_spark", str(lake.root), str(built)]
    done = subprocess.run(spark, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr[-4000:]
    return built


def _differences(built: Path) -> dict[str, dict[str, str]]:
    return {one.table: dict(one.differences) for one in compare(built) if one.differences}


def test_a_county_with_history_and_returns_is_equal_in_every_table(tmp_path):
    built = _built_on_both(
        tmp_path,
        lambda raw: sample.write_pingluo(raw, school_years=range(2020, 2024), returns=True),
    )
    assert _differences(built) == {}
    rows = {one.table: one.rows for one in compare(built)}
    assert rows["marts.school_indicator"] > 0
    assert rows["marts.retention"] > 0
    assert rows["marts.claim_audit"] > 0


def test_a_nation_of_20000_sections_is_equal_in_every_table(tmp_path):
    built = _built_on_both(
        tmp_path,
        lambda raw: sample.write_nation(raw, counties=290, schools=61, years=1, seed=1),
    )
    assert _differences(built) == {}
    rows = {one.table: one.rows for one in compare(built)}
    assert rows["marts.dim_section"] > 20_000
    assert rows["quality.flag"] > 0
