"""Table profiles: yaml files that say how a plain table becomes the canonical form.

The language is described where people look for it, at the top of ``profiles/tw_moe_basec.yml``.
A profile is checked when it is loaded; everything wrong with it is reported at once, and only the
files that need it go unread.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from importlib import resources
from pathlib import Path

from dagster_project.census.opening import strict_yaml
from dagster_project.census.opening.admission import obstacle, open_plain, unreadable
from dagster_project.census.opening.encodings import UnknownEncoding
from dagster_project.census.opening.source import TextTable, Workbook, open_source
from dagster_project.census.rejection import FileRejected, visible
from dagster_project.census.table.code_table import CodeTableInvalid
from dagster_project.census.table.profile_check import parse_profile
from dagster_project.census.table.profile_model import (
    BrokenProfile,
    Profile,
    Profiles,
    header_key,
    loose_key,
)
from dagster_project.messages import Message

USER_FOLDER = "profiles"  # below raw/
MOST_BYTES = 10_000_000  # of a code table


def load_profiles(raw: Path | None) -> Profiles:
    """Shipped profiles and those in ``raw/profiles/*.yml``; a user's own replaces its namesake."""
    found: dict[str, Profile] = {}
    broken: list[BrokenProfile] = []
    shipped = resources.files("dagster_project.census").joinpath("profiles")
    for file in sorted(shipped.iterdir(), key=lambda f: f.name):
        if file.name.endswith((".yml", ".yaml")):
            loaded = parse_profile(file.read_bytes(), file.name, is_user=False)
            if isinstance(loaded, BrokenProfile):
                broken.append(loaded)
            else:
                found[loaded.profile_id] = loaded
    for path in _dropped(raw) if raw else ():
        name = f"{USER_FOLDER}/{visible(path.name)}"
        if raw and (refusal := obstacle(path, raw)):
            broken.append(BrokenProfile(name, (refusal.message,)))
            continue
        try:
            data = _head(path)
        except OSError as error:
            broken.append(BrokenProfile(name, (unreadable(error).message,)))
            continue
        loaded = parse_profile(data, name, is_user=True, beside=partial(read_beside, path.parent))
        if isinstance(loaded, BrokenProfile):
            broken.append(loaded)
        elif (other := found.get(loaded.profile_id)) and other.is_user:
            same = {"profile": loaded.profile_id, "other": other.path}
            problem = Message("census.profile_twice", same)
            broken.append(BrokenProfile(loaded.path, (problem,)))
        else:
            found[loaded.profile_id] = loaded
    ordered = sorted(found.values(), key=lambda p: (not p.is_user, p.profile_id))
    return Profiles(tuple(ordered), tuple(broken))


def _head(path: Path, most: int = strict_yaml.MOST_BYTES) -> bytes:
    """A file of ``most`` bytes at the most, or as much of it as tells that it is too large."""
    with open_plain(path) as file:
        return file.read(most + 1)


def read_beside(folder: Path, name: str) -> bytes:
    """The code table ``name`` in a folder of profiles; raises :class:`CodeTableInvalid`."""
    path = folder / name
    if Path(name).name != name or not _is_table(name) or obstacle(path, folder) is not None:
        raise CodeTableInvalid("profile.table_not_there", name=name)
    try:
        content = _head(path, MOST_BYTES)
    except OSError as error:
        raise CodeTableInvalid("profile.table_not_there", name=name) from error
    if len(content) > MOST_BYTES:  # a part of it would lose codes in silence
        raise CodeTableInvalid("profile.table_too_large", name=name, most=MOST_BYTES // 1_000_000)
    return content


def _is_table(name: str) -> bool:
    return name.lower().endswith(".csv")


def user_profiles(raw: Path | None) -> list[tuple[str, bytes]]:
    """Name and content of the profiles (and their code tables) below ``raw`` that can be read."""
    if raw is None:
        return []
    files = [*_dropped(raw), *sorted(p for p in _beside(raw) if _is_table(p.name))]
    readable = [p for p in files if not obstacle(p, raw) and os.access(p, os.R_OK)]
    return [
        (path.name, _head(path, MOST_BYTES if _is_table(path.name) else strict_yaml.MOST_BYTES))
        for path in readable
    ]


def _dropped(raw: Path) -> list[Path]:
    """What stands in ``raw/profiles`` under a profile's name."""
    named = (p for p in _beside(raw) if p.suffix in (".yml", ".yaml"))
    return sorted(p for p in named if p.is_symlink() or not p.is_dir())


def _beside(raw: Path) -> list[Path]:
    folder = raw / USER_FOLDER
    return list(folder.iterdir()) if folder.is_dir() else []


def as_told(source: Workbook | TextTable, profile: Profile) -> Workbook | TextTable:
    """``source`` in the encoding and with the separator that ``profile`` names."""
    if isinstance(source, TextTable):
        return source.told(profile.encoding, profile.separator)
    return source


def open_as_told(path: Path, profiles: Profiles) -> Workbook | TextTable:
    """Open ``path``; a text in an unknown encoding if a profile names it and knows the header."""
    try:
        return open_source(path)
    except UnknownEncoding:
        for encoding in dict.fromkeys(p.encoding for p in profiles.profiles if p.encoding):
            source = open_source(path, encoding)
            if (profile := matching(source, profiles)) and profile.encoding == encoding:
                return source
        raise


def header_of(
    source: Workbook | TextTable, profile: Profile, sheet: str | None = None
) -> tuple[str | None, list[str]]:
    """Sheet name (``None`` for text) and header labels of ``source`` as ``profile`` sees them.

    Without ``sheet`` it is the one that the profile names, else the first that people see. Several
    header rows are joined with ``>``; a label reaches over the empty cells right of it, as far as
    the label above it does.
    """
    depth = profile.header_rows[-1]
    source = as_told(source, profile)
    if isinstance(source, Workbook):
        seen = [name for name in source.sheet_names if name not in source.hidden_sheets]
        sheet = sheet or profile.sheet or (seen or source.sheet_names)[0]
        if sheet not in source.sheet_names:
            return sheet, []
        rows: Sequence[Sequence[object]] = source.sheet(sheet).rows[:depth]
    else:
        sheet, rows = None, list(source.rows(depth))
    if len(rows) < depth:
        return sheet, []
    wanted = [[header_key(c) for c in rows[n - 1]] for n in profile.header_rows]
    width = max(map(len, wanted))
    _reach(wanted[:-1], width)
    labels = []
    for column in range(width):
        parts = [row[column] for row in wanted if column < len(row) and row[column]]
        labels.append(">".join(dict.fromkeys(parts)))
    while labels and not labels[-1]:
        labels.pop()
    return sheet, _as_called(labels, profile)


def _as_called(labels: list[str], profile: Profile) -> list[str]:
    """Labels by the names that the profile has for them, where only capitals and marks differ."""
    there, known = set(labels), profile.loosely
    told = Counter(map(loose_key, labels))
    named = {
        label: known[key]
        for label in labels
        if (key := loose_key(label)) in known and told[key] == 1 and known[key] not in there
    }
    return [named.get(label, label) for label in labels]


def _reach(uppers: list[list[str]], width: int) -> None:
    """Write the labels of groups above all their columns; a group ends where one above it does."""
    begins = [False] * width
    for upper in uppers:
        upper += [""] * (width - len(upper))
        own = [bool(label) for label in upper]
        for column in range(1, width):
            if not begins[column]:
                upper[column] = upper[column] or upper[column - 1]
        begins = [one or other for one, other in zip(begins, own, strict=True)]


def matching(source: Workbook | TextTable, profiles: Profiles) -> Profile | None:
    """The profile that reads ``source``: users' own first, then the one that knows most of it.

    A profile fits when the header has all its ``recognise`` columns, or when the file's name fits
    and most of them are there (so that a lost column is named instead of the file being unknown).
    """
    best: tuple[tuple, Profile] | None = None
    for profile in profiles.profiles:
        try:
            _, labels = header_of(source, profile)
        except FileRejected:
            if profile.encoding is None:
                raise
            continue  # not in the encoding of this profile
        there = set(labels)
        share = sum(column in there for column in profile.recognise) / len(profile.recognise)
        by_name = bool(profile.file_name and re.search(profile.file_name, source.path.name))
        if share == 1 or (by_name and share >= 0.5):
            rank = (profile.is_user, share == 1, by_name, len(there & profile.known_columns()))
            if best is None or rank > best[0]:
                best = rank, profile
    return best[1] if best else None
