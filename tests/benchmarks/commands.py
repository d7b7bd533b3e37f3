"""The commands that benchmarks measure, and what is done to a warehouse between two of them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.benchmarks import inputs
from tests.benchmarks.agreement import differences
from tests.benchmarks.measure import Measured, measure

LOAD = [sys.executable, "-c", "from dagster_project.cli import main; main()", "load"]
BARE = [sys.executable, "-m", "tests.benchmarks.bare"]
INGEST = [sys.executable, "-m", "tests.benchmarks.ingest"]
OPENPYXL = [sys.executable, "-m", "tests.benchmarks.by_openpyxl"]
Runs = dict[str, list[Measured]]


def load(raw: Path, warehouse: Path) -> Measured:
    """``junheng load`` in a process of its own."""
    return measure([*LOAD, "--raw", str(raw), "--warehouse", str(warehouse)])


def bare(shape: str, source: Path, raw: Path, out: Path) -> Measured:
    """The bare script over files (``flat``, ``workbooks``) or a ``lake``."""
    shutil.rmtree(out, ignore_errors=True)
    return measure([*BARE, shape, str(source), str(inputs.points(raw)), str(out)])


def ingest(raw: Path, warehouse: Path) -> Measured:
    """Fill the lake of ``warehouse`` and publish nothing."""
    return measure([*INGEST, str(raw), str(warehouse)])


def check(warehouse: Path, computed: Path) -> None:
    """Both must have computed the same, or the comparison is worth nothing."""
    if found := differences(warehouse / "published", computed):
        raise SystemExit(f"The load and the bare script differ: {found}")


def keep_manifest() -> None:
    """See to it that the dbt project is parsed already, as after any first load."""
    from dagster_project.build.manifest import manifest_path

    manifest_path()


def forget_manifest() -> None:
    """Have the next load parse the dbt project."""
    from dagster_project.build.manifest import manifest_path

    shutil.rmtree(manifest_path().parent)


def unpublish(warehouse: Path) -> None:
    """Take the published version away, so that nothing is found unchanged."""
    (warehouse / "current").unlink(missing_ok=True)
    shutil.rmtree(warehouse / "versions", ignore_errors=True)
