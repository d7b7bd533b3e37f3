"""Fixtures of the whole suite; whole loads run once for all tests, whatever process they are in."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest

from dagster_project import sample
from dagster_project.machine import startup
from tests.load.flawed import write_flawed
from tests.load.own_item import write_own_item
from tests.load.whole import Loaded, load_once

# A test process imports Dagster, dbt and Great Expectations: dagster_project/machine/startup.py.
gc.set_threshold(startup.OBJECTS_BETWEEN_LOOKS, 20, 20)
# Loads of the tests write no reports and no pages of Great Expectations, which would cost more
# than the loads; those that are looked at say so.
os.environ.setdefault("JUNHENG_REPORT_COUNTIES", "0")
os.environ.setdefault("JUNHENG_VALIDATION", "off")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real census files and published figures that stands beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the folder 'shared' with the real census files is not beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def flat_county(tmp_path_factory) -> Loaded:
    """The sample county from its two wide tables; the load wrote its reports as well."""

    def drop(raw: Path) -> None:
        sample.write_pingluo(raw, "flat")

    return load_once(tmp_path_factory, "flat", drop, reports=1, validates=True)


@pytest.fixture(scope="session")
def workbook_county(tmp_path_factory) -> Loaded:
    """The sample county from one workbook a school."""
    return load_once(
        tmp_path_factory, "workbook", lambda raw: sample.write_pingluo(raw, "workbook")
    )


@pytest.fixture(scope="session")
def open_census(tmp_path_factory, shared) -> Loaded:
    """The eight real years of the open census."""

    def drop(raw: Path) -> None:
        for path in sorted((shared / "census" / "tw_moe_basec").glob("*_basec.csv")):
            folder = raw / str(int(path.name[:3]) + 1911) / "autumn"
            folder.mkdir(parents=True)
            shutil.copy(path, folder)

    return load_once(tmp_path_factory, "open_census", drop)


@pytest.fixture(scope="session")
def documents(tmp_path_factory) -> Loaded:
    """The counties of the five kinds of published document, and a flawed one, in one load."""

    def drop(raw: Path) -> None:
        sample.write_pingluo(raw, school_years=range(2020, 2024), returns=True)
        sample.write_zhoucun(raw)
        sample.write_city(raw)
        sample.write_pioneer(raw)
        sample.write_sucheng(raw)
        write_flawed(raw)
        write_own_item(raw)

    loaded = load_once(tmp_path_factory, "documents", drop, validates=True)
    assert loaded.exit_code == 0
    return loaded


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests that take minutes as well")
    parser.addoption(
        "--mutants", metavar="FROM-TO", help="of the long run of mutants this range only, as 0-2500"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes, runs with --long only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes minutes; run pytest --long"))
