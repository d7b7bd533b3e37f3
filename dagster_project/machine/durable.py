"""Writing so that it lasts: what was written is on the disk before anything says that it is there.

A rename is one step for whoever reads, but a power cut may leave the new name over an empty file:
the bytes must be on the disk before the name, and the name before whatever refers to it. So files
are synced first, then the folders that name them, then what tells of them is written the same way.

Names of files and folders in the making are those that :mod:`.atomic_folder` clears away.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

# A sync waits for the disk, not for a processor: many at once cost little more than one.
SYNCS_AT_ONCE = 16
HASHES_AT_ONCE = 4
_FICLONE = 0x40049409  # Linux: let the target share the source's blocks


def beside(path: Path, suffix: str = ".tmp") -> Path:
    """A new name beside ``path`` for what will take its place."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}{suffix}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a path to write to; afterwards its bytes stand under ``path``, in one step, for good.

    If the block raises, nothing is left of it and ``path`` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    target = beside(path)
    try:
        yield target
        sync(target)
        move(target, path)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by a UTF-8 text, in one step, for good."""
    with replacing(path) as target:
        target.write_text(text, "utf-8")


def move(source: Path, target: Path) -> None:
    """Rename, and have both folders know of it."""
    os.replace(source, target)
    sync(target.parent)
    if source.parent != target.parent:
        sync(source.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, so that their names last."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in reversed(missing):
        sync(made.parent)


def sync(path: Path) -> None:
    """Have the disk hold the bytes of a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(files: Iterable[Path]) -> None:
    """Have the disk hold these files, then the folders that name them; those that are gone are
    nobody's concern."""
    files = list(dict.fromkeys(files))
    _in_threads(_sync_if_there, files)
    _in_threads(_sync_if_there, dict.fromkeys(file.parent for file in files))


def sync_tree(folder: Path) -> None:
    """Have the disk hold everything below ``folder``: files, then folders from below, then it."""
    below = [p for p in folder.rglob("*") if not p.is_symlink()]
    _in_threads(sync, [path for path in below if path.is_file()])
    folders = [path for path in below if path.is_dir()]
    for path in [*sorted(folders, key=lambda p: len(p.parts), reverse=True), folder, folder.parent]:
        sync(path)


def sync_file_system(folder: Path) -> None:
    """Have the disk hold all that anybody wrote to the file system of ``folder``.

    For what many processes wrote in many places; one file is better synced alone.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is None or not hasattr(libc, "syncfs"):
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if libc.syncfs(descriptor):
            os.sync()
    finally:
        os.close(descriptor)


def copy(source: Path, target: Path) -> None:
    """Copy a file's bytes, sharing them on the disk where the file system can (reflink)."""
    with source.open("rb") as read, target.open("wb") as written:
        try:
            fcntl.ioctl(written.fileno(), _FICLONE, read.fileno())
            return
        except OSError:
            pass
    shutil.copyfile(source, target)


def clear(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it; nothing if there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_as_it_stands(path: Path) -> str:
    """:func:`digest`, once in this process for a file that has not been written since.

    Raises ``OSError`` where there is no such file.
    """
    state = path.stat()
    return _digest_of(str(path), state.st_ino, state.st_size, state.st_mtime_ns)


def digests_as_they_stand(paths: Iterable[Path]) -> dict[Path, str | None]:
    """:func:`digest_as_it_stands` of every path, some at once; ``None`` for what cannot be read."""
    paths = list(paths)
    return dict(zip(paths, _in_threads(_digest_or_none, paths, HASHES_AT_ONCE), strict=True))


@lru_cache(maxsize=100_000)
def _digest_of(path: str, inode: int, size: int, written_at: int) -> str:
    return digest(Path(path))


def _digest_or_none(path: Path) -> str | None:
    try:
        return digest_as_it_stands(path)
    except OSError:
        return None


def _sync_if_there(path: Path) -> None:
    with suppress(FileNotFoundError):
        sync(path)


def _in_threads(function: Callable, items: Iterable, at_once: int = SYNCS_AT_ONCE) -> list:
    items = list(items)
    if len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(at_once, len(items))) as threads:
        return list(threads.map(function, items))
