"""Changes to cells, rows and columns of a table: what hands and programs do to lists of schools."""

from __future__ import annotations

from copy import deepcopy
from random import Random

from openpyxl.utils import get_column_letter

from tests.hostile.books import Book, Cell, Fact, Key, number
from tests.hostile.changes import (
    Change,
    a_figure,
    data_rows,
    facts_at,
    id_column_of,
    insert_row,
    records_at,
    touched_by,
    without,
)  # fmt: skip
from tests.hostile.spellings import WIDE, Right, plainly, spellings

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
NOTES = (
    *("注：本表数据截至9月1日。", "说明：①含教学点", "填表人：张三  联系电话：13800000000", "——"),
    *("第 1 页 共 2 页", "以下空白", "数据来源：教育局", "* 为估计数", "单位负责人：", "备注"),
    *("制表日期：2023年9月20日", "Source: county office"),
)


def cell_spelt_otherwise(book: Book, luck: Random) -> Change:
    place = a_figure(book, luck)
    value = number(book.at(place))
    address = f"{get_column_letter(place[2] + 1)}{place[1] + 1}"
    spelling = luck.choice(spellings(value, book.form, address, luck))
    facts = touched_by(book, place)
    right = {fact: without(book, fact, place, spelling.right) for fact in facts}
    book.sheets[place[0]].rows[place[1]][place[2]] = deepcopy(spelling.cell)
    return Change(f"{spelling.name} at {address}", right, {key for key, _ in facts})


def stale_formulas(book: Book, luck: Random) -> Change:
    """Stored zeros of a workbook that asks to be calculated when it is opened."""
    places = {a_figure(book, luck) for _ in range(3)}
    right, touched = {}, set()
    for place in places:
        for fact in touched_by(book, place):
            right[fact] = ()
            touched.add(fact[0])
        book.sheets[place[0]].rows[place[1]][place[2]] = Cell(raw=("", "<f>A1</f><v>0</v>"))
    book.workbook_xml = '<calcPr fullCalcOnLoad="1"/>'
    return Change("stale formulas", right, touched)


def _sums(book: Book) -> tuple[int, list[int], list[Cell], set[int]]:
    """Sheet, rows, a row of the sums of all figures, and the columns of figures."""
    sheet, rows = data_rows(book)
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
    old = str(cells[id_column].value)
    cells[id_column] = Cell(old[:-1] + str((int(old[-1]) + 7) % 10) if old[-1].isdigit() else old)
    name = luck.choice(["样例县教育局", "中心学区", "城关镇"])
    if id_column + 1 not in columns:
        cells[id_column + 1] = Cell(name)
    insert_row(book, sheet, luck.choice([rows[-1] + 1, rows[0]]), cells)
    return Change("totals under a school's name", {}, set(), anywhere=True)


def a_note(book: Book, luck: Random) -> Change:
    sheet, rows = data_rows(book)
    width = len(book.sheets[sheet].rows[rows[0]])
    note, column = luck.choice(NOTES), luck.choice([0, 0, 1, width - 1])
    cells = [Cell(note) if c == column else Cell() for c in range(width)]
    row = luck.choice([rows[-1] + 1, rows[-1] + 1, luck.choice(rows)])
    insert_row(book, sheet, row, cells)
    return Change(f"note {note[:6]!r} in column {column + 1}, row {row + 1}")


def header_again(book: Book, luck: Random) -> Change:
    """The headings once more in the middle, as printed pages have them."""
    sheet, rows = data_rows(book)
    first = max(0, rows[0] - luck.choice([1, 2, 4]))
    row = luck.choice(rows[1:] or [rows[-1] + 1])
    for offset, cells in enumerate(deepcopy(book.sheets[sheet].rows[first : rows[0]])):
        insert_row(book, sheet, row + offset, cells)
    return Change(f"headings again at row {row + 1}")


