"""Fixtures of the whole suite."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real census files and published figures that stands beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the folder 'shared' with the real census files is not beside the checkout")
    return SHARED
