"""Assets of the lake: the deliveries of a school year or semester, and what counts of them all."""

import time
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg

from dagster_project.defs.partitions import ZONE, after_due, school_years, semester_of, semesters
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.retries import retry_transient
from dagster_project.defs.tags import ENGINEERS, ROOM
from dagster_project.messages import Message
from dagster_project.publish.publication import NotPublished

if TYPE_CHECKING:
    from dagster_project.lake.store import Delivery

EVERYTHING = "junheng/everything"
"""Run tag of a load that takes all of raw/, whatever the years of its partitions."""

NOTES = "notes"
"""Metadata: sentences for whoever loads, on what was put right or is no more."""

NOTEWORTHY_LAG = timedelta(seconds=5)
_GRACE_DAYS = 10  # after the due day, as long as a county's corrections usually take

# Something must have been read in the month that ends with the grace; which counties have not come
# by then is what the check `who_has_not_reported` is for.
YEARLY_FRESHNESS = dg.FreshnessPolicy.cron(
    deadline_cron=after_due("autumn", hour=0, days=_GRACE_DAYS),
    lower_bound_delta=timedelta(days=30),
    timezone=ZONE,
)
# Half a year and what the due days of the two terms may lie apart.
SEMESTER_FRESHNESS = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(days=190), fail_window=timedelta(days=220)
)


@dg.asset(
    partitions_def=school_years,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="lake",
    kinds={"excel", "parquet"},
    owners=[ENGINEERS],
    tags={ROOM: "lake"},
    freshness_policy=YEARLY_FRESHNESS,
    pool="warehouse",
)
def census_files(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Census exports of a school year, read into the lake; the same bytes are read once."""
    with retry_transient(context, warehouse):
        if context.run.tags.get(EVERYTHING):
            return _ingest(context, warehouse, [(None, None)])
        return _ingest(context, warehouse, [([int(key) for key in context.partition_keys], None)])


@dg.asset(
    partitions_def=semesters,
    backfill_policy=dg.BackfillPolicy.single_run(),
    # A semester's files name schools that any census may have brought in.
    deps=[dg.AssetDep(census_files, partition_mapping=dg.AllPartitionMapping())],
    group_name="lake",
    kinds={"excel", "parquet"},
    owners=[ENGINEERS],
    tags={ROOM: "lake"},
    freshness_policy=SEMESTER_FRESHNESS,
    pool="warehouse",
)
def semester_files(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Files of a semester's folder, read into the lake."""
    wanted = [
        ([school_year], term) for school_year, term in map(semester_of, context.partition_keys)
    ]
    with retry_transient(context, warehouse):
        return _ingest(context, warehouse, wanted)


@dg.asset(
    deps=[census_files, semester_files],
    group_name="lake",
    kinds={"parquet"},
    owners=[ENGINEERS],
    tags={ROOM: "lake"},
    pool="warehouse",
)
def current_figures(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> dg.MaterializeResult:
    """Which file speaks for which school: the deliveries in force and the current sections."""
    from dagster_project.defs.described import selected
    from dagster_project.lake.ingest import mend
    from dagster_project.lake.readers import Limits
    from dagster_project.lake.reference import write_reference
    from dagster_project.lake.selection import select
    from dagster_project.lake.store import Lake

    settings = warehouse.settings
    lake = Lake(settings.lake)
    with retry_transient(context, warehouse):
        # A rebuild reads nothing, but it must not compute from what is damaged either.
        notes = _say_mended(context, lake.sweep(), mend(settings.raw, lake, settings.workers))
        limits = Limits(settings.file_seconds, settings.file_memory_bytes)
        refused = write_reference(lake, settings.raw, limits)
        selection = select(
            lake, settings.build / "selection", warehouse.known_at, refused_inputs=refused
        )
    for item in refused:
        context.log.warning(f"{item.path}: {item.message}")
    if not selection.sections:
        raise NotPublished("runs.nothing_to_publish", raw=settings.raw)
    return dg.MaterializeResult(
        metadata={
            "files": selection.files,
            "sections": selection.sections,
            NOTES: [message.text() for message in notes],
            **selected(settings.build / "selection"),
        }
    )


def clock_message(behind: timedelta) -> Message:
    """What is said where the clock is behind the load before."""
    return Message("runs.clock_behind", {"seconds": behind.total_seconds()})


def _say_mended(
    context: dg.AssetExecutionContext, healed: Iterable[str], mended: Iterable["Delivery"]
) -> list[Message]:
    from dagster_project.runs.journal import WARNING, note

    said = []
    for name in healed:
        said.append(Message("runs.log_healed", {"name": name}))
        note("log_healed", WARNING, name=name)
    for entry in mended:
        why = entry.why or Message("runs.was_read_again")
        said.append(Message("runs.reading_was_damaged", {"path": entry.path, "why": why}))
        note("mended", WARNING, path=entry.path, outcome=entry.outcome)
    for message in said:
        context.log.warning(message.text())
    return said


def _ingest(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    wanted: Sequence[tuple[Collection[int] | None, str | None]],
) -> dg.MaterializeResult:
    """Read what is new of every ``(school years, term)``; ``None`` means all of them."""
    from dagster_project.defs.described import ingested
    from dagster_project.lake.ingest import ingest
    from dagster_project.lake.readers import Limits
    from dagster_project.lake.store import Lake
    from dagster_project.runs.journal import WARNING, note
    from dagster_project.runs.progress import report

    settings, since = warehouse.settings, time.monotonic()
    done = [
        ingest(
            settings.raw,
            Lake(settings.lake),
            school_years=years,
            term=term,
            workers=settings.workers,
            limits=Limits(settings.file_seconds, settings.file_memory_bytes),
            progress=lambda done, total, path: report("read", done, total, path),
        )
        for years, term in wanted
    ]
    notes = []
    for one in done:
        notes += _say_mended(context, one.healed, one.mended)
        if one.clock_behind >= NOTEWORTHY_LAG:
            notes.append(clock_message(one.clock_behind))
            note("clock_behind", WARNING, seconds=one.clock_behind.total_seconds())
        for path in one.withdrawn:
            notes.append(Message("runs.withdrawn", {"path": path}))
    for message in notes:
        context.log.info(message.text())
    for entry in (entry for one in done for entry in one.entries):
        if entry.reason:
            context.log.warning(f"{entry.path}: {entry.why}")
        note(
            "file",
            *([WARNING] if entry.reason else []),
            path=entry.path,
            sha256=entry.sha256,
            outcome=entry.outcome,
            shape=entry.shape,
            rows=entry.rows,
            sheet=entry.sheet,
            cell=entry.cell,
        )
    metadata = ingested(done, time.monotonic() - since, settings.raw)
    return dg.MaterializeResult(metadata={**metadata, NOTES: [message.text() for message in notes]})
