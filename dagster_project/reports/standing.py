"""Which documents of a folder stand as they were written, and where new ones go without loss.

A document that somebody edited is never replaced: the one with the figures of now is written
beside it, ``自评报告（新数据）.docx``, and that one, edited in its turn, is left for
``自评报告（新数据2）.docx``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dagster_project.machine import durable
from dagster_project.messages import Message
from dagster_project.reports.folder import replace_files

RECORD = ".made-from.json"
_BESIDE = "新数据"


@dataclass(frozen=True)
class Entry:
    """What a document was made from, and the digests of what we may have left under its name.

    Two while it is being replaced, for a stop in between leaves one or the other.
    """

    made_from: str
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """Documents that somebody edited and that stay; the figures of now are in ``new``."""

    edited: tuple[Path, ...]
    new: Path

    @property
    def message(self) -> Message:
        """The sentence for people."""
        names = [str(path) for path in self.edited]
        return Message("reports.kept_edited", {"edited": names, "new": str(self.new)})


def recorded(folder: Path) -> dict[str, Entry]:
    """What is known of the documents in ``folder`` by file name; only of files still there.

    A record of an earlier release tells no digest: nobody knows then what was edited.
    """
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        return {
            name: Entry(entry["made_from"], tuple(entry["sha256"]))
            for name, entry in record.items()
            if isinstance(entry, dict) and (folder / name).exists()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def newest(folder: Path, name: str) -> str:
    """The name under which the newest of a document and those beside it stands in ``folder``."""
    known = recorded(folder)
    return next((one for one in reversed(_there(folder, name)) if one in known), name)


def stands(folder: Path, name: str, made_from: str) -> bool:
    """Whether the newest document of that name was made from just this."""
    entry = recorded(folder).get(newest(folder, name))
    return entry is not None and entry.made_from == made_from


def is_edited(folder: Path, name: str) -> bool:
    """Whether a file is there that is not what we wrote, as far as anybody knows."""
    path = folder / name
    return path.exists() and not _is_ours(path, recorded(folder).get(name))


def kept(folder: Path, names: Iterable[str]) -> Iterator[Kept]:
    """The edited documents of ``folder`` that have one with newer figures beside them."""
    for name in names:
        latest = newest(folder, name)
        edited = [one for one in _there(folder, name) if one != latest]
        if edited:
            yield Kept(tuple(folder / one for one in edited), folder / latest)


def put_documents(
    folder: Path, contents: Mapping[str, bytes], made_from: str, failed: Iterable[str] = ()
) -> None:
    """Put the documents into ``folder``, each in one step, and never over one that was edited.

    What ``failed`` keeps its file and is tried again. Raises ``OSError``.
    """
    known = recorded(folder)
    for name in failed:
        known |= {
            one: Entry("", known[one].digests) for one in _there(folder, name) if one in known
        }
    files: dict[str, bytes] = {}
    behind: list[str] = []
    for name, content in contents.items():
        target, later = _target(folder, name, known)
        files[target] = content
        behind += later
    outdated = [name for name in behind if _is_ours(folder / name, known.get(name))]
    written = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    if any((folder / name).exists() for name in files):
        # Whoever is stopped in between must not take the half that was written for somebody's.
        between = {
            name: Entry("", (digest, *(known[name].digests if name in known else ())))
            for name, digest in written.items()
        }
        replace_files(folder, {RECORD: _text(known | between)})
    known |= {name: Entry(made_from, (digest,)) for name, digest in written.items()}
    for name in behind:  # older than what is written now, whoever wrote them
        known.pop(name, None)
    replace_files(folder, {**files, RECORD: _text(known)})
    for name in outdated:
        (folder / name).unlink(missing_ok=True)


def _target(folder: Path, name: str, known: Mapping[str, Entry]) -> tuple[str, list[str]]:
    """Where the document goes, the first name that is free or ours; and those behind it."""
    number = 0
    while (folder / (target := _beside(name, number))).exists():
        if _is_ours(folder / target, known.get(target)):
            break
        number += 1
    return target, _there(folder, name, number + 1)


def _is_ours(path: Path, entry: Entry | None) -> bool:
    return entry is not None and path.is_file() and durable.digest(path) in entry.digests


def _there(folder: Path, name: str, number: int = 0) -> list[str]:
    """The document and those beside it in ``folder`` from ``number`` on, as they were written."""
    found = [name] if number == 0 and (folder / name).exists() else []
    number = max(number, 1)
    while (folder / _beside(name, number)).exists():
        found.append(_beside(name, number))
        number += 1
    return found


def _beside(name: str, number: int) -> str:
    if number == 0:
        return name
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}（{_BESIDE}{number if number > 1 else ''}）{dot}{suffix}"


def _text(known: Mapping[str, Entry]) -> bytes:
    record = {
        name: {"made_from": entry.made_from, "sha256": list(entry.digests)}
        for name, entry in sorted(known.items())
    }
    return json.dumps(record, ensure_ascii=False, indent=1).encode()
