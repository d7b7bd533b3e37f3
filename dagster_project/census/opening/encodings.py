"""Which encoding and which separator a text table has, found from its bytes.

The head of the file chooses; every line is then decoded strictly while the table is read, so a
file that changes its encoding half-way is refused with the line where it does, never garbled.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from dagster_project.census.opening.encoding_evidence import (
    best_codec,
    candidates,
    decodes,
    is_utf8_text,
)
from dagster_project.census.rejection import FileRejected
from dagster_project.messages import Message

HEAD_BYTES = 1 << 18
LONGEST_LINE = 1 << 24  # bytes; a table of as many columns as Excel has stays far below
SEPARATORS = (",", "\t", ";", "|")
_DECLARED = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # a first line for Excel, and no row
_END_MARK = "\x1a"  # what DOS programs put behind the last byte
_BOM = "\ufeff"
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_LOST = re.compile("\ufffd|锟斤拷")  # what programs write for a letter they could not read
_SAMPLE = 500  # runs of such characters that are looked at
_MOST_GARBLED = 0.1  # share of the characters beyond ASCII
Opener = Callable[[], BinaryIO]  # opens the table anew, at its first byte


def _head(opener: Opener) -> tuple[bytes, int]:
    """The first block that is not all ASCII, cut at a line end, and the number of its first line.

    A long ASCII beginning (ids and figures) says nothing about the encoding of a name further on.
    """
    line = 1
    with opener() as file:
        while block := file.read(HEAD_BYTES):
            block += file.readline(LONGEST_LINE) if not block.endswith(b"\n") else b""
            if line == 1:
                first = block
            if not block.isascii() or b"\0" in block:
                return block, line
            line += block.count(b"\n")
    return first if line > 1 else block, 1


def detect(opener: Opener) -> str:
    """Codec name of a text: utf-8, utf-8-sig, utf-16-le/-be, gb18030, cp950, cp949, cp932, …

    A byte-order mark of UTF-16 stays in the text; :func:`lines` removes it. Raises
    :class:`FileRejected` for bytes that are no text, a head of mixed encodings, an encoding for
    which nothing speaks, and a text whose letters were lost on an earlier way.
    """
    with opener() as file:
        start = file.read(4)
    if start in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        return "utf-32"
    for mark, codec in _UTF16.items():
        if start.startswith(mark):
            return codec
    head, first_line = _head(opener)
    if b"\0" in head:
        return _utf16_without_mark(head)
    if head.isascii():
        return "utf-8"
    is_marked = start.startswith(codecs.BOM_UTF8)
    codec = "utf-8-sig" if is_marked else _choose(head, first_line)
    _refuse_garbled(head.decode(codec, "replace"), first_line)
    return codec


def _utf16_without_mark(head: bytes) -> str:
    """UTF-16 shows in the zero bytes of its separators and digits: all even or all odd."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    for codec, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > 20 * others and zeros * 50 > len(head):
            return codec
    raise FileRejected("census.binary")


class UnknownEncoding(FileRejected):
    """A text in no encoding that can be told from its bytes; a profile may name it."""


