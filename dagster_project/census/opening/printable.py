"""Text from files as every document, table and screen can hold it, made so once: by the readers.

A name with an escape sequence steers a screen, one with a control character breaks XML, and
``_x001B_`` in a cell is such a character for every program that writes or opens a workbook. Line
ends become a space, all else that nobody sees a visible escape (``\\x1b``), so that the name stays
what it is: odd.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_project.census.opening.signs import Pairs
from dagster_project.census.reading import Reading
from dagster_project.census.schema import STATUS_END

if TYPE_CHECKING:
    import pyarrow as pa

_LINE_ENDS = "\t\n\v\f\r\u2028\u2029"
_KINDS = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, marks without width, half characters, line ends
_NOT_IN_XML = "\ufffe\uffff"
_IN_WORKBOOKS = re.compile("_x([0-9A-Fa-f]{4})_")  # how a cell spells what XML cannot hold
_RE2 = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]{4}_"  # the same for Arrow
# Where in Unicode the unseen ones stand; to look at all of it takes a third of a second.
_RANGES = ((0x80, 0x3000), (0xFE00, 0x10000), (0x11000, 0x14000), (0x1B000, 0x1D200),
           (0xE0000, 0xE0200))  # fmt: skip


def printable(text: str) -> str:
    """``text`` without characters that nobody sees; the same object where there are none."""
    if "_x" in text:
        text = _IN_WORKBOOKS.sub(_spelt, text)
    if text.isprintable() and not any(sign in text for sign in _NOT_IN_XML):
        return text
    return "".join(_shown(c) for c in text)


def printable_lines(text: str) -> str:
    """``text`` with every line :func:`printable`: for copies of cells that show their line ends."""
    return "\n".join(map(printable, text.splitlines()))


def _spelt(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return _shown(character) if _is_unseen(character) else found[0]


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _KINDS or character in _NOT_IN_XML


def _shown(character: str) -> str:
    if character in _LINE_ENDS:
        return " "
    if not _is_unseen(character):
        return character
    return character.encode("unicode_escape").decode("ascii")


def printable_reading(reading: Reading) -> Reading:
    """``reading`` with every text in it :func:`printable`."""
    import pyarrow as pa

    changed: dict[str, Any] = {}
    for field in fields(reading):
        value = getattr(reading, field.name)
        if isinstance(value, str):
            changed[field.name] = printable(value)
        elif isinstance(value, pa.Table):
            changed[field.name] = _table(value)
    changed["parts"] = {name: _table(part) for name, part in reading.parts.items()}
    changed["drift"] = tuple(map(_item, reading.drift))
    changed["set_aside"] = _Items(reading.set_aside)
    batches = map(_batch, reading.sections)
    changed["sections"] = list(batches) if isinstance(reading.sections, Sequence) else batches
    return replace(reading, **changed)


class _Items(Sequence):
    """The records of a list that may still grow, their texts :func:`printable`."""

    def __init__(self, items: Sequence) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, place):
        found = self._items[place]
        return list(map(_item, found)) if isinstance(place, slice) else _item(found)


def _item(item):
    texts = {f.name: getattr(item, f.name) for f in fields(item)}
    shown = {name: printable(text) for name, text in texts.items() if isinstance(text, str)}
    return item if all(shown[name] is texts[name] for name in shown) else replace(item, **shown)


def _table(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    for number, column in enumerate(table.columns):
        held = column.chunks
        chunks = [_array(chunk) for chunk in held]
        if any(new is not old for new, old in zip(chunks, held, strict=True)):
            table = table.set_column(
                number, table.schema.field(number), pa.chunked_array(chunks, column.type)
            )
    return table


def _batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    import pyarrow as pa

    # A hash is ours, and longer than all other texts of a section together; so are statuses.
    held = batch.columns
    columns = [
        column if name == "sha256" or name.endswith(STATUS_END) else _array(column)
        for name, column in zip(batch.schema.names, held, strict=True)
    ]
    if all(new is old for new, old in zip(columns, held, strict=True)):
        return batch
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _array(array: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        words = array.dictionary
        shown = _array(words)
        return array if shown is words else _with_words(array, shown)
    if not pa.types.is_string(array.type) or not _may_be_unseen(array):
        return array
    found = pc.match_substring_regex(array, _RE2)
    if not pc.any(found).as_py():
        return array
    shown = [text and printable(text) for text in array.to_pylist()]
    return pa.array(shown, pa.string())


def _with_words(array: pa.DictionaryArray, words: pa.Array) -> pa.Array:
    return words.take(array.indices).dictionary_encode().cast(array.type)


def _may_be_unseen(array: pa.StringArray) -> bool:
    """Whether the bytes of these texts may hold an unseen character; false says surely not."""
    _, offsets, data = array.buffers()
    if data is None or len(array) == 0:
        return False
    places = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    held = np.frombuffer(data, np.uint8)[places[0] : places[-1]]
    if len(held) < 2:
        return bool((held < 0x20).any() or (held == 0x7F).any())
    return bool(_pairs().occur_in(held) or _pairs().table[int(held[-1]) << 8])


@cache
def _pairs() -> Pairs:
    """The first two bytes, in UTF-8, of unseen characters, and ``_x``."""
    table = np.zeros(1 << 16, bool)
    for byte in (*range(0x20), 0x7F):
        table[byte << 8 : (byte + 1) << 8] = True
    table[int.from_bytes(b"_x")] = True
    for character in (chr(code) for first, last in _RANGES for code in range(first, last)):
        if _is_unseen(character):
            table[int.from_bytes(character.encode()[:2])] = True
    return Pairs(table)
