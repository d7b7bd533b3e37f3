"""Changes to cells, rows and columns of a table: what hands and programs do to lists of schools."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from random import Random

from openpyxl.utils import get_column_letter

from tests.hostile import sum_changes
from tests.hostile.books import Book, Cell, Fact, Key, Place, number
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
from tests.hostile.spellings import NONE, WIDE, Right, plainly, spellings

STAGED_NONE = ("*",)  # as ``values`` of STAGES in bases.py has it
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
    said = spelling.right
    if spelling.name == "half a person" and all(map(_is_measured, facts)):
        said = (float(str(spelling.cell.value)),)  # of yuan and square metres there are halves
    if spelling.cell.value in STAGED_NONE and Path(book.path).name.startswith("stages"):
        said = (0.0,)  # its profile says that the mark is none
    right = {fact: _right(book, fact, place, said) for fact in facts}
    book.sheets[place[0]].rows[place[1]][place[2]] = deepcopy(spelling.cell)
    is_blank = not spelling.right or spelling.right == NONE
    gone = {key for key, _ in facts if key[0] == "answer" and is_blank}  # a blank answers nothing
    return Change(f"{spelling.name} at {address}", right, {key for key, _ in facts}, gone=gone)


def _is_measured(fact: Fact) -> bool:
    key, name = fact
    return (key[-1] if key[0] == "answer" else name).endswith(("_yuan", "_m2"))


def _right(book: Book, fact: Fact, place: Place, right: Right) -> Right:
    """What is right for a fact of which one cell is written otherwise.

    In the census's forms a mark of "none" adds nothing to a sum; alone it is no figure. What it
    means in a table of other people's only its source knows.
    """
    if right == NONE and (book.shape == "table" or set(book.cells[fact]) == {place}):
        return ()
    return without(book, fact, place, right)


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


def school_without_figures(book: Book, luck: Random) -> Change:
    """All figures of a row are blank: the school stood in the file all the same.

    Of a row of several stages nobody knows then which the school has.
    """
    if "stages" in book.path:
        return Change("nothing")
    sheet, rows = data_rows(book)
    row = luck.choice(rows)
    places = {p for found in book.cells.values() for p in found if p[:2] == (sheet, row)}
    for place in places:
        book.sheets[sheet].rows[row][place[2]] = Cell(luck.choice([None, "-", "*"]))
    keys = records_at(book, sheet, row)
    gone = {key for key in keys if key[0] == "answer"}
    return Change(f"row {row + 1} without figures", dict.fromkeys(facts_at(book, keys), ()), keys,
                  gone=gone)  # fmt: skip


def column_in_other_marks(book: Book, luck: Random) -> Change:
    """A column as half of the world writes it: 12.301,5."""
    sheet, rows = data_rows(book)
    places = {p for found in book.cells.values() for p in found if p[0] == sheet and p[1] in rows}
    column = luck.choice(sorted({p[2] for p in places}))
    for row in rows:
        value = number(book.at((sheet, row, column))) if (sheet, row, column) in places else None
        if value is not None:
            text = f"{value:,}" if not float(value).is_integer() else f"{int(value):,}"
            text = text.translate(str.maketrans(",.", ".,"))
            book.sheets[sheet].rows[row][column] = Cell(text)
    keys = set().union(*(records_at(book, sheet, row) for row in rows))
    return Change(f"column {get_column_letter(column + 1)} in other marks", {}, keys)


def remark_beside(book: Book, luck: Random) -> Change:
    """Words behind the last column of a row: no figure, and no reason to lose the row."""
    sheet, rows = data_rows(book)
    row = luck.choice(rows)
    width = max(len(cells) for cells in book.sheets[sheet].rows)
    cells = book.sheets[sheet].rows[row]
    cells += [Cell() for _ in range(width - len(cells) + luck.choice([0, 2]))] + [Cell("已核")]
    return Change(f"a remark beside row {row + 1}", {}, records_at(book, sheet, row))


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


_INDEPENDENT = 7  # the column from which on the figures of the table do not depend on each other


def _shifted(book: Book, luck: Random, right_ward: bool) -> Change:
    sheet, rows = data_rows(book)
    row = luck.choice(rows)
    keys = records_at(book, sheet, row)
    cells = book.sheets[sheet].rows[row]
    figures = sorted(
        p[2] for f in facts_at(book, keys) for p in book.cells[f] if p[:2] == (sheet, row)
    )
    column = luck.choice([luck.choice(figures or [0]), luck.randrange(len(cells))])
    # Among figures that no other depends on nothing could tell it.
    if book.shape == "returns":
        column = luck.randrange(figures[0] - 1 if figures else 1)
    if book.shape == "table":
        column = luck.randrange(3 if "stages" in book.path else _INDEPENDENT)
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
        *(f"{old[:4]},{old[4:]}", old.translate(WIDE), f"{number_like:.2E}".replace(".", ",")),
        *(f"{number_like:.0f},0", old.lstrip("0"), old[1:], old[:-1], f"0{old}", f"{old}，"),
        *(old.replace("1", "I", 1), old.replace("0", "o", 1), f"{old}A", "", "-", "无"),
    ]
    if book.shape == "table":
        texts.remove(f"{old}A")  # which may be the id of a branch
    new = Cell(luck.choice(texts))
    if book.form != "csv" and luck.random() < 0.4:
        forms = [None, "0" * len(old), "0.00E+00", "#,##0", '"ID"0', "00-00"]
        numbers = [number_like, number_like + 0.5, number_like * 1e8 + 7, number_like / 10]
        new = Cell(luck.choice(numbers), style=luck.choice(forms))
    book.sheets[sheet].rows[row][column] = new
    return Change(f"id {old} as {new.value!r} {new.style or ''}", {}, keys, anywhere=True)


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
    *sum_changes.IN_TABLES,
    *(a_note, header_again, blank_rows, school_without_figures, column_in_other_marks),
    remark_beside,
    *(rows_swapped, row_twice, row_twice_with_another_figure, two_rows_merged_into_one),
    *(cells_shifted_right, cells_shifted_left, column_lost, column_added),
    *(id_damaged, id_of_another_school, school_without_id),
)
