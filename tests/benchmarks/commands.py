"""The commands that benchmarks measure, and what is done to a warehouse between two of them."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tests.benchmarks import inputs
from tests.benchmarks.agreement import differences
from tests.benchmarks.measure import Measured, measure

LOAD = [sys.executable, "-c", "from dagster_project.cli import main; main()", "load"]
BARE = [sys.executable, "-m", "tests.benchmarks.bare"]
INGEST = [sys.executable, "-m", "tests.benchmarks.ingest"]
OPENPYXL = [sys.executable, "-m", "tests.benchmarks.by_openpyxl"]
Runs = dict[str, list[Measured]]
# What the bare script computes as well: the models that do it, and the marts as Parquet.
SHARED_TABLES = {
    "stg_lake__current",
    "int_section",
    "dim_section",
    "int_standard_in_force",
    "int_evaluated_section",
    "key_section",
    "fct_figure",
    "county_coefficient",
    "county_composite",
    "fct_area_mean",
    "school_attainment",
    "marts.school_indicator",
    "marts.school_attainment",
    "marts.county_coefficient",
    "marts.cv_contribution",
}


def load(raw: Path, warehouse: Path) -> Measured:
    """``junheng load`` in a process of its own."""
    done = measure([*LOAD, "--raw", str(raw), "--warehouse", str(warehouse)])
    return replace(done, stages={**done.stages, "(shared with bare)": _shared_seconds(warehouse)})


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
    from dagster_project.transform.manifest import manifest_path

    manifest_path()


def forget_manifest() -> None:
    """Have the next load parse the dbt project."""
    from dagster_project.transform.manifest import manifest_path

    shutil.rmtree(manifest_path().parent)


def unpublish(warehouse: Path) -> None:
    """Take the published version away, so that nothing is found unchanged."""
    (warehouse / "current").unlink(missing_ok=True)
    shutil.rmtree(warehouse / "versions", ignore_errors=True)


def _shared_seconds(warehouse: Path) -> float:
    """Seconds of the last load that went into what the bare script does, too, by its journal.

    Reading (with the start of the readers), the models of the four marts compared, and writing
    these as Parquet with their content hashes.
    """
    begun, total = None, 0.0
    for event in _journal(warehouse):
        ended = event.get("stage") if event["event"] == "stage_ended" else event.get("name")
        if event["event"] == "run_begun":
            begun = datetime.fromisoformat(event["time"])
        elif ended == "read":
            total += (datetime.fromisoformat(event["time"]) - begun).total_seconds()
        elif ended in SHARED_TABLES:
            total += event["seconds"]
    return total


def _journal(warehouse: Path) -> Iterator[dict]:
    newest = max((warehouse / "logs").glob("*.jsonl"))
    return map(json.loads, newest.read_text("utf-8").splitlines())
