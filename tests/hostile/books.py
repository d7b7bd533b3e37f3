"""Valid files whose every figure is known, as grids that a mutation can change cell by cell.

What stands where is told by the base itself: a figure's cells are named once, when the untouched
file is read, and its value is recounted from them. From then on nothing of the reader is asked.
"""

from __future__ import annotations

import csv
import io
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import openpyxl
from openpyxl.utils import column_index_from_string

from dagster_project.census.read import read
from dagster_project.census.table.profile import load_profiles

Key = tuple[str, ...]  # part, school, stage and what else names a record
Fact = tuple[Key, str]  # a record and one of its figures
Place = tuple[int, int, int]  # sheet, row and column, from 0


@dataclass
class Cell:
    """A cell: its value (number or text), or raw XML for the inside of ``<c>`` in a workbook.

    ``raw`` is (attributes, inner XML); ``style`` a number format that the workbook shows it with;
    ``runs`` the pieces of a text, those marked true raised.
    """

    value: object = None
    raw: tuple[str, str] | None = None
    style: str | None = None
    runs: tuple[tuple[str, bool], ...] = ()


@dataclass
class Sheet:
    """A sheet as rows of cells; ``merges`` are ranges as Excel writes them."""

    title: str
    rows: list[list[Cell]]
    merges: list[str] = field(default_factory=list)
    state: str = "visible"
    hidden_rows: set[int] = field(default_factory=set)
    more_xml: str = ""  # further cells, behind those of the last row

    def texts(self) -> Iterator[tuple[int, int, str]]:
        """Row, column and text of every cell that holds text."""
        for r, row in enumerate(self.rows):
            for c, cell in enumerate(row):
                if isinstance(cell.value, str):
                    yield r, c, cell.value


@dataclass
class Book:
    """A file: where it lies, in which form, its sheets, and what it says.

    ``cells`` names the cells that each fact is the sum of, ``factor`` what they are multiplied
    with; ``records`` the row of each record where it has one. ``form`` is xlsx, xls or csv.
    """

    shape: str
    form: str
    path: str
    sheets: list[Sheet]
    cells: dict[Fact, list[Place]]
    factor: dict[Fact, float]
    records: dict[Key, tuple[int, int] | None]
    ids: dict[str, str]  # school → the cell text that holds its id
    workbook_xml: str = ""  # more for the workbook's own part
    codec: str = "utf-8"
    told: int = 0  # how many rows and columns the reader speaks of
    names: dict[Key, str] = field(default_factory=dict)  # of schools, where the reader gives them

    def at(self, place: Place) -> Cell:
        return self.sheets[place[0]].rows[place[1]][place[2]]

    def copy(self) -> Book:
        """A book of its own; cells are never changed, only put in the place of others."""
        sheets = [
            replace(
                sheet,
                rows=[list(row) for row in sheet.rows],
                merges=list(sheet.merges),
                hidden_rows=set(sheet.hidden_rows),
            )
            for sheet in self.sheets
        ]
        facts = {
            name: dict(getattr(self, name))
            for name in ("cells", "factor", "records", "ids", "names")
        }
        return replace(self, sheets=sheets, **facts)

    def value(self, fact: Fact) -> float:
        """What the cells of a fact add up to."""
        return recounted(self, self.cells[fact]) * self.factor[fact]

    def rename(self, number: int) -> None:
        """Give the schools ids that no other mutant has."""
        for n, (old, text) in enumerate(list(self.ids.items())):
            new = f"{text[:2]}{number % 10**6:06}{n:02}"[: len(text)].ljust(len(text), "0")
            for sheet in self.sheets:
                for r, c, found in sheet.texts():
                    if text in found:
                        cell = sheet.rows[r][c]
                        sheet.rows[r][c] = replace(cell, value=found.replace(text, new))
            self._rekey(old, new)
            self.ids[new] = new
            del self.ids[old]

    def _rekey(self, old: str, new: str) -> None:
        def rekeyed(key: Key) -> Key:
            return tuple(new if part == old else part for part in key)

        self.records = {rekeyed(key): at for key, at in self.records.items()}
        self.names = {rekeyed(key): name for key, name in self.names.items()}
        self.cells = {(rekeyed(k), f): at for (k, f), at in self.cells.items()}
        self.factor = {(rekeyed(k), f): at for (k, f), at in self.factor.items()}


def number(cell: Cell) -> float | None:
    """The number that an untouched cell holds; ``None`` where it is blank."""
    try:
        return float(str(cell.value).replace(",", ""))
    except ValueError:
        return None


def recounted(book: Book, places: list[Place]) -> float:
    return sum(found for place in places if (found := number(book.at(place))) is not None)


def facts_of(reading) -> dict[Fact, tuple[float | None, str | None]]:
    """Value and status of every figure of a reading, by what it is of."""
    import pyarrow as pa

    found: dict[Fact, tuple[float | None, str | None]] = {}
    sections = list(reading.sections)
    for row in pa.Table.from_batches(sections).to_pylist() if sections else ():
        key = ("section", row["school_id"], row["stage"])
        for name in row:
            if f"{name}__status" in row:
                found[key, name] = row[name], row[f"{name}__status"]
    names = {
        "roster": ("school_id", "stage", "grade", "class_name"),
        "movement": ("school_id", "stage", "grade", "cohort", "kind"),
        "answer": ("school_id", "stage", "item_id"),
    }
    for part, table in reading.parts.items():
        for row in table.to_pylist() if part in names else ():
            key = (part, *(str(row[name]) for name in names[part]))
            figures = ("pupils", "girls") if part == "roster" else ("pupils",)
            for name in ("value",) if part == "answer" else figures:
                found[key, name] = row[name], row.get("status")
    return found


