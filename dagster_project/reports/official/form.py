"""The measures of an official document (``form.yml``) as Word counts them, and its styles."""

from __future__ import annotations

from functools import cache
from math import floor
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import yaml

_TWIPS_PER_MM = 1440 / 25.4
_BODY = "三号"
# What would push a line's characters beyond its 28 or leave gaps between them.
_OFF = "".join(
    f'<w:{name} w:val="0"/>'
    for name in ("widowControl", "overflowPunct", "autoSpaceDE", "autoSpaceDN")
)


@cache
def form() -> dict[str, Any]:
    """All of ``form.yml``."""
    return yaml.safe_load(Path(__file__).with_name("form.yml").read_text("utf-8"))


def twips(millimetres: float) -> int:
    """A length in twentieths of a point, rounded down: what must fit on the page fits."""
    return int(millimetres * _TWIPS_PER_MM)


@cache
def line_pitch() -> int:
    """Height of a line in twips: the text's height holds ``lines`` of them."""
    page = form()["page"]
    return twips(page["text_height"]) // form()["lines"]


def _spacing(size: str) -> str:
    """What is taken from between characters of the body, so that ``characters`` fit in a line."""
    if size != _BODY:
        return ""
    room = twips(form()["page"]["text_width"]) / form()["characters"]
    return f'<w:spacing w:val="{floor(room - 20 * form()["sizes"][_BODY])}"/>'


def section_properties(references: str) -> str:
    """``w:sectPr``: page, margins and the grid; ``references`` name header and footer."""
    page = form()["page"]
    right = page["width"] - page["left"] - page["text_width"]
    bottom = page["height"] - page["top"] - page["text_height"]
    margins = {
        "top": twips(page["top"]),
        "right": twips(right),
        "bottom": twips(bottom),
        "left": twips(page["left"]),
        "header": twips(page["header"]),
        "footer": twips(page["footer"]),
        "gutter": 0,
    }
    told = " ".join(f'w:{name}="{value}"' for name, value in margins.items())
    return (
        f"<w:sectPr>{references}"
        f'<w:pgSz w:w="{twips(page["width"]) + 1}" w:h="{twips(page["height"]) + 1}"/>'
        f"<w:pgMar {told}/>"
        # A grid of characters too would give each two cells in LibreOffice: the body's type is
        # wider than a cell. The body's own spacing makes the 28 a line (:func:`_spacing`).
        f'<w:docGrid w:type="lines" w:linePitch="{line_pitch()}"/>'
        "</w:sectPr>"
    )


def style_id(name: str) -> str:
    """The id of a style of ``form.yml`` by its Chinese name; ``KeyError`` for another."""
    return form()["styles"][name].get("id", name)


def styles() -> str:
    """``word/styles.xml``."""
    body = _character(font="仿宋", size=_BODY)
    made = "".join(_style(name, style) for name, style in form()["styles"].items())
    return _document(
        "styles",
        f"<w:docDefaults><w:rPrDefault>{body}</w:rPrDefault><w:pPrDefault/></w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        f"<w:pPr>{_OFF}{_line(0, {})}</w:pPr>{body}</w:style>"
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal">'
        '<w:name w:val="Normal Table"/></w:style>'
        '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/>'
        "<w:tblPr><w:tblBorders>"
        + "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        + "</w:tblBorders></w:tblPr></w:style>"
        + made,
    )


def _style(name: str, style: dict[str, Any]) -> str:
    word_name = style.get("name", name)
    own = "" if "name" in style else ' w:customStyle="1"'
    return (
        f'<w:style w:type="paragraph"{own} w:styleId={quoteattr(style_id(name))}>'
        f'<w:name w:val={quoteattr(word_name)}/><w:basedOn w:val="Normal"/><w:qFormat/>'
        f"<w:pPr>{_paragraph(style)}</w:pPr>"
        f"{_character(style.get('font', '仿宋'), style.get('size', _BODY), style.get('colour'))}"
        "</w:style>"
    )


