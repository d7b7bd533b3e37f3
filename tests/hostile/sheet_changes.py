"""Changes to sheets and headings of a workbook."""

from __future__ import annotations

from copy import deepcopy
from random import Random

from openpyxl.utils import get_column_letter

from tests.hostile.books import Book, Cell, Sheet, number
from tests.hostile.changes import (
    Change,
    a_figure,
    touched_by,
    without,
)  # fmt: skip
from tests.hostile.spellings import WIDE, plainly


def _headings(book: Book, luck: Random) -> tuple[Sheet, int, int] | None:
    """A heading: a text above or left of figures."""
    firsts: dict[int, int] = {}
    for places in book.cells.values():
        for sheet, row, _ in places:
            firsts[sheet] = min(firsts.get(sheet, row), row)
    sheet = luck.choice(sorted(firsts))
    ids = set(book.ids.values())
    found = [(r, c) for r, c, text in book.sheets[sheet].texts()
             if r < firsts[sheet] and not any(i in text for i in ids)]  # fmt: skip
    return None if not found else (book.sheets[sheet], *luck.choice(found))


def header_spelt_otherwise(book: Book, luck: Random) -> Change:
    found = _headings(book, luck)
    if found is None:
        return Change("nothing")
    sheet, row, column = found
    text = str(sheet.rows[row][column].value)
    changes = [
        *(f" {text} ", text.replace("（", "("), text.replace("(", "（"), f"{text}\u200b"),
        *(f"{text[:1]} {text[1:]}", f"{text[:1]}\n{text[1:]}", text.translate(WIDE)),
    ]
    sheet.rows[row][column] = Cell(luck.choice(changes))
    return Change(f"heading {text[:8]!r} spelt otherwise")


def header_lost(book: Book, luck: Random) -> Change:
    """A heading is empty: what stands under it may be missing, never anything else."""
    found = _headings(book, luck)
    if found is None:
        return Change("nothing")
    sheet, row, column = found
    text = sheet.rows[row][column].value
    sheet.rows[row][column] = Cell()
    return Change(f"heading {str(text)[:8]!r} lost", {}, set(), anywhere=True)


def empty_rows_and_columns_around(book: Book, luck: Random) -> Change:
    sheet = luck.randrange(len(book.sheets))
    for cells in book.sheets[sheet].rows:
        cells += [Cell() for _ in range(luck.choice([1, 5]))]
    book.sheets[sheet].rows += [[Cell()] for _ in range(luck.choice([1, 30]))]
    return Change("empty rows and columns behind")


def rows_inserted_above(book: Book, luck: Random) -> Change:
    sheet = luck.randrange(len(book.sheets))
    if not book.sheets[sheet].merges:
        book.sheets[sheet].rows.insert(
            0, [Cell(luck.choice(["", "附件1", "样例县教育局"]) or None)]
        )
    return Change("a row above")


def column_inserted(book: Book, luck: Random) -> Change:
    sheet = luck.randrange(len(book.sheets))
    if not book.sheets[sheet].merges:
        for cells in book.sheets[sheet].rows:
            cells.insert(0, Cell())
    return Change("a column in front")


def sheets_in_another_order(book: Book, luck: Random) -> Change:
    luck.shuffle(book.sheets)
    return Change("sheets in another order")


def another_sheet(book: Book, luck: Random) -> Change:
    rows = [[Cell("填报说明")], [Cell("联系人"), Cell("张三")], [Cell(2023), Cell(17)]]
    book.sheets.insert(
        luck.choice([0, len(book.sheets)]), Sheet(luck.choice(["Sheet9", "说明"]), rows)
    )
    return Change("another sheet")


_COPIES = ("(2)", " 旧", " (2)", "_副本")


def _with_other_figures(book: Book, sheet: int) -> Sheet:
    """A sheet whose figures are all one more."""
    copy = deepcopy(book.sheets[sheet])
    for s, row, column in {p for places in book.cells.values() for p in places}:
        if s == sheet:
            value = number(book.at((s, row, column))) or 0
            as_text = isinstance(book.at((s, row, column)).value, str)
            copy.rows[row][column] = Cell(plainly(value + 1) if as_text else value + 1)
    return copy


def _other_sheet(book: Book, luck: Random, state: str, in_front: bool) -> Change:
    sheet = luck.choice(sorted({p[0] for places in book.cells.values() for p in places}))
    copy = _with_other_figures(book, sheet)
    copy.state = state
    copy.title = copy.title[:25] + luck.choice(_COPIES)
    facts = [f for f, places in book.cells.items() if any(p[0] == sheet for p in places)]
    keys = {fact[0] for fact in facts}
    book.sheets.insert(0 if in_front else len(book.sheets), copy)
    return Change(f"{state} copy with other figures", {}, keys, anywhere=True)


def hidden_sheet_in_front(book: Book, luck: Random) -> Change:
    """The visible sheet counts, or the file is refused; the hidden one never in its place."""
    return _other_sheet(book, luck, luck.choice(["hidden", "veryHidden"]), True)


def sheet_twice(book: Book, luck: Random) -> Change:
    """Both are seen, and only one can count: that must be said."""
    before = {fact: book.value(fact) for fact in book.cells}
    places = {place: number(book.at(place)) or 0.0 for v in book.cells.values() for place in v}
    change = _other_sheet(book, luck, "visible", luck.random() < 0.5)
    for fact, value in before.items():
        # One sheet or the other: a figure of several sheets is of both at once, or of none.
        other = sum(places[place] + 1 for place in book.cells[fact]) * book.factor[fact]
        if fact[0] in change.touched:
            change.right[fact] = (value, other)
    change.needs_word = True
    return change


def rows_hidden(book: Book, luck: Random) -> Change:
    sheet = luck.choice(sorted({p[0] for places in book.cells.values() for p in places}))
    row = luck.choice(sorted({p[1] for v in book.cells.values() for p in v if p[0] == sheet}))
    book.sheets[sheet].hidden_rows.add(row)
    return Change(f"row {row + 1} hidden")


def cells_merged(book: Book, luck: Random) -> Change:
    """A figure is merged with the cell below: that one is empty in the file."""
    place = a_figure(book, luck)
    below = (place[0], place[1] + 1, place[2])
    facts = touched_by(book, below)
    if not facts or book.sheets[place[0]].merges:
        return Change("nothing")
    right = {fact: without(book, fact, below, ()) for fact in facts}
    letter = get_column_letter(place[2] + 1)
    book.sheets[place[0]].merges.append(f"{letter}{place[1] + 1}:{letter}{place[1] + 2}")
    book.sheets[below[0]].rows[below[1]][below[2]] = Cell()
    return Change(
        f"{letter}{place[1] + 1} merged with the cell below", right, {k for k, _ in facts}
    )


def sheet_lost(book: Book, luck: Random) -> Change:
    sheet = luck.choice(sorted({p[0] for places in book.cells.values() for p in places}))
    right = {f: () for f, places in book.cells.items() if any(p[0] == sheet for p in places)}
    title = book.sheets[sheet].title
    del book.sheets[sheet]
    return Change(f"sheet {title} lost", right, {k for k, _ in right}, anywhere=True)


EVERYWHERE = (header_spelt_otherwise, header_lost, empty_rows_and_columns_around)
IN_BOOKS = (
    *(sheets_in_another_order, another_sheet, hidden_sheet_in_front, sheet_twice, rows_hidden),
)
IN_FORMS = (sheet_lost, rows_inserted_above, column_inserted)
