"""The sensor on raw/: what lies there and is not what counts starts the load of its partition.

A partition is looked at once its files have stopped changing, so that a copy in progress is not
read half. What counts are the bytes: each path is compared with what the lake's log heard of it
last, so a file that is put back as it was, or taken out, starts a load, and what was loaded from
the command line starts none. The same state of raw/ and log never starts a second run.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISREG

import dagster as dg

from dagster_project.census.opening.admission import located, obstacle, spoken
from dagster_project.defs.ingest import EVERYTHING
from dagster_project.defs.jobs import jobs
from dagster_project.defs.partitions import school_year_key, school_years, semester_key, semesters
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.tags import SCHOOL_YEAR, STARTED_BY
from dagster_project.defs.unattended import RUN_CONFIG, sensor_status
from dagster_project.lake.append_log import StorageDamaged
from dagster_project.lake.in_force import newest_by_path
from dagster_project.lake.scan import RESERVED, digest, found, is_taken_out, marker
from dagster_project.lake.store import CONFLICT, GONE, REJECTED, Delivery, Lake
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
    """What was seen of a target's files, since when, and the state acted on.

    ``content`` is the hash of those that are the project's own inputs (reviews, profiles …),
    ``asked`` the key of the run that was last asked for.
    """

    state: str
    since: float
    done: str = ""
    content: str = ""
    asked: str = ""

    def is_settled(self, now: float) -> bool:
        return self.done != self.state and now - self.since >= QUIET_SECONDS


def target_of(path: str) -> Target:
    """The job and partition for a file below raw/.

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


def target_named(name: str) -> Target:
    """The target that :attr:`Target.name` names."""
    if name == NO_YEAR:
        return Target(NO_YEAR)
    return Target("semester_load" if "-" in name else "yearly_load", name)


def observe(
    raw: Path, before: Mapping[str, Seen], now: float, expected: Iterable[str] = ()
) -> tuple[dict[str, Seen], dict[str, list[str]]]:
    """What is seen now of every target, and the paths of each; looks at names, sizes and times.

    Targets that were seen before, or are ``expected``, are seen as empty where they have no files.
    """
    states: dict[str, list[str]] = {name: [] for name in (*before, *expected)}
    paths: dict[str, list[str]] = {}
    for path, stamp in _stamps(raw):
        name = target_of(path).name
        states.setdefault(name, []).append(f"{path}\0{stamp}")
        paths.setdefault(name, []).append(path)
    seen = {}
    for name, entries in states.items():
        state = hashlib.sha256("\n".join(entries).encode()).hexdigest()
        earlier = before.get(name)
        if earlier is not None and earlier.state == state:
            # Of a clock that was put back nobody waits until it has come so far again.
            seen[name] = replace(earlier, since=min(earlier.since, now))
        else:
            seen[name] = replace(earlier or Seen(state, now), state=state, since=now)
    return seen, paths


def _stamps(raw: Path) -> Iterator[tuple[str, str]]:
    """Names of what could be loaded, and what changes when it does; obstacles are loaded, too:
    that is how they are named as refused."""
    for location, refusal in found(raw):
        if refusal is not None:
            yield spoken(location.relative_to(raw)), marker(refusal)
        elif stamp := _stamp(location):
            yield spoken(location.relative_to(raw)), stamp
    for location in (path for name in sorted(RESERVED) for path in sorted((raw / name).rglob("*"))):
        stamp = _stamp(location)
        if stamp and not location.name.startswith((".", "~")):
            yield spoken(location.relative_to(raw)), stamp


def _stamp(location: Path) -> str | None:
    """Size and time of a plain file; ``None`` for what is none, or has gone since."""
    try:
        stat = location.stat()
    except OSError:
        return None
    return f"{stat.st_size}-{stat.st_mtime_ns}" if S_ISREG(stat.st_mode) else None


def versions_of(raw: Path, paths: Iterable[str]) -> dict[str, str]:
    """Hash of what lies on every path, as the lake's log names it."""
    versions = {}
    for path in paths:
        location = located(raw, path)
        refusal = obstacle(location, raw)
        versions[path] = digest(location) if refusal is None else marker(refusal)
    return versions