def bare_name(name: str | None) -> str:
    """A name as it is compared: widths folded (№ is No), without space."""
    return "".join(unicodedata.normalize("NFKC", name or "").split())


def names_of(reading) -> dict[Key, str]:
    """The school's name of every section that has one."""
    rows = (row for batch in reading.sections for row in batch.to_pylist())
    named = ((row, bare_name(row["school_name"])) for row in rows)
    return {("section", row["school_id"], row["stage"]): name for row, name in named if name}


def told(reading) -> int:
    """How many rows, cells and columns a reader says that it did not use."""
    return sum(entry.rows for entry in reading.set_aside) + len(reading.drift)


# --------------------------------------------------------------------------- from untouched files


def book_of(path: Path, raw: Path, shape: str) -> Book:
    """The book of an untouched file, with the cells of every figure that is a sum of cells."""
    reading = read(path, raw, load_profiles(raw))
    reading = replace(reading, sections=list(reading.sections))
    facts = facts_of(reading)
    sheets = _csv_sheets(path) if path.suffix == ".csv" else _excel_sheets(path)
    titles = [sheet.title for sheet in sheets]
    book = Book(shape, path.suffix[1:], path.relative_to(raw).as_posix(), sheets, {}, {}, {}, {})
    rows = _rows_of(reading)
    places: dict[Fact, list[Place]] = defaultdict(list)
    for fact, sheet, row, column in _origins(reading, facts, rows):
        at = titles.index(sheet) if sheet in titles else 0
        if row - 1 < len(sheets[at].rows) and column - 1 < len(sheets[at].rows[row - 1]):
            places[fact].append((at, row - 1, column - 1))
    for fact, (value, _) in facts.items():
        if not value or not places[fact] or None in (number(book.at(p)) for p in places[fact]):
            continue
        book.cells[fact] = places[fact]
        book.factor[fact] = 1.0
        factor = value / recounted(book, places[fact])
        if abs(factor - round(factor)) > 1e-9:
            del book.cells[fact], book.factor[fact]  # no plain sum: not of these cells alone
            continue
        book.factor[fact] = float(round(factor))
    for key in {key for key, _ in facts}:
        row = rows.get(key)
        book.records[key] = None if row is None else (
            titles.index(row[0]) if row[0] in titles else 0, row[1] - 1)  # fmt: skip
        if key[1] != "None":
            book.ids[key[1]] = key[1]
    book.told = told(reading)
    book.names = names_of(reading)
    assert len(book.cells) > 4, (path, len(facts))
    return book


def _rows_of(reading) -> dict[Key, tuple[str | None, int]]:
    """Sheet and row (from 1) of every record that stands in a row of its own."""
    rows: dict[Key, tuple[str | None, int]] = {}
    for batch in list(reading.sections):
        for row in batch.to_pylist():
            if row["source_row"] is not None:
                rows["section", row["school_id"], row["stage"]] = row["sheet"], row["source_row"]
    for part, table in reading.parts.items():
        for row in table.to_pylist():
            if part == "roster":
                key = (part, row["school_id"], row["stage"], str(row["grade"]), row["class_name"])
            elif part == "movement":
                key = (part, row["school_id"], row["stage"], str(row["grade"]),
                       str(row["cohort"]), row["kind"])  # fmt: skip
            elif part == "answer":
                key = (part, str(row["school_id"]), str(row["stage"]), row["item_id"])
                rows[key] = row["sheet"], openpyxl.utils.cell.coordinate_from_string(row["cell"])[1]
                continue
            else:
                continue
            rows[key] = row["sheet"], row["source_row"]
    return rows


def _origins(reading, facts, rows) -> Iterator[tuple[Fact, str | None, int, int]]:
    """Fact, sheet, row and column (from 1) of every cell that a figure was read from."""
    origins = reading.origins.to_pylist()
    for part, table in reading.parts.items():
        for row in table.to_pylist() if part == "answer" else ():
            letter, at = openpyxl.utils.cell.coordinate_from_string(row["cell"])
            key = (part, str(row["school_id"]), str(row["stage"]), row["item_id"])
            yield (key, "value"), row["sheet"], at, column_index_from_string(letter)
    for key, name in facts:
        for origin in origins:
            stage, field_id = key[2], origin["field_id"]
            is_its = field_id == name and origin["stage"] == stage
            if is_its or field_id == f"{key[0]}.{name}":
                row = origin["fixed_row"] or rows[key][1]
                column = column_index_from_string(origin["column_letter"])
                yield (key, name), origin["sheet"], row, column


def _excel_sheets(path: Path) -> list[Sheet]:
    book = openpyxl.load_workbook(path)
    return [
        Sheet(
            sheet.title,
            [[Cell(cell.value, style=_style(cell)) for cell in row] for row in sheet.iter_rows()],
            [str(merged) for merged in sheet.merged_cells.ranges],
        )
        for sheet in book.worksheets
    ]


def _style(cell) -> str | None:
    return None if cell.number_format in ("General", "@") else cell.number_format


def _csv_sheets(path: Path) -> list[Sheet]:
    rows = csv.reader(io.StringIO(path.read_text("utf-8")))
    return [Sheet("table", [[Cell(text or None) for text in row] for row in rows])]


def scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="junheng-mutants-"))
