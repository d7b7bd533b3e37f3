"""A Word document opened again: its text as a reader sees it, and the numbers in it."""

from __future__ import annotations

import re
from collections import Counter
from io import BytesIO

from docx import Document
from docx.table import Table
from docx.text.paragraph import Paragraph

# A number, but not the one in an item's id (G4) or in a date of a version (20261122T…Z).
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?%?|(?<=[一-鿿])\d+(?:\.\d+)?%?")


def blocks(content: bytes) -> list[str]:
    """Headers, paragraphs and table rows (cells joined by tabs) in their order."""
    document = Document(BytesIO(content))
    found = [p.text for s in document.sections for p in s.header.paragraphs]
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            found.append(block.text)
        elif isinstance(block, Table):
            for row in block.rows:
                cells = []
                for cell in row.cells:  # a merged cell stands once
                    if not cells or cell._tc is not cells[-1]._tc:
                        cells.append(cell)
                found.append("\t".join(cell.text for cell in cells))
    return found


def text_of(content: bytes) -> str:
    """The whole text, a block a line."""
    return "\n".join(blocks(content))


def numbers(text: str) -> Counter[str]:
    """How often every number stands in ``text``."""
    return Counter(_NUMBER.findall(text))
