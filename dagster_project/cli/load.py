"""``junheng load``: run the job, then say what came of it."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from datetime import datetime
from pathlib import Path

from dagster_project.cli import untouched
from dagster_project.cli.console import err, progress_bars
from dagster_project.cli.summary import (
    MOST_FILES,
    doubtful_entries,
    is_anything_computed,
    open_hard_flags,
    opened,
    print_summary,
    rejected_files,
)
from dagster_project.judgement.gx import helper_process
from dagster_project.lake import readers
from dagster_project.machine import startup
from dagster_project.messages import say
from dagster_project.publish.versions import in_force, manifest_of, was_made_by
from dagster_project.runs.launched import Launched
from dagster_project.settings import Settings

PUBLISHED, NOT_PUBLISHED, WITH_FAULTS = 0, 1, 3


def run(
    settings: Settings,
    *,
    school_years: Sequence[int] | None,
    term: str | None,
    as_of: datetime | None,
    strict: bool,
    full: bool = False,
) -> int:
    """Load and publish; returns 0 if clean, 3 if published with faults, 1 if not published.

    ``full`` computes all years anew and compares them with what stands.
    """
    if as_of is None and not settings.raw.is_dir():
        err.print(
            say(
                "cli.there_no_folder_put_census",
                raw=settings.raw,
            )
        )
        return NOT_PUBLISHED
    _quiet()
    before = in_force(settings)
    is_whole = school_years is None and term is None and as_of is None
    try:
        if settings.judges_apart and _something_new(settings):
            helper_process.prepare()
            readers.prepare()
        inputs = untouched.inputs_now(settings) if is_whole else None
        launched = None if full else untouched.account_of_nothing(settings, inputs)
        if launched is None:
            launched = _launched(settings, school_years, term, as_of, full)
            untouched.remember(settings, inputs, launched)
    except (Exception, KeyboardInterrupt) as error:
        return _failed(settings, before, error)
    finally:
        helper_process.dismiss()
    with suppress(OSError):  # who is not there to read it is no reason to say that it failed
        print_summary(settings, launched, is_new=in_force(settings) != before)
    return code_of(settings, strict)


def _launched(
    settings: Settings,
    school_years: Sequence[int] | None,
    term: str | None,
    as_of: datetime | None,
    full: bool,
) -> Launched:
    """Run the job, with the progress on the screen, to the last page of the quality project."""
    with progress_bars():
        with startup.paused_collector() if settings.judges_apart else nullcontext():
            from dagster_project.defs import launch
        launched = (
            launch.rebuild(settings, as_of, full=full)
            if as_of is not None
            else launch.load(settings, school_years, term, full=full)
        )
        if problem := helper_process.finish():
            err.print(say("cli.pages_warehouse_quality_could_not", why=problem))
    return launched


def code_of(settings: Settings, strict: bool) -> int:
    """The exit code of a load whose version is in force: 0, or 3 where something is amiss.

    A version without the figure of any indicator is what nobody meant to publish.
    """
    with opened(settings):
        manifest = manifest_of(settings.current)
        restatement, audit = manifest.get("restatement", {}), manifest.get("audit") or {}
        is_faulty = (
            bool(rejected_files(settings) or doubtful_entries(settings))
            or bool(restatement.get("is_missing") or audit.get("unlike"))
            or not is_anything_computed(settings)
        )
        if is_faulty or (strict and open_hard_flags(settings)):
            return WITH_FAULTS
    return PUBLISHED


def cut_off(settings: Settings, before: Path | None, process: int) -> tuple[int, list[str]]:
    """Exit code and sentences of a load that was ended from outside while it ran in ``process``.

    ``before`` is the version that was in force when it began.
    """
    standing = in_force(settings)
    if os.environ.get("DAGSTER_HOME"):
        _end_run(process)
    if standing is not None and was_made_by(settings, process, before):
        return WITH_FAULTS, [
            say("cli.version_had_published", id=standing.name),
            say("cli.correction_lists_handbook_reports_may"),
        ]
    if standing is None:
        return NOT_PUBLISHED, [say("cli.nothing_published")]
    still = say("cli.version_published_before_still_place", id=standing.name)
    return NOT_PUBLISHED, [say("cli.nothing_was_published"), still]


def _end_run(process: int) -> None:
    """Tell Dagster's memory that the run of ``process`` has ended, or it would hold the queue."""
    import dagster as dg

    from dagster_project.defs.orphans import end_runs_of_dead_processes

    with suppress(Exception), dg.DagsterInstance.get() as instance:  # the daemon tries it as well
        end_runs_of_dead_processes(instance)


def _failed(settings: Settings, before: Path | None, error: BaseException) -> int:
    """Say why a load failed and what stands; the exit code by whether its version is in force."""
    from dagster_project.cli.faults import WORDED, is_of_the_disk, sentence_of

    is_published = was_made_by(settings, os.getpid(), before)
    if isinstance(error, KeyboardInterrupt):
        why = say("cli.interrupted")
    else:
        why = sentence_of(error, settings)
    if is_published:
        head = say("cli.published_but_follows_not_all", why=why)
    else:
        head = say("cli.not_published", why=why)
    err.print(head, style="bold red")
    _say_what_stands(settings, is_published)
    if not isinstance(error, (*WORDED, KeyboardInterrupt, MemoryError)) and not is_of_the_disk(
        error
    ):
        if os.environ.get("JUNHENG_TRACEBACK"):
            raise error
        err.print(say("cli.set_junheng_traceback_1_details"))
    return WITH_FAULTS if is_published else NOT_PUBLISHED


def _something_new(settings: Settings) -> bool:
    """Whether a file came or changed since the last publication, by its date: worth getting ready.

    Only a guess, by which nobody is let down: what has to be read is decided by the files' bytes.
    """
    standing = in_force(settings)
    if standing is None:
        return True
    since = standing.stat().st_mtime
    files = (path for path in settings.raw.rglob("*") if path.is_file())
    return any(max(path.stat().st_mtime, path.stat().st_ctime) > since for path in files)


def _say_what_stands(settings: Settings, is_published: bool) -> None:
    """What the failed load leaves behind: the files refused, and the version in force."""
    from dagster_project.lake.append_log import StorageDamaged
    from dagster_project.lake.in_force import refused_now
    from dagster_project.lake.store import Lake

    with suppress(StorageDamaged, OSError):  # it has been said, or is
        for refused in refused_now(Lake(settings.lake).deliveries())[:MOST_FILES]:
            err.print(f"[red]{say('cli.refused')}[/] {refused.path}: {refused.why}")
    standing = in_force(settings)
    if standing is None:
        return
    if is_published:
        err.print(say("cli.force_version", id=standing.name))
    else:
        err.print(say("cli.version_published_before_still_place", id=standing.name))


def _quiet() -> None:
    """Keep the libraries' notices out of a summary that people read."""
    warnings.filterwarnings("ignore")
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
