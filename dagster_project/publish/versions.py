"""Published versions: one folder each, and one link that says which is in force.

``versions/<id>/`` holds the database, the Parquet files and the manifest of one version. Readers
come through ``junheng.duckdb`` and ``published/``, which lead through the link ``current``; setting
that link is a single rename, so database, Parquet and manifest change together or not at all. A
reader that has the old database open keeps it: its folder stays until it is pruned, and an open
file outlives even that.

Small files mark a version: ``.in-force`` once it has been in force, touched when it ceases to be (a
folder without it is what a killed load left behind), ``.finished`` once lists, handbook and reports
were written after it, ``.withdrawn`` after a rollback to an earlier one. ``.in-force`` holds the
number of the publication and its digest: versions are ordered by it, for clocks are put back now
and then.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.machine import durable
from dagster_project.machine.atomic_folder import tidy
from dagster_project.machine.clock import later_than
from dagster_project.messages import Message, MessageError
from dagster_project.publish.checksums import damaged_files
from dagster_project.settings import DATABASE, Settings

_REPORTING_SECONDS = 3600.0  # `junheng report` writes while nobody holds the warehouse
_SERVED, _FINISHED, _WITHDRAWN = ".in-force", ".finished", ".withdrawn"
_TIME_OF_ID = "%Y%m%dT%H%M%S%fZ"


class NoSuchVersion(MessageError):
    """There is no version to roll back to, or it is damaged."""


@dataclass(frozen=True)
class Version:
    """A published version that is kept; ``as_of`` is the moment of a look back, else ``None``.

    ``number`` counts publications; it is 0 for those of before publications were counted.
    """

    publish_id: str
    number: int
    folder: Path
    published_at: str
    as_of: str | None
    is_in_force: bool
    is_withdrawn: bool

    @property
    def database(self) -> Path:
        return self.folder / DATABASE


def in_force(settings: Settings) -> Path | None:
    """Folder of the version in force; ``None`` before the first load."""
    return settings.current.resolve() if settings.current.exists() else None


def versions(settings: Settings) -> list[Version]:
    """The versions that are or were in force and are kept, in the order of their publication."""
    standing = in_force(settings)
    kept = [
        _version(folder, folder == standing, number)
        for folder, number in _numbers(settings).items()
        if (folder / _SERVED).exists() or folder == standing
    ]
    return sorted(kept, key=lambda version: (version.number, version.publish_id))


def newest_moment(settings: Settings) -> datetime | None:
    """When the newest version says that it was published (naive UTC), by its id."""
    moments = []
    for folder in _folders(settings):
        try:
            moments.append(datetime.strptime(folder.name.partition("-")[0], _TIME_OF_ID))
        except ValueError:  # an id of another making
            continue
    return max(moments, default=None)


def next_moment(settings: Settings) -> datetime:
    """When a version is published (UTC): now, or after the newest where the clock was put back."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return later_than(newest_moment(settings), now).replace(tzinfo=UTC)


def publish_id_of(moment: datetime, inputs: str) -> str:
    """Id of a version: when it was published (UTC), and the hash of what it was made from."""
    return f"{moment.strftime(_TIME_OF_ID)}-{inputs[:8]}"


def was_made_by(settings: Settings, process: int, before: Path | None) -> bool:
    """Whether the version in force is another one than ``before``, published by this process."""
    standing = in_force(settings)
    if standing is None or standing == before:
        return False
    return manifest_of(standing).get("process") == process


def finish(folder: Path) -> None:
    """Note that all that follows the publication of a version was done, and is on the disk."""
    durable.sync_file_system(folder)
    (folder / _FINISHED).touch()


def is_finished(folder: Path) -> bool:
    """Whether all that follows a publication was written; a killed load leaves some undone."""
    return (folder / _FINISHED).exists()


def comparable(settings: Settings) -> Version | None:
    """The version that a new one restates: the one in force, or what a look back stands before.

    A look back (``--as-of``) publishes no news, so the next publication is compared with the
    version that was in force when it was made.
    """
    standing = in_force(settings)
    if standing is None:
        return None
    version = _version(standing, True, _number(standing) or 0)
    if version.as_of is None:
        return version
    kept = {other.publish_id: other for other in versions(settings)}
    return kept.get(manifest_of(standing).get("stands_before") or "")


