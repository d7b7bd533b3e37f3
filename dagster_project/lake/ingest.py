"""From ``raw/`` into the lake: read what is new, settle who claims what, write the log."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from dagster_project.census.opening.admission import located
from dagster_project.census.read import read, reading_fingerprint
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.profile_model import Profiles
from dagster_project.lake.conflicts import conflicting
from dagster_project.lake.in_force import FileVersion, latest_by_version
from dagster_project.lake.readers import LimitReached, Limits, ReadingFailed, each
from dagster_project.lake.scan import RawFile, digest, is_taken_out, marker, scan
from dagster_project.lake.settle import Look, Read, entry_of, settle
from dagster_project.lake.soundness import NO_LONGER_THERE, remove_torn, set_aside, unsound
from dagster_project.lake.store import GONE, LOST, REJECTED, Delivery, Lake, Stored
from dagster_project.machine.clock import later_than
from dagster_project.messages import Message

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Ingested:
    """What one ingest did. ``read`` counts files parsed, ``entries`` the new lines of the log.

    ``mended`` are those of :func:`mend`, ``healed`` the entries of logs that were taken from their
    copies; ``clock_behind`` is how far this machine's clock is behind the load before.
    """

    files: int
    read: int
    entries: tuple[Delivery, ...]
    mended: tuple[Delivery, ...] = ()
    healed: tuple[str, ...] = ()
    clock_behind: timedelta = field(default=timedelta(0))

    @property
    def withdrawn(self) -> tuple[str, ...]:
        """Paths of files that were taken out of raw/ and whose figures no longer count."""
        return tuple(sorted({e.path for e in self.entries if e.outcome == GONE and e.rows}))


def ingest(
    raw: Path,
    lake: Lake,
    *,
    school_years: Collection[int] | None = None,
    term: str | None = None,
    workers: int = 1,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
    readings: Mapping[FileVersion, Stored | FileRejected] = MappingProxyType({}),
    progress: Progress = lambda done, total, path: None,
) -> Ingested:
    """Bring everything new in ``raw`` into the lake.

    ``school_years`` and ``term`` limit the work to those folders. Loading the same bytes again
    does nothing. The log is appended once, at the end: before that nothing has happened.
    ``workers`` processes read, each under ``limits``. ``readings`` are those that others have put
    into the lake already, by path and hash (:func:`unread_files` says which were wanted). Raises
    :class:`~.append_log.LogDamaged`.
    """
    from dagster_project.census.table.profile import load_profiles

    def is_in_scope(path: str) -> bool:
        first = Path(path).parts[0]
        years = None if school_years is None else {str(y) for y in school_years}
        return (years is None or not first.isdigit() or first in years) and _in_term(path, term)

    healed = lake.sweep()
    profiles = load_profiles(raw)
    fingerprint = reading_fingerprint(raw)
    found = [f for f in scan(raw, school_years) if _in_term(f.path, term)]
    look = Look(
        tuple(f for f in found if f.obstacle is None),
        tuple((f, f.obstacle) for f in found if f.obstacle is not None)
        + tuple(_unusable_profiles(raw, profiles)),
    )
    mended = mend(raw, lake, workers, limits)
    log = lake.deliveries()
    latest = latest_by_version(log)
    clock = datetime.now(UTC).replace(tzinfo=None)
    now = later_than(max((d.loaded_at for d in log), default=None), clock)

    unread = _unread(look.files, latest, fingerprint, limits, lake)
    waiting = [file for file in unread if (file.path, file.sha256) not in readings]
    results = chain(
        ((f, readings[f.path, f.sha256]) for f in unread if (f.path, f.sha256) in readings),
        each(partial(read_into, lake, raw, profiles), waiting, processes=workers, limits=limits),
    )

    def read_now() -> Iterator[Read]:
        for done, (file, result) in enumerate(results, start=1):
            progress(done, len(unread), file.path)
            yield Read(file, result, _read_under(result, fingerprint, limits))

    entries = settle(
        log,
        look,
        list(read_now()),
        partial(conflicting, lake),
        load_id=uuid.uuid4().hex[:12],
        now=now,
        fingerprint=fingerprint,
        is_in_scope=is_in_scope,
        is_taken_out=partial(is_taken_out, raw),
    )
    lake.clear_incoming()
    lake.append(_with_shared_readings(lake, entries))
    return Ingested(
        len(found),
        len(unread),
        tuple(entries),
        tuple(mended),
        tuple(healed),
        now - clock,
    )


def mend(
    raw: Path,
    lake: Lake,
    workers: int = 1,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
) -> list[Delivery]:
    """Read again what stands damaged in the lake; the entries of the log that say so.

    What raw/ no longer has is lost, and refused from now on. Nothing is read as a rule. Only for
    whoever holds the warehouse.
    """
    log = lake.deliveries()
    remove_torn(lake, log)
    damaged = unsound(lake, log, latest_by_version(log).values())
    if not damaged:
        return []
    files = [file for key in damaged if (file := _in_raw(raw, *key)) is not None]
    again = {file.sha256 for file in files}  # copies share a reading: one in raw/ is enough
    lost = [delivery for delivery in damaged.values() if delivery.sha256 not in again]
    set_aside(lake, lost)
    reason, message = NO_LONGER_THERE.sentence, NO_LONGER_THERE.message.to_json()
    entries = [
        replace(d, outcome=LOST, reading="", parts=None, reason=reason, message=message)
        for d in lost
    ]
    entries += _read_again(raw, lake, files, damaged, workers, limits)
    lake.append(_with_shared_readings(lake, entries))
    return entries


def told_of(entry: Delivery) -> Message:
    """What became of a damaged reading: an entry that :func:`mend` made."""
    if entry.why is None:
        return Message("lake.read_again", {"path": entry.path})
    return Message("lake.could_not_be_mended", {"path": entry.path, "why": entry.why})


def _read_again(
    raw: Path,
    lake: Lake,
    files: list[RawFile],
    before: Mapping[FileVersion, Delivery],
    workers: int,
    limits: Limits,
) -> Iterator[Delivery]:
    from dagster_project.census.table.profile import load_profiles

    read_one = partial(read_into, lake, raw, load_profiles(raw))
    fingerprint = reading_fingerprint(raw)
    for file, result in each(read_one, files, processes=workers, limits=limits):
        was = before[file.path, file.sha256]
        reading = _read_under(result, fingerprint, limits)
        entry = entry_of(Read(file, result, reading), was.load_id, was.loaded_at)
        if entry.accepted:  # two that quarrel go on doing so until they are settled
            entry = replace(entry, outcome=was.outcome, reason=was.reason, message=was.message)
        yield entry


def _in_raw(raw: Path, path: str, sha256: str) -> RawFile | None:
    """The file of a delivery, if raw/ has it with the same bytes."""
    location = located(raw, path)
    try:
        if digest(location) == sha256:
            return RawFile(path, location, location.stat().st_size, sha256)
    except OSError:
        pass
    return None


def _with_shared_readings(lake: Lake, entries: list[Delivery]) -> list[Delivery]:
    """Of copies of a file the one that was read last stands in the lake: all say what that is."""
    readings = Counter((e.sha256, e.school_year, e.term) for e in entries if e.parts)
    return [
        replace(e, parts=lake.parts_of(e)) if readings[e.sha256, e.school_year, e.term] > 1 else e
        for e in entries
    ]


def unread_files(
    raw: Path,
    lake: Lake,
    *,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
) -> list[RawFile]:
    """The files of ``raw`` that :func:`ingest` would have to read, largest first."""
    files = [file for file in scan(raw) if file.obstacle is None]
    latest = latest_by_version(lake.deliveries())
    return _unread(files, latest, reading_fingerprint(raw), limits, lake)


def _unread(
    files: Collection[RawFile],
    latest: Mapping[FileVersion, Delivery],
    fingerprint: str,
    limits: Limits,
    lake: Lake,
) -> list[RawFile]:
    wanted = [
        f
        for f in files
        if _needs_reading(latest.get((f.path, f.sha256)), fingerprint, limits, lake)
    ]
    # Largest first, so that no big file is left alone at the end.
    return sorted(wanted, key=lambda file: file.size, reverse=True)


def _unusable_profiles(raw: Path, profiles: Profiles) -> list[tuple[RawFile, FileRejected]]:
    """Profiles below ``raw/profiles`` that cannot be used: refused like any other file."""
    refused = []
    for broken in profiles.broken:
        location = raw / broken.path
        refusal = FileRejected(broken.message)
        if location.is_symlink() or location.exists():
            refused.append((_refused_file(broken.path, location, refusal), refusal))
    return refused


def _refused_file(path: str, location: Path, refusal: FileRejected) -> RawFile:
    try:
        return RawFile(path, location, location.stat().st_size, digest(location))
    except OSError:
        return RawFile(path, location, 0, marker(refusal), refusal)


def _in_term(path: str, term: str | None) -> bool:
    """Whether a path belongs to ``term``; paths outside of the year/term layout belong to any."""
    parts = Path(path).parts
    placed = len(parts) > 2 and parts[0].isdigit()
    return term is None or not placed or parts[1] == term


def _read_under(result: Stored | FileRejected, fingerprint: str, limits: Limits) -> str:
    """What a result depends on beside the file's bytes; nothing holds what has to be tried again.

    Maps and code as a rule, the limits as well for a file that reached them.
    """
    if isinstance(result, LimitReached):
        return f"{fingerprint} {limits}"
    return "" if isinstance(result, ReadingFailed) else fingerprint


def _needs_reading(before: Delivery | None, fingerprint: str, limits: Limits, lake: Lake) -> bool:
    """Whether a file version has to be parsed: never seen, or seen with other column maps."""
    if before is None:
        return True
    if before.outcome == REJECTED:
        return before.reading not in (fingerprint, f"{fingerprint} {limits}")
    if before.reading != fingerprint:
        return True
    return not (before.has_reading and lake.holds(before))


def read_into(lake: Lake, raw: Path, profiles: Profiles, file: RawFile) -> Stored:
    """Read one file and store it, in a reader process; raises :class:`FileRejected`."""

    def is_unchanged() -> None:
        if digest(file.location) != file.sha256:
            raise ReadingFailed("lake.changed_while_read")

    reading = read(file.location, raw, profiles, sha256=file.sha256)
    return lake.write(reading, file.sha256, before_visible=is_unchanged)
