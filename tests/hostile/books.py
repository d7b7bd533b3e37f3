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

from dagster_project import sample
from dagster_project.census.read import read
from dagster_project.census.table.profile import load_profiles
from dagster_project.returns.writer import (
    Heading,
    write_movements,
    write_roster,
    write_school_return,
)

Key = tuple[str, ...]  # part, school, stage and what else names a record
Fact = tuple[Key, str]  # a record and one of its figures
Place = tuple[int, int, int]  # sheet, row and column, from 0

PROFILE = """
profile: mutated
recognise: {columns: [学校代码, 区县代码, 在校生, 教学班, 教师]}
school_year: {file_name: '(20\\d\\d)'}
term: autumn
stage: primary
standards: [general]
school_id: 学校代码
school_name: 学校名称
county_code: 区县代码
fields:
  pupils: 在校生
  pupils_girls: 女生
  classes: 教学班
  teachers: 教师
  teachers_postgraduate: {columns: [本科教师, 专科教师]}
  books: 图书
  equipment_value_yuan: {columns: 设备值万元, factor: 10000}
  sports_ground_area_m2: 运动场面积
"""


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


# ------------------------------------------------------------------------------------- the bases


def bases(folder: Path) -> list[Book]:
    """A book of every shape and form; ``folder`` is where they are written first."""
    made = {"counties": 1, "schools": 6, "years": 1, "seed": 5, "first_year": 2023}
    flat = sample.write_nation(folder, **made)
    school = sample.write_nation(folder / "b", **made, shape="workbook")
    table = folder / "2023" / "autumn" / "table_2023.csv"
    table.write_text(table_text(), "utf-8")
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles" / "mutated.yml").write_text(PROFILE, "utf-8")
    (folder / "b" / "profiles").mkdir(exist_ok=True)
    books = [_book(path, folder, "flat") for path in flat]
    books += [_book(path, folder / "b", "workbook") for path in school[:3]]
    books += [_book(path, folder, "returns") for path in _returns(folder / "2023" / "autumn")]
    books.append(_book(table, folder, "table"))
    for book in list(books):
        for form in ("csv", "xls"):
            if (form == "xls" and book.shape != "table") or (
                form == "csv" and book.shape == "flat"
            ):
                other = book.copy()
                other.form = form
                other.path = f"{Path(book.path).with_suffix('')}_{form}.{form}"
                books.append(other)
    table_book = next(book for book in books if book.shape == "table").copy()
    table_book.form, table_book.path = "xlsx", "2023/autumn/table_2023.xlsx"
    return [book for book in [*books, table_book] if book.form != "xls" or not _is_wide(book)]


def _is_wide(book: Book) -> bool:
    """Whether the book has more columns than an old workbook can."""
    return any(len(row) > 256 for sheet in book.sheets for row in sheet.rows)


def table_text() -> str:
    """A table of eight schools, as :data:`PROFILE` reads it."""
    head = "学校代码,学校名称,区县代码,在校生,女生,教学班,教师,本科教师,专科教师"
    head += ",图书,设备值万元,运动场面积"
    rows = [
        f"01640000{n:02},样例第{n}小学,640221,{430 + 61 * n},{207 + 30 * n},{10 + n},{31 + 3 * n},"
        f"{20 + 2 * n},{9 + n},{9000 + 731 * n},{123.5 + 7 * n},{5210 + 97 * n}"
        for n in range(1, 9)
    ]
    return "\n".join([head, *rows, ""])


def _returns(folder: Path) -> list[Path]:
    heading = Heading(county_code="640221", county_name="平罗县", school_year=2023, term="autumn")
    schools = [{"school_id": f"216400000{n}", "school_name": f"样例{n}小", "stage": "primary"}
               for n in (1, 2)]  # fmt: skip
    classes = [
        {
            **school,
            "grade": grade,
            "class_name": f"{grade}班",
            "pupils": 38 + grade,
            "girls": 17 + n,
        }
        for n, school in enumerate(schools)
        for grade in range(1, 7)
    ]
    moved = [
        {"school_id": school["school_id"], "stage": "primary", "grade": grade,
         "cohort": 2024 - grade, "kind": kind, "pupils": 11 + grade}
        for school in schools for grade in (2, 4) for kind in ("transfer_in", "transfer_out")
    ]  # fmt: skip
    items = {"nearby_entrants": 130, "teachers_certified": 61, "training_budget_yuan": 125_400,
             "running_budget_yuan": 1_234_500, "teachers_trained_360h": 58}  # fmt: skip
    answers = [{**school, **items} for school in schools]
    return [
        write_roster(folder / "名册.xlsx", heading, classes),
        write_movements(folder / "异动.xlsx", heading, moved),
        write_school_return(folder / "学校.xlsx", heading, answers),
    ]


def _book(path: Path, raw: Path, shape: str) -> Book:
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
                key = (part, row["school_id"], str(row["stage"]), row["item_id"])
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
            key = (part, row["school_id"], str(row["stage"]), row["item_id"])
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
