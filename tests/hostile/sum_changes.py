"""Rows that are the sum of others, under every label and under none."""

from __future__ import annotations

from copy import deepcopy
from random import Random

from tests.hostile.books import Book, Cell, number
from tests.hostile.changes import Change, data_rows, id_column_of, insert_row, records_at
from tests.hostile.spellings import plainly

TOTALS = (
    *(
        "合计",
        "总计",
        "小计",
        "共计",
        "合 计",
        "总　计",
        "小计：",
        "合計",
        "總計",
        "总 数",
        "計",
        "汇总",
    ),
    *("全县合计", "全县", "本县小计", "县合计数", "总计数", "∑", "Total", "TOTAL", "Grand Total"),
    *("汇总", "Total general", "Sum", "Subtotal", "Итого", "Gesamt", "Totaux"),
)


def _sums(
    book: Book, block: list[int] | None = None
) -> tuple[int, list[int], list[Cell], set[int]]:
    """Sheet, rows, a row of the sums of their figures, and the columns of figures."""
    sheet, rows = data_rows(book)
    rows = block or rows
    columns = {p[2] for places in book.cells.values() for p in places if p[0] == sheet}
    width = max(len(row) for row in book.sheets[sheet].rows)
    cells = [Cell() for _ in range(width)]
    for column in columns:
        found = [book.sheets[sheet].rows[row][column] for row in rows]
        total = sum(number(cell) or 0.0 for cell in found)
        cells[column] = Cell(plainly(total) if book.form == "csv" else float(total))
    return sheet, rows, cells, columns


def totals_row(book: Book, luck: Random) -> Change:
    """The sums of all rows, named in some way, at the end, at the head or in between."""
    sheet, rows, cells, columns = _sums(book)
    label = luck.choice(TOTALS)
    at = luck.choice(["id", "name", "first", "both"])
    id_column = id_column_of(book, sheet, rows[0])
    free = [c for c in range(len(cells)) if c not in columns]
    for column in {"id": [id_column], "name": [id_column + 1], "first": free[:1],
                   "both": [id_column, id_column + 1]}[at]:  # fmt: skip
        cells[column] = Cell(label)
    if luck.random() < 0.3:  # with the words that stand in every row: county, stage
        for column in free:
            same = {str(book.sheets[sheet].rows[row][column].value) for row in rows}
            if len(same) == 1 and cells[column].value is None:
                cells[column] = deepcopy(book.sheets[sheet].rows[rows[0]][column])
    row = luck.choice([rows[-1] + 1, rows[0], luck.choice(rows)])
    insert_row(book, sheet, row, cells)
    return Change(f"totals {label!r} in {at}, row {row + 1}", {}, set(), anywhere=True)


def totals_row_as_a_school(book: Book, luck: Random) -> Change:
    """The sums of all rows under a name and an id as schools have them: arithmetic alone tells."""
    sheet, rows, cells, columns = _sums(book)
    source = book.sheets[sheet].rows[luck.choice(rows)]
    id_column = id_column_of(book, sheet, rows[0])
    for column in range(len(cells)):
        if column not in columns:
            cells[column] = deepcopy(source[column]) if column < len(source) else Cell()
    cells[id_column] = Cell(_other_id(str(cells[id_column].value)))
    name = luck.choice(["样例县教育局", "中心学区", "城关镇"])
    if id_column + 1 not in columns:
        cells[id_column + 1] = Cell(name)
    insert_row(book, sheet, luck.choice([rows[-1] + 1, rows[0]]), cells)
    return Change("totals under a school's name", {}, set(), anywhere=True)


def _is_telling(cells: list[Cell], columns: set[int]) -> bool:
    """Whether a row of sums says enough for arithmetic: one small figure is a sum by chance."""
    large = [value for c in columns if (value := number(cells[c]) or 0) >= 100]
    return len(set(large)) > 1


def sum_of_a_block(book: Book, luck: Random) -> Change:
    """The sums of a few rows above or below them: without a label, or under a school's name."""
    sheet, rows = data_rows(book)
    size = luck.randrange(2, len(rows) + 1) if len(rows) > 1 else 0
    start = luck.randrange(len(rows) - size + 1)
    block = rows[start : start + size]
    if size < 2 or block[-1] - block[0] != size - 1:
        return Change("nothing")
    sheet, _, cells, columns = _sums(book, block)
    if not _is_telling(cells, columns):
        return Change("nothing")
    source = book.sheets[sheet].rows[luck.choice(block)]
    id_column = id_column_of(book, sheet, block[0])
    whom = luck.choice(["nobody", "a member", "another", "another"])
    if whom != "nobody":
        for column in set(range(len(cells))) - columns:
            cells[column] = deepcopy(source[column]) if column < len(source) else Cell()
    if whom == "another":
        cells[id_column] = Cell(_other_id(str(cells[id_column].value)))
    keys = set().union(*(records_at(book, sheet, row) for row in block))
    insert_row(book, sheet, luck.choice([block[-1] + 1, block[0]]), cells)
    return Change(f"sum of {size} rows from {block[0] + 1} under {whom}", {}, keys, anywhere=True)


def _other_id(old: str) -> str:
    return old[:-1] + str((int(old[-1]) + 7) % 10) if old[-1:].isdigit() else old


IN_TABLES = (totals_row, totals_row, totals_row_as_a_school, sum_of_a_block, sum_of_a_block)
