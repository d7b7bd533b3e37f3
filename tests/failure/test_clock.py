"""The clock is put back, or ahead: what came later stays later."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.failure.preload import library


@pytest.mark.parametrize("events", [20, pytest.param(1000, marks=pytest.mark.long)])
def test_order_is_that_of_events_whatever_time_they_happen_at(tmp_path, events):
    shim = library("clock_jump.c", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.failure.clock_jumps", str(tmp_path / "w"), str(events), "1"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
        env={**os.environ, "LD_PRELOAD": str(shim)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"{events} events" in done.stdout
