"""Errors as clerks make them: which are found, where, and what else is flagged.

``pytest --long -s tests/slips`` makes many more and prints the table of README.md.
"""

from __future__ import annotations

import shutil

import pytest

from dagster_project import sample
from tests.slips.oracle import IMPOSSIBLE, LARGE
from tests.slips.trial import Trial, World, table

RETURNS = ("school_return", "county_return", "roster", "movement")


def _county(raw):
    sample.write_pingluo(raw, school_years=range(2020, 2024), returns=True)


def _workbooks(raw):
    sample.write_pingluo(raw, "workbook")


def _holds(*trials: Trial) -> None:
    print(*table(trials), sep="\n")
    total = Trial([o for trial in trials for o in trial.outcomes])
    elsewhere = [line for trial in trials for line in trial.elsewhere]
    for line in elsewhere:
        print("elsewhere:", line)
    for outcome in total.missed(IMPOSSIBLE, LARGE):
        print("missed:", outcome)
    census = [o for o in total.outcomes if o.kind == "census"]
    assert total.share(lambda o: o in census and o.effect == IMPOSSIBLE) >= 0.99
    assert total.share(lambda o: o in census and o.effect == LARGE) >= 0.90
    assert total.share(lambda o: o.kind in RETURNS and o.effect in (IMPOSSIBLE, LARGE)) >= 0.95
    assert elsewhere == []


def test_one_of_every_slip(tmp_path):
    _holds(World(tmp_path, "flat", _county).run(seed=1, per_slip=1, most=12))


@pytest.mark.long
def test_many_slips(tmp_path, shared):
    def open_census(raw):
        for path in sorted((shared / "census" / "tw_moe_basec").glob("*_basec.csv"))[-3:]:
            folder = raw / str(int(path.name[:3]) + 1911) / "autumn"
            folder.mkdir(parents=True)
            shutil.copy(path, folder)

    _holds(
        World(tmp_path / "flat", "flat", _county).run(seed=2, per_slip=12, most=14),
        World(tmp_path / "workbook", "workbook", _workbooks).run(seed=3, per_slip=10, most=20),
        World(tmp_path / "real", "open census", open_census).run(seed=4, per_slip=30, most=200),
    )
