"""One xlsx of 20,000 rows and some 300 columns: the load against a script with openpyxl."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from tests.benchmarks import commands, inputs
from tests.benchmarks.commands import Runs
from tests.benchmarks.measure import measure


def province(work: Path, quick: bool, runs: int) -> Runs:
    """The primary sections of a large province in one sheet, all indicators of 2017 from it."""
    raw = inputs.one_sheet(work, inputs.QUICK if quick else inputs.PROVINCE)
    (sheet,) = raw.glob("*/*/*.xlsx")
    warehouse, out = work / "warehouse", work / "by_openpyxl.csv"
    results: Runs = {}
    commands.keep_manifest()
    for _ in range(runs):
        shutil.rmtree(warehouse, ignore_errors=True)
        results.setdefault("load", []).append(commands.load(raw, warehouse))
        script = measure([*commands.OPENPYXL, str(sheet), str(out)])
        results.setdefault("openpyxl script", []).append(script)
    _check(warehouse, out)
    shutil.rmtree(warehouse)
    return results


def _check(warehouse: Path, out: Path) -> None:
    """Sections that stand alone have the same values.

    No teaching point is merged into them, and they share nothing with a junior section: that is in
    another file, so the load leaves open what the script takes for theirs (``split_unknown``).
    """
    rows, shared, differing = duckdb.execute(
        f"""
        with script as (from read_csv('{out}', types = {{'school_id': 'varchar'}}))
        select
            (select count(*) from script),
            count(*),
            count(*) filter (where not coalesce(
                abs(mart.value - script.value) <= 1e-9 * greatest(abs(script.value), 1),
                mart.value is null and script.value is null
            ))
        from '{warehouse / "published" / "school_indicator.parquet"}' as mart
        join script using (school_id, indicator_id, pupils)
        where mart.standard_id = '2017' and mart.value_status <> 'split_unknown'
        """
    ).fetchall()[0]
    if differing or not shared:
        raise SystemExit(
            f"The load and the openpyxl script differ in {differing} of {shared} values in common"
            f" ({rows} in all)."
        )
