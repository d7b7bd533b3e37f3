"""A chapter from a Word file: its text, headings, lists and tables, nothing that fetches or runs.

The parts are unpacked under the limits of every dropped file (:mod:`~.census.opening.archive`), and
only three of them are looked at: text, styles, numbering. No relation is followed, no field is
computed: what a field last showed is its text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lxml import etree

from dagster_project.census.opening import archive
from dagster_project.census.opening.package import naming_damage
from dagster_project.census.rejection import FileRejected
from dagster_project.reports.contributed.blocks import (
    BULLET,
    Chapter,
    Paragraph,
    Run,
    Table,
    TableCell,
    bounded,
    paragraph,
    run,
)

MOST_XML = 40_000_000
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_TRANSITIONAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DOCUMENT, _STYLES, _NUMBERING = "word/document.xml", "word/styles.xml", "word/numbering.xml"
_PROPERTIES = "docProps/core.xml"
_PROGRAMS = re.compile(r"(^|/)(vbaproject\.bin|vbadata\.xml|activex/.*|embeddings/.*)$", re.I)
_NOT_TAKEN = {
    **dict.fromkeys(("drawing", "pict", "object"), "picture"),
    **dict.fromkeys(("footnoteReference", "endnoteReference"), "footnote"),
    "commentReference": "comment",
}
_GONE = {f"{_W}{name}" for name in ("del", "moveFrom", "instrText", "delText", "rPr", "pPr")}
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING = re.compile(r"(?:heading|标题)\s*(\d)", re.I)
_DEEPEST = 40  # boxes in boxes in tables
_CHINESE = "〇一二三四五六七八九"


def read(data: bytes, *, is_bounded: bool = True) -> Chapter:
    """The chapter; raises :class:`FileRejected` with a sentence for its writer.

    A whole document is longer than a chapter may be (``is_bounded``).
    """
    with naming_damage(), archive.opened(BytesIO(data)) as package:
        if _DOCUMENT not in package.names:
            raise FileRejected("reports.narrative_no_word")
        if program := next((name for name in package.names if _PROGRAMS.search(name)), None):
            raise FileRejected("reports.narrative_holds_program", part=program)
        parts = {
            name: _parsed(package, name)
            for name in (_DOCUMENT, _STYLES, _NUMBERING)
            if name in package.names
        }
    return _Reader(parts).chapter(is_bounded)


def properties(data: bytes) -> dict[str, str]:
    """The file's own properties (title, category …); empty where they cannot be read."""
    try:
        with naming_damage(), archive.opened(BytesIO(data)) as package:
            root = _parsed(package, _PROPERTIES) if _PROPERTIES in package.names else ()
    except FileRejected:
        return {}
    return {etree.QName(element).localname: (element.text or "").strip() for element in root}


