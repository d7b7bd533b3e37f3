"""One dbt run over the lake: seeds, models and tests, into ``<build>/junheng.duckdb``.

The run happens in this process with a kept manifest (:mod:`dagster_project.build.manifest`);
DuckDB's file locks are given back when it ends. dbt keeps global state, so a process does one run
at a time.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dagster_project.build.manifest import PROJECT, arguments, load_manifest

DATABASE = "junheng.duckdb"
SCRATCH = "scratch.duckdb"

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class NodeResult:
    """One seed, model or test of a run; ``failures`` counts the rows a test found at fault."""

    unique_id: str
    name: str
    kind: str  # seed | model | test | unit_test
    status: str  # success | pass | fail | error | skipped | warn
    seconds: float
    message: str = ""
    failures: int = 0

    @property
    def failed(self) -> bool:
        """Whether the node failed itself; nodes skipped because of others did not."""
        return self.status in ("error", "fail", "runtime error")


@dataclass(frozen=True)
class BuildResult:
    """What became of a run. ``database`` is fit for publishing only if ``success``."""

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
    project: Path = PROJECT,
    on_event: Callable[[NodeResult, int, int], None] | None = None,
    unit_tests: bool = False,
) -> BuildResult:
    """Build and test the warehouse of everything in ``lake`` into ``build_dir``.

    ``selection`` holds what counts (default ``<build_dir>/selection``, see
    :mod:`dagster_project.lake.selection`), ``judgement`` the flags (default ``<lake>/judgement``).
    ``on_event`` is called with every finished node, how many are finished and how many there are.
    Failures come back in the result; only a project that cannot be parsed raises
    (:class:`~dagster_project.build.manifest.DbtProjectInvalid`).
    """
    build_dir.mkdir(parents=True, exist_ok=True)
    temp_dir = temp_dir or build_dir / "spill"
    temp_dir.mkdir(parents=True, exist_ok=True)
    for name in (DATABASE, SCRATCH):
        (build_dir / name).unlink(missing_ok=True)
        (build_dir / f"{name}.wal").unlink(missing_ok=True)
    environment = {
        "JUNHENG_LAKE": str(lake),
        "JUNHENG_SELECTION": str(selection or build_dir / "selection"),
        "JUNHENG_JUDGEMENT": str(judgement or lake / "judgement"),
        "JUNHENG_BUILD": str(build_dir),
        "JUNHENG_THREADS": str(threads),
        "JUNHENG_MEMORY_LIMIT": memory_limit,
        "JUNHENG_TEMP": str(temp_dir),
    }
    with _ONE_AT_A_TIME, _environment(environment):
        try:
            return _run(project, build_dir, on_event, unit_tests)
        finally:
            _release()
            (build_dir / SCRATCH).unlink(missing_ok=True)


def _run(project, build_dir: Path, on_event, unit_tests: bool) -> BuildResult:
    from dbt.cli.main import dbtRunner

    manifest = load_manifest(project)
    listener = _Listener(on_event)
    command = ["build", *arguments(project, build_dir / "dbt")]
    if not unit_tests:
        command += ["--exclude-resource-type", "unit_test"]
    done = dbtRunner(manifest=manifest, callbacks=[listener]).invoke(command)
    if done.result is None:
        return BuildResult(False, build_dir / DATABASE, (), str(done.exception))
    nodes = tuple(_node_result(result) for result in done.result.results)
    return BuildResult(bool(done.success), build_dir / DATABASE, nodes, str(done.exception or ""))


class _Listener:
    """Turns dbt's events into progress; an event it does not know is none of its business."""

    def __init__(self, on_event) -> None:
        self._on_event = on_event
        self._finished = 0

    def __call__(self, event) -> None:
        if self._on_event is None or event.info.name not in (
            "LogSeedResult", "LogModelResult", "LogTestResult"
        ):  # fmt: skip
            return
        self._finished += 1
        data, info = event.data, event.data.node_info
        node = NodeResult(
            info.unique_id,
            info.node_name,
            info.resource_type,
            data.status.lower(),
            data.execution_time,
        )
        self._on_event(
            node, self._finished, getattr(data, "total", 0) or getattr(data, "num_models", 0)
        )


def _node_result(result) -> NodeResult:
    return NodeResult(
        unique_id=result.node.unique_id,
        name=result.node.name,
        kind=str(result.node.resource_type),
        status=str(result.status),
        seconds=result.execution_time,
        message=(result.message or "").strip(),
        failures=result.failures or 0,
    )


def _sentence(node: NodeResult) -> str:
    if node.status == "fail":
        return (
            f"The test {node.name} found {node.failures} row(s) at fault, so nothing was published;"
            " the table it is named after is where to look."
        )
    return f"The {node.kind} {node.name} could not be built: {node.message}"


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _release() -> None:
    """Close dbt-duckdb's connection, which otherwise keeps the file locked as long as we live."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environment = DuckDBConnectionManager._ENV
    DuckDBConnectionManager.close_all_connections()
    if environment is not None:
        environment.close()
    gc.collect()
