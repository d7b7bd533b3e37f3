"""These tests need the extra `spark` and Java, which the default install does not have."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def _missing() -> str:
    if find_spec("pyspark") is None or find_spec("dbt.adapters.spark") is None:
        return "the extra `spark` is not installed: make spark installs it and runs these tests"
    if shutil.which("java") is None:
        return "there is no Java (17 or 21) on the path, which Spark runs on"
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if reason := _missing():
        for item in items:
            if HERE in item.path.parents and item.get_closest_marker("spark"):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "spark: needs the extra `spark` and Java")
