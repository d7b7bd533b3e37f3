"""What lies in ``raw/``: every file that could be a census export, with the hash of its bytes.

What cannot be opened – pipes, links that lead elsewhere, what this user may not read – is found
as well, with the sentence that says why: a file that somebody dropped is never passed over.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dagster_project.census.opening import admission
from dagster_project.census.rejection import FileRejected

# Below raw/, these folders hold the project's own inputs, not deliveries of figures.
RESERVED = {"profiles", "reviews", "mappings", "templates", "narrative"}
# A file below a folder of this name replaces what the same load brings for the same schools.
CORRECTIONS = re.compile(r"更正|订正|corrections?", re.IGNORECASE)
_NOT_DATA = re.compile(r"(^[.~])|(^~\$)|(\.tmp$)|(^README)|(^Thumbs\.db$)|(^desktop\.ini$)")


@dataclass(frozen=True)
class RawFile:
    """A file below ``raw/``; ``path`` is relative to it, with forward slashes.

    ``location`` is where it lies on the disk: not ``root / path`` where its name is no UTF-8.
    ``obstacle`` says why it cannot be opened; ``sha256`` then stands for that reason.
    """

    path: str
    location: Path
    size: int
    sha256: str
    obstacle: FileRejected | None = None

    @property
    def correction_rank(self) -> int:
        """How many folders on the way declare the file a correction."""
        return sum(bool(CORRECTIONS.fullmatch(part)) for part in Path(self.path).parts[:-1])


def scan(raw: Path, school_years: Iterable[int] | None = None) -> Iterator[RawFile]:
    """The data files below ``raw``, in the order of their paths.

    With ``school_years``, files that stand below another year's folder are left out; files outside
    of the ``<school_year>/<term>/`` layout are always looked at, for only their content knows.
    """
    for location, obstacle in found(raw, school_years):
        path = admission.spoken(location.relative_to(raw))
        if obstacle is None:
            try:
                yield RawFile(path, location, location.stat().st_size, digest(location))
                continue
            except OSError as error:
                obstacle = admission.unreadable(error)
        yield RawFile(path, location, 0, marker(obstacle), obstacle)


def folder_of(path: str) -> str:
    """The folder below raw/ that a delivery belongs to: of its year and term, its year, or none."""
    folders = Path(path).parts[:-1]
    is_placed = bool(folders) and re.fullmatch(r"\d{4}", folders[0])
    return "/".join(folders[:2]) if is_placed else ""


def is_taken_out(raw: Path, path: str) -> bool:
    """Whether the folder that a delivery belonged to is there (and raw/ is not just empty)."""
    folder = raw / folder_of(path)
    return folder.is_dir() and (folder != raw or any(raw.iterdir()))


def found(
    raw: Path, school_years: Iterable[int] | None = None
) -> Iterator[tuple[Path, FileRejected | None]]:
    """Files and obstacles below ``raw`` that could be data, in the order of their paths."""
    wanted = None if school_years is None else {str(year) for year in school_years}
    for location, obstacle in sorted(_walk(raw), key=lambda found: found[0]):
        parts = location.relative_to(raw).parts
        if parts[0] in RESERVED or any(_NOT_DATA.search(part) for part in parts):
            continue
        if wanted is not None and re.fullmatch(r"\d{4}", parts[0]) and parts[0] not in wanted:
            continue
        yield location, obstacle


def _walk(raw: Path) -> Iterator[tuple[Path, FileRejected | None]]:
    """Everything below ``raw`` that is no folder, and the folders that nothing can come from."""
    folders = [raw] if raw.is_dir() else []
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError as error:
            if folder == raw:
                raise
            yield folder, admission.unreadable(error, "folder")
            continue
        if not entries and folder.suffix.lower() in admission.TABLE_SUFFIXES and folder != raw:
            yield folder, admission.empty_folder(folder)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(folder / entry.name)
            else:
                location = folder / entry.name
                yield location, admission.obstacle(location, raw)


def marker(obstacle: FileRejected) -> str:
    """What stands for the hash of bytes that cannot be read; another reason is another hash."""
    return hashlib.sha256(obstacle.sentence.encode()).hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with admission.open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
