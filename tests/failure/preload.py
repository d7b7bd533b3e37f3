"""Small C libraries that stand between a process and the system, loaded by LD_PRELOAD."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def library(source: str, folder: Path) -> Path:
    """The library made of a C file beside this one; skips the test where it cannot be made."""
    if sys.platform != "linux":
        pytest.skip("LD_PRELOAD and /proc are Linux's")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler (Debian: apt-get install gcc libc6-dev)")
    made = folder / Path(source).with_suffix(".so").name
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(made),
         str(Path(__file__).with_name(source)), "-ldl"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"the C compiler cannot make a library: {done.stderr[:200]}")
    return made
