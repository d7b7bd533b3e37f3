"""Ways in which a figure is written, and what may be read from each: these numbers, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.hostile.books import Cell

Right = tuple[float, ...]  # every other number is wrong; to read none is always allowed
NONE: Right = (0.0, 0.0)  # a mark of "there is none": what it adds to a sum depends on the form
NONE_MARKS = ("", " ", "\u3000", "*", "-", "--", "—", "——")
WIDE = str.maketrans("0123456789.", "０１２３４５６７８９．")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_CHINESE = str.maketrans("0123456789", "〇一二三四五六七八九")


@dataclass(frozen=True)
class Spelling:
    """A cell written otherwise: what it is called, the cell, and what it says."""

    name: str
    cell: Cell
    right: Right


def plainly(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def texts(value: float, luck: Random) -> Iterator[tuple[str, str, Right]]:
    """Name, text and meaning: in a csv, or in a workbook as text."""
    s, v, other = plainly(value), (value,), plainly(value + luck.randrange(1, 90))
    marks = (
        "①",
        "②",
        "²",
        "¹",
        "³",
        "⑴",
        "*",
        "**",
        "†",
        "[1]",
        "(1)",
        "（注1）",
        "注1",
        "ᵃ",
        "^2",
        "'",
    )
    yield from ((f"footnote {m}", s + m, v) for m in marks)
    yield from (
        (f"sign before {m}", m + s, v) for m in ("*", "约", "≈", ">", "<", "~", "①", "#", "'", "共")
    )
    yield from (
        (f"two numbers {m!r}", s + m + other, ())
        for m in (" ", "  ", "/", "、", "\n", "；", "→", "(", "|", "+", "\t", "\u3000", "\u00a0")
    )
    yield from (
        (f"unit {m}", s + m, v)
        for m in ("人", " 人", "名", "册", "间", "㎡", "元", "万", "人次", "个")
    )
    yield "万 before", f"{s}万", ()
    yield from (
        (f"space {m!r}", text, v)
        for m, text in (
            ("around", f"  {s} "),
            ("no-break", f"{s}\u00a0"),
            ("ideographic", f"\u3000{s}"),
            ("zero width", f"{s[:1]}\u200b{s[1:]}"),
            ("mark", f"\ufeff{s}"),
            ("direction", f"\u202d{s}\u202c"),
            ("soft hyphen", f"{s[:1]}\u00ad{s[1:]}"),
            ("inside", f"{s[:1]} {s[1:]}" if len(s) > 1 else s),
        )
    )
    yield from (
        ("digits " + name, s.translate(table), v)
        for name, table in (("wide", WIDE), ("arabic", _ARABIC), ("chinese", _CHINESE))
    )
    yield "raised digits", s[:-1] + s[-1].translate(_RAISED) if len(s) > 1 else s, v
    if value >= 1000 and float(value).is_integer():
        grouped = f"{int(value):,}"
        yield from (
            (f"thousands {m!r}", grouped.replace(",", m), v)
            for m in (",", "，", " ", "\u00a0", "\u202f", "'", "’", ".")
        )
        yield "thousands misplaced", f"{s[:-2]},{s[-2:]}", ()
        yield "German", f"{grouped.replace(',', '.')},00", v
        yield "Indian", f"{s[:-3][:-2]},{s[:-3][-2:]},{s[-3:]}" if len(s) > 5 else grouped, v
    yield from (("decimals " + m, s + m, v) for m in (".0", ".00", ".") if "." not in s)
    yield (
        "decimal comma",
        f"{s.replace('.', ',')},5" if "." not in s else s.replace(".", ","),
        v if "." in s else (value + 0.5,),
    )
    yield "scientific", f"{value:.3e}", v if float(f"{value:.3e}") == value else ()
    yield "scientific by Excel", f"{value:.2E}", v if float(f"{value:.2E}") == value else ()
    yield from (("minus " + m, m + s, ()) for m in ("-", "−", "－", "–"))
    yield from (
        (f"in {a}{b}", a + s + b, v if a != "(" and a != "（" else ())
        for a, b in (("(", ")"), ("（", "）"), ("[", "]"), ('"', '"'), ("“", "”"), ("{", "}"))
    )
    yield from (
        (f"{m} behind", s + m, ())
        for m in ("%", "％", "‰", "折", "倍", "亿", "?", "？", "…", "以上")
    )
    yield from (
        (f"word {w}", w, ())
        for w in (
            "待定",
            "无",
            "不详",
            "未报",
            "N/A",
            "#N/A",
            "#REF!",
            "#VALUE!",
            "#DIV/0!",
            "见附件",
            "TRUE",
            "√",
            "是",
            "/",
            "\\",
            "…",
            "。",
            "nil",
            "None",
            "null",
            "NaN",
            "nan",
            "inf",
            "-inf",
            "x",
            "O",
            "同上",
        )
    )
    yield from ((f"none as {w!r}", w, NONE) for w in NONE_MARKS)
    yield from (
        (f"suppressed as {w!r}", w, ())
        for w in ("c", "z", "S", "..", "<5", "＜10", "1-4", "x", "**", "†", "n/a", "#", "***", "■")
    )
    yield from (
        (f"number {w[:12]}", w, ())
        for w in (
            "1e400",
            "1e-400",
            "4.9e-324",
            "9" * 400,
            "½",
            "1½",
            "Ⅳ",
            "0x10",
            "1_0",
            "1e",
            "e5",
            "--5",
            "+-5",
            "1.2.3",
            "1,2,3",
            ".",
            ",",
            "1e1e1",
            "99999999999999",
        )
    )
    yield "minus zero", "-0", (0.0,)
    yield "expression", f"{s}+{other}", ()
    yield "formula as text", f"={s}", v
    yield "formula of a sum", f"={s}+{other}", (value + float(other),)
    yield "date", "2023/5/1", ()
    yield (
        "half a person",
        f"{s.split('.')[0]}.5",
        (float(s.split(".")[0]) + 0.5,) if "." in s else (),
    )
    yield "letter O", s.replace("0", "O") if "0" in s else f"l{s}", v if "0" in s else ()
    yield "comma at the end", f"{s},", v
    yield "point before", f".{s}", ()
    yield "same number twice", f"{s} {s}", v
    yield "crossed out", "\u0336".join(s) + "\u0336", ()


def workbook_cells(value: float, address: str, luck: Random) -> Iterator[tuple[str, Cell, Right]]:
    """Name, cell and meaning of what only a workbook can hold."""
    s, v = plainly(value), (value,)
    at = int(value) % len(s)
    other = plainly(value + luck.randrange(1, 90))
    raw: dict[str, tuple[str, str, Right]] = {
        "formula without value": ("", "<f>SUM(A1:A2)</f>", ()),
        "formula with value": ("", f"<f>SUM(A1:A2)</f><v>{s}</v>", v),
        "formula with empty text": (' t="str"', "<f>A1</f><v></v>", ()),
        "formula with text": (' t="str"', f"<f>A1</f><v>{s}</v>", v),
        "comment in value": ("", f"<v>{s[:1]}<!-- x -->{s[1:]}</v>", v),
        "instruction in value": ("", f"<v>{s[:1]}<?x y?>{s[1:]}</v>", v),
        "character data": ("", f"<v><![CDATA[{s}]]></v>", v),
        "half character data": ("", f"<v>{s[:1]}<![CDATA[{s[1:]}]]></v>", v),
        "character reference": ("", f"<v>{s[:at]}&#{ord(s[at])};{s[at + 1 :]}</v>", v),
        "two values": ("", f"<v>{s}</v><v>{other}</v>", ()),
        "two values, one empty": ("", f"<v>{s}</v><v/>", v),
        "one address twice": ("", f'<v>{s}</v></c><c r="{address}"><v>{other}</v>', ()),
        "no value": ("", "<v/>", ()),
        "space in value": ("", f"<v> {s} </v>", v),
        "letters in value": ("", f"<v>{s}abc</v>", ()),
        "two numbers in value": ("", f"<v>{s} {other}</v>", ()),
        "element in value": ("", f"<v>{s[:1]}<b/>{s[1:]}</v>", v),
        "other namespace": ("", f'<x:v xmlns:x="urn:x">{other}</x:v><v>{s}</v>', v),
        "value outside": ("", f"{other}<v>{s}</v>", v),
        "shared text that is not there": (' t="s"', "<v>999999</v>", ()),
        "shared text of no number": (' t="s"', "<v>x</v>", ()),
        "negative shared text": (' t="s"', "<v>-1</v>", ()),
        "text in place": (' t="inlineStr"', f"<is><t>{s}</t></is>", v),
        "pieces in place": (
            ' t="inlineStr"', f"<is><r><t>{s[:1]}</t></r><r><t>{s[1:]}</t></r></is>", v),
        "phonetics in place": (
            ' t="inlineStr"', f'<is><t>{s}</t><rPh sb="0" eb="1"><t>{other}</t></rPh></is>', v),
        "boolean": (' t="b"', "<v>1</v>", ()),
        "error": (' t="e"', "<v>#DIV/0!</v>", ()),
        "error as number": (' t="n"', "<v>#REF!</v>", ()),
        "date cell": (' t="d"', "<v>2023-05-01</v>", ()),
        "unknown type": (' t="zz"', f"<v>{s}</v>", v),
        "not a number": ("", "<v>NaN</v>", ()),
        "infinite": ("", "<v>1e999</v>", ()),
        "tiny": ("", "<v>4.9406564584124654e-324</v>", ()),
        "hexadecimal": ("", "<v>0x10</v>", ()),
        "grouped": ("", f"<v>{value:,.0f}</v>", (float(f"{value:.0f}"),)),
        "formula in an array": ("", f'<f t="array" ref="{address}">SUM(A1)</f><v>{s}</v>', v),
    }  # fmt: skip
    for name, (attributes, inner, right) in raw.items():
        yield name, Cell(raw=(attributes, inner)), right
    yield from looks(value)


def looks(value: float) -> Iterator[tuple[str, Cell, Right]]:
    """What xlsx and xls can both show otherwise than a text can."""
    s, v = plainly(value), (value,)
    number = int(value) if float(value).is_integer() else value
    yield "number as text", Cell(s), v
    formats = (
        *(
            "yyyy-mm-dd",
            "h:mm",
            "0%",
            "0.00E+00",
            "0000000",
            '0"0"',
            '"1"0',
            "#,##0",
            "0.0,",
            ";;;",
        ),
        *("@", '[$-804]yyyy"年"', "[DBNum1]0", '0"人"'),
    )
    yield from ((f"shown as {code}", Cell(number, style=code), v) for code in formats)
    yield "raised note", Cell(runs=((s, False), ("2", True))), v
    yield "raised note of letters", Cell(runs=((s, False), ("a", True))), v
    yield (
        "raised last digit",
        Cell(runs=((s[:-1], False), (s[-1], True))),
        (float(s[:-1]),) if s[:-1].isdigit() else (),
    )
    yield "pieces", Cell(runs=((s[:1], False), (s[1:], False))), v


def old_workbook_cells() -> Iterator[tuple[str, Cell, Right]]:
    """What only an old workbook holds: formulas of programs that cannot calculate."""
    yield "formula without value", Cell(raw=("", "SUM(A1:A2)")), ()
    yield "formula with a zero in its place", Cell(raw=("0", "A1")), ()


def spellings(value: float, form: str, address: str, luck: Random) -> list[Spelling]:
    found = [Spelling(name, Cell(text), right) for name, text, right in texts(value, luck)]
    if form == "xlsx":
        found += [Spelling(*line) for line in workbook_cells(value, address, luck)]
    if form == "xls":
        # As often as the texts, of which there are many more.
        found += [Spelling(*line) for line in [*looks(value), *old_workbook_cells()]] * 3
    return found


Spell = Callable[[float, str, str, Random], list[Spelling]]
