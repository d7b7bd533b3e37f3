"""Running the jobs from outside the Dagster UI: one process, the same definitions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import dagster as dg

from dagster_project.defs.assembly import definitions
from dagster_project.defs.described import KEPT, told
from dagster_project.defs.ingest import EVERYTHING, NOTES
from dagster_project.defs.judgement import REVIEW_PROBLEMS
from dagster_project.defs.orphans import end_runs_of_dead_processes, process_tag
from dagster_project.defs.partitions import school_years, semester_key
from dagster_project.defs.reports import ASSET as REPORTS
from dagster_project.defs.reports import FAILURES
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.tags import FULL
from dagster_project.publish.publication import RunInterrupted
from dagster_project.runs.launched import Launched
from dagster_project.settings import Settings

_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"


def load(
    settings: Settings,
    school_years_wanted: Sequence[int] | None,
    term: str | None,
    *,
    full: bool = False,
) -> Launched:
    """Load what is new and publish; without years everything in raw/, with ``full`` computed whole.

    Runs ``yearly_load`` or, with a term, ``semester_load``. Raises what the assets raise.
    """
    job = "semester_load" if term else "yearly_load"
    counts = []
    for tags, partition in _runs(settings, school_years_wanted, term):
        result = _execute(settings, job, tags={**tags, **_full(full)}, partition_key=partition)
        counts.append(_counts(result))
    return Launched(
        sum(c.files for c in counts),
        sum(c.read for c in counts),
        sum(c.reports for c in counts),
        counts[-1].reports_left if counts else 0,  # every run writes what those before left
        tuple(sentence for c in counts for sentence in c.reports_failed),
        tuple(dict.fromkeys(sentence for c in counts for sentence in c.kept)),
        tuple(dict.fromkeys(sentence for c in counts for sentence in c.notes)),
    )


def rebuild(settings: Settings, as_of: datetime, *, full: bool = False) -> Launched:
    """Publish the warehouse as it was known at ``as_of`` (naive UTC); raw/ is not looked at."""
    result = _execute(settings, "rebuild", tags=_full(full), as_of=as_of)
    return Launched(0, 0, notes=_counts(result).notes)


def _runs(settings: Settings, wanted: Sequence[int] | None, term: str | None):
    """The runs that a load takes: run tags and partition key of each."""
    keys = school_years.get_partition_keys()
    if term:
        years = wanted or _years_in_raw(settings)
        return [({}, semester_key(year, term)) for year in sorted(set(years))]
    if wanted is None:
        here = [key for key in map(str, _years_in_raw(settings)) if key in keys] or keys[-1:]
        return [({EVERYTHING: "true", **_range(here[0], here[-1])}, None)]
    return [({}, str(year)) for year in sorted(set(wanted))]


def _full(full: bool) -> dict[str, str]:
    return {FULL: "true"} if full else {}


def _range(first: str, last: str) -> dict[str, str]:
    return {_RANGE_START: first, _RANGE_END: last}


def _years_in_raw(settings: Settings) -> list[int]:
    if not settings.raw.is_dir():
        return []
    names = (folder.name for folder in settings.raw.iterdir() if folder.is_dir())
    return sorted(int(name) for name in names if name.isdigit() and len(name) == 4)


def _execute(
    settings: Settings,
    job: str,
    tags: dict[str, str] | None = None,
    partition_key: str | None = None,
    as_of: datetime | None = None,
) -> dg.ExecuteInProcessResult:
    resource = Warehouse(
        raw=str(settings.raw),
        warehouse=str(settings.warehouse),
        as_of=as_of.isoformat() if as_of else "",
    )
    # With DAGSTER_HOME the run shows up in the UI's history; without, nothing is left behind.
    instance = (
        dg.DagsterInstance.get()
        if os.environ.get("DAGSTER_HOME")
        else dg.DagsterInstance.ephemeral()
    )
    with instance:
        end_runs_of_dead_processes(instance)
        try:
            result = (
                definitions(resource)
                .resolve_job_def(job)
                .execute_in_process(
                    instance=instance,
                    tags={**(tags or {}), **process_tag()},
                    partition_key=partition_key,
                    run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                )
            )
        except dg.DagsterResourceFunctionError as error:  # a busy or read-only warehouse
            raise error.user_exception from error
    if not result.success:  # a run that is cancelled raises nothing
        raise RunInterrupted("runs.interrupted")
    return result


def _counts(result: dg.ExecuteInProcessResult) -> Launched:
    counts = Launched(0, 0)
    for event in result.get_asset_materialization_events():
        metadata, step = event.materialization.metadata, event.materialization.asset_key.path[-1]
        for name in (NOTES, REVIEW_PROBLEMS):
            if name in metadata:
                counts = replace(counts, notes=(*counts.notes, *told(metadata, name)))
        if KEPT in metadata:
            counts = replace(counts, kept=(*counts.kept, *told(metadata, KEPT)))
        if step in ("census_files", "semester_files"):
            counts = replace(counts, files=told(metadata, "files"), read=told(metadata, "read"))
        elif step == REPORTS:
            counts = replace(
                counts,
                reports=told(metadata, "written"),
                reports_left=told(metadata, "left"),
                reports_failed=tuple(told(metadata, FAILURES)),
            )
    return counts
