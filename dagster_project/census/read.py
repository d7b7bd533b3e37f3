"""Reading one raw file: recognise its shape from its content and hand it to the right reader."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.census.figures import clean_text
from dagster_project.census.opening.printable import printable_reading
from dagster_project.census.opening.source import TextTable, Workbook
from dagster_project.census.place import place_of
from dagster_project.census.reading import Place, Reading
from dagster_project.census.rejection import FileRejected
from dagster_project.census.set_aside import doubtful_costs_the_file
from dagster_project.census.table import profile as table_profile
from dagster_project.census.table.profile_model import Profiles
from dagster_project.messages import Message

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SHOWN_LABELS = 12


def read(path: Path, raw: Path, profiles: Profiles, sha256: str | None = None) -> Reading:
    """Read the file ``path`` below ``raw``; raises :class:`FileRejected`, also while consumed.

    ``sha256`` spares the hashing of a file whose hash is known. Texts are :func:`printable`.
    """
    return read_at(path, place_of(path.relative_to(raw)), profiles, sha256)


def read_at(path: Path, place: Place, profiles: Profiles, sha256: str | None = None) -> Reading:
    """:func:`read` of a file that lies anywhere; ``place`` is what is known of its folder."""
    return printable_reading(_read(path, place, profiles, sha256))


def _read(path: Path, place: Place, profiles: Profiles, sha256: str | None) -> Reading:
    source = table_profile.open_as_told(path, profiles)
    if sha256 is None:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    profile = table_profile.matching(source, profiles)
    if profile is not None:
        from dagster_project.census.table import read as table

        return table.read(source, profile, sha256, place)
    from dagster_project.census.flat import read as flat
    from dagster_project.census.workbook import read as workbook

    if isinstance(source, Workbook) and workbook.recognises(source):
        return workbook.read(source, sha256, place)
    from dagster_project.census.returns import read as returns

    if returns.recognises(source):
        return returns.read(source, sha256, place)
    if flat.recognises(source):
        return flat.read(source, sha256, place)
    raise _unknown(source, profiles)


def _unknown(source: Workbook | TextTable, profiles: Profiles) -> FileRejected:
    """The rejection of content that no reader knows: what there is and what was found."""
    ids = [p.profile_id for p in profiles.profiles] or Message("census.none")
    if isinstance(source, Workbook):
        sheet: str | None = source.sheet_names[0]
        rows: Iterable[Sequence[object]] = source.sheet(source.sheet_names[0]).rows
        found = Message("census.the_sheets", {"sheets": list(source.sheet_names[:SHOWN_LABELS])})
    else:
        sheet, rows, found = None, source.rows(20), Message("census.a_text_table")
    first = next((row for row in rows if any(clean_text(c) for c in row)), [])
    labels = [text for c in first if (text := clean_text(c))]
    starts = labels[:SHOWN_LABELS] or Message("census.nothing_at_all")
    broken = [b.path for b in profiles.broken]
    return FileRejected(
        "census.unknown_shape_broken_profile" if broken else "census.unknown_shape",
        shapes=Message("census.known_shapes"),
        ids=ids,
        found=found,
        starts=starts,
        broken=broken,
        sheet=sheet,
        cell="A1" if sheet else "row 1",
    )


def reading_fingerprint(raw: Path | None = None) -> str:
    """Short hash of code, maps, dictionary, setting and profiles (also of ``raw``) that read.

    A file read under another fingerprint would perhaps be read otherwise today.
    """
    digest = hashlib.sha256(f"{doubtful_costs_the_file()}\0".encode())
    for name, data in _parts(resources.files(__package__), ""):
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    for name, data in table_profile.user_profiles(raw):
        digest.update(f"raw/{name}\0{len(data)}\0".encode("utf-8", "surrogateescape") + data)
    return digest.hexdigest()[:16]


def _parts(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                found += _parts(entry, f"{name}/")
        elif entry.name.endswith((".py", ".csv", ".yml", ".yaml", ".json", ".toml")):
            found.append((name, entry.read_bytes()))
    return found
