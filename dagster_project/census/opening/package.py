"""What a file is by its first bytes, and whether a spreadsheet package is safe to open.

The dense grid of a sheet is as large as its farthest cell says: one stray cell in XFD1048576 would
ask for 17 thousand million cells. So the packed XML is looked through before it is opened.
"""

from __future__ import annotations

import codecs
import html
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from dagster_project.census.addresses import column_of
from dagster_project.census.opening import archive
from dagster_project.census.opening.cell_marks import CellMarks
from dagster_project.census.opening.sheet_cells import HIDDEN_ROW, NotPlain, scan
from dagster_project.census.opening.sheet_grid import Grid, grid_of
from dagster_project.census.rejection import FileRejected
from dagster_project.messages import Message

ZIP, OLE, TEXT = "zip", "ole", "text"

MOST_ABOUT_BYTES = 1 << 24  # of a part that says how the sheets are to be read
LARGE_SHEET = 4 << 20  # bytes of XML; from here on, telling cells apart pays
MAX_CELLS = 40_000_000  # rows × columns up to the farthest cell with content; about 3 GB

REFUSED = ("encrypted", "empty", "blank", "html", "xml", "pdf", "picture", "archive", "rtf")
"""Kinds of files that are no readable table; each has its sentence, ``census.is_<kind>``."""
_MAGIC = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"{\\rtf", "rtf"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
)
_TAG = re.compile(rb"<[?!]?[a-z-]+[\s/>:-]|<!--|<[a-z]+>")
_HTML = re.compile(rb"<(html|head|body|table|thead|tbody|tr|td|th|div|p|span|br|style|meta)[\s/>]")
# Longer letters and numbers than a sheet can have: what goes further, the library refuses.
_CELL = rb"""<(?:\w+:)?c\s(?:[^<>]*?\s)?r=["']([A-Z]{1,4})(\d{1,9})["']"""
_ROW = re.compile(rb"""<(?:\w+:)?row\s(?:[^<>]*?\s)?r=["'](\d{1,9})["']""")
_PLACE = re.compile(_CELL)
_USUAL_PLACE = re.compile(rb'<c r="([A-Z]{1,4})(\d{1,9})"')
_FILLED = re.compile(_CELL + rb"(?:[^<>]*[^/<>])?>(?!</)")
_SHEETS, _TEXTS = "xl/worksheets/", "sharedstrings.xml"
_ABOUT = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml")


def kind_of(head: bytes) -> str:
    """``zip``, ``ole``, ``text`` or the name of something that is not a table, from ``head``."""
    if not head:
        return "empty"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    text = head.removeprefix(codecs.BOM_UTF8).replace(b"\0", b"").lstrip(b"\xff\xfe").lstrip()
    if not text:
        return "blank"
    lowered = text.lower()
    if lowered.startswith((b"<!doctype html", b"mime-version:")):
        return "html"
    if _TAG.match(lowered):  # a whole page or a piece of one: exports begin with any tag
        is_xml = lowered.startswith(b"<?xml") and b"<html" not in lowered
        return "html" if _HTML.search(lowered) and not is_xml else "xml"
    return TEXT


def refused(kind: str) -> FileRejected:
    """The rejection of a file that is no readable table, by its ``kind``."""
    return FileRejected(f"census.is_{kind}")


def check_ole(data: bytes) -> None:
    """Refuse an OLE file that is encrypted or not an Excel workbook (xls)."""
    names = {
        name: name.encode("utf-16-le") in data
        for name in ("EncryptedPackage", "Workbook", "Book", "WordDocument", "PowerPoint Document")
    }
    if names["EncryptedPackage"]:
        raise refused("encrypted")
    if names["Workbook"] or names["Book"]:
        return  # it may well embed a Word document
    if names["WordDocument"] or names["PowerPoint Document"]:
        raise FileRejected("census.word_or_powerpoint")
    raise FileRejected("census.xls_cut_off")


Tokens = dict[int, dict[int, str]]
"""Tokens by row and column (from 0)."""


class LargeSheet(NamedTuple):
    """A sheet that was read while it was looked through: its grid and its merged ranges.

    A range is its first row and column and its last row and column, from 0.
    """

    grid: Grid
    merges: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True)