def blank_rows(book: Book, luck: Random) -> Change:
    sheet, rows = data_rows(book)
    row = luck.choice([*rows, rows[-1] + 1])
    for _ in range(luck.choice([1, 3, 40])):
        insert_row(book, sheet, row, [Cell() for _ in book.sheets[sheet].rows[rows[0]]])
    return Change(f"blank rows at {row + 1}")


def rows_swapped(book: Book, luck: Random) -> Change:
    sheet, rows = data_rows(book)
    order = luck.sample(rows, len(rows))
    old = [book.sheets[sheet].rows[row] for row in order]
    for row, cells in zip(rows, old, strict=True):
        book.sheets[sheet].rows[row] = cells
    return Change("rows in another order")


def row_twice(book: Book, luck: Random) -> Change:
    sheet, rows = data_rows(book)
    row = luck.choice(rows)
    keys = records_at(book, sheet, row)
    insert_row(
        book, sheet, luck.choice([row + 1, rows[-1] + 1]), deepcopy(book.sheets[sheet].rows[row])
    )
    return Change(f"row {row + 1} twice", {}, keys)


def row_twice_with_another_figure(book: Book, luck: Random) -> Change:
    sheet, rows = data_rows(book)
    row = luck.choice(rows)
    keys = records_at(book, sheet, row)
    facts = facts_at(book, keys)
    fact = luck.choice(facts) if facts else None
    copy = deepcopy(book.sheets[sheet].rows[row])
    if fact is None:
        return Change("nothing")
    place = luck.choice([p for p in book.cells[fact] if p[:2] == (sheet, row)] or book.cells[fact])
    value = (number(book.at(place)) or 0) + luck.randrange(1, 50)
    copy[place[2]] = Cell(plainly(value) if isinstance(book.at(place).value, str) else value)
    right = dict.fromkeys(touched_by(book, place), ())
    insert_row(book, sheet, luck.choice([row + 1, rows[-1] + 1]), copy)
    return Change(f"row {row + 1} twice, another figure", right, keys)


def _shifted(book: Book, luck: Random, right_ward: bool) -> Change:
    sheet, rows = data_rows(book)
    row = luck.choice(rows)
    keys = records_at(book, sheet, row)
    cells = book.sheets[sheet].rows[row]
    figures = sorted(
        p[2] for f in facts_at(book, keys) for p in book.cells[f] if p[:2] == (sheet, row)
    )
    column = luck.choice([luck.choice(figures or [0]), luck.randrange(len(cells))])
    if book.shape == "returns":  # among figures that no other depends on nothing could tell it
        column = luck.randrange(figures[0] if figures else 1)
    before = list(cells)
    if right_ward:
        cells.insert(column, Cell())
    else:
        del cells[column]
        cells.append(Cell())
    right = {}
    for fact in facts_at(book, keys):
        moved = [p for p in book.cells[fact] if p[:2] == (sheet, row) and p[2] >= column]
        same = all(p[2] < len(cells) and number(cells[p[2]]) == number(before[p[2]]) for p in moved)
        if moved and not same:
            right[fact] = ()
    return Change(f"row {row + 1} shifted {'right' if right_ward else 'left'} from {column + 1}",
                  right, keys, anywhere=True)  # fmt: skip


def cells_shifted_right(book: Book, luck: Random) -> Change:
    return _shifted(book, luck, True)


def cells_shifted_left(book: Book, luck: Random) -> Change:
    return _shifted(book, luck, False)


def id_damaged(book: Book, luck: Random) -> Change:
    """An id as programs and hands leave it: the school is itself, another one's, or set aside."""
    sheet, rows = data_rows(book)
    row = luck.choice(rows)
    column = id_column_of(book, sheet, row)
    keys = records_at(book, sheet, row)
    old = str(book.sheets[sheet].rows[row][column].value)
    number_like = float(old) if old.isdigit() else 0.0
    texts = [
        *(f"{number_like:.4E}", f"{number_like:.9e}", f"{old}.0", f" {old} ", f"'{old}", f"{old}①"),
        *(old.replace("1", "l", 1), old.replace("0", "O", 1), f"{old[:4]} {old[4:]}"),
        *(f"{old}\u200b", f"{old}{old}", f"{old[:5]}-{old[5:]}", f"{old}99999999"),
        *(f"{old[:4]},{old[4:]}", old.translate(WIDE)),
    ]
    new: object = luck.choice(texts)
    if book.form != "csv" and luck.random() < 0.2:
        new = number_like + luck.choice([0.0, 0.5])
    book.sheets[sheet].rows[row][column] = Cell(new)
    return Change(f"id {old} as {new!r}", {}, keys, anywhere=True)


