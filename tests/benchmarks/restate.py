"""One county corrects itself in a warehouse of ten nation-years."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from tests.benchmarks import commands, inputs
from tests.benchmarks.commands import Runs

YEARS, QUICK_YEARS = 10, 2


def restate(work: Path, quick: bool, runs: int) -> Runs:
    """A corrected file of one county of the last year, and what ``junheng load`` takes for it.

    Ends with an error unless exactly the county's figures, and roll-ups that hold them, moved.
    """
    size, years = (inputs.QUICK, QUICK_YEARS) if quick else (inputs.NATION, YEARS)
    raw = inputs.flat(work, size, years)
    warehouse = work / "warehouse"
    shutil.rmtree(warehouse, ignore_errors=True)
    commands.keep_manifest()
    results: Runs = {"load, everything new": [commands.load(raw, warehouse)]}
    for number in range(1, runs + 1):
        county, correction = inputs.correct_a_county(raw, number)
        done = commands.load(raw, warehouse)
        correction.unlink()
        results.setdefault("load, one county restated", []).append(done)
        _check(warehouse, county)
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
