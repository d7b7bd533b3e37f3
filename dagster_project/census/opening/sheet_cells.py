"""The cells of a large sheet, told apart in its XML a block at a time, many at once.

A province's sheet has six million cells and some ten thousand different ones: most are small whole
numbers. So the XML is cut into cells with array operations, every distinct cell gets a number, and
only distinct ones are ever given to the spreadsheet library (:mod:`.sheet_grid`), which stays the
only one to know what a cell means.

Nothing is assumed about the XML that is not checked: whatever is written in another way than
spreadsheet programs write it raises :class:`NotPlain`, and the library reads the sheet itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

import numpy as np
import pyarrow as pa

from dagster_project.census.addresses import column_of

LONGEST_ROW = 16 << 20  # bytes of XML; more between two rows is no grid
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # as many as Excel has
_MOST_WORDS = 3  # eight bytes each, but for one: the longest number that is taken as one
_MOST_STARTS = 255  # ways to open a cell: styles times types
_PAD = 40  # bytes behind a block, so that looking ahead never leaves it

# Kinds of tags, by what may stand behind each.
_ROW, _ROW_END, _CELL, _CELL_END, _VALUE, _VALUE_END, _OTHER, _EMPTY_CELL, _EMPTY_ROW = range(9)
_FOLLOWS = bytearray(256)  # at 16 × the kind of a tag + the kind of the next: whether it may be
for _before, _behind in {
    _ROW: (_CELL, _EMPTY_CELL, _ROW_END),
    _ROW_END: (_ROW, _EMPTY_ROW),
    _EMPTY_ROW: (_ROW, _EMPTY_ROW),
    _CELL: (_VALUE, _OTHER, _CELL_END),
    _CELL_END: (_CELL, _EMPTY_CELL, _ROW_END),
    _EMPTY_CELL: (_CELL, _EMPTY_CELL, _ROW_END),
    _VALUE: (_VALUE_END,),
    _VALUE_END: (_CELL_END, _OTHER),
    _OTHER: (_OTHER, _VALUE, _CELL_END),
}.items():
    for _next in _behind:
        _FOLLOWS[16 * _before + _next] = 1
_KINDS = np.full(1 << 16, _OTHER, np.uint8)  # by the first two bytes of a tag
for _text, _kind in {
    b"ro": _ROW,
    b"/r": _ROW_END,
    b"c ": _CELL,
    b"/c": _CELL_END,
    b"v>": _VALUE,
    b"/v": _VALUE_END,
}.items():
    _KINDS[int.from_bytes(_text, "little")] = _kind

_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)  # the first bytes only
_ROW_NUMBER = re.compile(rb'<row r="([1-9]\d{0,6})"')
HIDDEN_ROW = re.compile(  # its number before or behind the mark
    rb"""<(?:\w+:)?row\b[^<>]*?\sr=["'](\d{1,7})["'][^<>]*?\s(?:hidden=["'](?:1|true)|ht=["']0["'.])"""
    rb"""|<(?:\w+:)?row\b[^<>]*?\s(?:hidden=["'](?:1|true)|ht=["']0["'.])[^<>]*?\sr=["'](\d{1,7})["']"""
)
_MERGE = re.compile(rb'<mergeCell ref="([A-Z]{1,3})([1-9]\d{0,6}):([A-Z]{1,3})([1-9]\d{0,6})"/>')


class NotPlain(Exception):
    """The XML of a sheet is not written the way that is understood here."""


@dataclass(frozen=True)
class Contents:
    """The distinct contents of cells: those with a plain value first, then all others.

    The XML of a cell without its address, from the quotation mark behind it, is for the first
    ``starts[start[k]] + b"<v>" + tokens[k] + b"</v>"`` and the closing tag, for the others
    ``others[k - len(tokens)]`` and the closing tag.
    """

    starts: list[bytes]
    start: np.ndarray
    tokens: list[bytes]
    others: list[bytes]

    def body(self, code: int) -> bytes:
        """The XML of content ``code``, as far as the closing tag."""
        if code >= len(self.tokens):
            return self.others[code - len(self.tokens)]
        return self.starts[self.start[code]] + b"<v>" + self.tokens[code] + b"</v>"