def _is_surely_utf8(line: bytes) -> bool:
    """Two Chinese characters in valid UTF-8 are no accident of another encoding."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return sum("\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef" for c in text) >= 2


def _choose(head: bytes, first_line: int) -> str:
    if decodes(head, "utf-8"):
        return "utf-8" if is_utf8_text(head.decode()) else best_codec(head) or "utf-8"
    kinds = [
        (number, _is_surely_utf8(line))
        for number, line in enumerate(head.split(b"\n"), first_line)
        if not line.isascii() and (_is_surely_utf8(line) or not decodes(line, "utf-8"))
    ]
    if any(sure for _, sure in kinds):
        _, first = kinds[0]
        number = next(number for number, sure in kinds if sure is not first)
        _refuse_mixed(head.split(b"\n")[number - first_line], number, "utf-8" if first else "")
    best = best_codec(head)
    if best is None:
        known = ", ".join(dict.fromkeys(c.name for c in candidates().values()))
        raise UnknownEncoding("census.unknown_encoding", known=known)
    for number, line in enumerate(head.split(b"\n"), first_line):
        if not decodes(line, best):
            _refuse_mixed(line, number, best)
    return best


def _refuse_garbled(text: str, first_line: int) -> None:
    """Refuse a text whose letters were lost before it was saved: nobody can read its names."""
    runs = _BEYOND_ASCII.findall(text)
    sample = runs[:: max(len(runs) // _SAMPLE, 1)]
    garbled = [run for run in sample if _is_garbled(run)]
    if sum(map(len, garbled)) < _MOST_GARBLED * sum(map(len, sample)) or not garbled:
        return
    first = next(run for run in runs if _is_garbled(run))
    number = first_line + text[: text.index(first)].count("\n")
    raise FileRejected("census.letters_lost", number=number, garbled=first, cell=f"row {number}")


def _is_garbled(run: str) -> bool:
    """Whether these letters are the bytes of UTF-8, read as another encoding and saved so."""
    if _LOST.search(run):
        return True
    for codec, least in (("latin-1", 2), ("cp1252", 2), ("gb18030", 3)):
        try:
            meant = run.encode(codec).decode("utf-8")
        except UnicodeError:
            continue
        # A single Chinese character may be two bytes of UTF-8 by chance, never three of each.
        if len(meant) < len(run) and all(len(c.encode()) >= least for c in meant):
            return True
    return False


def _refuse_mixed(line: bytes, number: int, codec: str) -> None:
    """Raise the rejection for ``line``, which is not in ``codec`` like the lines before it."""
    position, byte = 1, line[:1]
    try:
        line.decode(codec or "ascii")
    except UnicodeDecodeError as error:
        position, byte = error.start + 1, line[error.start : error.start + 1]
    before = Message("census.is_utf8_unlike_before")
    if codec:
        before = Message("census.is_not_like_before", {"codec": plain_name(codec)})
    raise FileRejected(
        "census.mixed_encodings",
        number=number,
        before=before,
        byte=byte.hex().upper(),
        position=position,
        cell=f"row {number}",
    )


def plain_name(codec: str) -> str:
    """The name by which people know ``codec``."""
    if codec.startswith("utf"):
        return codec.upper().removesuffix("-SIG").removesuffix("-LE").removesuffix("-BE")
    known = candidates().get({"latin-1": "cp1252"}.get(codec, codec))
    return known.name if known else codec


def lines(opener: Opener, codec: str) -> Iterator[str]:
    """The lines of a text with their line ends, decoded strictly.

    Byte-order marks before a line and the end mark of DOS are no content. Neither is a first line
    ``sep=;``, which speaks to Excel alone. Raises :class:`FileRejected` at the first line that is
    not in ``codec``, holds a zero byte, is longer than ``LONGEST_LINE`` or follows an end mark.
    """
    found = _raw_lines(opener, codec)
    for number, line in enumerate(found, 1):
        line = line.lstrip(_BOM) if line.startswith(_BOM) else line
        if number == 1 and _DECLARED.fullmatch(line):
            continue
        if _END_MARK in line:
            before, _, behind = line.partition(_END_MARK)
            rest = chain([behind], islice(found, 1))
            if not any(text.strip(_END_MARK + "\r\n ") for text in rest):
                if before:
                    yield before + "\n"  # nobody marks the end of a piece
                return
            raise FileRejected("census.dos_end_mark", number=number, cell=f"row {number}")
        yield line


def _raw_lines(opener: Opener, codec: str) -> Iterator[str]:
    is_wide = codec.startswith(("utf-16", "utf-32"))
    return _wide_lines(opener, codec) if is_wide else _byte_lines(opener, codec)


def _byte_lines(opener: Opener, codec: str) -> Iterator[str]:
    can_hide_utf8 = codec not in ("utf-8", "utf-8-sig")
    rest = codec.removesuffix("-sig")  # a byte-order mark stands in the first line only
    with opener() as file:
        for number, line in enumerate(_cut(file), 1):
            if len(line) >= LONGEST_LINE and not line.endswith((b"\n", b"\r")):
                _refuse_long(number)
            if b"\0" in line:
                raise FileRejected("census.zero_bytes", number=number, cell=f"row {number}")
            if can_hide_utf8 and not line.isascii() and _is_surely_utf8(line):
                _refuse_mixed(line, number, "")
            try:
                yield line.decode(codec if number == 1 else rest)
            except UnicodeDecodeError:
                _refuse_mixed(line, number, codec)


def _cut(file: BinaryIO) -> Iterator[bytes]:
    """The lines of ``file``; where none ends in a line feed, carriage returns end them."""
    first = file.readline(LONGEST_LINE)
    if b"\r" not in first or first.endswith(b"\n"):
        while first:
            yield first
            first = file.readline(LONGEST_LINE)
        return
    rest = first
    while True:
        *whole, rest = rest.split(b"\r")
        for line in whole:
            yield line + b"\r"
        block = file.read(HEAD_BYTES)
        if not block or len(rest) > LONGEST_LINE:
            break
        rest += block
    if rest:
        yield rest


def _wide_lines(opener: Opener, codec: str) -> Iterator[str]:
    number = 0
    try:
        with io.TextIOWrapper(opener(), encoding=codec, newline="") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), ""), 1):
                if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
                    _refuse_long(number)
                yield line
    except UnicodeError as error:
        raise FileRejected(
            "census.cut_off_or_mixed",
            codec=plain_name(codec),
            number=number + 1,
            cell=f"row {number + 1}",
        ) from error


def _refuse_long(number: int) -> None:
    raise FileRejected(
        "census.line_too_long", number=number, most=LONGEST_LINE >> 20, cell=f"row {number}"
    )


def separator(opener: Opener, codec: str) -> str:
    """The separator whose use gives the most columns, alike in the most of the first rows.

    A first line ``sep=;`` says it.
    """
    first = next(_raw_lines(opener, codec), "").lstrip(_BOM)
    if declared := _DECLARED.fullmatch(first):
        return declared[1]
    sample = list(islice(lines(opener, codec), 50))

    def quality(mark: str) -> tuple[float, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(sample, delimiter=mark) if row)
        except csv.Error:
            return (0.0, 0)
        if not widths:
            return (0.0, 0)
        width, rows = widths.most_common(1)[0]
        return (rows / widths.total() * (width > 1), width)

    return max(SEPARATORS, key=quality)
