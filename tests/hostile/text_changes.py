"""Changes to a csv as text: quotes, separators, encodings, line ends, a copy that ended early."""

from __future__ import annotations

from random import Random

from tests.hostile.books import Book, Cell, Fact, Key, bare_name
from tests.hostile.changes import (
    Change,
    data_rows,
    facts_at,
    id_column_of,
    records_at,
)  # fmt: skip
from tests.hostile.spellings import Right
from tests.hostile.writing import written, zipped


def _lines(book: Book) -> list[str]:
    return written(book).decode(book.codec).split("\n")


def _data_lines(book: Book) -> list[int]:
    return data_rows(book)[1]


def _as_file(book: Book, lines: list[str], change: Change) -> tuple[Change, bytes]:
    return change, "\n".join(lines).encode(book.codec)


def quote_never_closed(book: Book, luck: Random) -> tuple[Change, bytes]:
    lines = _lines(book)
    row = luck.choice(_data_lines(book))
    cells = lines[row].split(",")
    column = luck.randrange(len(cells))
    cells[column] = f'"{cells[column]}'
    lines[row] = ",".join(cells)
    return _as_file(
        book, lines, Change(f"quote never closed in line {row + 1}", {}, set(book.records), True)
    )


def quote_in_a_name(book: Book, luck: Random) -> tuple[Change, bytes]:
    lines = _lines(book)
    row = luck.choice(_data_lines(book))
    place = luck.randrange(len(lines[row]))
    lines[row] = f'{lines[row][:place]}"{lines[row][place:]}'
    return _as_file(book, lines, Change(f"quote in line {row + 1}", *_anything(book, row)))


def _anything(book: Book, row: int) -> tuple[dict[Fact, Right], set[Key], bool]:
    """For a change in the middle of a line: its own record may say what it says, flagged or not."""
    return {}, records_at(book, 0, row), True


def separator_in_a_name(book: Book, luck: Random) -> tuple[Change, bytes]:
    """A comma in a name that nobody quoted: the row is one cell longer."""
    lines = _lines(book)
    row = luck.choice(_data_lines(book))
    column = id_column_of(book, 0, row) + 1
    cells = lines[row].split(",")
    cells[column] = f"{cells[column][:2]},{cells[column][2:]}"
    lines[row] = ",".join(cells)
    keys = records_at(book, 0, row)
    return _as_file(book, lines, Change(f"comma in a name, line {row + 1}", {}, keys, True))


def line_break_in_a_name(book: Book, luck: Random) -> tuple[Change, bytes]:
    lines = _lines(book)
    row = luck.choice(_data_lines(book))
    column = id_column_of(book, 0, row) + 1
    cells = lines[row].split(",")
    name = f"{cells[column][:2]}\n{cells[column][2:]}"
    cells[column] = f'"{name}"' if luck.random() < 0.5 else name
    lines[row] = ",".join(cells)
    keys = records_at(book, 0, row)
    return _as_file(book, lines, Change(f"line break in a name, line {row + 1}", {}, keys, True))


def other_separator(book: Book, luck: Random) -> tuple[Change, bytes]:
    mark = luck.choice([";", "\t", "|", "，", "、", ":", " "])
    lines = [line.replace(",", mark) for line in _lines(book)]
    return _as_file(book, lines, Change(f"separator {mark!r}"))


def other_encoding(book: Book, luck: Random) -> tuple[Change, bytes]:
    codec = luck.choice(
        ["gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"]
    )
    return Change(f"encoding {codec}"), "\n".join(_lines(book)).encode(codec)


