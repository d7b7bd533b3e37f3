"""A chapter in the styles of the official form, as Word's XML: ``w:p`` and ``w:tbl``."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from dagster_project.reports.contributed.blocks import (
    Chapter,
    Paragraph,
    Run,
    Table,
    TableCell,
    by_name,
)
from dagster_project.reports.official import form

_NUMBER = re.compile(
    r"^\s*(?:第?[一二三四五六七八九十]{1,3}[、．.章]|（[一二三四五六七八九十]{1,3}）)\s*"
)
_SECOND = re.compile(r"^\s*（[一二三四五六七八九十]{1,3}）")
_BOX = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def laid_out(chapter: Chapter, name: str) -> str:
    """The XML of a chapter; a heading that only says the chapter's name again is left out."""
    blocks = list(chapter.blocks)
    first = blocks[0] if blocks else None
    title = first.text if isinstance(first, Paragraph) and first.heading else ""
    if by_name().get(_NUMBER.sub("", title).strip()) == name:
        blocks = blocks[1:]
    made = []
    for number, block in enumerate(blocks):
        made.append(_table(block) if isinstance(block, Table) else _paragraph(block))
        follows = blocks[number + 1] if number + 1 < len(blocks) else None
        if isinstance(block, Table) and not isinstance(follows, Paragraph):
            # Word joins tables that touch, and wants a paragraph behind the last.
            made.append(_paragraph_of("表注", ""))
    return "".join(made)


def _paragraph(block: Paragraph) -> str:
    if block.heading:
        style = "二级" if _SECOND.match(block.text) else "三级"
        return _paragraph_of(style, _runs(block, is_heading=True))
    mark = _run(Run(block.mark)) if block.mark else ""
    return _paragraph_of("正文", mark + _runs(block), depth=max(block.depth - 1, 0))


def _paragraph_of(style: str, inner: str, *, depth: int = 0) -> str:
    indent = f'<w:ind w:leftChars="{200 * depth}" w:left="{640 * depth}"/>' if depth else ""
    head = f'<w:pPr><w:pStyle w:val="{form.style_id(style)}"/>{indent}</w:pPr>'
    return f"<w:p>{head}{inner}</w:p>"


def _runs(block: Paragraph, *, is_heading: bool = False) -> str:
    return "".join(_run(Run(one.text) if is_heading else one) for one in block.runs)


def _run(one: Run) -> str:
    look = ("<w:b/>" if one.bold else "") + ("<w:i/>" if one.italic else "")
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(one.text)}</w:t></w:r>'


def _table(table: Table) -> str:
    width = max((sum(cell.columns for cell in row) for row in table.rows), default=1)
    room = form.twips(form.form()["page"]["text_width"])
    column = room // width
    grid = f'<w:gridCol w:w="{column}"/>' * width
    rows = "".join(
        _row(row, column, width, is_head=number < table.head)
        for number, row in enumerate(table.rows)
    )
    return (
        f'<w:tbl><w:tblPr><w:tblW w:type="dxa" w:w="{column * width}"/><w:jc w:val="center"/>'
        f"<w:tblBorders>{_BOX}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
    )


def _row(row: tuple[TableCell, ...], column: int, width: int, *, is_head: bool) -> str:
    head = "<w:trPr><w:tblHeader/></w:trPr>" if is_head else ""
    missing = width - sum(cell.columns for cell in row)
    cells = (*row, *(TableCell(()) for _ in range(missing)))
    merged = "".join(_cell(cell, column, is_head) for cell in cells)
    return f"<w:tr>{head}{merged}</w:tr>"


def _cell(cell: TableCell, column: int, is_head: bool) -> str:
    span = f'<w:gridSpan w:val="{cell.columns}"/>' if cell.columns > 1 else ""
    above = "<w:vMerge/>" if cell.above else ('<w:vMerge w:val="restart"/>' if cell.merges else "")
    properties = f'<w:tcW w:type="dxa" w:w="{column * cell.columns}"/>{span}{above}'
    style = "表头" if is_head else "文字"
    inside = "".join(
        _paragraph_of(
            style, (_run(Run(one.mark)) if one.mark else "") + _runs(one, is_heading=is_head)
        )
        for one in cell.paragraphs
    )
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside or _paragraph_of(style, '')}</w:tc>"
