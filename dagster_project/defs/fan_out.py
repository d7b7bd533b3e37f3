"""Reading and judging spread over the steps of one run, and so over whatever runs the steps.

``fanned_out`` reads the new files of raw/ in batches and judges the school years one by one, each
batch and year a step. Steps are processes here; ``JUNHENG_EXECUTOR=module:name`` names another
executor of Dagster's. What the steps share is the lake alone: readings and results of judging stand
there under the hash of what they depend on, so a step that is lost or done twice changes nothing.
Afterwards ``rebuild`` computes and publishes, and finds everything read and judged.
"""

import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.defs.resources import Warehouse
from dagster_project.defs.tags import KIND
from dagster_project.settings import Settings
from dagster_project.variables import value

EXECUTOR = "JUNHENG_EXECUTOR"


class Places(dg.ConfigurableResource):
    """Where things are, without the right to publish: many steps may have it at once."""

    raw: str = ""
    warehouse: str = ""

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.raw or None, self.warehouse or None)


class Batches(dg.Config):
    """How many files a step reads; a batch is closed earlier at so many bytes."""

    files: int = 50
    megabytes: int = 200


def batches(files: Sequence[Any], most: int, most_bytes: int) -> Iterator[list[Any]]:
    """Files in their order, ``most`` and ``most_bytes`` at a time; a larger file stands alone."""
    batch: list[Any] = []
    for file in files:
        too_big = sum(f.size for f in batch) + file.size > most_bytes
        if batch and (len(batch) == most or too_big):
            yield batch
            batch = []
        batch.append(file)
    if batch:
        yield batch


def _limits(settings: Settings):
    from dagster_project.lake.readers import Limits

    return Limits(settings.file_seconds, settings.file_memory_bytes)


# The pool counts runs, not steps: nothing else writes the warehouse while the steps are under way.
@dg.op(out=dg.DynamicOut(), pool="warehouse")
def unread_batches(config: Batches, places: Places) -> Iterator[dg.DynamicOutput]:
    """The files that have not been read, some at a time."""
    from dagster_project.lake.ingest import unread_files
    from dagster_project.lake.store import Lake

    settings = places.settings
    files = unread_files(settings.raw, Lake(settings.lake), limits=_limits(settings))
    for number, batch in enumerate(batches(files, config.files, config.megabytes * 1_000_000)):
        yield dg.DynamicOutput(batch, mapping_key=str(number))


@dg.op
def read_batch(places: Places, files: list) -> dict:
    """Every file of the batch read into the lake: (path, hash) → what became of it."""
    from dagster_project.census.table.profile import load_profiles
    from dagster_project.lake.ingest import read_into
    from dagster_project.lake.readers import each
    from dagster_project.lake.store import Lake

    settings = places.settings
    read_one = partial(read_into, Lake(settings.lake), settings.raw, load_profiles(settings.raw))
    read = each(read_one, files, processes=settings.workers, limits=_limits(settings))
    return {(file.path, file.sha256): result for file, result in read}


@dg.op(out=dg.DynamicOut(int), pool="warehouse")
def years_to_judge(
    context: dg.OpExecutionContext, warehouse: Warehouse, readings: list
) -> Iterator[dg.DynamicOutput]:
    """The log of deliveries written, what counts selected: every school year that is there."""
    import duckdb

    from dagster_project.lake.ingest import ingest
    from dagster_project.lake.reference import write_reference
    from dagster_project.lake.selection import select
    from dagster_project.lake.store import Lake

    settings = warehouse.settings
    lake, selection = Lake(settings.lake), _shared(settings, context.run_id) / "selection"
    made = {key: result for batch in readings for key, result in batch.items()}
    ingest(settings.raw, lake, limits=_limits(settings), readings=made)
    write_reference(lake, settings.raw, _limits(settings))
    select(lake, selection)
    current = str(selection / "current.parquet")
    with duckdb.connect() as connection:
        years = connection.execute(
            "select distinct school_year from read_parquet(?) order by 1", [current]
        ).fetchall()
    for (year,) in years:
        yield dg.DynamicOutput(int(year), mapping_key=str(year))


@dg.op
def year_judged(context: dg.OpExecutionContext, places: Places, school_year: int) -> int:
    """One school year judged by all rules, its result in the store; how many flags there are."""
    from dagster_project.judgement.judge import Limits, judge_year
    from dagster_project.lake.store import Lake

    settings = places.settings
    shared = _shared(settings, context.run_id)
    limits = Limits(shared / f"judging-{school_year}", settings.threads, settings.memory_limit)
    result = judge_year(Lake(settings.lake), shared / "selection", school_year, limits=limits)
    return result.count


@dg.op
def put_away(context: dg.OpExecutionContext, places: Places, found: list) -> None:
    """What the steps shared is thrown away; what they made stands in the lake."""
    shutil.rmtree(_shared(places.settings, context.run_id), ignore_errors=True)
    context.log.info(f"{len(found)} school years judged, {sum(found)} flags raised.")


def _shared(settings: Settings, run_id: str) -> Path:
    """A folder that every step of the run sees, beside the lake."""
    return settings.warehouse / "fanned_out" / run_id


def chosen_executor() -> dg.ExecutorDefinition:
    """What ``JUNHENG_EXECUTOR`` names (``dagster_k8s:k8s_job_executor``), or processes."""
    chosen = str(value(EXECUTOR) or "dagster:multiprocess_executor")
    module, _, name = chosen.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"{EXECUTOR} names {chosen}, which cannot be imported ({error}); install its package,"
            " or leave the variable empty."
        ) from error


def fan_out_job() -> dg.JobDefinition:
    """The job ``fanned_out``, on the places and limits that ``JUNHENG_*`` variables say."""

    @dg.job(
        name="fanned_out",
        description="Reads and judges, many steps at once; `rebuild` then computes, publishes.",
        executor_def=chosen_executor(),
        resource_defs={"places": Places(), "warehouse": Warehouse()},
        tags={KIND: "fanned_out"},
    )
    def fanned_out() -> None:
        readings = unread_batches().map(read_batch)
        found = years_to_judge(readings.collect()).map(year_judged)
        put_away(found.collect())

    return fanned_out
