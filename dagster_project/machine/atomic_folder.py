"""Replacing a folder whole, and what a killed process leaves beside it, found and put right.

Whoever replaces a file or folder ``name`` writes ``.name.<32 hex digits>`` first and may set the
old one aside as ``.name.<32 hex digits>.old``. Killed between the two renames, the old one is all
that there is: it is put back. Everything else is half-written and goes.
"""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from dagster_project.machine import durable

_ASIDE = re.compile(r"\.(?:(?P<name>.+)\.)?[0-9a-f]{32}(?P<kind>\.old|\.tmp)?|\..+\.tmp")


def replace_folder(new: Path, folder: Path) -> None:
    """Put ``new`` in the place of ``folder``, on the disk; the old one goes when the new stands."""
    durable.sync_tree(new)
    old = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.old")
    if folder.exists():
        os.replace(folder, old)
    os.replace(new, folder)
    shutil.rmtree(old, ignore_errors=True)


def tidy(folder: Path, *, deep: bool = True, older_than: float = 0.0) -> None:
    """Put right what lies in ``folder`` or, if ``deep``, anywhere below it.

    What is younger than ``older_than`` seconds is left alone: somebody may still be writing it.
    """
    found = [p for p in leftovers(folder, deep=deep) if _age(p) >= older_than]
    for path in sorted(found, key=lambda p: p.name.endswith(".old"), reverse=True):
        parts = _ASIDE.fullmatch(path.name)
        name = parts["name"] if parts else None
        place = path.with_name(name) if name else None
        if parts and parts["kind"] == ".old" and place is not None and not place.exists():
            path.rename(place)
        elif path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def leftovers(folder: Path, *, deep: bool = True) -> Iterator[Path]:
    """Files and folders in or below ``folder`` that were set aside while another was replaced."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if _ASIDE.fullmatch(path.name):
            yield path
        elif deep and path.is_dir() and not path.is_symlink():
            yield from leftovers(path)


def _age(path: Path) -> float:
    return time.time() - path.lstat().st_mtime
