"""One run of dbt in this process, with a kept manifest, and what became of its nodes.

dbt keeps global state, so a process does one run at a time. When a run ends, DuckDB's file locks
are given back.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import duckdb

from dagster_project.transform.faults_of_tests import deliveries_at_fault
from dagster_project.transform.manifest import arguments, load_manifest
from dagster_project.transform.node import SCRATCH, NodeResult, OnEvent, Teller
from dagster_project.transform.statements import Notes, fill, marks

_ONE_AT_A_TIME = threading.Lock()


def run(
    project: Path,
    build_dir: Path,
    selection: Sequence[str],
    variables: Mapping[str, str],
    *,
    before: Sequence[NodeResult] = (),
    on_event: OnEvent | None = None,
    is_kept: bool = False,
) -> tuple[bool, list[NodeResult], str]:
    """Run ``dbt build`` with the arguments ``selection``, into ``<build_dir>/junheng.duckdb``.

    ``variables`` is what the profile reads besides ``JUNHENG_BUILD``. ``before`` are nodes that
    stand in the file already; ``on_event`` is told of them too. ``is_kept`` keeps what dbt executes
    for the next build (:mod:`.statements`). Returns whether all went well, the nodes of this run,
    and dbt's own words if it could not run at all.
    """
    given = {**variables, "JUNHENG_BUILD": str(build_dir)}
    notes = Notes(variables) if is_kept else None
    with _ONE_AT_A_TIME, environment({**given, **(marks(variables) if notes else {})}):
        try:
            done = _run(project, build_dir, selection, _Listener(before, on_event), given, notes)
        finally:
            _release()
            (build_dir / SCRATCH).unlink(missing_ok=True)
    if notes is not None and done[0]:
        notes.keep(project, done[1])
    return done


def get_ready() -> None:
    """Import what a run needs, in a thread; for while this process waits for another one."""

    def imported() -> None:
        import dbt.adapters.duckdb
        import dbt.cli.main  # noqa: F401

    threading.Thread(target=imported, daemon=True).start()


def _run(
    project: Path,
    build_dir: Path,
    selection: Sequence[str],
    listener: _Listener,
    variables: Mapping[str, str],
    notes: Notes | None,
) -> tuple[bool, list[NodeResult], str]:
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    manifest = load_manifest(project)
    command = ["build", *arguments(project, build_dir / "dbt"), *selection]
    with notes.taken() if notes else nullcontext():
        done = dbtRunner(manifest=manifest, callbacks=[listener]).invoke(command)
    if not isinstance(done.result, RunExecutionResult):  # it did not come to a first node
        return False, [], str(done.exception)
    nodes = [_node_result(result, variables) for result in done.result.results]
    if notes and done.success:
        with _build_open() as cursor:
            notes.note_types(cursor)
    return bool(done.success), nodes, str(done.exception or "")


class _Listener:
    """Turns dbt's events into progress; an event it does not know is none of its business."""

    def __init__(self, before: Sequence[NodeResult], on_event: OnEvent | None) -> None:
        self._teller = Teller(before, on_event)

    def __call__(self, event) -> None:
        if event.info.name not in ("LogSeedResult", "LogModelResult", "LogTestResult"):
            return
        data, info = event.data, event.data.node_info
        # How many there are is not known before dbt's first word.
        total = getattr(data, "total", 0) or getattr(data, "num_models", 0)
        node = NodeResult(
            info.unique_id,
            info.node_name,
            info.resource_type,
            data.status.lower(),
            data.execution_time,
        )
        self._teller.tell(node, total)


def _node_result(result, variables: Mapping[str, str]) -> NodeResult:
    return NodeResult(
        unique_id=result.node.unique_id,
        name=result.node.name,
        kind=str(result.node.resource_type),
        status=str(result.status),
        seconds=result.execution_time,
        message=(result.message or "").strip(),
        failures=result.failures or 0,
        files=_files_at_fault(result, variables) if str(result.status) == "fail" else (),
    )


def _files_at_fault(result, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The deliveries behind the rows of a failing test, asked for while the build is still open."""
    selection, lake = variables.get("JUNHENG_SELECTION"), variables.get("JUNHENG_LAKE")
    if not selection or not lake or not result.node.compiled_code:
        return ()
    with _build_open() as cursor:
        sql = fill(result.node.compiled_code, variables)
        return tuple(deliveries_at_fault(cursor, sql, Path(selection), Path(lake)))


@contextmanager
def _build_open() -> Iterator[duckdb.DuckDBPyConnection]:
    """The database as dbt has it open."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    opened = DuckDBConnectionManager._ENV
    assert opened is not None  # a run has ended and was not released
    handle = opened.handle()
    try:
        yield handle.cursor()
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
