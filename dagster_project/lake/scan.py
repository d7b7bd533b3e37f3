"""What lies in ``raw/``: every file that could be a census export, with the hash of its bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Below raw/, these folders hold the project's own inputs, not deliveries of figures.
RESERVED = {"profiles", "reviews", "mappings"}
# A file below a folder of this name replaces what the same load brings for the same schools.
CORRECTIONS = re.compile(r"更正|订正|corrections?", re.IGNORECASE)
_NOT_DATA = re.compile(r"(^[.~])|(^~\$)|(\.tmp$)|(^README)|(^Thumbs\.db$)|(^desktop\.ini$)")


@dataclass(frozen=True)
class RawFile:
    """A file below ``raw/``; ``path`` is relative to it, with forward slashes."""

    root: Path
    path: str
    size: int
    sha256: str

    @property
    def location(self) -> Path:
        return self.root / self.path

    @property
    def correction_rank(self) -> int:
        """How many folders on the way declare the file a correction."""
        return sum(bool(CORRECTIONS.fullmatch(part)) for part in Path(self.path).parts[:-1])


def scan(raw: Path, school_years: Iterable[int] | None = None) -> Iterator[RawFile]:
    """The data files below ``raw``, in the order of their paths.

    With ``school_years``, files that stand below another year's folder are left out; files outside
    of the ``<school_year>/<term>/`` layout are always looked at, for only their content knows.
    """
    for location in data_files(raw, school_years):
        path = location.relative_to(raw).as_posix()
        yield RawFile(raw, path, location.stat().st_size, digest(location))


def data_files(raw: Path, school_years: Iterable[int] | None = None) -> Iterator[Path]:
    """Where the files of :func:`scan` lie; their bytes are not looked at."""
    wanted = None if school_years is None else {str(year) for year in school_years}
    for location in sorted(raw.rglob("*")) if raw.is_dir() else ():
        parts = location.relative_to(raw).parts
        if parts[0] in RESERVED or any(_NOT_DATA.search(part) for part in parts):
            continue
        if wanted is not None and re.fullmatch(r"\d{4}", parts[0]) and parts[0] not in wanted:
            continue
        if location.is_file():
            yield location


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
