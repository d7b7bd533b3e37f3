"""What the papers point at is there."""

from __future__ import annotations

import re

import pytest

from dagster_project.project import ROOT

PAPERS = ("CONTRIBUTING.md", "docs/architecture.md")
PLACES = ("", "dagster_project", "docs")  # of what the papers name in short


@pytest.mark.parametrize("paper", PAPERS)
def test_every_file_that_a_paper_names_is_there(paper):
    """Paths in code marks, with alternatives in braces and stars as a shell reads them."""
    named = set()
    for word in re.findall(r"`([\w./{},*-]+/[\w./{},*-]*)`", (ROOT / paper).read_text("utf-8")):
        head, _, rest = word.partition("{")
        inside, _, tail = rest.partition("}")
        named |= {f"{head}{one}{tail}" for one in inside.split(",")}
    ours = {n for n in named if not re.match(r"raw/|warehouse/|versions/|/|\d", n)}
    missing = [
        n for n in sorted(ours) if not any([*(ROOT / p).glob(n.rstrip("/"))] for p in PLACES)
    ]
    assert ours and missing == []


def test_ten_questions_are_answered():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+\?) \| (.+) \|$", text, re.MULTILINE)
    assert len(rows) >= 10 and all("`" in answer for _, answer in rows)
