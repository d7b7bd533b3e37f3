"""From ``raw/`` into the lake: read what is new, settle who claims what, write the log."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from dagster_project.census.profile_model import Profiles
from dagster_project.census.read import read, reading_fingerprint
from dagster_project.census.rejection import FileRejected
from dagster_project.lake.conflicts import conflicting
from dagster_project.lake.readers import LimitReached, Limits, ReadingFailed, each
from dagster_project.lake.scan import RawFile, digest, marker, scan
from dagster_project.lake.standing import latest_by_version, newest_by_path, vanished
from dagster_project.lake.store import ACCEPTED, CONFLICT, REJECTED, Delivery, Lake, Stored

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Ingested:
    """What one ingest did. ``read`` counts files parsed, ``entries`` the new lines of the log."""

    files: int
    read: int
    entries: tuple[Delivery, ...]


def ingest(
    raw: Path,
    lake: Lake,
    *,
    school_years: Collection[int] | None = None,
    term: str | None = None,
    workers: int = 1,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
    readings: Mapping[tuple[str, str], Stored | FileRejected] = MappingProxyType({}),
    progress: Progress = lambda done, total, path: None,
) -> Ingested:
    """Bring everything new in ``raw`` into the lake.

    ``school_years`` and ``term`` limit the work to those folders. Loading the same bytes again
    does nothing. The log is appended once, at the end: before that nothing has happened.
    ``workers`` processes read, each under ``limits``. ``readings`` are those that others have put
    into the lake already, by path and hash (:func:`unread_files` says which were wanted).
    """
    from dagster_project.census.profile import load_profiles

    lake.sweep()
    profiles = load_profiles(raw)
    fingerprint = reading_fingerprint(raw)
    found = [f for f in scan(raw, school_years) if _in_term(f.path, term)]
    files = [f for f in found if f.obstacle is None]
    unusable = [(f, f.obstacle) for f in found if f.obstacle is not None]
    unusable += _unusable_profiles(raw, profiles)
    log = lake.deliveries()
    latest = latest_by_version(log)

    unread = _unread(files, latest, fingerprint, limits, lake)
    now = datetime.now(UTC).replace(tzinfo=None)
    load_id = uuid.uuid4().hex[:12]
    entries: dict[tuple[str, str], Delivery] = {}
    read_one = partial(read_into, lake, raw, profiles)
    waiting = [file for file in unread if (file.path, file.sha256) not in readings]
    results = chain(
        ((f, readings[f.path, f.sha256]) for f in unread if (f.path, f.sha256) in readings),
        each(read_one, waiting, processes=workers, limits=limits),
    )
    for done, (file, result) in enumerate(results, start=1):
        before = latest.get((file.path, file.sha256))
        entry = _entry(file, result, before, load_id, now, _read_under(result, fingerprint, limits))
        entries[file.path, file.sha256] = entry
        progress(done, len(unread), file.path)

    for file, refusal in unusable:
        before = latest.get((file.path, file.sha256))
        entry = _entry(file, refusal, before, load_id, now, fingerprint)
        entries[file.path, file.sha256] = entry

    # Earlier conflicts are settled anew each time: the other claimant may be gone by now.
    for file in files:
        before = latest.get((file.path, file.sha256))
        if before is not None and before.outcome == CONFLICT:
            settled = replace(before, outcome=ACCEPTED, reason=None, loaded_at=now)
            entries.setdefault((file.path, file.sha256), settled)
    # A file put back as it was: its bytes are known, but they were not the last word on this path.
    last_word = newest_by_path(log)
    for file in files:
        key = (file.path, file.sha256)
        before = latest.get(key)
        is_back = before is not None and before.accepted and last_word[file.path] != before
        if key not in entries and is_back:
            entries[key] = replace(before, loaded_at=now, load_id=load_id)
    reread = {key for key in entries if key in latest and latest[key].accepted}
    fresh = {key: e for key, e in entries.items() if e.accepted and key not in reread}
    for key, reason in conflicting(lake, fresh.values()).items():
        standing = latest.get(key)
        still = standing is not None and standing.outcome == CONFLICT and standing.reason == reason
        entries[key] = standing if still else replace(entries[key], outcome=CONFLICT, reason=reason)

    def in_scope(path: str) -> bool:
        first = Path(path).parts[0]
        years = None if school_years is None else {str(y) for y in school_years}
        return (years is None or not first.isdigit() or first in years) and _in_term(path, term)

    present = [*files, *(file for file, _ in unusable)]
    changed = [e for key, e in sorted(entries.items()) if e != latest.get(key)]
    changed += [replace(gone, loaded_at=now) for gone in vanished(log, present, in_scope)]
    lake.append(changed)
    return Ingested(len(found), len(unread), tuple(changed))


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
    latest: Mapping[tuple[str, str], Delivery],
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
        refusal = FileRejected(broken.sentence, advice="Correct it, load again.")
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


def _entry(
    file: RawFile,
    result: Stored | FileRejected,
    before: Delivery | None,
    load_id: str,
    now: datetime,
    reading: str,
) -> Delivery:
    """The line of the log for a file that was read; a re-reading keeps its first arrival time."""
    arrived = before.loaded_at if before is not None else now
    base = Delivery(
        load_id=before.load_id if before is not None else load_id,
        path=file.path,
        sha256=file.sha256,
        loaded_at=arrived,
        outcome=ACCEPTED,
        reading=reading,
        correction_rank=file.correction_rank,
    )
    if isinstance(result, FileRejected):
        return replace(
            base,
            outcome=REJECTED,
            reason=result.sentence,
            sheet=result.sheet,
            cell=result.cell,
        )
    return replace(
        base,
        school_year=result.school_year,
        term=result.term,
        shape=result.shape,
        profile=result.profile,
        vintage=result.vintage,
        rows=result.rows,
    )


def read_into(lake: Lake, raw: Path, profiles: Profiles, file: RawFile) -> Stored:
    """Read one file and store it, in a reader process; raises :class:`FileRejected`."""

    def is_unchanged() -> None:
        if digest(file.location) != file.sha256:
            raise ReadingFailed(
                "The file changed while it was being read.",
                advice="Load again once it has been copied whole.",
            )

    reading = read(file.location, raw, profiles, sha256=file.sha256)
    return lake.write(reading, file.sha256, before_visible=is_unchanged)
