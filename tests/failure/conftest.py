"""What the harnesses start from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.failure.processes import a_change


@pytest.fixture
def county(tmp_path, flat_county) -> tuple[Path, Path]:
    """A published county with a change waiting in raw: ``(raw, warehouse)``."""
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    shutil.copytree(flat_county.settings.raw, raw)
    shutil.copytree(flat_county.settings.warehouse, warehouse, symlinks=True)
    a_change(raw)
    return raw, warehouse
