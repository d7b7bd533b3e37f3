"""One change to a book, and what may be read from it afterwards.

A mutation knows what it did: for every figure that it touched it says which numbers are right. All
other figures stay what they are; nothing else may appear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.hostile import row_changes, sheet_changes, text_changes
from tests.hostile.books import Book, Fact, Key
from tests.hostile.spellings import Right
from tests.hostile.writing import written


@dataclass(frozen=True)
class Mutant:
    """A changed file: where it lies below raw, its bytes, and what may be read from it."""

    name: str
    path: str
    data: bytes
    right: dict[Fact, Right]
    records: frozenset[Key]  # that may be there
    needed: frozenset[Key]  # that must be there, or told of
    touched: frozenset[Key]
    anywhere: bool
    needs_word: bool
    kind: str
    told: int  # how much the reader says of the untouched file
    names: dict[Key, str]
    rows: dict[Key, int]  # where each record stands, from 1


def mutant(base: Book, serial: int, seed: int, choose: Callable | None = None) -> Mutant:
    """The ``serial``-th mutant of ``base``: schools of its own, one mutation drawn by luck."""
    luck = Random(f"{seed}-{serial}")
    while True:
        book = base.copy()
        book.rename(serial)
        before = {fact: (book.value(fact),) for fact in book.cells}
        records = frozenset(book.records)
        mutation = choose or luck.choice(mutations(book))
        made = mutation(book, luck)
        change, data = made if isinstance(made, tuple) else (made, None)
        if data is not None or fits(book):
            break
    place = Path(book.path)
    path = place.with_name(f"{serial:05}_{place.stem[:30]}_2023{place.suffix}").as_posix()
    return Mutant(
        f"{serial} {book.shape}.{book.form} {change.name}",
        path,
        written(book) if data is None else data,
        before | change.right,
        records,
        records - change.gone,
        frozenset(change.touched),
        change.anywhere,
        change.needs_word,
        mutation.__name__,
        base.told,
        dict(book.names),
        {key: place[1] + 1 for key, place in book.records.items() if place is not None},
    )


def fits(book: Book) -> bool:
    """Whether the file's form can hold the book: an xls has 256 columns."""
    return book.form != "xls" or all(len(row) <= 256 for sheet in book.sheets for row in sheet.rows)


def mutations(book: Book) -> list[Callable]:
    """The mutations that a book can have; those of cells as often as all others together."""
    found = [*sheet_changes.EVERYWHERE]
    if book.ids and any(place is not None for place in book.records.values()):
        found += row_changes.IN_TABLES
    if book.form == "csv":
        found += text_changes.IN_TEXTS
    else:
        found += sheet_changes.IN_BOOKS
    if book.form == "xlsx":
        found += [row_changes.stale_formulas, sheet_changes.cells_merged]
    if book.shape == "workbook":
        found += sheet_changes.IN_FORMS
    return found + [row_changes.cell_spelt_otherwise] * len(found)