def id_of_another_school(book: Book, luck: Random) -> Change:
    sheet, rows = data_rows(book)
    if len(rows) < 2:
        return Change("nothing")
    one, other = luck.sample(rows, 2)
    column = id_column_of(book, sheet, one)
    keys = records_at(book, sheet, one) | records_at(book, sheet, other)
    ids = {book.sheets[sheet].rows[r][column].value for r in (one, other)}
    if len(ids) < 2:
        return Change("nothing")
    book.sheets[sheet].rows[one][column] = deepcopy(book.sheets[sheet].rows[other][column])
    return Change(f"row {one + 1} with the id of row {other + 1}", {}, keys, anywhere=True)


def school_without_id(book: Book, luck: Random) -> Change:
    sheet, rows = data_rows(book)
    row = luck.choice(rows)
    book.sheets[sheet].rows[row][id_column_of(book, sheet, row)] = Cell()
    return Change(f"row {row + 1} without id", {}, records_at(book, sheet, row))


def column_lost(book: Book, luck: Random) -> Change:
    """A column of figures, with its heading, is empty."""
    sheet, rows = data_rows(book)
    places = [p for places in book.cells.values() for p in places if p[0] == sheet and p[1] in rows]
    column = luck.choice(sorted(places))[2]
    right: dict[Fact, Right] = {}
    for fact, places in book.cells.items():
        if any(p[0] == sheet and p[2] == column for p in places):
            right[fact] = ()
    for cells in book.sheets[sheet].rows[(rows[0] - 1 if len(rows) else 0) :]:
        if column < len(cells):
            cells[column] = Cell()
    keys = {key for key, _ in right}
    # Of an answer nothing is left: its own cell was the record.
    gone = {key for key in book.records if key[0] == "answer" and _only_in(book, key, right)}
    return Change(f"column {get_column_letter(column + 1)} lost", right, keys, gone=gone)


def _only_in(book: Book, key: Key, right: dict[Fact, Right]) -> bool:
    return (key, "value") in right or (key, "value") not in book.cells


def column_added(book: Book, luck: Random) -> Change:
    sheet, rows = data_rows(book)
    for row, cells in enumerate(book.sheets[sheet].rows):
        text = "联系方式" if row == rows[0] - 1 else luck.randrange(99) if row in rows else None
        cells.append(Cell(str(text) if text is not None and book.form == "csv" else text))
    return Change("a column more")


def two_rows_merged_into_one(book: Book, luck: Random) -> Change:
    """A row stands behind another in the same row, as a lost line end leaves them."""
    sheet, rows = data_rows(book)
    if len(rows) < 2:
        return Change("nothing")
    row = luck.choice(rows[:-1])
    keys = records_at(book, sheet, row) | records_at(book, sheet, row + 1)
    if row + 1 not in rows:
        return Change("nothing")
    following = book.sheets[sheet].rows.pop(row + 1)
    book.sheets[sheet].rows[row] = [*book.sheets[sheet].rows[row], *following]
    return Change(f"rows {row + 1} and {row + 2} in one", {}, keys)


IN_TABLES = (
    *(totals_row, totals_row, totals_row_as_a_school, a_note, header_again, blank_rows),
    *(rows_swapped, row_twice, row_twice_with_another_figure, two_rows_merged_into_one),
    *(cells_shifted_right, cells_shifted_left, column_lost, column_added),
    *(id_damaged, id_of_another_school, school_without_id),
)