def content_key(versions: Mapping[str, str]) -> str:
    """Hash of names and bytes of files."""
    text = "\n".join(f"{path}\0{sha256}" for path, sha256 in sorted(versions.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Heard:
    """What the lake's log heard of the paths of raw/: the last word on each, how often it spoke."""

    last: Mapping[str, Delivery]
    times: Mapping[str, int]

    @classmethod
    def of(cls, log: Sequence[Delivery]) -> Heard:
        return cls(newest_by_path(log), Counter(target_of(d.path).name for d in log))

    def is_news(self, target: Target, versions: Mapping[str, str], raw: Path) -> bool:
        """Whether what lies in raw/ for a target is not what was heard of it last."""
        if any(
            path not in self.last
            or self.last[path].outcome == GONE
            or self.last[path].sha256 != sha256
            for path, sha256 in versions.items()
        ):
            return True
        return any(
            path not in versions and self._has_gone(delivery, raw)
            for path, delivery in self.last.items()
            if not is_reserved(path) and target_of(path) == target
        )

    def _has_gone(self, delivery: Delivery, raw: Path) -> bool:
        """Whether a load would find that a file is no longer there."""
        if delivery.accepted:
            return is_taken_out(raw, delivery.path)
        return delivery.outcome in (REJECTED, CONFLICT)


def is_reserved(path: str) -> bool:
    """Whether a file is one of the project's own inputs, no delivery of figures."""
    return Path(path).parts[0] in RESERVED


def requests(
    settings: Settings, cursor: str | None, now: float
) -> tuple[list[dg.RunRequest], str, list[str]]:
    """Run requests for what has settled, the next cursor, and sentences on what was left out."""
    heard = None if cursor else _heard(settings)
    before = {name: Seen(**entry) for name, entry in json.loads(cursor or "{}").items()}
    # A daemon that remembers nothing asks the lake for which years there was something.
    expected = {target_of(path).name for path in heard.last} if heard else ()
    seen, paths = observe(settings.raw, before, now, expected)
    wanted, left_out, until = [], [], time.monotonic() + MOST_SECONDS
    for name in sorted(seen):
        if not seen[name].is_settled(now):
            continue
        if time.monotonic() > until:
            left_out.append(f"{name} waits for the next look: there is much to be hashed.")
            continue
        target = target_named(name)
        try:
            versions = versions_of(settings.raw, paths.get(name, ()))
        except OSError as error:  # moved or unreadable just now: looked at again
            left_out.append(f"{name}: {error}")
            continue
        files = {path: sha for path, sha in versions.items() if not is_reserved(path)}
        inputs = {path: sha for path, sha in versions.items() if is_reserved(path)}
        content = content_key(inputs) if inputs else ""
        is_other = content != seen[name].content
        seen[name] = replace(seen[name], done=seen[name].state, content=content)
        if target.name not in (EVERY_YEAR, NO_YEAR) and not _is_partition(target):
            if versions:
                sentence = f"{name} is no partition of {target.job}; its files were not loaded."
                left_out.append(sentence)
            continue
        heard = heard or _heard(settings)
        if heard is None:
            key = f"{content_key(files)}:damaged"  # the run says why, and people are told
        elif heard.is_news(target, files, settings.raw):
            # The same bytes may be news again, once the lake has heard others in between.
            key = f"{content_key(files)}:{heard.times.get(name, 0)}"
        elif is_other and target.name in (EVERY_YEAR, NO_YEAR):
            # The lake's log does not hear of these; one that says again what it said is news, too.
            key = f"{content}:{seen[name].since:.0f}"
        else:
            continue
        if key != seen[name].asked:
            seen[name] = replace(seen[name], asked=key)
            wanted.append(_request(target, key))
    text = json.dumps({name: vars(entry) for name, entry in sorted(seen.items())})
    return wanted, text, left_out


def _heard(settings: Settings) -> Heard | None:
    """What the lake's log heard; ``None`` where it cannot be read."""
    try:
        return Heard.of(Lake(settings.lake).deliveries())
    except StorageDamaged:
        return None


def _is_partition(target: Target) -> bool:
    definition: dg.PartitionsDefinition = school_years if target.job == "yearly_load" else semesters
    return target.partition is not None and definition.has_partition_key(target.partition)


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
