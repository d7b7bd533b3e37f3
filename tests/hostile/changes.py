"""What a mutation says of itself, and where in a book the figures and records stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.hostile.books import Book, Cell, Fact, Key, Place, number
from tests.hostile.spellings import Right


@dataclass
class Change:
    """What a mutation did: the facts it touched with what is right for them, and the records.

    A hard flag counts as told where it stands at one of ``touched``; ``anywhere`` if the mutation
    concerns the whole file. ``needs_word``: whatever is read, the reader must say something.
    """

    name: str
    right: dict[Fact, Right] = field(default_factory=dict)
    touched: set[Key] = field(default_factory=set)
    anywhere: bool = False
    needs_word: bool = False
    gone: set[Key] = field(default_factory=set)  # records of which nothing is left in the file


def touched_by(book: Book, place: Place) -> list[Fact]:
    return [fact for fact, places in book.cells.items() if place in places]


def without(book: Book, fact: Fact, place: Place, right: Right) -> Right:
    """What is right for a fact of which one cell may say ``right``."""
    others = sum(number(book.at(p)) or 0.0 for p in book.cells[fact] if p != place)
    many = book.cells[fact].count(place)
    return tuple((others + many * value) * book.factor[fact] for value in right)


def a_figure(book: Book, luck: Random) -> Place:
    places = sorted({place for places in book.cells.values() for place in places})
    large = [place for place in places if (number(book.at(place)) or 0) >= 10]
    return luck.choice(large or places)


def data_rows(book: Book) -> tuple[int, list[int]]:
    """A sheet of records, and their rows from above."""
    at = [place for place in book.records.values() if place is not None]
    sheet = at[0][0]
    return sheet, sorted({row for s, row in at if s == sheet})


def insert_row(book: Book, sheet: int, row: int, cells: list[Cell]) -> None:
    """Insert a row; what is known about those below moves down."""
    book.sheets[sheet].rows.insert(row, cells)

    def moved(place):
        return place if place is None or place[0] != sheet or place[1] < row else (
            place[0], place[1] + 1, *place[2:])  # fmt: skip

    book.cells = {fact: [moved(p) for p in places] for fact, places in book.cells.items()}
    book.records = {key: moved(place) for key, place in book.records.items()}


def id_column_of(book: Book, sheet: int, row: int) -> int:
    """The column in which the school of a record stands."""
    ids = set(book.ids.values())
    cells = book.sheets[sheet].rows[row]
    return next(c for c, cell in enumerate(cells) if str(cell.value) in ids)


def records_at(book: Book, sheet: int, row: int) -> set[Key]:
    return {key for key, at in book.records.items() if at == (sheet, row)}


def facts_at(book: Book, keys: set[Key]) -> list[Fact]:
    return [fact for fact in book.cells if fact[0] in keys]