class Seen:
    """What looking through a package has brought, by the name of the sheet.

    ``large`` sheets are read already; of all others ``tokens`` are those that the library gives
    otherwise than the cell shows them (:mod:`.cell_marks`). ``hidden_rows`` (from 0) are those
    that nobody sees.
    """

    tokens: dict[str, Tokens] = field(default_factory=dict)
    large: dict[str, LargeSheet] = field(default_factory=dict)
    hidden_rows: dict[str, set[int]] = field(default_factory=dict)


def check_xlsx(file: BinaryIO) -> Seen:
    """Refuse a package that is cut off, no xlsx, or not safe to open."""
    with naming_damage(), archive.opened(file) as package:
        _check_parts(package)
        return _look_through(package)


@contextmanager
def naming_damage() -> Iterator[None]:
    """Turns what the zip library raises at a damaged or encrypted package into a rejection."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise FileRejected("census.damaged", error=error) from error
    except RuntimeError as error:  # zipfile's word for an encrypted member
        raise refused("encrypted") from error


_OFFICE = {
    "xl/workbook.xml": None,
    "xl/workbook.bin": "census.is_xlsb",
    "word/document.xml": "census.is_word",
    "ppt/presentation.xml": "census.is_powerpoint",
    "content.xml": "census.is_opendocument",
}


def is_office_package(names: Iterable[str]) -> bool:
    """Whether a zip archive with parts of these ``names`` is a document of an office program."""
    return not _OFFICE.keys().isdisjoint(names)


def _check_parts(package: archive.Archive) -> None:
    kind = next((name for name in _OFFICE if name in package.names), None)
    if kind == "xl/workbook.xml":
        return
    raise FileRejected((_OFFICE.get(kind) if kind else None) or "census.is_zip_without_table")


def _look_through(package: archive.Archive) -> Seen:
    about: dict[str, str] = {}  # the parts that say how the sheets are to be read
    has_raised = False
    for part in package.names:
        if part.startswith(_SHEETS):
            continue
        blocks = package.blocks(part)  # lies about sizes, checksums and entities show here
        if part.endswith(_ABOUT) and package.size(part) <= MOST_ABOUT_BYTES:
            about[part] = b"".join(blocks).decode("utf-8", "replace")
            continue
        for block in blocks:
            has_raised |= b"vertAlign" in block and part.lower().endswith(_TEXTS)
    book = about.get("xl/workbook.xml", "")
    marks = CellMarks.of(
        book,
        about.get("xl/styles.xml", ""),
        b"".join(_blocks_of(package, _TEXTS)).decode("utf-8", "replace") if has_raised else "",
    )
    names = _sheet_names(book, about.get("xl/_rels/workbook.xml.rels", ""))
    seen = Seen()
    for part in package.names:
        if part in names or part.startswith(_SHEETS):
            sheet = names.get(part, part)
            if part not in names or not _read_large(package, part, sheet, marks, seen):
                _look_through_sheet(package, part, sheet, marks, seen)
    return seen


def _blocks_of(package: archive.Archive, ending: str) -> Iterator[bytes]:
    for part in package.names:
        if part.lower().endswith(ending):
            yield from package.blocks(part)


def _read_large(
    package: archive.Archive, part: str, sheet: str, marks: CellMarks, seen: Seen
) -> bool:
    """Read the sheet if it is a large one in plain XML; then every cell of it was looked at."""
    if package.size(part) < LARGE_SHEET:
        return False
    try:
        cells = scan(package.blocks(part), MAX_CELLS)
        grid = grid_of(cells, package, part, sheet, marks)
    except NotPlain:
        return False
    seen.large[sheet] = LargeSheet(grid, cells.merges)
    if cells.hidden:
        seen.hidden_rows[sheet] = set(cells.hidden)
    return True


def _look_through_sheet(
    package: archive.Archive, part: str, sheet: str, marks: CellMarks, seen: Seen
) -> None:
    """Note what the library would not say of a sheet; refuse one that reaches too far."""
    rows, columns = 0, {b"A"}
    last: set[tuple[bytes, bytes]] = set()
    numbers: set[int] = set()
    for block in _whole_cells(package.blocks(part)):
        found = list(map(int, _ROW.findall(block)))
        rows = max([rows, *found])
        if len(set(found)) < len(found) or not numbers.isdisjoint(found):
            number = next(n for n in found if n in numbers or found.count(n) > 1)
            raise _twice(Message("census.the_row", {"row": number}), sheet, f"A{number}")
        numbers.update(found)
        places = _places(block)
        distinct = set(places)
        columns.update(letters for letters, _ in distinct)
        if len(distinct) < len(places) or not last.isdisjoint(distinct):
            seen_twice = next(p for p in places if p in last or places.count(p) > 1)
            cell = b"".join(seen_twice).decode()
            raise _twice(Message("census.the_cell", {"cell": cell}), sheet, cell)
        last = distinct
        tokens = [(*_split(address), token) for address, token in marks.tokens(block)]
        for row, column, token in tokens:
            seen.tokens.setdefault(sheet, {}).setdefault(row, {})[column] = token
        if b"hidden=" in block or b' ht="0' in block:
            hidden = (row for rows in HIDDEN_ROW.findall(block) for row in rows if row)
            seen.hidden_rows.setdefault(sheet, set()).update(int(row) - 1 for row in hidden)
    if rows * (max(map(column_of, columns)) + 1) > MAX_CELLS:
        _check_extent(package, part, sheet)


def _places(block: bytes) -> list[tuple[bytes, bytes]]:
    """Letters and digits of the address of every cell."""
    usual = _USUAL_PLACE.findall(block)
    if len(usual) == block.count(b"<c") - block.count(b"<col") and b":c" not in block:
        return usual
    return _PLACE.findall(block)


def _split(address: bytes) -> tuple[int, int]:
    """Row and column (from 0) of an address in XML."""
    letters = address.rstrip(b"0123456789")
    return int(address[len(letters) :]) - 1, column_of(letters)


def _twice(what: Message, sheet: str, cell: str) -> FileRejected:
    return FileRejected("census.twice_in_sheet", what=what, sheet=sheet, cell=cell)


def _check_extent(package: archive.Archive, part: str, sheet: str) -> None:
    """Refuse a sheet whose farthest cells *with content* span more than ``MAX_CELLS``."""
    last_row, last_column, low, right = 1, 1, b"A1", b"A1"
    for block in _whole_cells(package.blocks(part)):
        for letters, digits in _FILLED.findall(block):
            row, column = int(digits), column_of(letters) + 1
            if row > last_row:
                last_row, low = row, letters + digits
            if column > last_column:
                last_column, right = column, letters + digits
    if last_row * last_column > MAX_CELLS:
        cell = (low if last_row > MAX_CELLS // last_column else right).decode()
        raise FileRejected(
            "census.sheet_too_large",
            last_row=last_row,
            column=re.sub("[0-9]", "", right.decode()),
            count=last_row * last_column,
            most=MAX_CELLS,
            sheet=sheet,
            cell=cell,
        )


def _whole_cells(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of a part that never cut through a cell or a row's opening tag."""
    rest = b""
    for block in blocks:
        block = rest + block
        cut = max(block.rfind(b"<c "), block.rfind(b":c "), block.rfind(b"<row"), 0)
        cut = max(block.rfind(b"<", 0, cut + 1), 0)
        rest = block[cut:]
        if len(rest) > 4 * archive.BLOCK:  # not a sheet's grid: nothing to keep whole
            cut, rest = len(block), b""
        yield block[:cut]
    yield rest


def _sheet_names(book: str, links: str) -> dict[str, str]:
    """Sheet name by part name, as far as the XML of the book and of its relations tells."""
    targets = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", links):
        mark, target = re.search(r'\bId="([^"]*)"', tag), re.search(r'\bTarget="([^"]*)"', tag)
        if mark and target:
            part = target[1].lstrip("/")
            targets[mark[1]] = part if part.startswith("xl/") else f"xl/{part}"
    names = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book):
        mark, name = re.search(r'\br:id="([^"]*)"', tag), re.search(r'\bname="([^"]*)"', tag)
        if mark and name and mark[1] in targets:
            names[targets[mark[1]]] = html.unescape(name[1])
    return names
