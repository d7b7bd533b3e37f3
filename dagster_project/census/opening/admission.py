"""What lies below ``raw/`` and may be opened: plain files, and links to plain files within it.

Nothing here opens anything: opening a named pipe waits for ever, and a link may lead anywhere.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePath

from dagster_project.census.rejection import FileRejected, visible

TABLE_SUFFIXES = {".xlsx", ".xls", ".xlsm", ".xlsb", ".et", ".csv", ".tsv", ".txt"}
_COPY = "Remove it and copy the file itself into raw/."
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
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
    """The rejection of what the system does not let us read."""
    return FileRejected(
        f"The {subject} cannot be read from the disk ({error.strerror or type(error).__name__}).",
        advice="Check its permissions and that the copy finished.",
    )


def empty_folder(location: Path) -> FileRejected:
    """The rejection of an empty folder that is named like a table."""
    return FileRejected(
        f"This is an empty folder that is named like a file ({location.suffix}).",
        advice=_COPY,
    )


def _link_obstacle(location: Path, raw: Path) -> FileRejected | None:
    target = location.resolve(strict=False)
    if not target.is_relative_to(raw.resolve()):
        return FileRejected("This is a link that leads out of raw/; it is not followed.",
                            advice=_COPY)  # fmt: skip
    if not target.exists():
        return FileRejected("This is a link that leads nowhere.", advice=_COPY)
    mode = target.stat().st_mode
    if stat.S_ISDIR(mode):
        return FileRejected("This is a link to a folder; such links are not followed.",
                            advice="Put the files themselves below raw/, or point JUNHENG_RAW "
                            "at the folder that holds them.")  # fmt: skip
    return _kind_obstacle(mode)


def _kind_obstacle(mode: int) -> FileRejected | None:
    kind = _KINDS.get(stat.S_IFMT(mode))
    if kind is None:
        return None
    return FileRejected(f"This is {kind}, not a file.", advice=_COPY)


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
