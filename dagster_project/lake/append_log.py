"""Logs of the lake that cannot be made anew from raw/: append-only, checked, kept twice.

An entry is one Parquet file, ``<log>/<number>-<digest>.parquet``; its name says when it was made
and what its bytes hash to, so that a bit that turned over is seen. ``copy/<log>/`` holds the same
files a second time: an entry that is lost or damaged in one place is taken from the other. Entries
made by earlier versions have no digest in their names; they are given one when next swept.

Numbers are nanoseconds since 1970, and always beyond those of the entries before: the order of the
log does not depend on a clock that was put back.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from dagster_project.machine import durable
from dagster_project.messages import MessageError

_NAME = re.compile(r"(?P<number>\d{20})(?:-(?P<digest>[0-9a-f]{16}))?\.parquet")
COPIES, DAMAGED = "copy", "damaged"


class StorageDamaged(MessageError):
    """Something in the lake cannot be read any more and has to be put right by a person."""


class LogDamaged(StorageDamaged):
    """Entries of a log that are damaged in both places; nobody can say what they said."""

    def __init__(self, log: str, entries: Iterable[str]) -> None:
        self.log, self.entries = log, tuple(entries)
        super().__init__("lake.log_damaged", log=log, entries=self.entries)

    def __reduce__(self):
        return type(self), (self.log, self.entries)


@dataclass(frozen=True)
class Entry:
    """One entry of a log; ``path`` is where it can be read (``None``: nowhere).

    ``is_whole`` says whether both places hold it undamaged under a name that says its digest,
    ``is_damaged`` whether one of them holds something else or has lost it.
    """

    number: int
    name: str
    path: Path | None
    is_whole: bool
    is_damaged: bool


class AppendLog:
    """The log in ``folder`` (a folder of the lake's root)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copies = folder.parent / COPIES / folder.name

    def entries(self) -> list[Entry]:
        """All entries, oldest first, damaged ones too."""
        places: dict[int, list[Path]] = {}
        for folder in (self.folder, self.copies):
            for path in folder.glob("*.parquet"):
                if found := _NAME.fullmatch(path.name):
                    places.setdefault(int(found["number"]), []).append(path)
        return [self._entry(number, paths) for number, paths in sorted(places.items())]

    def files(self) -> list[Path]:
        """A readable file of every entry, oldest first; raises :class:`LogDamaged`."""
        entries = self.entries()
        if lost := [entry.name for entry in entries if entry.path is None]:
            raise LogDamaged(self.folder.name, lost)
        return [entry.path for entry in entries if entry.path is not None]

    def append(self, write: Callable[[Path], object]) -> None:
        """Add the entry that ``write`` writes to the path it is given: there for good, or not.

        Nothing is added where ``write`` answers that there was nothing to write (``0``).
        """
        durable.make_folder(self.folder)
        durable.make_folder(self.copies)
        number = max(time.time_ns(), self._newest_number() + 1)
        target = durable.beside(self.folder / f"{number:020d}.parquet")
        try:
            if write(target) == 0:
                return
            path = self.folder / _name(number, durable.digest(target))
            _copy(target, self.copies / path.name)
            durable.sync(target)
            durable.move(target, path)
        finally:
            target.unlink(missing_ok=True)

    def heal(self) -> list[str]:
        """Put every entry that can be read into both places; names of those that were damaged.

        Only for whoever holds the warehouse.
        """
        readable = [(e, e.path) for e in self.entries() if e.path is not None and not e.is_whole]
        for entry, path in readable:
            name = _name(entry.number, durable.digest(path))
            for folder in (self.folder, self.copies):
                durable.make_folder(folder)
                if path != folder / name:
                    _copy(path, folder / name)
            for other in self._paths(entry.number):
                if other.name != name:
                    other.unlink()
        return [entry.name for entry, _ in readable if entry.is_damaged]

    def set_aside(self) -> list[Path]:
        """Move what cannot be read in either place to ``damaged/``; where it lies now."""
        root, moved = self.folder.parent, []
        for entry in self.entries():
            for path in self._paths(entry.number) if entry.path is None else ():
                target = root / DAMAGED / path.relative_to(root)
                durable.make_folder(target.parent)
                durable.move(path, target)
                moved.append(target)
        return moved

    def _entry(self, number: int, paths: list[Path]) -> Entry:
        sound = [path for path in paths if _is_sound(path)]
        # Of two that cannot be checked, the one in the log itself is read.
        sound.sort(key=lambda path: (_digest_in(path.name) is None, path.parent != self.folder))
        is_named = all(_digest_in(path.name) for path in paths)
        is_twice = len(sound) == len(paths) == 2
        return Entry(
            number,
            paths[0].name,
            sound[0] if sound else None,
            is_whole=is_twice and is_named,
            is_damaged=len(sound) < len(paths) or (is_named and not is_twice),
        )

    def _paths(self, number: int) -> list[Path]:
        pattern = f"{number:020d}*.parquet"
        return [*self.folder.glob(pattern), *self.copies.glob(pattern)]

    def _newest_number(self) -> int:
        names = (p.name for f in (self.folder, self.copies) for p in f.glob("*.parquet"))
        return max((int(f["number"]) for f in map(_NAME.fullmatch, names) if f), default=0)


def _name(number: int, digest: str) -> str:
    return f"{number:020d}-{digest[:16]}.parquet"


def _digest_in(name: str) -> str | None:
    found = _NAME.fullmatch(name)
    return found["digest"] if found else None


def _is_sound(path: Path) -> bool:
    """Whether a file holds what its name says; without a digest: whether it can be read."""
    digest = _digest_in(path.name)
    if digest is not None:
        return durable.digest_as_it_stands(path).startswith(digest)
    path.open("rb").close()  # what may not be read is not damaged: the system says why
    try:
        pq.read_table(path)
        return True
    except Exception:  # whatever the library says of bytes that are no Parquet
        return False


def _copy(source: Path, target: Path) -> None:
    with durable.replacing(target) as aside:
        shutil.copyfile(source, aside)
