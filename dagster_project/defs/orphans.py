"""Runs whose process is gone: ended at the next start, so that they do not hold the queue for good.

A machine that loses power, or a service that is restarted, takes its runs along without a word. In
Dagster's memory they are still under way, and since one run writes at a time, none would start any
more. The services call this before they start; a run that ended so is tried again by
``run_retries`` in ``dagster.yaml``.
"""

from __future__ import annotations

import os
import socket

import dagster as dg

from dagster_project.defs.tags import PROCESS
from dagster_project.publish.lock import WarehouseBusy, writing
from dagster_project.settings import Settings

UNDER_WAY = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
CUT_OFF = "The command that did this run was ended."
WHY = "The process of this run is gone; it ended with the service or the machine."


def end_orphans(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """End the runs that are under way by their record although nobody writes; their ids.

    Call it where no service runs. A load from the command line may be at work: it holds the
    warehouse, and then every run is left as it is.
    """
    try:
        with writing(settings.warehouse):
            runs = instance.get_runs(filters=dg.RunsFilter(statuses=UNDER_WAY))
            for run in runs:
                instance.report_run_failed(run, WHY)
            return [run.run_id for run in runs]
    except WarehouseBusy:
        return []


def process_tag(process: int | None = None) -> dict[str, str]:
    """The tag of a run that a process of this machine does by itself: its host and number."""
    return {PROCESS: f"{socket.gethostname()}:{process or os.getpid()}"}


def end_runs_of_dead_processes(instance: dg.DagsterInstance) -> list[str]:
    """End the runs under way that a command did whose process is gone from this machine; their ids.

    Nobody else would: the daemon looks after the runs that it started.
    """
    ended = []
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=UNDER_WAY)):
        host, _, process = run.tags.get(PROCESS, "").rpartition(":")
        if host == socket.gethostname() and process.isdigit() and not _lives(int(process)):
            instance.report_run_failed(run, CUT_OFF)
            ended.append(run.run_id)
    return ended


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        return True
    return True


def main() -> None:
    """``python -m dagster_project.defs.orphans``, with the environment of the services."""
    with dg.DagsterInstance.get() as instance:
        for run_id in end_orphans(instance, Settings.from_environment()):
            print(f"Run {run_id[:8]} was ended: {WHY}")


if __name__ == "__main__":
    main()
