"""A zip package read so that no lie in its own tables does harm.

The tables of a zip say how large its parts are, and whoever made the file wrote them. So every part
is unpacked here once, block by block, and stops at the size that was declared; nothing is ever
written to the disk. Of an archive inside an archive only one workbook is opened, under the same
limits (:mod:`.zipped`).
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dagster_project.census.rejection import FileRejected

MAX_PARTS = 10_000
MAX_UNPACKED_BYTES = 3 << 30  # all parts of a package together
MAX_RATIO = 400  # unpacked : packed; deflated sheets reach about 50, bombs 1000
RATIO_COUNTS_FROM = 64 << 20  # unpacked bytes; small packages may have any ratio
BLOCK = 1 << 22
_PACKED_BLOCK = 1 << 18
_ENTRY, _LOCAL_HEAD = b"PK\x01\x02", 30  # what every line of the table begins with; bytes
_DTD = (b"<!DOCTYPE", b"<!ENTITY")
_TEXTS = (".xml", ".rels", ".vml")


class Archive:
    """An open zip file whose parts are unpacked under control; see :func:`opened`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.names = [member.filename for member in archive.infolist() if not member.is_dir()]

    def blocks(self, name: str) -> Iterator[bytes]:
        """The unpacked part ``name`` in blocks; raises ``BadZipFile`` where the tables lied.

        Raises :class:`FileRejected` for a document type or an entity in an XML part.
        """
        member = self._archive.getinfo(name)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileRejected("census.part_packed_oddly", name=name)
        is_text = name.lower().endswith(_TEXTS)
        tail = b""
        for number, block in enumerate(self._unpacked(member)):
            if number == 0:
                head = block[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
                if is_text and (head[:1] not in (b"<", b"") or b"\0" in head):
                    raise FileRejected("census.part_no_xml", name=name)
                is_text = is_text or head.startswith(b"<")
            joined = tail + block
            if is_text and any(mark in joined for mark in _DTD):
                raise FileRejected("census.part_declares_entities", name=name)
            tail = joined[-len(_DTD[0]) :]
            yield block

    def size(self, name: str) -> int:
        """Bytes of the unpacked part ``name``, as the package's table states them."""
        return self._archive.getinfo(name).file_size

    def _unpacked(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        with self._archive.open(member):  # its own look: encryption, overlaps, the local name
            pass
        file = self._archive.fp
        if file is None:
            raise zipfile.BadZipFile("the archive has been closed")
        file.seek(member.header_offset + _LOCAL_HEAD - 4)
        lengths = file.read(4)
        file.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
        left, unpacked, checksum = member.compress_size, 0, 0
        stored = member.compress_type == zipfile.ZIP_STORED
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        while left and not inflate.eof:
            packed = file.read(min(left, _PACKED_BLOCK))
            if not packed:
                raise zipfile.BadZipFile(f"{member.filename} ends too early")
            left -= len(packed)
            while packed:
                data = packed if stored else inflate.decompress(packed, BLOCK)
                packed = b"" if stored else inflate.unconsumed_tail
                unpacked += len(data)
                checksum = zlib.crc32(data, checksum)
                if unpacked > member.file_size:
                    raise zipfile.BadZipFile(
                        f"{member.filename} holds more than the {member.file_size} bytes it states"
                    )
                if data:
                    yield data
        if not (stored or inflate.eof):
            raise zipfile.BadZipFile(f"{member.filename} ends too early")
        if left or unpacked != member.file_size or checksum != member.CRC:
            raise zipfile.BadZipFile(f"{member.filename} is not what its checksum says")


@contextmanager
def opened(file: BinaryIO) -> Iterator[Archive]:
    """Open the package in ``file``; raises :class:`FileRejected` for what could do harm."""
    packed = _check_table(file)
    with zipfile.ZipFile(file) as archive:
        _check_names(archive)
        _check_size(archive, packed)
        yield Archive(archive)


def _check_table(file: BinaryIO) -> int:
    """Bytes of ``file``; its parts are counted before their table is read into the memory."""
    entries, tail, size = 0, b"", 0
    while block := file.read(BLOCK):
        size += len(block)
        entries += (tail + block).count(_ENTRY)
        tail = block[-len(_ENTRY) + 1 :]
        if entries > MAX_PARTS:
            raise FileRejected("census.too_many_parts", most=MAX_PARTS)
    return size


def _check_names(archive: zipfile.ZipFile) -> None:
    seen: set[str] = set()
    for member in archive.infolist():
        name = member.orig_filename
        steps = name.replace("\\", "/").split("/")
        is_link = stat.S_ISLNK(member.external_attr >> 16)
        leads_away = name.startswith(("/", "\\")) or ".." in steps or ":" in steps[0]
        if is_link or leads_away or not name.isprintable():
            raise FileRejected("census.part_leads_out", name=name)
        if name.casefold() in seen:  # one program would read the first, another the second
            raise FileRejected("census.part_twice", name=name)
        seen.add(name.casefold())


def unpacked_size(path: Path) -> int:
    """Bytes of all parts of a package, as its table states them."""
    with zipfile.ZipFile(path) as archive:
        return sum(member.file_size for member in archive.infolist())


def _check_size(archive: zipfile.ZipFile, packed: int) -> None:
    unpacked = sum(member.file_size for member in archive.infolist())
    bomb = unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * packed
    if unpacked > MAX_UNPACKED_BYTES or bomb:
        raise FileRejected(
            "census.unpacks_too_large", unpacked=unpacked / 2**20, packed=packed / 2**20
        )
