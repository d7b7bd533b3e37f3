"""The same run by stock dagster-dbt (``DbtCliResource``) and dbt's own materialisations.

``JUNHENG_DBT=stock`` asks for it: it takes several times as long and must give the same tables,
which a test holds it to. It is the way back should a newer dbt break what the fast path relies on
(docs/decisions/02-kept-manifest-and-in-process-dbt.md, 03-own-materialization.md).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dagster_project.transform.dbt_run import environment
from dagster_project.transform.manifest import manifest_path
from dagster_project.transform.node import SCRATCH, NodeResult, OnEvent

STOCK = "stock"
"""What ``JUNHENG_DBT`` says where dbt's own materialisations are asked for (materialize.sql)."""


def run(
    project: Path,
    build_dir: Path,
    selection: Sequence[str],
    variables: Mapping[str, str],
    *,
    before: Sequence[NodeResult] = (),
    on_event: OnEvent | None = None,
) -> tuple[bool, list[NodeResult], str]:
    """As :func:`~dagster_project.transform.dbt_run.run`, in a process of dbt's own.

    ``on_event`` is told of the nodes when all are finished.
    """
    from dagster_dbt import DbtCliResource

    manifest = json.loads(manifest_path(project).read_text("utf-8"))
    dbt = DbtCliResource(
        project_dir=str(project),
        profiles_dir=str(project),
        dbt_executable=str(Path(sys.executable).with_name("dbt")),
    )
    given = {**variables, "JUNHENG_BUILD": str(build_dir), "JUNHENG_DBT": STOCK}
    with environment(given):
        call = dbt.cli(
            ["build", *selection],
            manifest=manifest,
            target_path=build_dir / "dbt",
            raise_on_error=False,
        )
        said = [event.raw_event["info"]["msg"] for event in call.stream_raw_events()]
    (build_dir / SCRATCH).unlink(missing_ok=True)
    success = call.is_successful()
    results = build_dir / "dbt" / "run_results.json"
    error = "" if success else " ".join(said[-3:]) or f"dbt build {' '.join(selection)} failed"
    if not results.exists():
        return False, [], error
    found = json.loads(results.read_text("utf-8"))["results"]
    nodes = [_node_result(result, manifest) for result in found]
    if on_event is not None:
        for done, node in enumerate((*before, *nodes), start=1):
            on_event(node, done, len(before) + len(nodes))
    return success, nodes, error


def _node_result(result: Mapping, manifest: Mapping) -> NodeResult:
    known = {**manifest["nodes"], **manifest["unit_tests"]}[result["unique_id"]]
    return NodeResult(
        unique_id=result["unique_id"],
        name=known["name"],
        kind=known["resource_type"],
        status=result["status"],
        seconds=result["execution_time"],
        message=(result["message"] or "").strip(),
        failures=result["failures"] or 0,
    )
