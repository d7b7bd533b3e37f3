"""Which files are to be checked, and what their folders say of school year and term."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dagster_project.census.opening.admission import obstacle
from dagster_project.census.place import TERMS, place_of
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected
from dagster_project.lake.scan import digest, scan
from dagster_project.seeds import setting

_YEAR = re.compile(r"\d{4}")
_OWN_INPUTS = ("profiles", "mappings")


@dataclass(frozen=True)
class Input:
    """One file: ``name`` as it is shown, ``obstacle`` why it cannot be opened (then no hash)."""

    name: str
    location: Path
    place: Place
    sha256: str = ""
    obstacle: FileRejected | None = None


def inputs(paths: Iterable[Path]) -> list[Input]:
    """The files that ``paths`` name, of a folder all data files below it, each once."""
    found: dict[Path, Input] = {}
    for path in paths:
        for item in _of_folder(path) if path.is_dir() else [_of_file(path.resolve(), path.name)]:
            found.setdefault(item.location.absolute(), item)
    return list(found.values())


def _of_folder(folder: Path) -> Iterator[Input]:
    for file in scan(folder):
        if file.obstacle is not None:
            yield Input(file.path, file.location, Place(None, None), obstacle=file.obstacle)
        else:
            yield _placed(file.path, file.location, file.sha256)


def _of_file(path: Path, name: str) -> Input:
    refusal = obstacle(path, path.parent)
    if refusal is None:
        return _placed(name, path, digest(path))
    return Input(name, path, Place(None, None), obstacle=refusal)


def _placed(name: str, location: Path, sha256: str) -> Input:
    try:
        return Input(name, location, place_of_folders(location), sha256)
    except FileRejected as refusal:
        return Input(name, location, Place(None, None), sha256, refusal)


def place_of_folders(location: Path) -> Place:
    """What the innermost folders ``<school_year>/<term>`` on the way to a file say, if any do."""
    parts = location.absolute().parts[:-1]
    for at in range(len(parts) - 1, 0, -1):
        if parts[at] in TERMS and _YEAR.fullmatch(parts[at - 1]):
            return place_of("/".join((*parts[at - 1 : at + 1], location.name)))
    return Place(None, None)


def raw_of(location: Path) -> Path | None:
    """The raw folder that a file lies in: the one above it that has profiles or mappings."""
    above = location.absolute().parents
    return next((up for up in above if any((up / name).is_dir() for name in _OWN_INPUTS)), None)


def running_school_year(today: date) -> int:
    """The school year that ``today`` belongs to; it begins with the census month (a setting)."""
    due = setting("due_autumn")
    month = int(re.findall(r"\d+", due)[0])
    return today.year if today.month >= month else today.year - 1
