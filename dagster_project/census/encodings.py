"""Which encoding and which separator a text table has, found from its bytes.

The head of the file chooses; every line is then decoded strictly while the table is read, so a
file that changes its encoding half-way is refused with the line where it does, never garbled.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from dagster_project.census.rejection import FileRejected

HEAD_BYTES = 1 << 18
LONGEST_LINE = 1 << 24  # bytes; a table of as many columns as Excel has stays far below
SEPARATORS = (",", "\t", ";")
ENOUGH_COMMON = 0.6  # share of common characters from which a Chinese encoding is believed
ENOUGH_LETTERS = 0.9  # share of letters among the bytes over 0xA0 in a western text
WORD_BONUS = 0.3  # a census word in the decoded text weighs as much as this share
CENSUS_WORDS = re.compile(
    "學校|学校|縣市|代碼|代码|名稱|名称|年級|年级|學生|学生|教師|教师|機構|机构|班級|班级|人數|人数"
    "|學年|学年|在校|地区|地區|小学|小學|初中|國中|国中"
)
_GLUED = re.compile(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]")
_ADVICE = "Save the whole file in one encoding, best UTF-8, and drop it again."
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_CHINESE = ("gb18030", "cp950", "big5hkscs")
PLAIN_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "gb18030": "GB18030",
    "cp950": "Big5",
    "big5hkscs": "Big5",
    "latin-1": "Latin-1",
    "cp1252": "Latin-1",
}


@cache
def _common() -> frozenset[str]:
    """The everyday characters: level 1 of GB 2312 and of Big5, with their punctuation."""
    pairs = [
        ("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF)),
        ("gb2312", range(0xA1, 0xA4), range(0xA1, 0xFF)),
        ("big5", range(0xA1, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)]),
    ]
    text = "".join(
        bytes((lead, trail)).decode(codec, "ignore")
        for codec, leads, trails in pairs
        for lead in leads
        for trail in trails
    )
    return frozenset(text)


def _head(path: Path) -> tuple[bytes, int]:
    """The first block that is not all ASCII, cut at a line end, and the number of its first line.

    A long ASCII beginning (ids and figures) says nothing about the encoding of a name further on.
    """
    line = 1
    with path.open("rb") as file:
        while block := file.read(HEAD_BYTES):
            block += file.readline(LONGEST_LINE) if not block.endswith(b"\n") else b""
            if line == 1:
                first = block
            if not block.isascii() or b"\0" in block:
                return block, line
            line += block.count(b"\n")
    return first if line > 1 else block, 1


def detect(path: Path) -> str:
    """Codec name of the text file ``path``: utf-8, utf-8-sig, utf-16-le/-be, gb18030, cp950, …

    A byte-order mark of UTF-16 stays in the text; :func:`lines` removes it. Raises
    :class:`FileRejected` for bytes that are no text and for a head of mixed encodings.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    for mark, codec in _UTF16.items():
        if start.startswith(mark):
            return codec
    head, first_line = _head(path)
    if b"\0" in head:
        return _utf16_without_mark(head)
    if head.isascii():
        return "utf-8"
    return _choose(head, first_line)


def _utf16_without_mark(head: bytes) -> str:
    """UTF-16 shows in the zero bytes of its separators and digits: all even or all odd."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    for codec, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > 20 * others and zeros * 50 > len(head):
            return codec
    raise FileRejected(
        "The file holds binary data, not a table of text.",
        advice="Export the census again as xlsx or csv.",
    )


def _is_surely_utf8(line: bytes) -> bool:
    """Two Chinese characters in valid UTF-8 are no accident of another encoding."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return sum("\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef" for c in text) >= 2


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _score(head: bytes, codec: str) -> float:
    """Share of common characters among all that are not ASCII, with a bonus for census words.

    Characters glued to Latin letters count against it: they are a western word misread.
    """
    text = head.decode(codec, "replace")
    counts = Counter(c for c in text if c > "\x7f")
    total = sum(counts.values())
    common = sum(n for c, n in counts.items() if c in _common()) - len(_GLUED.findall(text))
    share = common / total if total else 0.0
    return share + (WORD_BONUS if CENSUS_WORDS.search(text) else 0.0)


