"""One build of the warehouse over the lake: seeds, models and tests in one database.

The database begins as a copy of the seeds (:mod:`.seeds`) or, where little changed, of the version
in force, of which only the stale years are computed (:mod:`.plan`); models and tests are run by dbt
in this process with a kept manifest (:mod:`.manifest`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

from dagster_project.machine import durable
from dagster_project.messages import Message
from dagster_project.project import DBT
from dagster_project.settings import DATABASE
from dagster_project.transform import statements
from dagster_project.transform.dbt_run import run as run_here
from dagster_project.transform.faults_of_tests import test_message
from dagster_project.transform.node import SCRATCH, NodeResult, OnEvent
from dagster_project.transform.plan import Plan
from dagster_project.transform.seeds import (
    LEFT_OUT,
    SeedsFaulty,
    copy_seeds,
    kept_seeds,
    seed_nodes,
)
from dagster_project.transform.stock import run as run_stock


@dataclass(frozen=True)
class BuildResult:
    """What became of a build. ``database`` is fit for publishing only if ``success``."""

    success: bool
    database: Path
    nodes: tuple[NodeResult, ...]
    error: str = ""

    @property
    def failures(self) -> list[str]:
        """A sentence for everything that went wrong, the causes only."""
        sentences = [_sentence(node) for node in self.nodes if node.failed]
        return sentences or ([f"dbt could not run: {self.error}"] if self.error else [])


def build(
    lake: Path,
    build_dir: Path,
    *,
    threads: int = 2,
    memory_limit: str = "2GB",
    temp_dir: Path | None = None,
    selection: Path | None = None,
    judgement: Path | None = None,
    project: Path = DBT,
    seeds: Path | None = None,
    on_event: OnEvent | None = None,
    unit_tests: bool = False,
    stock: bool = False,
    base: tuple[Path, Plan] | None = None,
) -> BuildResult:
    """Build and test the warehouse of everything in ``lake`` into ``build_dir/junheng.duckdb``.

    ``selection`` holds what counts (default ``<build_dir>/selection``, see
    :mod:`dagster_project.lake.selection`), ``judgement`` the flags (default ``<lake>/judgement``),
    ``seeds`` the database to start from (default the project's own). ``on_event`` is called with
    every finished node, how many are finished and how many there are. ``stock`` leaves the models
    to stock dagster-dbt (:mod:`.stock`), which computes all. ``base`` is the database of a version
    by the same rules to begin with, which nobody else writes, and what of it is to be computed
    anew. Failures come back in the result; only a project that cannot be parsed raises
    (:class:`~dagster_project.transform.manifest.DbtProjectInvalid`).
    """
    build_dir.mkdir(parents=True, exist_ok=True)
    temp_dir = temp_dir or build_dir / "spill"
    temp_dir.mkdir(parents=True, exist_ok=True)
    database = build_dir / DATABASE
    variables = {
        "JUNHENG_LAKE": str(lake),
        "JUNHENG_SELECTION": str(selection or build_dir / "selection"),
        "JUNHENG_JUDGEMENT": str(judgement or lake / "judgement"),
        "JUNHENG_THREADS": str(threads),
        "JUNHENG_MEMORY_LIMIT": memory_limit,
        "JUNHENG_TEMP": str(temp_dir),
        "JUNHENG_PLAN": base[1].to_json() if base is not None else "",
    }
    # Settings and words of the seeds are written into the SQL: that of other seeds is another.
    is_usual = seeds is None and not unit_tests and not stock
    assert is_usual or base is None  # a version has no other seeds
    try:
        standing = _begin(seeds or kept_seeds(project), build_dir, base)
    except SeedsFaulty as faulty:
        return BuildResult(False, database, faulty.nodes, faulty.error)
    if is_usual and statements.is_kept(project, variables):
        made = statements.run(project, build_dir, variables, before=standing, on_event=on_event)
        if made is not None:
            return BuildResult(True, database, (*standing, *made))
        standing = _begin(kept_seeds(project), build_dir, base)
    chosen = [*LEFT_OUT, *(() if unit_tests else ("--exclude-resource-type", "unit_test"))]
    run = run_stock if stock else partial(run_here, is_kept=is_usual)
    success, nodes, error = run(
        project, build_dir, chosen, variables, before=standing, on_event=on_event
    )
    return BuildResult(success, database, (*standing, *nodes), error)


def _begin(seeds: Path, build_dir: Path, base: tuple[Path, Plan] | None) -> list[NodeResult]:
    """Start the build's database from the seeds or a version, whatever stands there.

    Returns the nodes it holds. Of a version the tables go of which nothing is taken over: their
    room is given back first, or the file would grow by what it holds twice.
    """
    for name in (DATABASE, SCRATCH):
        (build_dir / name).unlink(missing_ok=True)
        (build_dir / f"{name}.wal").unlink(missing_ok=True)
    if base is None:
        return copy_seeds(seeds, build_dir)
    version, plan = base
    durable.copy(version, build_dir / DATABASE)
    with duckdb.connect(str(build_dir / DATABASE)) as connection:
        for table in plan.whole:
            connection.execute(f"drop table if exists {table}")
        connection.execute("checkpoint")
    return seed_nodes(seeds)


def _sentence(node: NodeResult) -> str:
    if node.status == "fail":
        return test_message(node.name, node.failures, node.files).text()
    told = {"kind": node.kind, "name": node.name, "why": node.message}
    return Message("runs.not_built", told).text()
