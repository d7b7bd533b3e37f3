"""The sensor on raw/: new bytes start the load of the partition they belong to.

A partition is loaded once its files have stopped changing, so that a copy in progress is not read
half. What counts are the bytes: the same files never start a second run, whatever their times, and
files that the lake knows already (from the command line) start none at all.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISREG

import dagster as dg

from dagster_project.defs.ingest import EVERYTHING
from dagster_project.defs.jobs import jobs
from dagster_project.defs.partitions import school_year_key, school_years, semester_key, semesters
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.tags import SCHOOL_YEAR, STARTED_BY
from dagster_project.defs.unattended import RUN_CONFIG, sensor_status
from dagster_project.lake.scan import RESERVED, data_files, digest
from dagster_project.settings import Settings

QUIET_SECONDS = 10.0
LOOK_EVERY_SECONDS = 30
# Dagster gives a look a minute; what is left to be hashed waits for the next one.
MOST_SECONDS = 20.0
EVERY_YEAR, NO_YEAR = "everything", "rebuild"


@dataclass(frozen=True)
class Target:
    """What a file asks for: a job, and its partition where it has one."""

    job: str
    partition: str | None = None

    @property
    def name(self) -> str:
        return self.partition or self.job


@dataclass(frozen=True)
class Seen:
    """What was seen of a target's files, since when, and the state and bytes acted on."""

    state: str
    since: float
    done: str = ""
    content: str = ""

    def is_settled(self, now: float) -> bool:
        return self.done != self.state and now - self.since >= QUIET_SECONDS


def target_of(path: str) -> Target | None:
    """The job and partition for a file below raw/; ``None`` if no partition is meant.

    Autumn files belong to the yearly load, which reads the whole school year; spring files to
    their semester. Reviews, mappings and report templates change no file, so the lake is computed
    anew; a profile may make readable what lay there unread, so everything is looked at.
    """
    parts = Path(path).parts
    if parts[0] in RESERVED:
        everything = parts[0] == "profiles"
        return Target("yearly_load", EVERY_YEAR) if everything else Target("rebuild")
    if not (len(parts) > 1 and len(parts[0]) == 4 and parts[0].isdigit()):
        return Target("yearly_load", EVERY_YEAR)  # only the content knows its year
    year = int(parts[0])
    if len(parts) > 2 and parts[1] == "spring":
        return Target("semester_load", semester_key(year, "spring"))
    return Target("yearly_load", str(year))


def observe(
    raw: Path, before: Mapping[str, Seen], now: float
) -> tuple[dict[str, Seen], dict[str, list[str]]]:
    """What is seen now of every target, and the paths of each; looks at names, sizes and times."""
    states: dict[str, list[str]] = {}
    paths: dict[str, list[str]] = {}
    for path, stamp in _stamps(raw):
        target = target_of(path)
        if target is not None:
            states.setdefault(target.name, []).append(f"{path}\0{stamp}")
            paths.setdefault(target.name, []).append(path)
    seen = {}
    for name, entries in states.items():
        state = hashlib.sha256("\n".join(entries).encode()).hexdigest()
        earlier = before.get(name)
        if earlier is not None and earlier.state == state:
            seen[name] = earlier
        else:
            seen[name] = replace(earlier or Seen(state, now), state=state, since=now)
    return seen, paths


def _stamps(raw: Path) -> Iterator[tuple[str, str]]:
    inputs = [path for name in sorted(RESERVED) for path in sorted((raw / name).rglob("*"))]
    for location in [*data_files(raw), *inputs]:
        try:
            stat = location.stat()
        except OSError:  # gone since; the next look sees what is there
            continue
        if S_ISREG(stat.st_mode) and not location.name.startswith((".", "~")):
            yield location.relative_to(raw).as_posix(), f"{stat.st_size}-{stat.st_mtime_ns}"


def content_key(raw: Path, paths: Iterable[str]) -> tuple[str, set[tuple[str, str]]]:
    """Hash of names and bytes of files, and the file versions themselves."""
    versions = {(path, digest(raw / path)) for path in paths}
    text = "\n".join(f"{path}\0{sha256}" for path, sha256 in sorted(versions))
    return hashlib.sha256(text.encode()).hexdigest()[:16], versions


def requests(
    settings: Settings, cursor: str | None, now: float
) -> tuple[list[dg.RunRequest], str, list[str]]:
    """Run requests for what has settled, the next cursor, and sentences on what was left out."""
    from dagster_project.lake.standing import latest_by_version
    from dagster_project.lake.store import Lake

    before = {name: Seen(**entry) for name, entry in json.loads(cursor or "{}").items()}
    seen, paths = observe(settings.raw, before, now)
    wanted, left_out, known, until = [], [], None, time.monotonic() + MOST_SECONDS
    for name in sorted(seen):
        if not seen[name].is_settled(now):
            continue
        if time.monotonic() > until:
            left_out.append(f"{name} waits for the next look: there is much to be hashed.")
            continue
        target = target_of(paths[name][0])
        try:
            key, versions = content_key(settings.raw, paths[name])
        except OSError as error:  # moved or unreadable just now: looked at again
            left_out.append(f"{name}: {error}")
            continue
        is_old = key == seen[name].content
        seen[name] = replace(seen[name], done=seen[name].state, content=key)
        if is_old:
            continue
        if target.name not in (EVERY_YEAR, NO_YEAR) and not _is_partition(target):
            left_out.append(f"{name} is no partition of {target.job}; its files were not loaded.")
            continue
        if known is None:
            known = latest_by_version(Lake(settings.lake).deliveries()).keys()
        if not any(Path(path).parts[0] in RESERVED for path in paths[name]):
            if versions <= known:
                continue
        else:  # a review that returns to what it said before counts again
            key = f"{key}:{seen[name].since:.0f}"
        wanted.append(_request(target, key))
    text = json.dumps({name: vars(entry) for name, entry in sorted(seen.items())})
    return wanted, text, left_out


def _is_partition(target: Target) -> bool:
    definition = school_years if target.job == "yearly_load" else semesters
    return definition.has_partition_key(target.partition)


def _request(target: Target, key: str) -> dg.RunRequest:
    tags = {STARTED_BY: "sensor"}
    partition = target.partition
    if partition == EVERY_YEAR:
        tags[EVERYTHING] = "true"
        partition = school_years.get_last_partition_key()
    elif partition is not None:
        is_yearly = target.job == "yearly_load"
        tags[SCHOOL_YEAR] = partition if is_yearly else school_year_key(partition)
    return dg.RunRequest(
        run_key=f"{target.name}:{key}",
        job_name=target.job,
        partition_key=partition,
        run_config=RUN_CONFIG,
        tags=tags,
    )


def raw_arrivals(warehouse: Warehouse) -> dg.SensorDefinition:
    """The sensor for ``warehouse``; it asks for no resource, for that would take the lock."""

    @dg.sensor(
        name="raw_arrivals",
        jobs=[job for job in jobs() if job.name in ("yearly_load", "semester_load", "rebuild")],
        minimum_interval_seconds=LOOK_EVERY_SECONDS,
        default_status=sensor_status(),
    )
    def sensor(context: dg.SensorEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        """Starts the load of a school year or semester when its files have come and settled."""
        wanted, cursor, left_out = requests(warehouse.settings, context.cursor, time.time())
        for sentence in left_out:
            context.log.warning(sentence)
        context.update_cursor(cursor)
        return wanted or dg.SkipReason("Nothing new in raw/ that has stopped changing.")

    return sensor
