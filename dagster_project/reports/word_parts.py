"""What a filled Word document may hold: nothing that fetches, runs or embeds anything.

A template comes from another office and its document is handed in. Relations that lead out of the
file (a template to attach, a picture to fetch) are taken out with what refers to them; programs,
embedded objects and fields that fetch are refused, for a document without them would be another.
"""

from __future__ import annotations

import re
from io import BytesIO
from posixpath import basename, dirname, join, normpath
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from lxml import etree

from dagster_project.messages import MessageError

_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_REFERENCES = (  # namespaces of attributes that name a relation, in both editions of the standard
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}",
)
_STAYS_WITHOUT = {f"{_WORD}hyperlink"}  # its text stands in the document, whatever it led to

HARMLESS = frozenset({
    *("officeDocument", "core-properties", "extended-properties", "custom-properties"),
    *("thumbnail", "styles", "stylesWithEffects", "numbering", "settings", "webSettings"),
    *("fontTable", "font", "theme", "image", "header", "footer", "footnotes", "endnotes"),
    *("hyperlink", "glossaryDocument", "customXml", "customXmlProps"),
    *("comments", "commentsExtended", "commentsIds", "commentsExtensible", "people"),
    *("chart", "chartUserShapes", "chartStyle", "chartColorStyle", "themeOverride"),
    *("diagramData", "diagramLayout", "diagramQuickStyle", "diagramColors", "diagramDrawing"),
})  # fmt: skip
"""Kinds of relations within the file that print and do nothing else (ECMA-376 part 1, §15)."""

FIELDS = frozenset({
    *("=", "COMPARE", "EQ", "IF", "QUOTE", "SEQ", "SET", "SYMBOL", "LISTNUM"),
    *("DATE", "TIME", "CREATEDATE", "SAVEDATE", "PRINTDATE", "EDITTIME"),
    *("AUTHOR", "COMMENTS", "KEYWORDS", "LASTSAVEDBY", "SUBJECT", "TITLE", "USERNAME"),
    *("DOCPROPERTY", "FILENAME", "FILESIZE", "REVNUM"),
    *("NUMCHARS", "NUMPAGES", "NUMWORDS", "PAGE", "SECTION", "SECTIONPAGES"),
    *("HYPERLINK", "INDEX", "NOTEREF", "PAGEREF", "REF", "STYLEREF", "TC", "TOA", "TOC", "XE"),
    *("FORMCHECKBOX", "FORMDROPDOWN", "FORMTEXT"),
})  # fmt: skip
"""Fields that are computed from the document alone (ECMA-376 part 1, §17.16.5)."""

_FIRST_WORD = re.compile(r"\s*(=|[^\s\\]+)")
_LOCAL_LINK = re.compile(r'\s*HYPERLINK\s+(\\[a-z]\s+"?[^"\\]*"?\s*)*$', re.IGNORECASE)


_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class NotAllowed(MessageError):
    """The document holds what a report must not; the message says what."""


def cleaned(document: bytes) -> bytes:
    """The docx ``document`` without relations that lead out of it, the same bytes every day.

    Raises :class:`NotAllowed` for programs, embedded objects and fields that fetch.
    """
    with ZipFile(BytesIO(document)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    changed: dict[str, bytes] = {}
    for name, data in parts.items():
        if name.endswith(".rels"):
            kept, lost = _inner(data)
            if lost:
                changed[name] = kept
                source = _source_of(name)
                if source in parts:
                    changed[source] = _without(parts[source], lost)
    for name, data in parts.items():
        if name.endswith(".xml"):
            _check_fields(changed.get(name, data))
    result = BytesIO()
    with ZipFile(result, "w", ZIP_DEFLATED) as package:
        for name, data in parts.items():
            # A time of its own would make another file of it every day.
            package.writestr(ZipInfo(name, _LONG_AGO), changed.get(name, data), ZIP_DEFLATED)
    return result.getvalue()


def _inner(data: bytes) -> tuple[bytes, set[str]]:
    """A part's relations without those that lead out, and the ids of the latter."""
    root = _parsed(data)
    lost = set()
    for relation in root.findall(_RELATIONS):
        kind = basename(relation.get("Type", ""))
        if relation.get("TargetMode", "Internal").strip().lower() != "internal":
            lost.add(relation.get("Id"))
            root.remove(relation)
        elif kind not in HARMLESS:
            raise NotAllowed("reports.holds_part", kind=kind)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True), lost


def _source_of(relations: str) -> str:
    """The part whose relations stand in the part ``relations``: ``word/_rels/a.xml.rels``."""
    name = basename(relations).removesuffix(".rels")
    return normpath(join(dirname(dirname(relations)), name))


def _without(data: bytes, lost: set[str]) -> bytes:
    """A part without what refers to the relations ``lost``."""
    root = _parsed(data)
    for element in list(root.iter(etree.Element)):
        names = [name for name, value in element.attrib.items()
                 if value in lost and name.startswith(_REFERENCES)]  # fmt: skip
        if not names:
            continue
        for name in names:
            del element.attrib[name]
        if element.tag not in _STAYS_WITHOUT and element.getparent() is not None:
            _remove(element)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def _remove(element) -> None:
    """Take ``element`` out, and leave the text behind it."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail:
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _check_fields(data: bytes) -> None:
    if b"instr" not in data and b"fldChar" not in data:
        return
    root = _parsed(data)
    for field in root.iter(f"{_WORD}fldSimple"):
        _check_field(field.get(f"{_WORD}instr") or "")
    # A field's instruction may be cut into pieces and hold other fields: begin … separate … end.
    open_fields: list[str] = []
    for element in root.iter(f"{_WORD}fldChar", f"{_WORD}instrText", f"{_WORD}delInstrText"):
        if element.tag != f"{_WORD}fldChar":
            if open_fields:
                open_fields[-1] += element.text or ""
        elif element.get(f"{_WORD}fldCharType") == "begin":
            open_fields.append("")
        elif element.get(f"{_WORD}fldCharType") == "end" and open_fields:
            _check_field(open_fields.pop())
    for unfinished in open_fields:
        _check_field(unfinished)


def _check_field(instruction: str) -> None:
    found = _FIRST_WORD.match(instruction)
    name = found[1].upper() if found else ""
    if name and not (name in FIELDS or name.startswith("=")):
        raise NotAllowed("reports.holds_field", name=name)
    if name == "HYPERLINK" and not _LOCAL_LINK.match(instruction):
        raise NotAllowed("reports.holds_link_field")


def _parsed(data: bytes):
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(data, parser)
