"""Assets of the lake: the deliveries of a school year or semester, and what counts of them all."""

from collections.abc import Collection

import dagster as dg

from dagster_project.defs.partitions import school_years, semester_of, semesters
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.retries import what_can_pass
from dagster_project.publish.publication import NotPublished

EVERYTHING = "junheng/everything"
"""Run tag of a load that takes all of raw/, whatever the years of its partitions."""


@dg.asset(
    partitions_def=school_years,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="lake",
    kinds={"excel", "parquet"},
    pool="warehouse",
)
def census_files(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Census exports of a school year, read into the lake; the same bytes are read once."""
    with what_can_pass(context, warehouse):
        if context.run.tags.get(EVERYTHING):
            return _ingest(context, warehouse, None, None)
        return _ingest(context, warehouse, [int(key) for key in context.partition_keys], None)


@dg.asset(
    partitions_def=semesters,
    group_name="lake",
    kinds={"excel", "parquet"},
    pool="warehouse",
)
def semester_files(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Files of one semester's folder, read into the lake."""
    school_year, term = semester_of(context.partition_key)
    with what_can_pass(context, warehouse):
        return _ingest(context, warehouse, [school_year], term)


@dg.asset(
    deps=[census_files, semester_files],
    group_name="lake",
    kinds={"parquet"},
    pool="warehouse",
)
def current_figures(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> dg.MaterializeResult:
    """Which file speaks for which school: the deliveries in force and the current sections."""
    from dagster_project.lake.reference import write_reference
    from dagster_project.lake.selection import select
    from dagster_project.lake.store import Lake

    settings = warehouse.settings
    lake = Lake(settings.lake)
    with what_can_pass(context, warehouse):
        write_reference(lake, settings.raw)
        selection = select(lake, settings.build / "selection", warehouse.known_at)
    if not selection.sections:
        raise NotPublished(
            f"There is no primary or junior section to publish. Put census files below"
            f" {settings.raw}/<school_year>/<term>/ and see what was refused."
        )
    return dg.MaterializeResult(metadata={"files": selection.files, "sections": selection.sections})


def _ingest(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    years: Collection[int] | None,
    term: str | None,
) -> dg.MaterializeResult:
    from dagster_project.lake.ingest import ingest
    from dagster_project.lake.readers import Limits
    from dagster_project.lake.store import Lake
    from dagster_project.progress import report

    settings = warehouse.settings
    done = ingest(
        settings.raw,
        Lake(settings.lake),
        school_years=years,
        term=term,
        workers=settings.workers,
        limits=Limits(settings.file_seconds, settings.file_memory_bytes),
        progress=lambda done, total, path: report("read", done, total, path),
    )
    refused = [entry for entry in done.entries if entry.reason]
    for entry in refused:
        context.log.warning(f"{entry.path}: {entry.reason}")
    return dg.MaterializeResult(
        metadata={
            "files": done.files,
            "read": done.read,
            "accepted": sum(entry.accepted for entry in done.entries),
            "refused": len(refused),
            "sections": sum(entry.rows or 0 for entry in done.entries if entry.accepted),
        }
    )