def _parsed(package: archive.Archive, name: str) -> Any:
    if package.size(name) > MOST_XML:
        raise FileRejected("reports.narrative_too_large", most=MOST_XML // 10**6)
    data = b"".join(package.blocks(name)).replace(_STRICT, _TRANSITIONAL)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise FileRejected("reports.narrative_no_word") from error


class _Reader:
    """The three parts of a file, and the counts of its lists."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self._body = parts[_DOCUMENT].find(f"{_W}body")
        self._styles = _styles(parts.get(_STYLES))
        self._lists = _lists(parts.get(_NUMBERING))
        self._counts: dict[tuple[str, int], int] = {}
        self._left_out: Counter[str] = Counter()

    def chapter(self, is_bounded: bool) -> Chapter:
        if self._body is None:
            raise FileRejected("reports.narrative_no_word")
        blocks = list(self._blocks(self._body, 0))
        return Chapter(
            bounded(blocks) if is_bounded else tuple(blocks), tuple(sorted(self._left_out.items()))
        )

    def _blocks(self, parent: Any, depth: int) -> Iterator[Paragraph | Table]:
        if depth > _DEEPEST:
            raise FileRejected("reports.narrative_no_word")
        for element in parent.iterchildren(etree.Element):
            if element.tag == f"{_W}p":
                found = self._paragraph(element)
                if found.text:
                    yield found
            elif element.tag == f"{_W}tbl":
                yield self._table(element, depth)
            elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
                yield from self._blocks(element, depth + 1)

    def _paragraph(self, element: Any) -> Paragraph:
        style = _value(element, "pPr/pStyle")
        known = self._styles.get(style or "", {})
        heading = known.get("heading", 0)
        level = _value(element, "pPr/outlineLvl")
        if level is not None and level.isdigit() and int(level) < 9:
            heading = int(level) + 1
        number = _value(element, "pPr/numPr/numId") or known.get("numId")
        depth, mark = 0, ""
        if number and number != "0" and not heading:
            depth = 1 + int(_value(element, "pPr/numPr/ilvl") or known.get("ilvl") or 0) % 9
            mark = self._mark(number, depth - 1)
        runs = self._runs(element, 0)
        return paragraph(runs, heading=heading, depth=depth, mark=mark)

    def _runs(self, parent: Any, depth: int) -> Iterator[Run]:
        if depth > _DEEPEST:
            raise FileRejected("reports.narrative_no_word")
        for element in parent.iterchildren(etree.Element):
            name = element.tag.removeprefix(_W)
            if element.tag in _GONE or element.tag == _CHOICE:
                continue
            if name in _NOT_TAKEN:
                self._left_out[_NOT_TAKEN[name]] += 1
            elif name == "r":
                bold, italic = _is_on(element, "b"), _is_on(element, "i")
                for piece in self._runs(element, depth + 1):
                    yield Run(piece.text, bold, italic)
            elif name == "t":
                yield run(element.text or "")
            elif name in ("tab", "br", "cr", "ptab"):
                yield Run("　")
            elif name in ("noBreakHyphen", "softHyphen"):
                yield Run("-" if name == "noBreakHyphen" else "")
            elif element.tag.startswith(_W) or name.endswith("}AlternateContent"):
                yield from self._runs(element, depth + 1)

    def _mark(self, number: str, level: int) -> str:
        for key in [key for key in self._counts if key[0] == number and key[1] > level]:
            del self._counts[key]
        count = self._counts[number, level] = self._counts.get((number, level), 0) + 1
        form, text = self._lists.get((number, level), ("decimal", f"%{level + 1}．"))
        if form in ("bullet", "none"):
            return BULLET if form == "bullet" else ""
        place = f"%{level + 1}"
        shown = chinese(count) if form.startswith(("chinese", "taiwanese", "ideograph")) else count
        if place not in text or text.count("%") > 1:
            return f"{shown}．" if level == 0 else f"（{shown}）"
        return run(text.replace(place, str(shown))).text

    def _table(self, element: Any, depth: int) -> Table:
        rows, head = [], 0
        for number, row in enumerate(element.iterchildren(f"{_W}tr")):
            cells = []
            for cell in row.iter(f"{_W}tc"):
                if next(cell.iterancestors(f"{_W}tr")) is not row:
                    continue
                span = _value(cell, "tcPr/gridSpan") or "1"
                merged = cell.find(f"{_W}tcPr/{_W}vMerge")
                above = merged is not None and merged.get(f"{_W}val", "continue") == "continue"
                inside = [
                    block
                    for block in self._blocks(cell, depth + 1)
                    if isinstance(block, Paragraph) or self._not_taken("table")
                ]
                columns = min(max(int(span), 1), 63) if span.isdigit() else 1
                texts = tuple(block for block in inside if isinstance(block, Paragraph))
                cells.append(TableCell(texts, columns, above, merged is not None and not above))
            if cells:
                rows.append(tuple(cells))
            if number == head and row.find(f"{_W}trPr/{_W}tblHeader") is not None:
                head += 1
        return Table(tuple(rows), head or 1)

    def _not_taken(self, kind: str) -> bool:
        self._left_out[kind] += 1
        return False


def _value(element: Any, path: str) -> str | None:
    found = element.find("/".join(f"{_W}{step}" for step in path.split("/")))
    return None if found is None else found.get(f"{_W}val")


def _is_on(element: Any, name: str) -> bool:
    found = element.find(f"{_W}rPr/{_W}{name}")
    return found is not None and found.get(f"{_W}val", "true") not in ("0", "false", "off")


def _styles(part: Any) -> dict[str, dict[str, Any]]:
    """By the id of a paragraph style: its heading's level and the list it belongs to."""
    if part is None:
        return {}
    own: dict[str, dict[str, Any]] = {}
    for style in part.iterchildren(f"{_W}style"):
        if style.get(f"{_W}type") != "paragraph":
            continue
        named = _HEADING.fullmatch((_value(style, "name") or "").strip())
        level = _value(style, "pPr/outlineLvl")
        found: dict[str, Any] = {"basedOn": _value(style, "basedOn")}
        if named or (level is not None and level.isdigit() and int(level) < 9):
            found["heading"] = int(named[1]) if named else int(level or 0) + 1
        for name in ("numId", "ilvl"):
            if value := _value(style, f"pPr/numPr/{name}"):
                found[name] = value
        own[style.get(f"{_W}styleId", "")] = found
    return {name: _inherited(name, own) for name in own}


def _inherited(name: str | None, own: dict[str, dict[str, Any]]) -> dict[str, Any]:
    chain, seen = [], set()
    while name in own and name not in seen:
        seen.add(name)
        chain.append(own[name])
        name = own[name]["basedOn"]
    return {key: value for style in reversed(chain) for key, value in style.items()}


def _lists(part: Any) -> dict[tuple[str, int], tuple[str, str]]:
    """Format and text of a list's numbers, by its id and level."""
    if part is None:
        return {}
    kinds = {}
    for kind in part.iterchildren(f"{_W}abstractNum"):
        for level in kind.iterchildren(f"{_W}lvl"):
            number = level.get(f"{_W}ilvl", "0")
            if number.isdigit():
                form = _value(level, "numFmt") or "decimal", _value(level, "lvlText") or ""
                kinds[kind.get(f"{_W}abstractNumId"), int(number)] = form
    return {
        (number.get(f"{_W}numId", ""), level): form
        for number in part.iterchildren(f"{_W}num")
        for (kind, level), form in kinds.items()
        if kind == _value(number, "abstractNumId")
    }


def chinese(number: int) -> str:
    """一, 十一, 二十; figures from one hundred on."""
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    first = "" if tens == 0 else ("十" if tens == 1 else f"{_CHINESE[tens]}十")
    return first + (_CHINESE[ones] if ones or not tens else "")
