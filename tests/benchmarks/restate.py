"""What changes little: a year added to nine, a county in ten nation-years, a school in a county."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from tests.benchmarks import commands, inputs
from tests.benchmarks.commands import Runs

YEARS, QUICK_YEARS = 10, 2
COUNTY_YEARS, QUICK_COUNTY_YEARS = (1, 4, 10, 20), (2,)


def restate(work: Path, quick: bool, runs: int) -> Runs:
    """The last year added to the others, then a corrected file of one county of that year.

    Ends with an error unless exactly the county's figures, and roll-ups that hold them, moved.
    """
    size, years = (inputs.QUICK, QUICK_YEARS) if quick else (inputs.NATION, YEARS)
    raw = inputs.flat(work, size, years)
    warehouse = work / "warehouse"
    shutil.rmtree(warehouse, ignore_errors=True)
    commands.keep_manifest()
    last, held = raw / str(inputs.LAST_YEAR), work / "held"
    shutil.move(last, held)
    results: Runs = {"load, all years but the last": [commands.load(raw, warehouse)]}
    shutil.move(held, last)
    results["load, the last year added"] = [commands.load(raw, warehouse)]
    for number in range(1, runs + 1):
        county, correction = inputs.correct_a_county(raw, number)
        done = commands.load(raw, warehouse)
        correction.unlink()
        results.setdefault("load, one county restated", []).append(done)
        _check(warehouse, county)
    shutil.rmtree(warehouse)
    return results


def correct(work: Path, quick: bool, runs: int) -> Runs:
    """One school of a county corrects itself, after so many years of the county."""
    results: Runs = {}
    for years in QUICK_COUNTY_YEARS if quick else COUNTY_YEARS:
        raw = inputs.flat(work, inputs.QUICK if quick else inputs.COUNTY, years)
        warehouse = work / "warehouse"
        shutil.rmtree(warehouse, ignore_errors=True)
        commands.keep_manifest()
        commands.load(raw, warehouse)
        for number in range(runs + 1):  # the first notes what dbt does with years
            _, correction = inputs.correct_a_county(raw, 1, schools=number + 1)
            done = commands.load(raw, warehouse)
            if number:
                label = f"load, one school corrected in {years} year(s) of a county"
                results.setdefault(label, []).append(done)
        correction.unlink()
    shutil.rmtree(warehouse)
    return results


def _check(warehouse: Path, county: str) -> None:
    """The restatement lists figures of the county and of the regions it lies in, and no others.

    But for ranks: who overtakes others moves them down.
    """
    with duckdb.connect(str(warehouse / "junheng.duckdb"), read_only=True) as connection:
        own, foreign = connection.execute(
            """
            select
                count(*) filter (where county_code = $county),
                count(*) filter (where column_name not like 'rank_%' and (
                    county_code <> $county or (county_code is null and not exists (
                        select 1 from unnest([$county[:4], $county[:2], 'CN']) as above(code)
                        where row_key like '%region_code=' || code || ';%'
                            or row_key like '%region_code=' || code
                    )
                )))
            from marts.restatement
            where publish_id = (select max(publish_id) from marts.restatement)
            """,
            {"county": county},
        ).fetchall()[0]
    if not own or foreign:
        raise SystemExit(
            f"After restating {county} the restatement lists {own} of its figures and {foreign}"
            " of others; expected some and none."
        )