def _choose(head: bytes, first_line: int) -> str:
    if _decodes(head, "utf-8"):
        return "utf-8"
    kinds = [
        (number, _is_surely_utf8(line))
        for number, line in enumerate(head.split(b"\n"), first_line)
        if not line.isascii() and (_is_surely_utf8(line) or not _decodes(line, "utf-8"))
    ]
    if any(sure for _, sure in kinds):
        _, first = kinds[0]
        number = next(number for number, sure in kinds if sure is not first)
        _refuse_mixed(head.split(b"\n")[number - first_line], number, "utf-8" if first else "")
    scores = {codec: _score(head, codec) for codec in _CHINESE}
    best = max(_CHINESE, key=lambda codec: (scores[codec], _decodes(head, codec)))
    if scores[best] >= ENOUGH_COMMON:
        if best == "cp950" and not _decodes(head, best) and _decodes(head, "big5hkscs"):
            best = "big5hkscs"
        if best == "big5hkscs" and _decodes(head, "cp950"):
            best = "cp950"
        for number, line in enumerate(head.split(b"\n"), first_line):
            if not _decodes(line, best):
                _refuse_mixed(line, number, best)
        return best
    return _western(head)


def _western(head: bytes) -> str:
    high = bytes(b for b in head if b > 0x9F)
    letters = sum(b >= 0xC0 and b not in (0xD7, 0xF7) for b in high)
    ascii_letters = sum(chr(b).isalpha() for b in head if b < 0x80)
    if high and letters >= ENOUGH_LETTERS * len(high) and ascii_letters > len(high):
        if not any(0x7F < b < 0xA0 for b in head):
            return "latin-1"
        if _decodes(head, "cp1252"):
            return "cp1252"
    raise FileRejected(
        "The text is in none of the known encodings (UTF-8, UTF-16, GB18030, Big5, Latin-1).",
        advice=_ADVICE,
    )


def _refuse_mixed(line: bytes, number: int, codec: str) -> None:
    """Raise the rejection for ``line``, which is not in ``codec`` like the lines before it."""
    position, byte = 1, line[:1]
    try:
        line.decode(codec or "ascii")
    except UnicodeDecodeError as error:
        position, byte = error.start + 1, line[error.start : error.start + 1]
    before = "is UTF-8, the lines before it are not"
    if codec:
        before = f"is not {PLAIN_NAMES[codec]} like the lines before it"
    raise FileRejected(
        f"The file mixes encodings: line {number} {before} "
        f"(byte 0x{byte.hex().upper()} at byte {position} of the line).",
        advice=_ADVICE,
        cell=f"row {number}",
    )


def lines(path: Path, codec: str) -> Iterator[str]:
    """The lines of ``path`` with their line ends, decoded strictly.

    Raises :class:`FileRejected` at the first line that is not in ``codec``, holds a zero byte or
    is longer than ``LONGEST_LINE``.
    """
    if codec.startswith("utf-16"):
        yield from _utf16_lines(path, codec)
        return
    can_hide_utf8 = codec not in ("utf-8", "utf-8-sig")
    rest = codec.removesuffix("-sig")  # a byte-order mark stands in the first line only
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                _refuse_long(number)
            if b"\0" in line:
                raise FileRejected(
                    f"Line {number} holds zero bytes, which are no text.",
                    advice="The copy was probably damaged; copy or export the file again.",
                    cell=f"row {number}",
                )
            if can_hide_utf8 and not line.isascii() and _is_surely_utf8(line):
                _refuse_mixed(line, number, "")
            try:
                yield line.decode(codec if number == 1 else rest)
            except UnicodeDecodeError:
                _refuse_mixed(line, number, codec)


def _utf16_lines(path: Path, codec: str) -> Iterator[str]:
    number = 0
    try:
        with path.open(encoding=codec, newline="") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), ""), 1):
                if len(line) == LONGEST_LINE and not line.endswith("\n"):
                    _refuse_long(number)
                yield line.removeprefix("\ufeff") if number == 1 else line
    except UnicodeError as error:
        raise FileRejected(
            f"The file is cut off or mixes encodings: it stops being UTF-16 at or after line "
            f"{number + 1}.",
            advice=_ADVICE,
            cell=f"row {number + 1}",
        ) from error


def _refuse_long(number: int) -> None:
    raise FileRejected(
        f"Line {number} is longer than {LONGEST_LINE >> 20} MB; no row of a table is.",
        advice="Export the table again; its line ends were probably lost.",
        cell=f"row {number}",
    )


def separator(path: Path, codec: str) -> str:
    """The separator whose use gives the most columns, alike in the most of the first rows."""
    sample = []
    for line in lines(path, codec):
        sample.append(line)
        if len(sample) == 50:
            break

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
