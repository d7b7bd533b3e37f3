"""Judging in a process of its own gives what judging here gives, also when that process dies."""

import shutil
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from dagster_project.judgement.gx.helper_process import Helper
from dagster_project.judgement.judge import Limits, judge
from dagster_project.judgement.rules.catalogue import CatalogueInvalid
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake


@pytest.fixture
def arguments(flat_county, tmp_path):
    """What judging a copy of the sample county's lake takes."""
    shutil.copytree(flat_county.settings.lake, tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    select(lake, tmp_path / "selection")
    return {
        "lake": lake,
        "selection": tmp_path / "selection",
        "out": tmp_path / "apart",
        "limits": Limits(tmp_path / "work"),
    }


@pytest.fixture
def helper():
    helper = Helper.start()
    yield helper
    helper.close()


def test_apart_and_here_agree(helper, arguments, tmp_path):
    there = helper.judge(arguments)
    here = judge(**{**arguments, "out": tmp_path / "here"})
    assert there.counts == here.counts and there.sections == here.sections == 31
    for name in ("flag", "rule"):
        tables = [
            pq.read_table(tmp_path / place / f"{name}.parquet") for place in ("apart", "here")
        ]
        assert tables[0].equals(tables[1])


def test_a_helper_that_died_is_no_loss(helper, arguments):
    helper.process.kill()
    helper.process.wait()
    assert helper.judge(arguments).sections == 31


def test_the_pages_are_whole_when_the_helper_has_finished(helper, arguments, tmp_path):
    shutil.rmtree(tmp_path / "lake" / "judged")  # so that there is something to judge
    helper.judge({**arguments, "docs_folder": tmp_path / "quality"})
    assert helper.finish() is None
    assert (tmp_path / "quality" / "2023" / "index.html").exists()
    assert "2023" in (tmp_path / "quality" / "index.html").read_text("utf-8")
    assert helper.process.returncode is not None


def test_pages_that_cannot_be_written_are_told_and_cost_no_judgement(helper, arguments, tmp_path):
    shutil.rmtree(tmp_path / "lake" / "judged")  # so that there is something to judge
    (tmp_path / "quality").write_text("a file where the folder should be")
    assert helper.judge({**arguments, "docs_folder": tmp_path / "quality"}).sections == 31
    assert "quality" in helper.finish()


def test_what_judging_raises_is_raised_here(helper, arguments, tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "broken.yml").write_text("rules: [{id: x}]\n", "utf-8")
    with pytest.raises(CatalogueInvalid):
        helper.judge({**arguments, "catalogue_folder": tmp_path})


def test_the_library_is_asked_for_by_several_threads_at_once():
    ask = (
        "import threading; from dagster_project.judgement.gx.library import great_expectations\n"
        "raised = []; threading.excepthook = raised.append\n"
        "threads = [threading.Thread(target=great_expectations) for _ in range(4)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
        "assert not raised, raised"
    )
    subprocess.run([sys.executable, "-c", ask], check=True, timeout=120)
