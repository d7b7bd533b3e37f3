"""Whole loads, run once for all tests that look at what they published."""

from __future__ import annotations

import shutil

import pytest

from dagster_project.sample import write_pingluo
from tests.load.whole import Loaded, load


@pytest.fixture(scope="session")
def flat_county(tmp_path_factory) -> Loaded:
    """The sample county from its two wide tables."""
    root = tmp_path_factory.mktemp("flat")
    write_pingluo(root / "raw", "flat")
    return load(root / "raw", root / "warehouse")


@pytest.fixture(scope="session")
def workbook_county(tmp_path_factory) -> Loaded:
    """The sample county from one workbook a school."""
    root = tmp_path_factory.mktemp("workbook")
    write_pingluo(root / "raw", "workbook")
    return load(root / "raw", root / "warehouse")


@pytest.fixture(scope="session")
def open_census(tmp_path_factory, shared) -> Loaded:
    """The eight real years of the open census."""
    root = tmp_path_factory.mktemp("open_census")
    for path in sorted((shared / "census" / "tw_moe_basec").glob("*_basec.csv")):
        folder = root / "raw" / str(int(path.name[:3]) + 1911) / "autumn"
        folder.mkdir(parents=True)
        shutil.copy(path, folder)
    return load(root / "raw", root / "warehouse")