def cut_off(book: Book, luck: Random) -> tuple[Change, bytes]:
    """A copy that ended early, within a line but not within its last cell.

    Nobody sees at the end of a line that another might have followed it.
    """
    text = "\n".join(_lines(book)).rstrip("\n")
    at = len(text) - luck.randrange(1, len(text) // 3)
    cells = len(book.sheets[0].rows[0])
    while len(held := text[:at].rsplit("\n", 1)[-1].split(",")) == cells or held == [""]:
        at -= 1
    kept = text[:at]
    last = kept.count("\n")
    keys = records_at(book, 0, last)
    right = {}
    for fact in facts_at(book, keys):
        if any(p[2] >= len(held) - 1 for p in book.cells[fact]):
            right[fact] = (book.value(fact),)
    return Change(f"cut off in line {last + 1}", right, set(book.records), True), kept.encode(
        book.codec
    )


def trailing_separators(book: Book, luck: Random) -> tuple[Change, bytes]:
    more = "," * luck.choice([1, 3, 200])
    lines = [line + more if line else line for line in _lines(book)]
    return _as_file(book, lines, Change(f"{len(more)} separators behind"))


def other_line_ends(book: Book, luck: Random) -> tuple[Change, bytes]:
    end = luck.choice(["\r\n", "\r", "\n\r", "\r\r\n", "\n\n"])
    return Change(f"line ends {end!r}"), end.join(_lines(book)).encode(book.codec)


def marks_around(book: Book, luck: Random) -> tuple[Change, bytes]:
    front = luck.choice(["\ufeff", "\ufeff\ufeff", "sep=,\n", "\n\n", " "])
    back = luck.choice(["", "\x1a", "\n\n\n", "\x1a\x1a"])
    text = front + "\n".join(_lines(book)) + back
    return Change(f"marks {front!r} {back!r}"), text.encode(book.codec)


def extra_quotes(book: Book, luck: Random) -> tuple[Change, bytes]:
    lines = [",".join(f'"{cell}"' for cell in line.split(",")) if line else line
             for line in _lines(book)]  # fmt: skip
    return _as_file(book, lines, Change("everything in quotes"))


_NAMES = {
    "cp949": "서울{}초등학교",
    "cp932": "東京{}小学校ひばり",
    "big5": "臺北市第{}國民小學",
    "iso8859-15": "École n° {} à Lyon",
    "cp1251": "Школа №{} имени Чехова",
    "utf-8": "مدرسة {}",
}


def names_in_another_script(book: Book, luck: Random) -> tuple[Change, bytes]:
    """Schools of another country, in its own encoding: their names are right, or not there."""
    codec = luck.choice(sorted(_NAMES))
    names = set(book.names.values())
    cells = book.sheets[0].rows[_data_lines(book)[0]]
    column = next((n for n, cell in enumerate(cells) if str(cell.value) in names), None)
    if column is None:
        return _as_file(book, _lines(book), Change("nothing"))
    for number, row in enumerate(_data_lines(book), 1):
        book.sheets[0].rows[row][column] = Cell(_NAMES[codec].format(number))
        for key in records_at(book, 0, row) & book.names.keys():
            book.names[key] = bare_name(_NAMES[codec].format(number))
    text = written(book).decode(book.codec)
    head, _, rest = text.partition("\n")
    try:
        data = f"{head}\n{rest}".encode(codec)
    except UnicodeEncodeError:  # the headings are Chinese: only where they can be written so
        data = text.encode("utf-8")
    return Change(f"names in {codec}"), data


def in_a_zip(book: Book, luck: Random) -> tuple[Change, bytes]:
    parts = {"table.csv": written(book)}
    if luck.random() < 0.4:
        parts[luck.choice(["readme.txt", "b.csv", "__MACOSX/._table.csv"])] = b"x"
    return Change("in a zip"), zipped(parts)


def as_a_page(book: Book, luck: Random) -> tuple[Change, bytes]:
    """What many programs call an export to Excel."""
    cells = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in line.split(','))}</tr>"
                    for line in _lines(book))  # fmt: skip
    front = luck.choice(["<html><body>", "", "<meta charset=utf-8>", "\ufeff\n<!-- x -->"])
    return Change("as a web page"), f"{front}<table>{cells}</table>".encode(book.codec)


IN_TEXTS = (
    *(quote_never_closed, quote_in_a_name, separator_in_a_name, line_break_in_a_name, cut_off),
    *(other_separator, other_encoding, trailing_separators, other_line_ends, marks_around),
    *(extra_quotes, names_in_another_script, in_a_zip, as_a_page),
)
