"""One run of dbt in this process, with a kept manifest, and what became of its nodes.

dbt keeps global state, so a process does one run at a time. When a run ends, DuckDB's file locks
are given back.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dagster_project.transform.faults_of_tests import deliveries_at_fault
from dagster_project.transform.manifest import arguments, load_manifest

DATABASE = "junheng.duckdb"
SCRATCH = "scratch.duckdb"

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class NodeResult:
    """One seed, model or test of a run; ``failures`` counts the rows a test found at fault.

    ``files`` are the deliveries that they come from, as far as anybody can say.
    """

    unique_id: str
    name: str
    kind: str  # seed | model | test | unit_test
    status: str  # success | pass | fail | error | skipped | warn
    seconds: float
    message: str = ""
    failures: int = 0
    files: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the node failed itself; nodes skipped because of others did not."""
        return self.status in ("error", "fail", "runtime error")


OnEvent = Callable[[NodeResult, int, int], None]
"""Called with every finished node, how many are finished and how many there are."""


def run(
    project: Path,
    build_dir: Path,
    selection: Sequence[str],
    variables: Mapping[str, str],
    *,
    before: Sequence[NodeResult] = (),
    on_event: OnEvent | None = None,
) -> tuple[bool, list[NodeResult], str]:
    """Run ``dbt build`` with the arguments ``selection``, into ``<build_dir>/junheng.duckdb``.

    ``variables`` is what the profile reads besides ``JUNHENG_BUILD``. ``before`` are nodes that
    stand in the file already; ``on_event`` is told of them too. Returns whether all went well, the
    nodes of this run, and dbt's own words if it could not run at all.
    """
    with _ONE_AT_A_TIME, environment({**variables, "JUNHENG_BUILD": str(build_dir)}):
        try:
            return _run(project, build_dir, selection, _Listener(before, on_event))
        finally:
            _release()
            (build_dir / SCRATCH).unlink(missing_ok=True)


def get_ready() -> None:
    """Import what a run needs, in a thread; for while this process waits for another one."""

    def imported() -> None:
        import dbt.adapters.duckdb
        import dbt.cli.main  # noqa: F401

    threading.Thread(target=imported, daemon=True).start()


def _run(project: Path, build_dir: Path, selection: Sequence[str], listener: _Listener):
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    manifest = load_manifest(project)
    command = ["build", *arguments(project, build_dir / "dbt"), *selection]
    done = dbtRunner(manifest=manifest, callbacks=[listener]).invoke(command)
    if not isinstance(done.result, RunExecutionResult):  # it did not come to a first node
        return False, [], str(done.exception)
    nodes = [_node_result(result) for result in done.result.results]
    return bool(done.success), nodes, str(done.exception or "")


class _Listener:
    """Turns dbt's events into progress; an event it does not know is none of its business."""

    def __init__(self, before: Sequence[NodeResult], on_event: OnEvent | None) -> None:
        self._before, self._on_event = before, on_event
        self._finished = 0

    def __call__(self, event) -> None:
        if self._on_event is None or event.info.name not in (
            "LogSeedResult", "LogModelResult", "LogTestResult"
        ):  # fmt: skip
            return
        data, info = event.data, event.data.node_info
        total = getattr(data, "total", 0) or getattr(data, "num_models", 0)
        node = NodeResult(
            info.unique_id,
            info.node_name,
            info.resource_type,
            data.status.lower(),
            data.execution_time,
        )
        # How many there are is not known before dbt's first word.
        for finished in (*(self._before if not self._finished else ()), node):
            self._finished += 1
            self._on_event(finished, self._finished, total + len(self._before))


def _node_result(result) -> NodeResult:
    return NodeResult(
        unique_id=result.node.unique_id,
        name=result.node.name,
        kind=str(result.node.resource_type),
        status=str(result.status),
        seconds=result.execution_time,
        message=(result.message or "").strip(),
        failures=result.failures or 0,
        files=_files_at_fault(result) if str(result.status) == "fail" else (),
    )


def _files_at_fault(result) -> tuple[str, ...]:
    """The deliveries behind the rows of a failing test, asked for while the build is still open."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    selection, lake = os.environ.get("JUNHENG_SELECTION"), os.environ.get("JUNHENG_LAKE")
    opened = DuckDBConnectionManager._ENV
    if opened is None or not selection or not lake or not result.node.compiled_code:
        return ()
    handle = opened.handle()
    try:
        cursor = handle.cursor()
        return tuple(
            deliveries_at_fault(cursor, result.node.compiled_code, Path(selection), Path(lake))
        )
    finally:
        handle.close()


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables as given, as long as the context lasts."""
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

    opened = DuckDBConnectionManager._ENV
    DuckDBConnectionManager.close_all_connections()
    if opened is not None:
        opened.close()
