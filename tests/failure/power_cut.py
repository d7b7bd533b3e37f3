"""A power cut: what a killed load wrote and did not sync is lost, as a disk may lose it.

The worst that a journalling file system does: a file keeps its name and has no content, or a piece
of it; a name that its folder was not synced with is as it was before, or is not there.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

EVERYTHING = (0, 0)  # stands for the sync of a whole file system
TICK = Decimal("0.01")  # seconds; times of files are as exact as the kernel's clock


@dataclass(frozen=True)
class Synced:
    """The last sync of an inode: the time of change and size it had, and when it was."""

    changed: Decimal
    size: int
    at: Decimal


def synced(log: Path) -> dict[tuple[int, int], Synced]:
    found: dict[tuple[int, int], Synced] = {}
    for line in log.read_text().splitlines() if log.exists() else ():
        device, inode, changed, size, at = line.split()
        found[int(device), int(inode)] = Synced(Decimal(changed), int(size), Decimal(at))
    return found


def seconds(nanoseconds: int) -> Decimal:
    return Decimal(nanoseconds).scaleb(-9)


@dataclass(frozen=True)
class Risk:
    """What the disk need not have: a file's content, or the name of something in its folder."""

    path: str
    what: str


@dataclass
class Lost:
    """What a cut took: contents and names, relative to the folder."""

    contents: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def cut(folder: Path, before: Path, log: Path, luck: random.Random) -> Lost:
    """Take from ``folder`` what was not on the disk; ``before`` is how it was when all began."""
    return lose(folder, before, at_risk(folder, before, log), luck)


def at_risk(folder: Path, before: Path, log: Path) -> list[Risk]:
    """What a power cut at this moment may take from ``folder``, from above."""
    return list(_at_risk(folder, folder, before, synced(log)))


def _at_risk(top: Path, folder: Path, before: Path, known) -> Iterator[Risk]:
    own = os.lstat(folder)
    of_folder = known.get((own.st_dev, own.st_ino))
    for path in sorted(folder.iterdir()):
        name = str(path.relative_to(top))
        now, old = os.lstat(path), before / name
        everything = known.get(EVERYTHING)
        is_old = os.path.lexists(old) and _same(path, old)
        is_old = is_old or (everything and everything.at > seconds(now.st_ctime_ns) + TICK)
        mark = known.get((now.st_dev, now.st_ino))
        if not is_old and not (of_folder is not None and _is_named(now, mark, of_folder)):
            yield Risk(name, "name")
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from _at_risk(top, path, before, known)
        is_there = mark and (mark.changed, mark.size) == (seconds(now.st_mtime_ns), now.st_size)
        if path.is_file() and now.st_size and not is_old and not is_there:
            yield Risk(name, "content")


def lose(folder: Path, before: Path, risks: Iterable[Risk], luck: random.Random) -> Lost:
    """Take from ``folder`` what is at risk, each with even chances: it depends on the disk."""
    lost = Lost()
    for risk in risks:
        if luck.random() >= 0.5 or any(map(Path(risk.path).is_relative_to, lost.names)):
            continue
        path = folder / risk.path
        if risk.what == "name":
            lost.names.append(risk.path)
            _put_back(path, before / risk.path)
        else:
            lost.contents.append(risk.path)
            os.truncate(path, luck.choice([0, path.stat().st_size // 2]))
    return lost


def _is_named(now: os.stat_result, mark: Synced | None, folder: Synced) -> bool:
    """Whether the folder was synced since the entry was made or renamed.

    Writing in place changes an entry's time as renaming does; that it had this name before shows in
    a sync of its own that came before the folder's.
    """
    if folder.at >= seconds(now.st_ctime_ns) - TICK:
        return True
    was_written = mark is not None and mark.changed != seconds(now.st_mtime_ns)
    return was_written and mark.at <= folder.at


def _same(path: Path, old: Path) -> bool:
    """Whether nothing was done to a path since ``old`` was copied (or linked) from it."""
    if path.is_symlink() or old.is_symlink():
        return path.is_symlink() and old.is_symlink() and os.readlink(path) == os.readlink(old)
    if path.is_dir() or old.is_dir():
        return path.is_dir() and old.is_dir()
    now, then = path.stat(), old.stat()
    return (now.st_size, now.st_mtime_ns) == (then.st_size, then.st_mtime_ns)


def _put_back(path: Path, old: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    if old.is_symlink():
        path.symlink_to(os.readlink(old))
    elif old.is_dir():
        shutil.copytree(old, path, symlinks=True)
    elif old.exists():
        shutil.copy2(old, path)
