"""Helpers of the planning tests: the county builder on the path, one warehouse loaded for real."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def loaded(tmp_path_factory):
    """Settings of a warehouse with the sample county (640221) and a made-up one (110121)."""
    from dagster_project.defs import launch
    from dagster_project.sample import write_nation, write_pingluo
    from dagster_project.settings import Settings

    root = tmp_path_factory.mktemp("planning")
    settings = Settings(raw=root / "raw", warehouse=root / "warehouse")
    write_pingluo(settings.raw)
    write_nation(settings.raw, counties=1, schools=40, years=1, seed=3)
    launch.load(settings, None, None)
    return settings