def publish(settings: Settings, built: Path, publish_id: str) -> Path:
    """Make the folder ``built`` the version in force, in one step, and prune old versions.

    ``built`` must be on the same file system. Whatever happens before the final rename, readers
    keep the version they had.
    """
    durable.make_folder(settings.versions)
    target = settings.versions / publish_id
    os.replace(built, target)
    try:
        durable.sync_tree(target)
        _link(settings.database, "current/junheng.duckdb")
        _link(settings.published, "current/published")
        standing = in_force(settings)
        _take_up(settings, target)
        if standing is not None and standing != target.resolve():
            _mark(settings, standing)  # until now readers were sent there
    except OSError:
        if in_force(settings) != target.resolve():
            os.replace(target, built)  # so that the same build can be tried again
        raise
    _prune(settings, keep=target)
    return target


def rollback(settings: Settings, publish_id: str | None = None) -> Version:
    """Put an earlier version in force again, in one step; the caller holds the writer's lock.

    Without ``publish_id`` it is the version published last before the one in force that was not
    withdrawn itself. Raises :class:`NoSuchVersion`.
    """
    _mend_links(settings)
    _settle_marks(settings)
    kept = versions(settings)
    standing = next((version for version in kept if version.is_in_force), None)
    names = [version.publish_id for version in kept] or Message("census.none")
    if standing is None:
        raise NoSuchVersion("publish.nothing_to_go_back_to")
    if publish_id is None:
        earlier = [v for v in kept[: kept.index(standing)] if not v.is_withdrawn]
        if not earlier:
            raise NoSuchVersion(
                "publish.no_version_before", publish_id=standing.publish_id, names=names
            )
        target = earlier[-1]
    else:
        found = [version for version in kept if version.publish_id == publish_id]
        if not found:
            raise NoSuchVersion("publish.no_such_version", publish_id=publish_id, names=names)
        target = found[0]
    if damaged := damaged_files(target.folder):
        whole = [v.publish_id for v in kept if v != target and not damaged_files(v.folder)]
        raise NoSuchVersion(
            "publish.target_damaged",
            version=target.publish_id,
            file=damaged[0],
            whole=whole or Message("census.none"),
        )
    _mark(settings, standing.folder)  # until now readers were sent there
    _take_up(settings, target.folder)
    _settle_marks(settings)
    return replace(target, is_in_force=True, is_withdrawn=False)


def sweep(settings: Settings) -> None:
    """Put right what a killed load left: folders never in force, half-set links and files."""
    tidy(settings.warehouse, deep=False)
    for name in ("quality", "corrections", "handbook", "runs"):
        tidy(settings.warehouse / name)
    tidy(settings.reports, older_than=_REPORTING_SECONDS)
    _mend_links(settings)
    _settle_marks(settings)
    standing = in_force(settings)
    for folder in _folders(settings):
        if folder != standing and not (folder / _SERVED).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _take_up(settings: Settings, folder: Path) -> None:
    _link(settings.current, f"versions/{folder.name}")
    durable.sync(settings.warehouse)
    _mark(settings, folder)
    (folder / _WITHDRAWN).unlink(missing_ok=True)


def _mend_links(settings: Settings) -> None:
    """Have the links lead to a version again, where a backup was put back or one was lost.

    A copy of what a link led to gives way to a link. Where nothing says what is in force, it is
    what was published last and not withdrawn.
    """
    if settings.current.is_dir() and not settings.current.is_symlink():
        name = manifest_of(settings.current).get("publish_id") or "unknown"
        place = settings.versions / str(name)
        if not place.exists():
            durable.make_folder(settings.versions)
            os.replace(settings.current, place)
        _link(settings.current, f"versions/{place.name}")
    kept = [version for version in versions(settings) if not version.is_withdrawn]
    if in_force(settings) is None and kept:
        _take_up(settings, kept[-1].folder)
    if in_force(settings) is not None:
        _link(settings.database, "current/junheng.duckdb")
        _link(settings.published, "current/published")


