"""Every county's documents: those that would come out other than they stand, in processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.regions import Region, regions_of
from dagster_project.machine import durable
from dagster_project.machine.helper_process import Limits
from dagster_project.messages import Message
from dagster_project.reports.changes import Contents
from dagster_project.reports.contributed.drops import FOLDER, Drops, stamps
from dagster_project.reports.folder import county_folder, follow_its_name, region_folder
from dagster_project.reports.foreign import write_bounded
from dagster_project.reports.standing import Kept, kept, newest, stands
from dagster_project.reports.templates import Templates
from dagster_project.reports.worker import Desk, Failure, Task, at_the_desk, open_desk, write
from dagster_project.settings import Settings

PARALLEL_FROM = 8
"""Below this many places, starting processes costs more than it saves."""
PLACES_A_BATCH = 4
_INPUTS = ".written-with"
_ENDED = Message("reports.writer_ended")

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Reports:
    """What came of it: places written, places whose documents stood already, places left for later
    because of the limit, the documents that failed, and those that somebody edited, which were kept
    (told as long as they stand beside newer ones). ``notes`` say what is not used of the chapters
    that offices wrote."""

    folder: Path
    written: tuple[CountyYear | Region, ...]
    unchanged: int
    left: tuple[CountyYear | Region, ...]
    failures: tuple[Failure, ...]
    kept: tuple[Kept, ...] = ()
    notes: tuple[Message, ...] = ()


def write_reports(
    settings: Settings,
    counties: Collection[str] | None = None,
    school_years: Collection[int] | None = None,
    *,
    most: int | None = None,
    everything: bool = False,
    kinds: Collection[str] | None = None,
    progress: Progress = lambda done, total, place: None,
) -> Reports:
    """Write the documents of these counties and years (default: all) of the published version.

    Only what would come out otherwise is written, unless ``everything``; ``most`` bounds the
    county-years (see :func:`within`); ``kinds`` are those of ``reports.documents`` (default: what a
    load writes). The pages of cities, provinces and the nation follow the
    counties in them. Raises :class:`NothingPublished`.
    """
    templates = Templates(settings.templates, settings.coverage)
    drops = Drops(settings.raw)
    only = None if kinds is None else frozenset(kinds)
    with Published(settings.warehouse, threads=settings.threads) as published:
        wanted = published.counties(counties, school_years)
        if _are_too_many(wanted, most, settings.reports):
            return Reports(settings.reports, (), 0, tuple(wanted), ())
        contents = Contents(published)
        known = published.counties()
        made = {
            county: _digest([contents.of(county, templates), drops.digest(county)])
            for county in known
        }
        judged = published.with_standard()
        tasks = [
            Task(
                county,
                county_folder(settings.reports, county),
                made[county],
                only,
                (county.school_year, county.county_code) in judged,
            )
            for county in wanted
        ]
        tasks = [task for task in tasks if task.documents]
        for task in tasks:
            follow_its_name(task.folder)
        changed = [task for task in tasks if everything or not _stands(task)]
        now, left = within(changed, most)
        years_left = {task.place.school_year for task in left}
        places = [place for place in wanted if place.school_year not in years_left]
        regional = _regional(settings, places, made, only)
        for task in regional:
            follow_its_name(task.folder)
        now += [task for task in regional if everything or not _stands(task)]
        written = [task.place for task in now if isinstance(task.place, CountyYear)]
        limits = Limits(settings.file_seconds, settings.file_memory_bytes)
        chapters = drops.read(written, limits, settings.workers)
        templates = replace(templates, chapters=chapters)
        failures = _write_all(now, published, settings, templates, progress)
    is_whole = len(wanted) == len(known)
    if is_whole and not left and kinds is None:
        remember_inputs(settings)
    return Reports(
        folder=settings.reports,
        notes=(*drops.problems, *(drops.strays(known) if is_whole else ())),
        written=tuple(task.place for task in now),
        unchanged=len(tasks) - len(changed),
        left=tuple(task.place for task in left),
        failures=tuple(sorted(failures, key=lambda failure: failure.document)),
        kept=tuple(
            one
            for task in (*tasks, *regional)
            for one in kept(task.folder, (document.name for document in task.documents))
        ),
    )


def inputs_changed(settings: Settings) -> bool:
    """Whether chapters or templates of offices changed since all documents were written.

    They change no figure, so no publication says that the documents are due. Names, sizes and
    times are looked at.
    """
    try:
        return (settings.reports / _INPUTS).read_text("utf-8") != _inputs(settings)
    except OSError:
        return settings.reports.is_dir()


def remember_inputs(settings: Settings) -> None:
    """Note what of offices' own the documents were written with."""
    if settings.reports.is_dir():
        durable.write_text(settings.reports / _INPUTS, _inputs(settings))


