"""The page on who may do what names tests that there are, and settings that are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "dagster_project" / "deploy" / "SECURITY.md"
TEXT = PAGE.read_text("utf-8")


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", TEXT))))
def test_the_tests_that_it_names_are_there(named):
    assert "def test_" in (PAGE.parents[2] / named).read_text("utf-8")


@pytest.mark.parametrize("variable", sorted(set(re.findall(r"JUNHENG_\w+", TEXT))))
def test_the_settings_that_it_names_are_explained(variable):
    assert variable in (PAGE.parent / "junheng.env").read_text("utf-8")
    assert variable in (PAGE.parents[1] / "settings.py").read_text("utf-8")


def test_every_kind_of_attack_has_a_test():
    _, _, table = TEXT.partition("## What a dropped file can try")
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 8 and all("`tests/" in row.split("|")[3] for row in rows)