def _settle_marks(settings: Settings) -> None:
    """Make the marks say what the link says, which a publication or rollback cut short may not do.

    The version in force has a number and is not withdrawn; those published after it are.
    """
    standing = in_force(settings)
    if standing is None:
        return
    if not (standing / _SERVED).exists():
        _mark(settings, standing)
    (standing / _WITHDRAWN).unlink(missing_ok=True)
    kept = versions(settings)
    places = [place for place, version in enumerate(kept) if version.is_in_force]
    for version in kept[places[0] + 1 :] if places else ():
        if not version.is_withdrawn:
            (version.folder / _WITHDRAWN).touch()


def _mark(settings: Settings, folder: Path) -> None:
    """Note that a version is, or was until now, in force; the first time it gets its number."""
    mark = folder / _SERVED
    if mark.exists():
        mark.touch()
    else:
        number = 1 + max(_numbers(settings).values(), default=0)
        durable.write_text(mark, f"{number} {_seal(folder, number)}")


def _number(folder: Path) -> int | None:
    """Which publication a version was, from 1; 0 before they were counted, ``None`` if damaged."""
    try:
        text = (folder / _SERVED).read_text("utf-8").strip()
    except OSError:
        return 0
    except UnicodeDecodeError:
        return None
    number, _, digest = text.partition(" ")
    if not text or re.fullmatch("[0-9]{1,9}", text):  # as earlier versions of the product wrote it
        return int(text or 0)
    is_sound = re.fullmatch("[0-9]{1,9}", number) and digest == _seal(folder, int(number))
    return int(number) if is_sound else None


def _seal(folder: Path, number: int) -> str:
    return hashlib.sha256(f"{folder.name} {number}".encode()).hexdigest()[:16]


def _numbers(settings: Settings) -> dict[Path, int]:
    """Numbers of all versions; one whose mark is damaged goes by its id, and ids ascend too."""
    numbers: dict[Path, int] = {}
    for folder in _folders(settings):
        number = _number(folder)
        numbers[folder] = max(numbers.values(), default=0) if number is None else number
    return numbers


def _version(folder: Path, is_in_force: bool, number: int) -> Version:
    manifest = manifest_of(folder)
    return Version(
        publish_id=folder.name,
        number=number,
        folder=folder,
        published_at=manifest.get("published_at") or "",
        as_of=manifest.get("as_of"),
        is_in_force=is_in_force,
        is_withdrawn=(folder / _WITHDRAWN).exists(),
    )


def manifest_of(folder: Path) -> dict:
    """The manifest of a version; empty where there is none, or where it is damaged."""
    try:
        manifest = json.loads((folder / "published" / "manifest.json").read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _folders(settings: Settings) -> list[Path]:
    if not settings.versions.is_dir():
        return []
    root = settings.versions.resolve()
    return sorted(folder for folder in root.iterdir() if folder.is_dir())


def _link(link: Path, target: str) -> None:
    """Point ``link`` at ``target`` (relative to its folder) by an atomic rename."""
    if link.is_symlink() and os.readlink(link) == target:
        return
    aside = durable.beside(link, suffix="")
    aside.symlink_to(target)
    if link.is_dir() and not link.is_symlink():  # a backup copied what the link led to
        copied = durable.beside(link)
        os.replace(link, copied)
        os.replace(aside, link)
        shutil.rmtree(copied, ignore_errors=True)
    else:
        os.replace(aside, link)


def _prune(settings: Settings, keep: Path) -> None:
    """Keep the newest versions, those that were withdrawn last of all.

    One that was in force a moment ago stays as well: a reader may just be opening it.
    """
    needed = {keep.name, manifest_of(keep).get("stands_before")}
    kept = sorted(versions(settings), key=lambda v: not v.is_withdrawn)
    for version in kept[: -settings.keep_versions]:
        served_until = (version.folder / _SERVED).stat().st_mtime
        is_read = time.time() - served_until < settings.reader_seconds
        if version.publish_id not in needed and not is_read:
            # Unmarked first: a removal that is cut short is finished by the next sweep.
            (version.folder / _SERVED).unlink(missing_ok=True)
            shutil.rmtree(version.folder, ignore_errors=True)
