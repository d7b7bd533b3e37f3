"""The one table of a zip archive, unpacked under the limits that hold for workbooks.

Public sources hand out their tables packed. Of an archive with one table that table is read; with
none or several nobody knows what was meant.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from dagster_project.census.opening import admission, archive, package
from dagster_project.census.rejection import FileRejected

MOST_WORKBOOK_BYTES = 512 << 20  # of a workbook inside an archive: it is unpacked into the memory
_NO_TABLE = ("__MACOSX", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class ZippedTable:
    """The table ``member`` of the archive ``outer``; ``path`` bears the table's own name."""

    outer: Path
    member: str

    @property
    def path(self) -> Path:
        """Where the table would lie, had it been unpacked beside the archive."""
        return self.outer.with_name(PurePosixPath(self.member.replace("\\", "/")).name)

    def open(self) -> BinaryIO:
        """The table from its first byte; a workbook can be sought in, a text only read on."""
        if self.path.suffix.lower() in (".csv", ".tsv", ".txt"):
            return io.BufferedReader(_Unpacking(self._blocks()))
        data = b""
        for block in self._blocks():
            data += block
            if len(data) > MOST_WORKBOOK_BYTES:
                raise FileRejected(
                    "census.workbook_in_zip_too_large", most=MOST_WORKBOOK_BYTES >> 20
                )
        return io.BytesIO(data)

    def _blocks(self) -> Iterator[bytes]:
        with (
            admission.open_plain(self.outer) as file,
            package.naming_damage(),
            archive.opened(file) as opened,
        ):
            yield from opened.blocks(self.member)


def zipped_table(path: Path) -> ZippedTable | None:
    """The table of the archive ``path``; ``None`` if it is a workbook or no archive of one table.

    Raises :class:`FileRejected` for an archive of several tables and for one that could do harm.
    """
    with (
        admission.open_plain(path) as file,
        package.naming_damage(),
        archive.opened(file) as opened,
    ):
        names = opened.names
    if package.is_office_package(names):
        return None
    tables = [name for name in names if _is_table(name)]
    if len(tables) > 1:
        shown = ", ".join(tables[:5]) + (" …" if len(tables) > 5 else "")
        raise FileRejected("census.several_tables_in_zip", count=len(tables), shown=shown)
    return ZippedTable(path, tables[0]) if tables else None


def _is_table(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    is_ours = any(part in _NO_TABLE or part.startswith((".", "~$")) for part in parts)
    return not is_ours and PurePosixPath(name).suffix.lower() in admission.TABLE_SUFFIXES


class _Unpacking(io.RawIOBase):
    """Blocks of bytes as a file that is read from its beginning to its end."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        if isinstance(self._blocks, Generator):
            self._blocks.close()
        super().close()