@dataclass(frozen=True)
class SheetCells:
    """The filled cells of one sheet, each as the number of what stands in it.

    ``rows`` (int32) and ``columns`` (int16, both from 0) say where, in no particular order;
    ``codes`` (int32, from 0) what, as a place in ``contents``. ``merges`` are the merged ranges:
    first row and column, last row and column. ``hidden`` are rows (from 0) that nobody sees.
    """

    rows: np.ndarray
    columns: np.ndarray
    codes: np.ndarray
    contents: Contents
    merges: tuple[tuple[int, int, int, int], ...]
    hidden: tuple[int, ...] = ()


def scan(blocks: Iterable[bytes], most_cells: int) -> SheetCells:
    """The cells of a sheet from the ``blocks`` of its XML; consumes all of them.

    Raises :class:`NotPlain`, also for cells that span more than ``most_cells`` rows × columns.
    """
    scanner = _Scanner(most_cells)
    around = {"head": b"", "tail": b""}
    for kind, data in _pieces(blocks):
        if kind == "rows":
            scanner.add(data)
        else:
            around[kind] = data
    _check_around(**around)
    return scanner.finished(_merges(around["tail"]))


def _pieces(blocks: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """What stands before the first row (``head``), whole rows (``rows``), and the ``tail``."""
    rest, where = b"", "head"
    for block in blocks:
        rest += block
        if where == "head":
            begin = rest.find(b"<sheetData>")
            if begin < 0:
                _bound(rest)
                continue
            yield "head", rest[:begin]
            rest, where = rest[begin + len(b"<sheetData>") :], "rows"
        if where == "rows":
            cut = rest.rfind(b"</row>") + len(b"</row>")
            if cut >= len(b"</row>"):
                yield "rows", rest[:cut]
                rest = rest[cut:]
            if b"</sheetData>" in rest:
                where = "tail"
        _bound(rest)
    if where != "tail":
        raise NotPlain("no end")
    last, _, tail = rest.partition(b"</sheetData>")
    if last.strip():
        yield "rows", last
    yield "tail", tail


def _bound(rest: bytes) -> None:
    if len(rest) > LONGEST_ROW:
        raise NotPlain("no rows")


def _check_around(head: bytes, tail: bytes) -> None:
    """See to it that the XML around the rows is whole, and has no second place for rows."""
    if b"<!" in head or b"<!" in tail or b"sheetData" in head + tail:
        raise NotPlain("comment")
    parser = expat.ParserCreate()
    parser.XmlDeclHandler = _check_encoding
    try:
        parser.Parse(head, False)
        parser.Parse(b"<sheetData/>", False)
        parser.Parse(tail, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # unknown encodings, too
        raise NotPlain("damaged") from error


def _check_encoding(version: str, encoding: str | None, standalone: int) -> None:
    if (encoding or "utf-8").lower() != "utf-8":
        raise NotPlain("encoding")


def _merges(tail: bytes) -> tuple[tuple[int, int, int, int], ...]:
    found = _MERGE.findall(tail)
    if len(found) != tail.count(b"mergeCell ") or b"mergeCell>" in tail:
        raise NotPlain("merged cells")
    return tuple(
        (int(top) - 1, column_of(left), int(bottom) - 1, column_of(right))
        for left, top, right, bottom in found
    )


class _Scanner:
    """Collects the cells of block after block, and numbers the distinct ones at the end."""

    def __init__(self, most_cells: int) -> None:
        self.most_cells = most_cells
        self.starts: dict[bytes, int] = {}
        self.others: dict[bytes, int] = {}
        self.places: list[tuple[np.ndarray, np.ndarray]] = []
        # By words that a value takes: where its cells stand among all, and their keys.
        self.keys: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in range(_MOST_WORDS)]
        self.odd: list[tuple[np.ndarray, np.ndarray]] = []
        self.cells = 0
        self.last = -1  # place of the last cell, row by row
        self.height = self.width = 0
        self.hidden: list[int] = []

    def add(self, data: bytes) -> None:
        """Take in ``data``: whole rows."""
        if b"\0" in data:  # it would look like the end of a text
            raise NotPlain("zero byte")
        if b"hidden=" in data or b' ht="0' in data:
            found = (row for rows in HIDDEN_ROW.findall(data) for row in rows if row)
            self.hidden.extend(int(row) - 1 for row in found)
        block = _Block(data)
        if not len(block.cells):
            return
        place = block.rows.astype(np.int64) * MOST_COLUMNS + block.columns
        if place[0] <= self.last or (place[1:] <= place[:-1]).any():
            raise NotPlain("cells out of order")
        self.last = int(place[-1])
        plain, odd = block.plain, block.odd()
        if len(plain):
            self._add_plain(block)
        codes = [self.others.setdefault(body, len(self.others)) for _, body in odd]
        at = np.array([at for at, _ in odd], np.int64)
        self.odd.append((self.cells + len(plain) + np.arange(len(odd)), np.array(codes, np.int32)))
        filled = np.concatenate([plain, at])
        self._place(block.rows[filled], block.columns[filled])

    def _add_plain(self, block: _Block) -> None:
        which = np.zeros(len(block.plain), np.uint64)
        for text, mine in block.starts():
            number = self.starts.setdefault(text, len(self.starts))
            if number == _MOST_STARTS:
                raise NotPlain("too many styles")
            which[mine] = number
        begin, size = block.tokens()
        for width, found in enumerate(self.keys, 1):
            # The last byte of the last word is free: it says how the cell begins.
            mine = np.flatnonzero((size < 8 * width) & (size >= 8 * (width - 1)))
            if len(mine):
                keys = np.empty((len(mine), width), np.uint64)
                for k in range(width):
                    keys[:, k] = block.word_at(begin[mine], size[mine], k)
                keys[:, -1] |= which[mine] << np.uint64(56)
                found.append(((self.cells + mine).astype(np.int32), keys))

    def _place(self, rows: np.ndarray, columns: np.ndarray) -> None:
        if not len(rows):
            return
        self.cells += len(rows)
        self.height = int(rows.max()) + 1
        self.width = max(self.width, int(columns.max()) + 1)
        if self.height * self.width > self.most_cells:
            raise NotPlain("too many cells")
        self.places.append((rows, columns))

    def finished(self, merges: tuple[tuple[int, int, int, int], ...]) -> SheetCells:
        """All that was added."""
        codes = np.empty(self.cells, np.int32)
        start: list[np.ndarray] = []
        tokens: list[bytes] = []
        for width, found in enumerate(self.keys, 1):
            if not found:
                continue
            mine = np.concatenate([places for places, _ in found])
            keys = np.concatenate([keys for _, keys in found])
            found.clear()  # a nation's cells fill the memory otherwise
            indices, distinct = _encoded(keys)
            codes[mine] = indices + len(tokens)
            start.append((distinct[:, -1] >> np.uint64(56)).astype(np.uint8))
            distinct[:, -1] &= ~np.uint64(0) >> np.uint64(8)
            tokens += distinct.view(f"S{8 * width}").ravel().tolist()
        for mine, numbers in self.odd:
            codes[mine] = numbers + len(tokens)
        rows = np.concatenate([np.zeros(0, np.int32), *(rows for rows, _ in self.places)])
        columns = np.concatenate([np.zeros(0, np.int16), *(columns for _, columns in self.places)])
        self.places.clear()
        contents = Contents(
            list(self.starts),
            np.concatenate(start) if start else np.zeros(0, np.uint8),
            tokens,
            list(self.others),
        )
        return SheetCells(rows, columns, codes, contents, merges, tuple(self.hidden))


class _Block:
    """Some whole rows of XML, taken apart into tags, rows and cells.

    ``cells`` are the tags that open cells, ``rows`` and ``columns`` where these stand; ``plain``
    are those of ``cells`` that hold a value and nothing else, by their place among ``cells``.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.bytes = np.frombuffer(data + b"\0" * _PAD, np.uint8)
        # Two and eight bytes from any place on, as one number: comparing these compares text.
        self.pairs = np.ndarray((len(self.bytes) - 1,), "<u2", self.bytes.data, strides=(1,))
        self.words = np.ndarray((len(self.bytes) - 7,), "<u8", self.bytes.data, strides=(1,))
        self.open = np.flatnonzero(self.bytes == ord("<"))
        self.close = np.flatnonzero(self.bytes == ord(">"))
        self.kinds = self._kinds()
        is_cell = (self.kinds == _CELL) | (self.kinds == _EMPTY_CELL)
        self.cells = np.flatnonzero(is_cell)
        self.rows, ending, sizes = self._rows(is_cell)
        self.columns, self._behind = self._columns(ending, sizes)
        self.plain = self._plain()

    def _kinds(self) -> np.ndarray:
        """The kind of every tag; refuses an order of tags that no grid of cells has."""
        start, end = self.open, self.close
        if len(start) != len(end) or (start > end).any() or (end[:-1] > start[1:]).any():
            raise NotPlain("angle brackets")
        kinds = _KINDS[self.pairs[start + 1]]
        size = end - start
        for kind, text in ((_ROW, b"<row "), (_ROW_END, b"</row>")):  # and not </r> of a text
            mine = np.flatnonzero(kinds == kind)
            same = self.word_at(start[mine], np.int64(len(text)), 0) == _word(text)
            kinds[mine[~same]] = _OTHER
        for kind, text in ((_CELL_END, b"</c>"), (_VALUE_END, b"</v>")):
            if (size[kinds == kind] != len(text) - 1).any():
                raise NotPlain("closing tag")
        for kind, empty in ((_CELL, _EMPTY_CELL), (_ROW, _EMPTY_ROW)):
            mine = np.flatnonzero(kinds == kind)
            kinds[mine[self.bytes[end[mine] - 1] == ord("/")]] = empty
        other = self.bytes[start[kinds == _OTHER] + 1]
        if ((other == ord("!")) | (other == ord("?"))).any():
            raise NotPlain("comment")
        pairs = (kinds[:-1] << 4 | kinds[1:]).tobytes()
        whole = not len(kinds) or (
            kinds[0] in (_ROW, _EMPTY_ROW) and kinds[-1] in (_ROW_END, _EMPTY_ROW)
        )
        if not whole or b"\0" in pairs.translate(_FOLLOWS):
            raise NotPlain("order of tags")
        return kinds

    def _rows(self, is_cell: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row of every cell, and the digits that its address must end with (and their number)."""
        is_row = (self.kinds == _ROW) | (self.kinds == _EMPTY_ROW)
        numbers = []
        for at in self.open[is_row].tolist():
            found = _ROW_NUMBER.match(self.data, at)
            if not found:
                raise NotPlain("row without number")
            numbers.append(found[1])
        digits = np.array([_word(number + b'"') for number in numbers], np.uint64)
        sizes = np.array([len(number) for number in numbers], np.int64)
        rows = np.array([int(number) - 1 for number in numbers], np.int32)
        if rows.max(initial=0) >= MOST_ROWS:
            raise NotPlain("row")
        opened = np.flatnonzero(is_row)
        inside = np.diff(np.searchsorted(self.cells, np.append(opened, len(is_cell))))
        return np.repeat(rows, inside), np.repeat(digits, inside), np.repeat(sizes, inside)

    def _columns(self, ending: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Column of every cell, and the place of the quotation mark behind its address."""
        start = self.open[self.cells]
        word = self.words[start + 3]
        if ((word & np.uint64(0xFFFFFF)) != _word(b'r="')).any():
            raise NotPlain("cell without address")
        letters = [
            ((word >> np.uint64(8 * k)) & np.uint64(0xFF)).astype(np.int32) for k in (3, 4, 5)
        ]
        first, second, third = ((letter >= ord("A")) & (letter <= ord("Z")) for letter in letters)
        third &= second
        columns = letters[0] - 65
        for letter, there in zip(letters[1:], (second, third), strict=True):
            columns = np.where(there, (columns + 1) * 26 + letter - 65, columns)
        at = start + 7 + second + third
        shift = np.uint64(56) - 8 * sizes.astype(np.uint64)
        if not first.all() or ((self.words[at] << shift) != (ending << shift)).any():
            raise NotPlain("address")
        if len(columns) and columns.max() >= MOST_COLUMNS:
            raise NotPlain("column")
        return columns.astype(np.int16), at + sizes

    def _plain(self) -> np.ndarray:
        kinds = np.concatenate([self.kinds, np.full(3, _OTHER, np.uint8)])
        pattern = (kinds[:-3] == _CELL) & (kinds[1:-2] == _VALUE) & (kinds[3:] == _CELL_END)
        plain = np.flatnonzero(pattern[self.cells])
        tag = self.cells[plain]
        size = self.open[tag + 2] - self.close[tag + 1] - 1
        good = (size > 0) & (size < 8 * _MOST_WORDS)
        good &= self.close[tag] - self._behind[plain] < _PAD - 8
        # Between the tags stands nothing.
        good &= self.open[tag + 1] == self.close[tag] + 1
        good &= self.open[tag + 3] == self.close[tag + 2] + 1
        return plain if good.all() else plain[good]

    def starts(self) -> Iterator[tuple[bytes, np.ndarray]]:
        """The distinct texts between the address and the value of plain cells, and whose they are.

        The second of each pair are places in ``plain``.
        """
        begin = self._behind[self.plain]
        size = self.close[self.cells[self.plain]] + 1 - begin
        words = [self.word_at(begin, size, k) for k in range(-(-int(size.max(initial=0)) // 8))]
        left = np.arange(len(begin))
        while len(left):
            first = left[0]
            same = np.ones(len(left), bool)
            for word in words:
                same &= word[left] == word[first]
            text = self.data[begin[first] : begin[first] + size[first]]
            if b" r=" in text:
                raise NotPlain("address twice")
            yield text, left[same]
            left = left[~same]

    def tokens(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the values of plain cells begin, and how long they are."""
        tag = self.cells[self.plain]
        begin = self.close[tag + 1] + 1
        return begin, self.open[tag + 2] - begin

    def word_at(self, begin: np.ndarray, size: np.ndarray | np.int64, k: int) -> np.ndarray:
        """Bytes ``8k`` to ``8k + 7`` of texts that begin at ``begin``, zero behind their ends."""
        left = np.clip(size - 8 * k, 0, 8)
        word = self.words[np.minimum(begin + 8 * k, len(self.words) - 1)]
        word &= _MASKS[left]
        return word

    def odd(self) -> list[tuple[int, bytes]]:
        """Place among ``cells`` and XML of the cells that hold something and are not plain."""
        is_odd = self.kinds[self.cells] == _CELL
        is_odd[self.plain] = False
        places = np.flatnonzero(is_odd)
        places = places[self.kinds[self.cells[places] + 1] != _CELL_END]
        closing = np.flatnonzero(self.kinds == _CELL_END) if len(places) else places
        end = self.open[closing[np.searchsorted(closing, self.cells[places])]]
        begin = self._behind[places]
        found = [
            (at, self.data[first:last])
            for at, first, last in zip(places.tolist(), begin.tolist(), end.tolist(), strict=True)
        ]
        if any(b" r=" in body[: body.find(b">")] for _, body in found):
            raise NotPlain("address twice")
        return found


def _encoded(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number of every row of ``keys`` among the distinct ones, and these."""
    width = keys.shape[1]
    kind = pa.uint64() if width == 1 else pa.binary(8 * width)
    array = pa.Array.from_buffers(kind, len(keys), [None, pa.py_buffer(keys)])
    encoded = array.dictionary_encode()
    distinct = encoded.dictionary
    found = np.frombuffer(distinct.buffers()[1], np.uint64, len(distinct) * width)
    return encoded.indices.to_numpy(), found.reshape(-1, width).copy()


def _word(text: bytes) -> int:
    """Up to eight bytes as the number that they are in memory."""
    return int.from_bytes(text, "little")
