"""How a template looks: colours, fonts and number formats in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.format import Format

# A Chinese face that Windows has. The character set (134: GB 2312) makes every other system fall
# back to its own Chinese font instead of boxes.
FONT = {"font_name": "宋体", "font_size": 11, "font_charset": 134}

_EDGE = {"border": 1, "border_color": "#A6A6A6"}
_MIDDLE = {"valign": "vcenter", "align": "center", "text_wrap": True}
_STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16, "valign": "vcenter"},
    "label": {"bold": True, "align": "right", "valign": "vcenter"},
    "meta": {**_EDGE, "num_format": "@", "bg_color": "#FFF9E5", "align": "center"},
    "note": {"text_wrap": True, "valign": "top", "font_size": 10, "font_color": "#595959"},
    "school": {**_EDGE, **_MIDDLE, "bold": True, "bg_color": "#DDEBF7"},
    "section": {**_EDGE, **_MIDDLE, "bold": True, "bg_color": "#E2EFDA"},
    "unit": {**_EDGE, **_MIDDLE, "font_size": 10, "bg_color": "#F2F2F2"},
    "example": {**_EDGE, "italic": True, "font_color": "#808080", "bg_color": "#F2F2F2"},
    "fixed": {**_EDGE, "valign": "vcenter", "text_wrap": True, "bg_color": "#F2F2F2"},
    "text": {"num_format": "@"},
    "written": {"align": "right"},
    "count": {"num_format": "0"},
    "amount": {"num_format": "#,##0.00"},
    "rate": {"num_format": "0.00##"},
}
_NUMBERS = {"count": "count", "amount": "amount", "rate": "rate", "year": "count"}
_NUMBERS |= {"written": "written"}
_NUMBERS |= {"school_year": "count", "grade": "count"}


class Styles:
    """The formats of one workbook, made when they are first asked for."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, bool], Format] = {}

    def __call__(self, name: str, *, boxed: bool = False) -> Format:
        """The format ``name``, with a box around the cell if ``boxed``."""
        key = (name, boxed)
        if key not in self._made:
            edge: dict[str, object] = (
                {**_EDGE, "valign": "vcenter", "text_wrap": True} if boxed else {}
            )
            self._made[key] = self._book.add_format({**FONT, **_STYLES[name], **edge})
        return self._made[key]

    def entry(self, kind: str, *, boxed: bool = False) -> Format:
        """The format of cells that hold entries of ``kind``; ids and words stay text."""
        return self(_NUMBERS.get(kind, "text"), boxed=boxed)
