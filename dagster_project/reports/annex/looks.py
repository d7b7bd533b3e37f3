"""Cell formats: decimals by the kind of a figure, colours and signs by what is to be said."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from dagster_project.figures.rounding import kind_named, taint_mark

LINE = "#BFBFBF"
_PLAIN = {"border": 1, "border_color": LINE, "valign": "vcenter"}
_WORDS: dict[str, dict[str, Any]] = {
    "cell": {**_PLAIN, "shrink": True},
    "centre": {**_PLAIN, "align": "center", "shrink": True},
    "wrap": {**_PLAIN, "text_wrap": True},
    "gap": {**_PLAIN, "align": "right", "italic": True, "font_color": "#595959"},
    "head": {**_PLAIN, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#D9E2F3"},
    "group": {**_PLAIN, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#B4C6E7"},
    "english": {
        **_PLAIN,
        "align": "center",
        "text_wrap": True,
        "font_size": 8,
        "font_color": "#44546A",
        "bg_color": "#EDF1F9",
    },
    "foot": {**_PLAIN, "bold": True, "bg_color": "#F2F2F2", "shrink": True},
    "foot_centre": {
        **_PLAIN,
        "bold": True,
        "align": "center",
        "bg_color": "#F2F2F2",
        "shrink": True,
    },
    "parameter": {**_PLAIN, "bg_color": "#FFF9E5", "font_color": "#1F3864"},
    "title": {"font_size": 15, "bold": True, "valign": "vcenter"},
    "line": {"font_color": "#44546A", "font_size": 9, "valign": "vcenter"},
    "note": {"font_color": "#44546A", "font_size": 9, "text_wrap": True, "valign": "top"},
    "link": {"font_color": "#1F4E9E", "underline": 1, "font_size": 9, "valign": "vcenter"},
    "draft": {"font_color": "#C00000", "bold": True, "valign": "vcenter"},
    "cover": {"font_size": 18, "bold": True, "align": "center", "valign": "vcenter"},
    "cover_line": {"font_color": "#44546A", "align": "center", "valign": "vcenter"},
    "stamp": {
        "font_size": 13,
        "bold": True,
        "font_color": "#C00000",
        "align": "center",
        "valign": "vcenter",
        "border": 2,
        "border_color": "#C00000",
        "text_wrap": True,
    },
    "label": {**_PLAIN, "bold": True, "bg_color": "#F2F2F2"},
    "listed": {**_PLAIN, "font_color": "#1F4E9E", "underline": 1, "text_wrap": True},
    "listed_english": {**_PLAIN, "font_size": 8, "font_color": "#44546A", "text_wrap": True},
    "section": {"bold": True, "font_size": 12, "valign": "vcenter", "bottom": 2},
}
# Colour and sign together: a page printed in grey still says which is which.
VERDICT_COLOURS = {
    "below": {"bg_color": "#F8CBAD", "font_color": "#9C0006"},
    "floor": {"bg_color": "#FFEB9C", "font_color": "#7F6000"},
    "unverified": {"bg_color": "#FCE4D6", "font_color": "#B45F06"},
    "missing": {"bg_color": "#E7E6E6", "font_color": "#595959"},
    "met": {"font_color": "#375623"},
}
TAINTED = {"font_color": "#B45F06", "bold": True, "bg_color": "#FCE4D6"}

# Text takes the mark from its format, so that formulas still compare the plain word.
_TAINTED_WORDS = f'General;General;General;@"{taint_mark()}"'


def number_format(kind: str, is_tainted: bool = False) -> str:
    """Excel's format of a kind: its decimals and suffix, and the mark of tainted figures."""
    how = kind_named(kind)
    mark = f'"{taint_mark()}"' if is_tainted else ""
    if how.decimals is None:
        return f"General{mark}"
    if how.times != 1 and not (how.times == 100 and how.suffix == "%"):
        raise ValueError(f"Excel cannot show kind '{kind}': the cell holds the mart's own figure.")
    whole = "#,##0" if how.grouping else "0"
    suffix = "%" if how.suffix == "%" else f'"{how.suffix}"' if how.suffix else ""
    return whole + ("." + "0" * how.decimals if how.decimals else "") + suffix + mark


class Looks:
    """The formats of one workbook, each made once."""

    def __init__(
        self, book: Workbook, heading_font: str, formats: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """``formats`` are Excel's own formats of figures that stand for words, by kind."""
        self._book = book
        self._heading_font = heading_font
        self._formats = formats
        self._made: dict[tuple, Format] = {}

    def words(
        self, look: str, is_tainted: bool = False, is_quoted: bool = False, colour: str = ""
    ) -> Format:
        """Format of text; ``is_quoted`` keeps Excel from reading it as a formula when edited."""
        key = (look, is_tainted, is_quoted, colour)
        found = self._made.get(key)
        if found is not None:
            return found
        properties = {**_WORDS[look], **VERDICT_COLOURS.get(colour, {})}
        return self._make(key, properties, is_tainted, is_quoted)

    def number(self, kind: str, look: str = "cell", is_tainted: bool = False) -> Format:
        """Format of a figure of that kind."""
        key = (kind, look, is_tainted, None)
        found = self._made.get(key)
        if found is not None:
            return found
        shown_as = self._formats.get(kind) or number_format(kind, is_tainted)
        properties = {**_WORDS[look], "num_format": shown_as}
        return self._make(key, {"align": "right", **properties}, is_tainted, False)

    def verdict_colour(self, verdict: str) -> Format:
        """Format that a condition lays over a cell."""
        key = ("verdict", verdict)
        if key not in self._made:
            self._made[key] = self._book.add_format(VERDICT_COLOURS[verdict])
        return self._made[key]

    def _make(self, key: tuple, properties: dict, is_tainted: bool, is_quoted: bool) -> Format:
        properties = dict(properties)
        if is_tainted:
            properties = {"num_format": _TAINTED_WORDS, **properties, **TAINTED}
        if is_quoted:
            properties["quote_prefix"] = True
        if key[0] in ("title", "cover", "section", "group", "head"):
            properties["font_name"] = self._heading_font
        self._made[key] = self._book.add_format(properties)
        return self._made[key]
