"""The walk of the README: its files, its commands, what a county gets of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.settings import Settings
from tests.load.whole import Loaded

ROOT = Path(__file__).parents[2]
WALK = {"README.md": "Your own county in ten minutes", "README.zh.md": "十分钟载入自己的县"}
_BLOCK = re.compile(r"```(csv|sh)\n(.*?)```", re.DOTALL)


def blocks(page: str) -> dict[str, str]:
    """The file and the commands of the walk, by the language of their blocks."""
    text = (ROOT / page).read_text("utf-8")
    section = text.split(f"## {WALK[page]}\n", 1)[1].split("\n## ", 1)[0]
    found = dict(_BLOCK.findall(section))
    assert set(found) == {"csv", "sh"}
    return found


def test_both_languages_walk_the_same_way():
    english, chinese = (blocks(page) for page in WALK)
    assert english["csv"] == chinese["csv"]
    assert english["sh"] == chinese["sh"].replace(" JUNHENG_LANG=zh", "")


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> tuple[Loaded, str]:
    """The walk done in an empty folder by a shell that stops at the first command that fails."""
    folder = tmp_path_factory.mktemp("walk")
    files = blocks("README.md")
    (folder / "county.csv").write_text(files["csv"], "utf-8")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JUNHENG_")}
    done = subprocess.run(
        ["bash", "-e", "-c", files["sh"]],
        cwd=folder,
        env={**environment, "JUNHENG_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    settings = Settings(raw=folder / "our" / "raw", warehouse=folder / "our" / "warehouse")
    return Loaded(settings, done.returncode), done.stdout


def test_the_walk_ends_with_seven_indicators_and_their_coefficients(walked):
    loaded, _ = walked
    rows = loaded.query(
        "select stage, indicator_id, cv, verdict from marts.county_coefficient"
        " where standard_id = '2017' order by all"
    )
    assert {(stage, i) for stage, i, *_ in rows} == {
        (stage, f"L{n}") for stage in ("primary", "junior") for n in range(1, 8)
    }
    assert all(cv is not None and verdict in ("met", "not_met") for *_, cv, verdict in rows)


def test_the_sheet_has_the_usual_columns_and_all_are_used(walked):
    loaded, _ = walked
    header = blocks("README.md")["csv"].splitlines()[0].split(",")
    assert len(header) == 20
    assert loaded.query("from quality.drift where kind = 'new'") == []
    assert loaded.query("from quality.flag where status = 'open'") == []


def test_the_walk_ends_with_documents_and_says_what_it_did_not_compute(walked):
    loaded, told = walked
    assert list(loaded.settings.reports.rglob("*.docx"))
    assert re.search(r"not computed.*B4.*computers", told)
    latest = (loaded.settings.runs / "latest.md").read_text("utf-8")
    index = (loaded.settings.warehouse / "index.html").read_text("utf-8")
    assert "B4" in latest and "B4" in index and "教学用计算机" in index
