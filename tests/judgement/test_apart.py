"""Judging in a process of its own gives what judging here gives, also when that process dies."""

import shutil
import subprocess
import sys
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from dagster_project.judgement.gx.helper_process import Helper, Question
from dagster_project.judgement.judge import Limits
from dagster_project.judgement.rules.catalogue import CatalogueInvalid
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake


@pytest.fixture
def question(flat_county, tmp_path):
    """To judge a copy of the sample county's lake."""
    shutil.copytree(flat_county.settings.lake, tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    select(lake, tmp_path / "selection")
    return Question(lake, tmp_path / "selection", tmp_path / "apart", Limits(tmp_path / "work"))


@pytest.fixture
def helper():
    helper = Helper.start()
    yield helper
    helper.close()


def test_apart_and_here_agree_and_the_pages_are_whole_in_the_end(helper, question, tmp_path):
    shutil.rmtree(tmp_path / "lake" / "judged")  # so that there is something to judge
    there = helper.judge(replace(question, docs_folder=tmp_path / "quality"))
    here = replace(question, out=tmp_path / "here").answer()
    assert there.counts == here.counts and there.sections == here.sections == 31
    for name in ("flag", "rule"):
        tables = [
            pq.read_table(tmp_path / place / f"{name}.parquet") for place in ("apart", "here")
        ]
        assert tables[0].equals(tables[1])
    assert helper.finish() is None
    assert (tmp_path / "quality" / "2023" / "index.html").exists()
    assert "2023" in (tmp_path / "quality" / "index.html").read_text("utf-8")
    assert helper.process.returncode is not None


def test_a_helper_that_died_is_no_loss(helper, question):
    helper.process.kill()
    helper.process.wait()
    assert helper.judge(question).sections == 31


def test_what_is_raised_there_is_raised_here_and_failed_pages_cost_no_judgement(
    helper, question, tmp_path
):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "broken.yml").write_text("rules: [{id: x}]\n", "utf-8")
    with pytest.raises(CatalogueInvalid) as raised:
        helper.judge(replace(question, catalogue_folder=tmp_path))
    assert all("broken.yml" in problem.text() for problem in raised.value.problems)
    shutil.rmtree(tmp_path / "lake" / "judged")  # so that there is something to judge
    (tmp_path / "quality").write_text("a file where the folder should be")
    assert helper.judge(replace(question, docs_folder=tmp_path / "quality")).sections == 31
    assert "quality" in helper.finish()


def test_the_library_is_asked_for_by_several_threads_at_once():
    ask = (
        "import threading; from dagster_project.judgement.gx.library import great_expectations\n"
        "raised = []; threading.excepthook = raised.append\n"
        "threads = [threading.Thread(target=great_expectations) for _ in range(4)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
        "assert not raised, raised"
    )
    subprocess.run([sys.executable, "-c", ask], check=True, timeout=120)