def _paragraph(style: dict[str, Any]) -> str:
    """The parts of ``w:pPr`` in the order that the standard (ECMA-376, 17.3.1.26) wants."""
    parts = []
    if style.get("keep"):
        parts.append("<w:keepNext/><w:keepLines/>")
    if style.get("page_break"):
        parts.append("<w:pageBreakBefore/>")
    if style.get("frame"):
        width = twips(form()["page"]["text_width"])
        parts.append(
            f'<w:framePr w:w="{width}" w:wrap="notBeside" w:vAnchor="margin" w:hAnchor="margin"'
            ' w:xAlign="center" w:yAlign="bottom"/>'
        )
    parts += [_borders(style), _tabs(style)]
    if style.get("line") or style.get("size"):
        parts.append('<w:snapToGrid w:val="0"/>')  # other type keeps its own line and width
    parts += [_line(style.get("line", 0), style), _indent(style)]
    parts.append(f'<w:jc w:val="{style.get("align", "left")}"/>')
    if "level" in style:
        parts.append(f'<w:outlineLvl w:val="{style["level"]}"/>')
    return "".join(parts)


def _borders(style: dict[str, Any]) -> str:
    sides: list[tuple[str, int, int, str]] = []
    if colour := style.get("border"):
        sides = [(side, 8, 4, colour) for side in ("top", "left", "bottom", "right")]
    if rule := style.get("rule"):
        sides.append(("bottom", 16, 1, rule))
    sides += [(s, style[s], 1, "000000") for s in ("top", "bottom") if s in style]
    if not sides:
        return ""
    told = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="{space}" w:color="{colour}"/>'
        for side, size, space, colour in sides
    )
    return f"<w:pBdr>{told}</w:pBdr>"


def _tabs(style: dict[str, Any]) -> str:
    if not style.get("tab"):
        return ""
    place = twips(form()["page"]["text_width"]) - round(20 * _points(style) * style.get("right", 0))
    return f'<w:tabs><w:tab w:val="right" w:pos="{place}"/></w:tabs>'


def _line(points: float, style: dict[str, Any]) -> str:
    height = round(points * 20) or line_pitch()
    before, after = (round(style.get(name, 0) * 20) for name in ("before", "after"))
    return (
        f'<w:spacing w:before="{before}" w:after="{after}" w:line="{height}" w:lineRule="exact"/>'
    )


def _indent(style: dict[str, Any]) -> str:
    size = _points(style)
    told = ""
    for name, key in (("left", "left"), ("right", "right"), ("firstLine", "first")):
        if characters := style.get(key):
            told += (
                f' w:{name}Chars="{characters * 100}" w:{name}="{round(characters * size * 20)}"'
            )
    if hang := style.get("hang"):  # lines after the first begin below the list, not the label
        total = hang + style.get("first", 0)
        told = told.partition(" w:firstLine")[0]
        told += f' w:left="{round(total * size * 20)}" w:hanging="{round(hang * size * 20)}"'
    return f"<w:ind{told}/>" if told else ""


def _points(style: dict[str, Any]) -> float:
    return form()["sizes"][style.get("size", _BODY)]


def _character(font: str, size: str, colour: str | None = None) -> str:
    name, latin = form()["fonts"][font]["name"], form()["latin"]
    half_points = round(form()["sizes"][size] * 2)
    told = f'<w:color w:val="{colour}"/>' if colour else ""
    return (
        f'<w:rPr><w:rFonts w:hint="eastAsia" w:ascii="{latin}" w:hAnsi="{latin}"'
        f' w:eastAsia="{name}" w:cs="{latin}"/>'
        f'{told}{_spacing(size)}<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
        '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr>'
    )


def font_table() -> str:
    """``word/fontTable.xml``: what stands in for a typeface that a machine has not."""
    fonts = "".join(
        f"<w:font w:name={quoteattr(font['name'])}>"
        f"<w:altName w:val={quoteattr(','.join(font['else']))}/>"
        '<w:charset w:val="86"/><w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>'
        for font in form()["fonts"].values()
    )
    latin = escape(form()["latin"])
    roman = '<w:charset w:val="00"/><w:family w:val="roman"/>'
    return _document("fonts", f'{fonts}<w:font w:name="{latin}">{roman}</w:font>')


def _document(root: str, inner: str) -> str:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return f'{xml}<w:{root} xmlns:w="{word}">{inner}</w:{root}>'
