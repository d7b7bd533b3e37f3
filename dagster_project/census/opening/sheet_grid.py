"""A large sheet as a grid of numbers into the list of its distinct values.

The values are the library's: it is given a small workbook with the styles and texts of the large
one and a sheet in which every distinct cell stands once. Only plain numbers, of which it would make
a double and nothing else, are spared the journey.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.census.addresses import column_letter
from dagster_project.census.figures import clean_text
from dagster_project.census.opening.archive import Archive
from dagster_project.census.opening.cell_marks import CellMarks
from dagster_project.census.opening.sheet_cells import Contents, NotPlain, SheetCells

# Numbers that a double gives back letter by letter: no more than 15 digits, none of them idle.
_SAME_AS_SHOWN = r"^(0|[1-9][0-9]{0,14}|(0|[1-9][0-9]{0,9})\.[0-9]{0,3}[1-9])$"
_JUDGED = ("[content_types].xml", ".rels", "workbook.xml", "workbook.xml.rels", "styles.xml")
_TEXTS = "sharedstrings.xml"
_PER_ROW = 100  # cells of the small sheet beside each other: there may be more than rows
_BLOCK_ROWS = 1000


class Grid(Sequence[list[object]]):
    """The rows of a sheet as lists of cells, made when asked for; kept as 4 bytes a cell.

    ``codes`` (int32, rows × columns) are places in ``values``, of which the first is ``None``.
    """

    def __init__(self, codes: np.ndarray, values: list[object]) -> None:
        self.codes = codes
        self.values = values

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, place):
        if isinstance(place, slice):
            return [self._row(codes) for codes in self.codes[place].tolist()]
        return self._row(self.codes[place].tolist())

    def __iter__(self) -> Iterator[list[object]]:
        for start in range(0, len(self), _BLOCK_ROWS):
            yield from self[start : start + _BLOCK_ROWS]

    def _row(self, codes: list[int]) -> list[object]:
        values = self.values
        return [values[code] for code in codes]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.codes.shape[1]

    @cached_property
    def _shown(self) -> pa.Array:
        return pa.array(map(shown, self.values), pa.string())

    def texts(self, column: int, start: int, stop: int) -> pa.DictionaryArray:
        """What the cells of ``column`` show in the rows ``start`` to ``stop``; empty if nothing."""
        encoded = pa.array(self.codes[start:stop, column]).dictionary_encode()
        return pa.DictionaryArray.from_arrays(encoded.indices, self._shown.take(encoded.dictionary))


def shown(cell: object) -> str:
    """A cell as the text it shows; a whole number has no ``.0``."""
    if isinstance(cell, float):
        return clean_text(cell)
    return "" if cell is None else str(cell)


def plain(cell: object) -> object:
    """A cell as number or text: what Excel shows for booleans, ISO 8601 for dates and times."""
    if cell == "" or cell is None:
        return None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return str(cell)
    return cell


def is_filled(cell: object) -> bool:
    """Whether a cell holds more than space."""
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def grid_of(cells: SheetCells, package: Archive, part: str, sheet: str, marks: CellMarks) -> Grid:
    """The grid of ``sheet``, which is the ``part`` of ``package``, with the library's values.

    ``marks`` know the tokens that the library does not give. Empty rows at the end and empty
    columns at the right are cut. Raises :class:`.NotPlain` if the library does not take the cells.
    """
    values = [None, *_values(cells.contents, package, part, sheet, marks)]
    filled = np.fromiter(map(is_filled, values), bool, len(values))
    codes = cells.codes + 1
    counts = filled[codes]
    height = int(cells.rows[counts].max(initial=-1)) + 1
    width = int(cells.columns[counts].max(initial=-1)) + 1
    matrix = np.zeros((height, width), np.int32)
    has_content = np.zeros(height, bool)
    has_content[cells.rows[counts]] = True
    inside = (cells.rows < height) & (cells.columns < width)
    if inside.all():
        matrix[cells.rows, cells.columns] = codes
    else:
        matrix[cells.rows[inside], cells.columns[inside]] = codes[inside]
    matrix[~has_content] = 0  # a row of nothing but spaces is an empty one
    return Grid(matrix, values)


def _values(
    contents: Contents, package: Archive, part: str, sheet: str, marks: CellMarks
) -> list[object]:
    numeric = [
        is_number and not marks.shows_zeros(start)
        for start, is_number in zip(
            contents.starts, _numeric_starts(contents.starts, package, part, sheet), strict=True
        )
    ]
    concerned = [marks.concern(start) for start in contents.starts]
    tokens = pa.array(contents.tokens, pa.binary())
    same = np.zeros(len(tokens), bool)
    if len(tokens):
        same = pc.match_substring_regex(tokens, _SAME_AS_SHOWN).to_numpy(zero_copy_only=False)
        same &= np.array(numeric)[contents.start]
    values: list[object] = [None] * (len(tokens) + len(contents.others))
    simple = np.flatnonzero(same)
    numbers = tokens.take(pa.array(simple)).cast(pa.string()).cast(pa.float64())
    for place, number in zip(simple.tolist(), numbers.to_pylist(), strict=True):
        values[place] = number
    asked = [*np.flatnonzero(~same).tolist(), *range(len(tokens), len(values))]
    bodies = [contents.body(code) for code in asked]
    answers = _ask(bodies, package, part, sheet, with_texts=True)
    for code, body, answer in zip(asked, bodies, answers, strict=True):
        is_plain = code < len(tokens) and not concerned[contents.start[code]] and b"&" not in body
        token = None if is_plain else marks.token_of(b'<c r="A1' + body + b"</c>")
        values[code] = answer if token is None else token
    return values


def _numeric_starts(starts: list[bytes], package: Archive, part: str, sheet: str) -> list[bool]:
    """Whether a value that a cell begins so with is a number to the library: no date, no text."""
    untyped = [start for start in starts if b" t=" not in start]
    samples = [start + value for start in untyped for value in (b"<v>5</v>", b"<v>40000.5</v>")]
    answers = _ask(samples, package, part, sheet, with_texts=False)
    pairs = zip(answers[::2], answers[1::2], strict=True)
    good = {start for start, pair in zip(untyped, pairs, strict=True) if pair == (5.0, 40000.5)}
    return [start in good for start in starts]


def _ask(
    bodies: list[bytes], package: Archive, part: str, sheet: str, *, with_texts: bool
) -> list[object]:
    """What the library makes of cells with these ``bodies``, styles and texts being the file's."""
    import python_calamine

    if not bodies:
        return []
    try:
        book = python_calamine.CalamineWorkbook.from_object(
            _small_workbook(bodies, package, part, with_texts)
        )
        rows = book.get_sheet_by_name(sheet).iter_rows()
        # The first column is there to be filled: the library begins with the first that is.
        answers = [plain(cell) for row in rows for cell in _padded(row)]
    except Exception as error:
        raise NotPlain("refused by the library") from error
    except BaseException as error:  # a Rust panic is no Exception; it has no importable class
        if error.__class__.__name__ != "PanicException":
            raise
        raise NotPlain("refused by the library") from error
    if len(answers) < len(bodies):
        raise NotPlain("fewer values than cells")
    return answers[: len(bodies)]