def _inputs(settings: Settings) -> str:
    return f"{stamps(settings.raw / FOLDER)} {stamps(settings.templates)}"


def word_files(
    reports: Path, place: CountyYear | Region, kinds: Collection[str] | None = None
) -> list[Path]:
    """Where the newest Word documents of a place stand, of these kinds (default: of a load)."""
    folder = (
        region_folder(reports, place)
        if isinstance(place, Region)
        else county_folder(reports, place)
    )
    task = Task(place, folder, "", None if kinds is None else frozenset(kinds))
    names = (one.name for one in task.documents if one.name.endswith(".docx"))
    return [folder / newest(folder, name) for name in names]


def _are_too_many(wanted: list[CountyYear], most: int | None, reports: Path) -> bool:
    """Whether not even the newest year fits, which needs no hashing where nothing was written."""
    if most is None or not wanted or reports.is_dir():
        return False
    newest = max(county.school_year for county in wanted)
    return sum(county.school_year == newest for county in wanted) > most


def within(tasks: list[Task], most: int | None) -> tuple[list[Task], list[Task]]:
    """The tasks to do now and those left: the newest school years, as far as they fit in ``most``.

    A school year is written whole or not at all: of a nation, some hundred counties picked by
    their codes would help nobody.
    """
    tasks = sorted(tasks, key=lambda task: (-task.place.school_year, task.code))
    if most is None:
        return tasks, []
    done = 0
    for _, year in groupby(tasks, key=lambda task: task.place.school_year):
        size = len(list(year))
        if done + size > most:
            break
        done += size
    return tasks[:done], tasks[done:]


def _stands(task: Task) -> bool:
    return all(stands(task.folder, one.name, task.made_from) for one in task.documents)


def _regional(
    settings: Settings,
    wanted: list[CountyYear],
    made: dict[CountyYear, str],
    only: frozenset[str] | None,
) -> list[Task]:
    tasks = []
    for region in regions_of(wanted):
        inside = [
            hash_
            for county, hash_ in sorted(made.items())
            if county.school_year <= region.school_year
            and region.holds(county.county_code, county.nation)
        ]
        folder = region_folder(settings.reports, region)
        tasks.append(Task(region, folder, _digest([*inside, str(settings.coverage)]), only))
    return [task for task in tasks if task.documents]


def _digest(hashes: list[str]) -> str:
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def _write_all(
    tasks: list[Task],
    published: Published,
    settings: Settings,
    templates: Templates,
    progress: Progress,
) -> list[Failure]:
    done = 0

    def told(*finished: Task) -> None:
        nonlocal done
        done += len(finished)
        progress(done, len(tasks), finished[-1].folder.name)

    foreign = [task for task in tasks if templates.all_for(task.code)]
    own = [task for task in tasks if not templates.all_for(task.code)]
    failures = write_bounded(foreign, published.version, settings, templates, told)
    if len(own) >= PARALLEL_FROM and settings.workers > 1:
        return failures + _write_in_parallel(own, published.version, settings, templates, told)
    desk = Desk(published, templates)
    for task in own:
        failures += write([task], desk)
        told(task)
    return failures


def _write_in_parallel(
    tasks: list[Task],
    version: Path,
    settings: Settings,
    templates: Templates,
    told: Callable[..., None],
) -> list[Failure]:
    failures: list[Failure] = []
    batches = [tasks[i : i + PLACES_A_BATCH] for i in range(0, len(tasks), PLACES_A_BATCH)]
    with ProcessPoolExecutor(
        min(settings.workers, len(batches)),
        mp_context=get_context("forkserver"),
        initializer=open_desk,
        initargs=(version, templates),
    ) as pool:
        futures = {pool.submit(at_the_desk, batch): batch for batch in batches}
        for future in as_completed(futures):
            try:
                failures += future.result()
            except BrokenProcessPool:
                failures += [Failure(task.folder, _ENDED) for task in futures[future]]
            told(*futures[future])
    return failures
