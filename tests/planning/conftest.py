"""Helpers of the planning tests: the county builder on the path, one warehouse loaded for real."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dagster_project.sample import write_nation, write_pingluo
from dagster_project.settings import Settings
from tests.load.whole import load_once

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def loaded(tmp_path_factory) -> Settings:
    """Settings of a warehouse with the sample county (640221) and a made-up one (110121)."""

    def drop(raw: Path) -> None:
        write_pingluo(raw)
        write_nation(raw, counties=1, schools=40, years=1, seed=3)

    return load_once(tmp_path_factory, "planning", drop).settings
