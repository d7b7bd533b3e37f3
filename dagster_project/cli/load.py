"""``junheng load``: run the job, then say what came of it."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime

import duckdb

from dagster_project import imports
from dagster_project.cli.console import err, progress_bars
from dagster_project.cli.language import say
from dagster_project.cli.summary import (
    MOST_FILES,
    doubtful_entries,
    open_hard_flags,
    opened,
    print_summary,
    rejected_files,
)
from dagster_project.judgement import apart
from dagster_project.lake import readers
from dagster_project.publish.lock import WarehouseBusy
from dagster_project.publish.publication import NotPublished
from dagster_project.publish.versions import in_force
from dagster_project.settings import Settings

PUBLISHED, NOT_PUBLISHED, WITH_FAULTS = 0, 1, 3


def run(
    settings: Settings,
    *,
    school_years: Sequence[int] | None,
    term: str | None,
    as_of: datetime | None,
    strict: bool,
) -> int:
    """Load and publish; returns 0 if clean, 3 if published with faults, 1 if not published."""
    if as_of is None and not settings.raw.is_dir():
        err.print(
            say(
                "There is no folder {raw}. Put the census files below it, or use --raw.",
                raw=settings.raw,
            )
        )
        return NOT_PUBLISHED
    _quiet()
    before = in_force(settings)
    if settings.judges_apart and _something_new(settings):
        apart.prepare()
        readers.prepare()
    try:
        with progress_bars():
            with imports.for_good() if settings.judges_apart else nullcontext():
                from dagster_project.defs import launch
            launched = (
                launch.rebuild(settings, as_of)
                if as_of is not None
                else launch.load(settings, school_years, term)
            )
            if problem := apart.finish():
                err.print(
                    say("The pages of warehouse/quality/ could not be written: {why}", why=problem)
                )
    except (NotPublished, WarehouseBusy) as refusal:
        err.print(say("Not published: {why}", why=refusal), style="bold red")
        _say_what_stands(settings)
        return NOT_PUBLISHED
    except (MemoryError, duckdb.OutOfMemoryException) as error:
        err.print(
            say(
                "Not published: {why}. Give the load more memory: JUNHENG_MEMORY_LIMIT.",
                why=str(error).splitlines()[0] if str(error) else type(error).__name__,
            ),
            style="bold red",
        )
        _say_what_stands(settings)
        return NOT_PUBLISHED
    except (OSError, duckdb.IOException) as error:
        err.print(
            say(
                "Not published: {why}. Check the disk and the permissions of {folder}.",
                why=error,
                folder=settings.warehouse,
            ),
            style="bold red",
        )
        _say_what_stands(settings)
        return NOT_PUBLISHED
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        err.print(say("Not published: {why}", why=why), style="bold red")
        _say_what_stands(settings)
        if os.environ.get("JUNHENG_TRACEBACK"):
            raise
        err.print(say("Set JUNHENG_TRACEBACK=1 for the details."))
        return NOT_PUBLISHED
    finally:
        apart.dismiss()
    with opened(settings):
        print_summary(settings, launched, is_new=in_force(settings) != before)
        is_faulty = rejected_files(settings) or doubtful_entries(settings)
        if is_faulty or (strict and open_hard_flags(settings)):
            return WITH_FAULTS
    return PUBLISHED


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


def _say_what_stands(settings: Settings) -> None:
    """What the failed load leaves behind: the files refused, and the version still in force."""
    from dagster_project.lake.standing import refused_now
    from dagster_project.lake.store import Lake

    for refused in refused_now(Lake(settings.lake).deliveries())[:MOST_FILES]:
        err.print(f"[red]{say('refused')}[/] {refused.path}: {refused.reason}")
    standing = in_force(settings)
    if standing is not None:
        err.print(say("The version published before ({id}) is still in place.", id=standing.name))


def _quiet() -> None:
    """Keep the libraries' notices out of a summary that people read."""
    warnings.filterwarnings("ignore")
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
