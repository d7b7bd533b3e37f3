"""The text of a template: one paragraph a line, its style before the colon.

``正文: …`` is a paragraph of that style (``form.yml``); an indented line goes on with the one
above. ``{%p …%}`` stands alone. A table is ``表格: 居中 12｜数字 15`` (style and relative width
of its columns), then ``表头: …｜…`` and ``行: …｜…``, with ``{%tr …%}`` between them.
``叙述: 名称`` is the place of a chapter that people write, ``插入: 名称`` a part that several
documents share (``parts/``). ``\\t`` is a tab, ``#`` begins a comment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.reports.official.form import form

CELLS = "｜"
_TABLE, _HEAD, _ROW, _NARRATIVE, _PART = "表格", "表头", "行", "叙述", "插入"
_PARTS = Path(__file__).with_name("parts")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or a tag that stands alone (``style`` of a note)."""

    style: str
    text: str


@dataclass
class Table:
    """A table: its columns, and rows that are cells, or a tag between rows."""

    columns: list[tuple[str, float]]
    heads: list[list[str]] = field(default_factory=list)
    rows: list[list[str] | str] = field(default_factory=list)


class SourceBroken(ValueError):
    """A line of a template's text that means nothing."""


def parse(text: str) -> list[Paragraph | Table]:
    """The blocks of a template's text; raises :class:`SourceBroken`."""
    blocks: list[Paragraph | Table] = []
    table: Table | None = None
    for line in _joined(text):
        if line.startswith("{%tr"):
            if table is None:
                raise SourceBroken(f"no table before {line}")
            table.rows.append(line)
            continue
        style, colon, words = line.partition(":")
        words = words.strip().replace("\\t", "\t")
        if style in (_HEAD, _ROW) and table is not None:
            cells = [cell.strip() for cell in words.split(CELLS)]
            if len(cells) != len(table.columns):
                raise SourceBroken(f"{len(cells)} cells of {len(table.columns)}: {line}")
            (table.heads if style == _HEAD else table.rows).append(cells)
            continue
        table = None
        if line.startswith("{%p"):
            blocks.append(Paragraph("正文", line))
        elif style == _TABLE:
            table = Table([_column(column) for column in words.split(CELLS)])
            blocks.append(table)
        elif style == _PART:
            blocks += parse((_PARTS / f"{words}.txt").read_text("utf-8"))
        elif style == _NARRATIVE:
            blocks.append(Paragraph("正文", f"{{{{p narrative['{words}'] }}}}"))
        elif colon and style in form()["styles"]:
            blocks.append(Paragraph(style, words))
        else:
            raise SourceBroken(f"no such style: {line}")
    return blocks


def _joined(text: str) -> list[str]:
    """The lines without comments and blanks, each with those that go on with it."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            lines[-1] += line.strip()
        else:
            lines.append(line.rstrip())
    return lines


def _column(words: str) -> tuple[str, float]:
    style, _, width = words.strip().partition(" ")
    return style, float(width)
