"""What lies below ``raw/`` and may be opened: plain files, and links to plain files within it.

Nothing here opens anything: opening a named pipe waits for ever, and a link may lead anywhere.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePath

from dagster_project.census.rejection import FileRejected, visible
from dagster_project.messages import Message, of_system

TABLE_SUFFIXES = {".xlsx", ".xls", ".xlsm", ".xlsb", ".et", ".csv", ".tsv", ".txt"}
_KINDS = {
    stat.S_IFIFO: Message("census.a_named_pipe"),
    stat.S_IFSOCK: Message("census.a_socket"),
    stat.S_IFCHR: Message("census.a_device"),
    stat.S_IFBLK: Message("census.a_device"),
}


def obstacle(location: Path, raw: Path) -> FileRejected | None:
    """Why ``location`` below ``raw`` must not be opened; ``None`` for a plain file.

    A folder is an obstacle only as a link: links to folders are not followed.
    """
    try:
        mode = location.lstat().st_mode
        if stat.S_ISLNK(mode):
            return _link_obstacle(location, raw)
    except OSError as error:
        return unreadable(error)
    return _kind_obstacle(mode)


def unreadable(error: OSError, subject: str = "file") -> FileRejected:
    """The rejection of what the system does not let us read: a ``file`` or a ``folder``."""
    return FileRejected(
        "census.cannot_be_read",
        subject=Message(f"census.the_{subject}"),
        error=of_system(error),
    )


def empty_folder(location: Path) -> FileRejected:
    """The rejection of an empty folder that is named like a table."""
    return FileRejected("census.empty_folder", suffix=location.suffix)


def _link_obstacle(location: Path, raw: Path) -> FileRejected | None:
    target = location.resolve(strict=False)
    if not target.is_relative_to(raw.resolve()):
        return FileRejected("census.link_leads_out")
    if not target.exists():
        return FileRejected("census.link_leads_nowhere")
    mode = target.stat().st_mode
    if stat.S_ISDIR(mode):
        return FileRejected("census.link_to_folder")
    return _kind_obstacle(mode)


def _kind_obstacle(mode: int) -> FileRejected | None:
    kind = _KINDS.get(stat.S_IFMT(mode))
    if kind is None:
        return None
    return FileRejected("census.no_file", kind=kind)


def open_plain(path: Path, *, follow_links: bool = True):
    """Open ``path`` for reading bytes, without ever waiting; ``OSError`` if it is no file."""
    # Without O_NONBLOCK a pipe that took the file's place a moment ago would wait for a writer.
    flags = os.O_RDONLY | os.O_NONBLOCK | (0 if follow_links else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise OSError(None, "it is no plain file")
    return file


def spoken(relative: PurePath) -> str:
    """The path of a raw file as text, with forward slashes: what logs, tables and people get.

    A name in another encoding than UTF-8 is read as GB18030 (archives from Windows), or shown
    with escapes; control characters are shown as escapes.
    """
    data = os.fsencode(relative.as_posix())
    for codec in ("utf-8", "gb18030"):
        try:
            return visible(data.decode(codec))
        except UnicodeDecodeError:
            continue
    return visible(data.decode("utf-8", "backslashreplace"))


def located(raw: Path, path: str) -> Path:
    """Where the file lies that :func:`spoken` calls ``path``; the plain joining if nowhere."""
    plainly = raw / path
    if plainly.exists():
        return plainly
    try:
        foreign = raw / os.fsdecode(path.encode("gb18030"))
    except UnicodeEncodeError:
        return plainly
    return foreign if foreign.exists() else plainly
