"""Text from files that we did not write, put where a program could take it for more than text.

A school that is called ``=HYPERLINK(…)`` stays a school with an odd name: in workbooks text is
written as text, and in a csv it gets an apostrophe in front, as spreadsheets want it.
"""

from __future__ import annotations

FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may begin a formula with; the wide forms in East Asian editions."""

WORKBOOK_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
"""Options of ``xlsxwriter`` under which text stays text."""


def looks_like_a_formula(text: object) -> bool:
    """Whether a spreadsheet might take this text for a formula."""
    return isinstance(text, str) and text.startswith(FORMULA_START)


def csv_cell(value: object) -> str:
    """A csv cell; text that a spreadsheet would take for a formula gets an apostrophe in front."""
    text = "" if value is None else str(value)
    return f"'{text}" if looks_like_a_formula(value) else text
