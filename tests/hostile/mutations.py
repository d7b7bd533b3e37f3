"""Valid census files, and seeded damage to them: what hands, disks and ill will do to a file."""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dagster_project import sample
from dagster_project.returns.writer import (
    Heading,
    write_movements,
    write_roster,
    write_school_return,
)
from tests.hostile.writing import zipped

Random = random.Random
NUMBERS = (
    "1e308", "-1e308", "9" * 400, "1e-400", "nan", "-inf", "0x10", "999999999999999999", "-0",
    "1,2,3", "١٢٣", "½", "=1+1", "-1", "2147483648", "٣٫٥", "1e12", "1" + "0" * 5000,
)  # fmt: skip
TEXTS = (
    "", " ", "=cmd|' /C calc'!A0", "@SUM(1)", "\x00", "\x1b[2J", "\ud83d", "\u202e", "A" * 40_000,
    "合计", "总计", "#", "机构编码", "甲", "教基3112", "‘", '"', "'", "\r\n", "_x000D_", "[/red]",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A damaged file: ``name`` says what was done to which file, ``path`` where it lies in raw."""

    name: str
    path: str
    data: bytes


def originals(folder: Path) -> dict[str, bytes]:
    """Small valid files of every shape, by their path below raw; written to ``folder`` first."""
    made = {"counties": 1, "schools": 4, "years": 1, "seed": 5}
    written = [
        *sample.write_nation(folder, **made),
        *sample.write_nation(folder, **made, shape="workbook")[:2],
        *_returns(folder / "2023" / "autumn"),
    ]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in written}
    flat = next(data for path, data in files.items() if "小学" in path)
    for codec in ("utf-8", "gb18030", "utf-16"):
        files[f"2023/autumn/小学_{codec}.csv"] = as_csv(flat).encode(codec)
    book = next(path for path in written if path.stat().st_size > 20_000)
    files["2023/autumn/旧版.xls"] = as_xls(book.read_bytes())
    return files


def _returns(folder: Path) -> list[Path]:
    heading = Heading(county_code="640221", county_name="平罗县", school_year=2023, term="autumn")
    school = {"school_id": "2164000001", "school_name": "一小", "stage": "primary"}
    classes = [
        {**school, "grade": grade, "class_name": f"{grade}班", "pupils": 40, "girls": 19}
        for grade in range(1, 7)
    ]
    moved = {"grade": 1, "cohort": 2023, "kind": "transfer_in", "pupils": 3}
    moved |= {key: school[key] for key in ("school_id", "stage")}
    return [
        write_roster(folder / "名册.xlsx", heading, classes),
        write_movements(folder / "异动.xlsx", heading, [moved]),
        write_school_return(folder / "学校.xlsx", heading, [{**school, "nearby_entrants": 30}]),
    ]


def as_xls(workbook: bytes) -> bytes:
    """A census workbook as an old xls."""
    import openpyxl
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    for source in openpyxl.load_workbook(io.BytesIO(workbook), read_only=True).worksheets:
        sheet = book.add_sheet(source.title)
        for r, row in enumerate(source.iter_rows(values_only=True)):
            for c, value in enumerate(row):
                if value is not None:
                    sheet.write(r, c, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_csv(workbook: bytes) -> str:
    """The first sheet of a workbook as csv."""
    import openpyxl

    sheet = openpyxl.load_workbook(io.BytesIO(workbook), read_only=True).worksheets[0]
    text = io.StringIO()
    csv.writer(text).writerows(sheet.iter_rows(values_only=True))
    return text.getvalue()


def mutants(files: dict[str, bytes], count: int, seed: int) -> Iterator[Mutant]:
    """``count`` damaged files, each from its own seed: every file and every damage in turn."""
    cases = [(path, data, damage) for path, data in files.items() for damage in _damage(data)]
    Random(seed).shuffle(cases)
    for number in range(count):
        path, data, damage = cases[number % len(cases)]
        luck = Random(f"{seed}-{number}")
        place = Path(path)
        target = place.with_name(f"{number:04}_{place.name}").as_posix()
        yield Mutant(f"{number} {damage.__name__} {path}", target, damage(data, luck))


# ------------------------------------------------------------------------------------------ bytes


def flip_bytes(data: bytes, luck: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(luck.choice((1, 3, 30))):
        changed[luck.randrange(len(changed))] = luck.randrange(256)
    return bytes(changed)


def truncate(data: bytes, luck: Random) -> bytes:
    return data[: luck.randrange(len(data))]


def repeat_a_stretch(data: bytes, luck: Random) -> bytes:
    start = luck.randrange(len(data))
    end = min(len(data), start + luck.choice((10, 1000, 100_000)))
    return data[:end] + data[start:end] * luck.choice((1, 5)) + data[end:]


def blank_a_stretch(data: bytes, luck: Random) -> bytes:
    start = luck.randrange(len(data))
    end = min(len(data), start + luck.choice((4, 512, 4096)))
    return data[:start] + bytes(end - start) + data[end:]


def put_garbage_in_front(data: bytes, luck: Random) -> bytes:
    return luck.randbytes(luck.choice((1, 16, 5000))) + data


# ------------------------------------------------------------------------------------------ zips


def _rezip(data: bytes, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        changed = [change(name, old.read(name)) for name in old.namelist()]
    return zipped(dict(part for part in changed if part is not None))


def _parts(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.namelist()


def swap_parts(data: bytes, luck: Random) -> bytes:
    one, other = luck.sample(_parts(data), 2)
    names = {one: other, other: one}
    return _rezip(data, lambda name, part: (names.get(name, name), part))


def lose_a_part(data: bytes, luck: Random) -> bytes:
    lost = luck.choice(_parts(data))
    return _rezip(data, lambda name, part: None if name == lost else (name, part))


def lie_in_the_table(data: bytes, luck: Random) -> bytes:
    """Change a field of the zip's own table: sizes, offsets, checksums, flags."""
    changed = bytearray(data)
    table = [m.start() for m in re.finditer(b"PK\x01\x02", data)]
    start = luck.choice(table)
    field = luck.choice((8, 10, 16, 20, 24, 28, 42))
    changed[start + field : start + field + 4] = luck.randbytes(4)
    return bytes(changed)


def _in_xml(data: bytes, luck: Random, change: Callable[[bytes], bytes]) -> bytes:
    parts = [n for n in _parts(data) if n.endswith((".xml", ".rels"))]
    sheets = [n for n in parts if "worksheets" in n or "sharedStrings" in n]
    chosen = luck.choice(sheets if luck.random() < 0.7 else parts)
    return _rezip(data, lambda name, part: (name, change(part) if name == chosen else part))


_NODE = re.compile(rb"<(\w+)\b[^>]*?(?:/>|>[^<]*</\1>)")


def lose_nodes(data: bytes, luck: Random) -> bytes:
    return _in_xml(data, luck, lambda x: _NODE.sub(
        lambda m: b"" if luck.random() < 0.02 else m[0], x))  # fmt: skip


def double_nodes(data: bytes, luck: Random) -> bytes:
    return _in_xml(data, luck, lambda x: _NODE.sub(
        lambda m: m[0] * luck.choice((2, 50)) if luck.random() < 0.01 else m[0], x))  # fmt: skip


def lose_a_tag(data: bytes, luck: Random) -> bytes:
    def change(xml: bytes) -> bytes:
        tags = list(re.finditer(rb"<[^>]+>", xml))
        tag = luck.choice(tags)
        return xml[: tag.start()] + xml[tag.end() :]

    return _in_xml(data, luck, change)


def move_cells(data: bytes, luck: Random) -> bytes:
    def place(match: re.Match) -> bytes:
        if luck.random() > 0.01:
            return match[0]
        column = luck.choice((b"A", b"ZZ", b"XFD", b"XFE", b"ZZZZ"))
        row = luck.choice((b"0", b"1", b"1048576", b"99999999", b"-3"))
        return b'r="' + column + row + b'"'

    return _in_xml(data, luck, lambda x: re.sub(rb'r="[A-Z]+\d+"', place, x))


def change_attributes(data: bytes, luck: Random) -> bytes:
    values = (b"", b"-1", b"999999999", b"inlineStr", b"s", b"e", b"1e9", b"A1:XFD1048576")
    return _in_xml(data, luck, lambda x: re.sub(
        rb'="[^"]*"',
        lambda m: b'="' + luck.choice(values) + b'"' if luck.random() < 0.01 else m[0], x,
    ))  # fmt: skip


def change_values(data: bytes, luck: Random) -> bytes:
    def value(match: re.Match) -> bytes:
        if luck.random() > 0.02:
            return match[0]
        text = luck.choice(NUMBERS if luck.random() < 0.6 else TEXTS)
        text = text.encode("utf-8", "replace").replace(b"<", b"&lt;")
        return b">" + text + b"</" + match[1] + b">"

    return _in_xml(data, luck, lambda x: re.sub(rb">[^<]*</(v|t)>", value, x))


def declare_entities(data: bytes, luck: Random) -> bytes:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return _in_xml(data, luck, lambda x: x.replace(b"?>", b"?>" + bomb, 1))


# ------------------------------------------------------------------------------------------ texts


def _cells(data: bytes, luck: Random, change: Callable[[str], str]) -> bytes:
    codec = "utf-16" if data.startswith(b"\xff\xfe") else "utf-8"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        codec = "gb18030"
        text = data.decode(codec)
    return change(text).encode(codec, "replace")


def change_csv_values(data: bytes, luck: Random) -> bytes:
    def change(text: str) -> str:
        return re.sub(
            r"(?<=,)[^,\n]*(?=,)",
            lambda m: luck.choice(NUMBERS + TEXTS) if luck.random() < 0.02 else m[0], text,
        )  # fmt: skip

    return _cells(data, luck, change)


def change_a_key(data: bytes, luck: Random) -> bytes:
    """Damage the cells that say which school and county a row is about."""
    odd = luck.choice(("", "0", "99", "6402", "x" * 300, "２１６４", "-1", "1e10"))
    return _cells(data, luck, lambda t: re.sub(
        r"\d{10,12}", lambda m: odd if luck.random() < 0.3 else m[0], t))  # fmt: skip


def break_quotes(data: bytes, luck: Random) -> bytes:
    odd = (',"', '",', '"",')
    return _cells(data, luck, lambda t: re.sub(
        ",", lambda m: luck.choice(odd) if luck.random() < 0.003 else ",", t))  # fmt: skip


def change_separators(data: bytes, luck: Random) -> bytes:
    mark = luck.choice((";", "\t", "|", "，", ", ", "\n"))
    share = luck.choice((1.0, 0.1))
    return _cells(data, luck, lambda t: re.sub(
        ",", lambda m: mark if luck.random() < share else ",", t))  # fmt: skip


def mix_encodings(data: bytes, luck: Random) -> bytes:
    lines = data.split(b"\n")
    other = "某某國小,１２３".encode(luck.choice(("utf-8", "gb18030", "big5", "utf-16")))
    lines.insert(luck.randrange(len(lines)), other)
    return b"\n".join(lines)


def shuffle_lines(data: bytes, luck: Random) -> bytes:
    def change(text: str) -> str:
        lines = text.split("\n")
        head = luck.choice((0, len(lines)))
        rest = lines[head:] or lines
        luck.shuffle(rest)
        return "\n".join(lines[:head] + rest)

    return _cells(data, luck, change)


def drop_columns(data: bytes, luck: Random) -> bytes:
    lost = luck.randrange(12)
    return _cells(data, luck, lambda t: "\n".join(
        ",".join(c for n, c in enumerate(line.split(",")) if n != lost or luck.random() < 0.1)
        for line in t.split("\n")))  # fmt: skip


def widen_a_line(data: bytes, luck: Random) -> bytes:
    mark = luck.choice((",", "\t", "x"))
    lines = data.split(b"\n")
    lines.insert(luck.randrange(len(lines)), mark.encode() * luck.choice((100, 20_000, 200_000)))
    return b"\n".join(lines)


_BYTES = (flip_bytes, truncate, repeat_a_stretch, blank_a_stretch, put_garbage_in_front)
ZIP_DAMAGE = (
    *_BYTES, swap_parts, lose_a_part, lie_in_the_table, lose_nodes, double_nodes, lose_a_tag,
    move_cells, change_attributes, change_values, change_values, declare_entities,
)  # fmt: skip
TEXT_DAMAGE = (
    *_BYTES, change_csv_values, change_csv_values, change_a_key, break_quotes, change_separators,
    mix_encodings, shuffle_lines, drop_columns, widen_a_line,
)  # fmt: skip


def _damage(data: bytes) -> tuple[Callable[[bytes, Random], bytes], ...]:
    if data.startswith(b"PK"):
        return ZIP_DAMAGE
    return _BYTES if data.startswith(b"\xd0\xcf") else TEXT_DAMAGE
