"""Cells of an xlsx whose XML says more than the value that the spreadsheet library hands out.

The library gives a formula that was never calculated as an empty cell, ``123`` with a raised ``2``
as 1232, ``16<!-- x -->80`` and ``16&#56;0`` as 16, error values as nothing and 1501 for a cell
that shows 001501. Each of these becomes the token that the cell shows, or one that no reader takes
for a number.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dagster_project.census.opening import signs

LONGEST_MARK = 4  # bytes of a byte-order mark
FORMULA = "="  # what the token of a formula without a value begins with

_CELL = re.compile(rb"<(?:\w+:)?c(?:\s([^<>]*?))?(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ATTRIBUTE = re.compile(rb"""\b(r|s|t)=["']([^"']*)["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?(?:/>|>(.*?)</(?:\w+:)?v>)", re.DOTALL)
_IN_VALUE = re.compile(rb"<(?:\w+:)?v>[^<&]*(?:<[^/]|&)")  # where a number ends for the library
_FORMULA = re.compile(rb"<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>(.*?)</(?:\w+:)?f>)", re.DOTALL)
_RUN = re.compile(r"<(?:\w+:)?r>(.*?)</(?:\w+:)?r>", re.DOTALL)
_TEXT = re.compile(r"<(?:\w+:)?t(?:\s[^<>]*)?>(.*?)</(?:\w+:)?t>", re.DOTALL)
_RAISED = re.compile(r"""vertAlign\s+val=["'](super|sub)script["']""")
_SHARED = re.compile(r"<(?:\w+:)?si(?:\s[^<>]*)?(?:/>|>(.*?)</(?:\w+:)?si>)", re.DOTALL)
_FORMAT = re.compile(r"<(?:\w+:)?numFmt\s[^<>]*>")
_STYLES = re.compile(r"<(?:\w+:)?cellXfs\b[^<>]*>(.*?)</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(r"<(?:\w+:)?xf\b[^<>]*>")
_CALCULATES = re.compile(r"""<(?:\w+:)?calcPr\b[^<>]*\bfullCalcOnLoad=["'](?:1|true)["']""")
_NOT_SHOWN = re.compile(r"\[[^\]]*\]|_.|\*.")  # colours, languages, gaps
_PLACES = re.compile(r'"([^"]*)"|\\(.)|([0#?])|([-() ])')  # literal texts and places of digits
_ZERO = re.compile(rb"[+-]?0*\.?0*(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class ZeroFormat:
    """A number format that shows whole numbers with leading zeros: 000000, "64"0000, 000-000.

    ``places``: literal texts, and ``0`` or ``#`` where a digit stands, as (literal, digit).
    """

    places: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, code: str) -> ZeroFormat | None:
        """From a format code; ``None`` for formats of another kind."""
        code = _NOT_SHOWN.sub("", code.split(";")[0]).strip()
        places, at = [], 0
        while at < len(code):
            found = _PLACES.match(code, at)
            if not found:
                return None  # dates, decimals, thousands, percentages
            quoted, escaped, digit, literal = found.groups()
            places.append((quoted or escaped or literal or "", digit or ""))
            at = found.end()
        return cls(tuple(places)) if sum(digit == "0" for _, digit in places) > 1 else None

    def shown(self, digits: str) -> str:
        """A whole number as the cell shows it."""
        first = next(n for n, (_, digit) in enumerate(self.places) if digit)
        left, text = list(digits), ""
        for number in range(len(self.places) - 1, -1, -1):
            literal, digit = self.places[number]
            if not digit:
                text = literal + text
            elif number == first:
                text = ("".join(left) or ("0" if digit == "0" else "")) + text
            else:
                text = (left.pop() if left else "0" if digit == "0" else "") + text
        return text


@dataclass(frozen=True)
class CellMarks:
    """What a package says about its cells beside the sheets themselves.

    ``zeros``: number formats with leading zeros by style; ``raised``: shared texts with raised
    runs, as they look, by number; ``is_uncalculated``: whether opening the book calculates it.
    """

    zeros: dict[bytes, ZeroFormat] = field(default_factory=dict)
    raised: dict[bytes, str] = field(default_factory=dict)
    is_uncalculated: bool = False

    @classmethod
    def of(cls, workbook: str, styles: str, texts: str) -> CellMarks:
        """From the XML of the parts workbook, styles and sharedStrings (empty: there is none)."""
        raised = {}
        if _RAISED.search(texts):
            for number, found in enumerate(_SHARED.finditer(texts)):
                if (shown := _with_raised_runs(found[1] or "")) is not None:
                    raised[b"%d" % number] = shown
        return cls(_zero_formats(styles), raised, bool(_CALCULATES.search(workbook)))

    def tokens(self, block: bytes) -> Iterator[tuple[bytes, str]]:
        """Address and token of the cells in ``block`` (XML of whole cells) that need one."""
        if not self._may_hold_any(block):
            return
        for found in _CELL.finditer(block):
            attributes = dict(_ATTRIBUTE.findall(found[1] or b""))
            token = self._token(attributes, found[2] or b"")
            if token is not None and b"r" in attributes:
                yield attributes[b"r"], token

    def token_of(self, cell: bytes) -> str | None:
        """The token of one cell's XML, if the library's value is wrong; its tags are in order."""
        odd = (b"<f", b't="e"', b"vertAlign", b"&")
        if self.zeros or self.raised or any(mark in cell for mark in odd):
            found = _CELL.search(cell)
            return found and self._token(dict(_ATTRIBUTE.findall(found[1] or b"")), found[2] or b"")
        return None

    def concern(self, start: bytes) -> bool:
        """Whether a cell that begins so and holds a value alone may need a token."""
        return b't="e"' in start or bool(self.raised) or self.shows_zeros(start)

    def shows_zeros(self, start: bytes) -> bool:
        """Whether a cell that begins so has a number format with leading zeros."""
        return any(b' s="%b"' % style in start for style in self.zeros)

    def _may_hold_any(self, xml: bytes) -> bool:
        """Whether a closer look pays: most sheets hold nothing but values and plain texts."""
        return (
            bool(self.raised)
            or b't="e"' in xml
            or b"<f" in xml
            or b"<!" in xml
            or _IN_VALUE.search(xml) is not None
            or b"vertAlign" in xml
            or b":c " in xml  # names with a prefix
            or xml.rfind(b"<?") > LONGEST_MARK  # the declaration of the part stands before
            or xml.count(b"</v>") != xml.count(b"</v></c>")
            or self.shows_zeros(xml)
        )

    def _token(self, attributes: dict[bytes, bytes], body: bytes) -> str | None:
        kind = attributes.get(b"t", b"n")
        values = _VALUE.findall(body)
        value = values[0].strip() if values else b""
        if len(values) > 1 or b"<!" in body or b"<?" in body or b"<" in value:
            return " ".join(map(_text, values)) or "<!-- -->"
        formula = _FORMULA.search(body)
        if formula and self._is_unknown(kind, value):
            return FORMULA + _text(formula[1] or b"")
        if kind == b"e":
            return _text(value)
        if b"&" in value and kind not in (b"str", b"inlineStr"):  # in texts the library knows them
            return value.decode("utf-8", "replace") if kind in (b"s", b"b") else _text(value)
        if kind == b"s":
            return self.raised.get(value)
        if kind == b"inlineStr":
            return _with_raised_runs(body.decode("utf-8", "replace"))
        zeros = self.zeros.get(attributes.get(b"s", b""))
        if kind == b"n" and zeros and value.isdigit():
            return zeros.shown(value.decode())
        return None

    def _is_unknown(self, kind: bytes, value: bytes) -> bool:
        """Whether a formula has no value of its own: none at all, or the zero of an unsaved book.

        An empty text is a value: what ``=IF(A1="","",A1)`` gives.
        """
        if not value:
            return kind != b"str"
        return self.is_uncalculated and kind == b"n" and _ZERO.fullmatch(value) is not None


def is_formula(token: object) -> bool:
    """Whether a token stands for a formula that was saved without its value."""
    return isinstance(token, str) and token.startswith(FORMULA)


def _text(xml: bytes) -> str:
    return html.unescape(xml.decode("utf-8", "replace"))


def _with_raised_runs(xml: str) -> str | None:
    """:func:`with_raised_runs` of the runs in the XML of a text."""
    return with_raised_runs(
        (html.unescape("".join(_TEXT.findall(run))), bool(_RAISED.search(run)))
        for run in _RUN.findall(xml)
    )


def with_raised_runs(runs: Iterable[tuple[str, bool]]) -> str | None:
    """A text of several runs as it looks, if one of them is raised beside others; else ``None``."""
    runs = list(runs)
    if len({raised for text, raised in runs if text.strip()}) < 2:
        return None
    return "".join(text.translate(signs.RAISED) if raised else text for text, raised in runs)


def _zero_formats(styles: str) -> dict[bytes, ZeroFormat]:
    codes = {}
    for tag in _FORMAT.findall(styles):
        number = re.search(r"""\bnumFmtId=["'](\d+)["']""", tag)
        code = re.search(r"""\bformatCode=(?:"([^"]*)"|'([^']*)')""", tag)
        if number and code:
            codes[number[1]] = html.unescape(code[1] or code[2] or "")
    shown = {n: zeros for n, code in codes.items() if (zeros := ZeroFormat.of(code))}
    found = {}
    if shown and (section := _STYLES.search(styles)):
        for place, tag in enumerate(_STYLE.findall(section[1])):
            number = re.search(r"""\bnumFmtId=["'](\d+)["']""", tag)
            if number and number[1] in shown:
                found[b"%d" % place] = shown[number[1]]
    return found
