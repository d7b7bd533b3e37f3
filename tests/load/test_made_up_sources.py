"""Four sources that have nothing in common, in one load: every total proved, nothing mixed up."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from dagster_project.reports.documents import WEB
from tests.load import made_up
from tests.load.whole import Loaded, load_once

NATIONS = {"Ostland", "Westland", "Südland", "CN"}


@pytest.fixture(scope="session")
def sources(tmp_path_factory) -> tuple[Loaded, made_up.Totals]:
    found = load_once(tmp_path_factory, "made_up", made_up.drop, reports=8)
    return found, made_up.drop(tmp_path_factory.mktemp("again") / "raw")


def test_everything_loads_and_every_total_is_the_generators(sources):
    loaded, totals = sources
    assert loaded.query("select path, reason from quality.rejected_file") == []
    rows = loaded.query(
        "select nation, school_year, stage, sum(pupils), sum(classes), sum(teachers)"
        " from marts.county_enrolment join (select distinct school_year, county_code, nation"
        " from marts.dim_school) using (school_year, county_code) group by all"
    )
    found = Counter(
        {
            (nation, year, stage, name): value
            for nation, year, stage, *values in rows
            for name, value in zip(("pupils", "classes", "teachers"), values, strict=True)
            if value
        }
    )
    assert found == +totals


def test_a_suppressed_part_makes_one_sum_unknown_and_says_so(sources):
    loaded, _ = sources
    rows = loaded.query(
        "select school_id, stage from bi.section_wide where nation = 'Ostland' and pupils is null"
    )
    assert sorted(rows) == [("O0003", "primary"), ("O0007", "junior")]


def test_rows_that_were_left_are_counted_by_reason(sources):
    loaded, _ = sources
    rows = loaded.query(
        "select path, sum(set_aside_rows), arg_max(set_aside_reasons, set_aside_rows)"
        " from quality.load group by 1"
    )
    left = {path.rpartition("/")[2]: (n, json.loads(reasons)) for path, n, reasons in rows}
    assert left["ost.csv"] == (24, {"total": 24})
    assert left["ccd.csv"] == (7, {"skipped": 1})  # a year
    assert left["classes.zip"] == (14, {"skipped": 14})
    years = loaded.query("select school_year, rows from quality.load where path = 'ccd.csv'")
    assert {year for year, _ in years} == set(range(2016, 2023))
    assert len({rows for _, rows in years}) == 1


def test_the_top_of_the_regions_is_the_sources_own(sources):
    loaded, _ = sources
    rows = loaded.query("select distinct level, region_code from marts.region_item")
    assert {code for level, code in rows if level == "nation"} == NATIONS
    assert {code for level, code in rows if level != "nation"} == {"6402", "64"}
    codes = loaded.query(
        "select distinct county_code from marts.dim_school where nation = 'Südland'"
    )
    assert codes == [("S2",), ("S9",)] or codes == [("S9",), ("S2",)]


def test_wide_views_hold_what_every_source_has(sources):
    loaded, totals = sources
    for view in ("bi.section_wide", "bi.county_wide"):
        rows = loaded.query(f"select nation, sum(pupils) from {view} group by 1")
        pupils = {
            nation: sum(n for key, n in totals.items() if key[0] == nation and key[3] == "pupils")
            for nation in NATIONS
        }
        assert {nation: value or 0 for nation, value in rows} == pupils
    with_means = loaded.query(
        "select count(*) from bi.county_wide where nation = 'Westland' and primary_c1_mean > 0"
    )
    assert with_means == [(14,)]


def test_without_a_standard_nothing_is_praised_or_blamed(sources):
    loaded, _ = sources
    folders = [path.parent for path in loaded.settings.reports.rglob(WEB)]
    codes = {folder.name.partition("-")[0] for folder in folders}
    assert codes >= {"Ostland", "Westland", "Südland", "CN", "640221"}
    for folder in folders:
        assert [path.name for path in folder.iterdir() if path.name[0] != "."] == [WEB]
        page = (folder / WEB).read_text("utf-8")
        shown = re.sub(r"(?s)<script.*?</script>|<style.*?</style>|<[^>]+>", " ", page)
        for word in ("教督", "达标县", "均不低于", "无需补足", "予以表扬", "不达标 "):
            assert word not in shown, (folder.name, word)
        if not folder.name.startswith(("CN", "64")):
            header = page[page.index("<header") : page.index("</header>")]
            assert "全国" not in header, folder.name
