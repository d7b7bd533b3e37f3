"""Judging a real lake with Great Expectations: what is found, remembered, reviewed and written."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dagster_project.judgement import tables

_spec = importlib.util.spec_from_file_location("world", Path(__file__).with_name("world.py"))
world = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(world)
World, GIRLS, GRADUATES, PUPILS = world.World, world.GIRLS, world.GRADUATES, world.PUPILS


@pytest.fixture
def county(tmp_path) -> World:
    made = World(tmp_path)
    made.report(**{GIRLS: 500, PUPILS: 20000})
    return made


def test_impossible_figures_become_flags_with_their_cells(county):
    judged = county.judge(docs_folder=county.root / "quality")
    hard, soft = (county.flags()[rule] for rule in ("girls_exceed_graduates", "many_pupils"))
    assert judged.counts == {("hard", "open"): 1, ("soft", "open"): 1}
    assert (hard["sheet"], hard["cell"]) == ("小学", f"{GIRLS}, {GRADUATES}")
    assert (soft["cell"], soft["observed"], soft["message"]) == (
        PUPILS, "20000", "在校生 20000 人。",
    )  # fmt: skip
    assert hard["source_file"] == county.file.relative_to(county.raw).as_posix()
    assert hard["expected"] == f"不超过 {county.figure(GRADUATES)}"
    assert (hard["taints"], soft["taints"]) == ("L1", None)
    assert [r["rule_id"] for r in county.table("rule")] == ["girls_exceed_graduates", "many_pupils"]


def test_ids_hold_whatever_the_file_is_called_and_nothing_is_judged_twice(county):
    county.judge()
    before = {row["flag_id"] for row in county.table("flag")}
    assert county.judge().judged_now == ()
    other = World(county.root / "other")
    other.report(**{GIRLS: 500, PUPILS: 20000})
    other.file.rename(other.file.with_name("别的名字.xlsx"))
    other.judge()
    assert {row["flag_id"] for row in other.table("flag")} == before


def test_tables_keep_their_types_without_a_row(tmp_path):
    clean = World(tmp_path)
    assert clean.judge().counts == {}
    for name, schema in (("flag", tables.FLAG), ("review", tables.REVIEW)):
        assert pq.read_schema(tmp_path / "judgement" / f"{name}.parquet").equals(schema)


def test_a_rule_that_breaks_is_reported_and_judges_nothing(county):
    county.judge()
    county.rules(world.RULES + world.BROKEN)
    judged = county.judge()
    assert [outcome.rule.rule_id for outcome in judged.broken] == ["breaks"]
    assert "Could not convert" in judged.broken[0].broken
    assert {"girls_exceed_graduates", "many_pupils"} == set(county.flags())
    row = next(row for row in county.table("rule") if row["rule_id"] == "breaks")
    assert row["is_broken"] and row["broken_reason"]


def test_a_corrected_figure_closes_its_flag_and_an_unchanged_one_stays(county):
    county.judge()
    county.report(**{GIRLS: 100})
    county.judge()
    flags = county.flags()
    assert flags["girls_exceed_graduates"]["status"] == "corrected"
    assert flags["girls_exceed_graduates"]["note"] == "原填报 500，现为 100。"
    assert flags["many_pupils"]["status"] == "open"
    county.judge()
    assert county.flags()["girls_exceed_graduates"]["status"] == "corrected"
    county.report(**{GIRLS: 500})
    county.judge()
    assert county.flags()["girls_exceed_graduates"]["status"] == "open"


def test_a_rule_that_changes_its_mind_corrects_nothing(county):
    county.judge()
    county.rules(world.RULES.replace("pupils > 9000", "pupils > 30000"))
    county.judge()
    assert "many_pupils" not in county.flags()


def test_reviews_survive_reloads_and_lapse_with_the_figure(county):
    county.judge()
    ids = {rule: flag["flag_id"] for rule, flag in county.flags().items()}
    county.review(
        "审核.csv",
        f"{ids['many_pupils']},属实,本年合并三校,张三,2024/3/1",
        f"{ids['girls_exceed_graduates']},waived,,李四,2024-03-01",
        "F000000000000000,confirmed,旧的,张三,",
        f"{ids['many_pupils']},也许,不清楚,张三,",
    )
    judged = county.judge()
    flags = county.flags()
    assert flags["many_pupils"]["status"] == "confirmed"
    assert flags["many_pupils"]["note"] == "本年合并三校（张三，2024-03-01）"
    assert flags["girls_exceed_graduates"]["status"] == "open"
    outcomes = [row["outcome"] for row in county.table("review")]
    assert outcomes == ["applied", "refused", "lapsed", "refused"]
    assert len(judged.review_problems) == 2
    assert judged.review_problems[0].startswith("reviews/审核.csv, B3: The figure is impossible")
    county.report(**{PUPILS: 21000})
    county.judge()
    flags = county.flags()
    assert flags["many_pupils open"]["observed"] == "21000"
    assert flags["many_pupils corrected"]["flag_id"] == ids["many_pupils"]


def test_the_past_is_judged_with_the_reviews_of_the_past(county):
    county.judge()
    then = datetime.now(UTC).replace(tzinfo=None)
    county.review("r.csv", f"{county.flags()['many_pupils']['flag_id']},confirmed,对,张三,")
    county.report(**{GIRLS: 100})
    county.judge()
    assert {f["status"] for f in county.flags().values()} == {"confirmed", "corrected"}
    county.judge(as_of=then)
    assert {f["status"] for f in county.flags().values()} == {"open"}
    county.judge()
    assert {f["status"] for f in county.flags().values()} == {"confirmed", "corrected"}


def test_data_docs_ask_nothing_of_the_network(county):
    folder = county.root / "quality"
    county.judge(docs_folder=folder)
    pages = list(folder.rglob("*.html"))
    assert len(pages) >= 4 and (folder / "index.html").exists()
    for page in pages:
        text = page.read_text("utf-8")
        assert not re.search(r"""(src|href|action)\s*=\s*["']?(https?:)?//""", text), page
        assert "<script" not in text
    assert any("毕业女生多于毕业生" in page.read_text("utf-8") for page in pages)


def test_great_expectations_is_imported_only_to_judge():
    code = (
        "import sys, dagster_project.judgement.judge, dagster_project.defs.judgement;"
        "sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_no_rule_needs_is_loaded_when_somebody_asks_for_it():
    code = (
        "import sys; from dagster_project.judgement.gx.library import great_expectations;"
        "great_expectations(); assert 'scipy.stats._stats_py' not in sys.modules;"
        "from scipy import stats; assert stats.norm.cdf(0) == 0.5"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