def _padded(row: Sequence[object]) -> list[object]:
    return [*row[1:], *[None] * (_PER_ROW + 1 - len(row))]


def _small_workbook(
    bodies: list[bytes], package: Archive, part: str, with_texts: bool
) -> io.BytesIO:
    """The package without its sheets, and in the place of one a sheet with these cells."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name in package.names:
            last = name.rpartition("/")[2].lower()
            if last in _JUDGED or (with_texts and last == _TEXTS):
                archive.writestr(name, b"".join(package.blocks(name)))
        archive.writestr(part, _sheet_of(bodies))
    content.seek(0)
    return content


def _sheet_of(bodies: list[bytes]) -> bytes:
    letters = [column_letter(column).encode() for column in range(1, _PER_ROW + 1)]
    xml = [b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">']
    xml.append(b"<sheetData>")
    for number, start in enumerate(range(0, len(bodies), _PER_ROW), 1):
        row = b"%d" % number
        xml.append(b'<row r="%b"><c r="A%b"><v>1</v></c>' % (row, row))
        for letter, body in zip(letters, bodies[start : start + _PER_ROW], strict=False):
            xml.append(b'<c r="%b%b%b</c>' % (letter, row, body))
        xml.append(b"</row>")
    xml.append(b"</sheetData></worksheet>")
    return b"".join(xml)
