"""From a raw token to a figure: its value and its status, judged before any conversion.

The census distinguishes what a plain number cannot: a cell left blank (nothing reported), ``*`` or
``-`` (the question does not apply), ``-1`` (undefined) and a true zero (DOMAIN.md §5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from dagster_project.census.opening import signs

REPORTED = "reported"
ZERO = "zero"
BLANK = "blank"
NOT_APPLICABLE = "not_applicable"
UNDEFINED = "undefined"
UNREADABLE = "unreadable"
NOT_COLLECTED = "not_collected"  # the file has no place for the figure at all

STATUSES = (REPORTED, ZERO, BLANK, NOT_APPLICABLE, UNDEFINED, UNREADABLE, NOT_COLLECTED)

LARGEST = 10.0**12
"""No figure of a school or county comes near it (yuan, m², pupils), and sums of it still fit."""
SMALLEST = 10.0**-6
"""Nor is any but zero smaller: what remains of a spoilt formula would make quotients infinite."""

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−─ー"), "-")
_PLAIN = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,3})?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_SPACED_THOUSANDS = re.compile(r"\s*[+-]?\d{1,3}([\u00a0\u2009\u202f]\d{3})+([.]\d+)?\s*")
_ROUNDED = re.compile(r"[+-]?\d*\.?(\d*)[eE]\+?(\d{1,3})")
LONGEST_EXACT = 10.0**15  # a number cell keeps fifteen digits


class Figure(NamedTuple):
    """A value (``None`` unless reported or zero) and the status that its raw token was judged."""

    value: float | None
    status: str


def clean_text(token: object) -> str:
    """``token`` as text: full-width forms folded, marks that nobody sees and outer space removed.

    A sign that only looks like a digit (², ①, ½) stays what it is: folded it would make another
    number of 123². A whole number of more digits than a number cell keeps is shown as Excel does
    (``1.23456789012346e+17``): nobody knows its last digits.
    """
    if token is None:
        return ""
    if isinstance(token, float) and token.is_integer():
        return str(int(token)) if abs(token) < LONGEST_EXACT else f"{token:.15g}"
    text = str(token).replace("_x000D_", "")
    return text.strip() if text.isascii() else signs.folded(text).strip()


def is_spaced(token: object) -> bool:
    """Whether a token is a number with spaces that no keyboard makes, or two numbers: 1 234."""
    return isinstance(token, str) and _SPACED_THOUSANDS.fullmatch(token) is not None


SPACED_FROM = 2
"""Distinct tokens of that kind in a table show that a space is its mark of thousands."""


def parse_figure(token: object, factor: Decimal | int = 1, *, spaced: bool = False) -> Figure:
    """Judge ``token`` and convert it; ``factor`` turns the file's unit into the canonical one.

    The product is exact (decimal), so 8182.97 万元 become 81829700 元 and not a neighbour of it.
    What could be two numbers (``35 2``), a number with a footnote (``123²``), one that another
    program has rounded (``1.23E+05``) or that has lost its beginning (``.1254``) is unreadable.
    With ``spaced`` a no-break space is a mark of thousands: the table shows it
    (:data:`SPACED_FROM`).
    """
    text = clean_text(token).translate(_DASHES)
    if not text:
        return Figure(None, BLANK)
    if text in ("*", "-", "--"):
        return Figure(None, NOT_APPLICABLE)
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    elif spaced and is_spaced(token):
        text = text.replace(" ", "")
    if not _PLAIN.fullmatch(text) or (isinstance(token, str) and _is_rounded(text)):
        return Figure(None, UNREADABLE)
    number = Decimal(text)
    if number == -1:
        return Figure(None, UNDEFINED)
    if number == 0:
        return Figure(0.0, ZERO)
    value = float(number * factor)
    if not SMALLEST <= abs(value) <= LARGEST:
        return Figure(None, UNREADABLE)
    return Figure(value, REPORTED)


def _is_rounded(text: str) -> bool:
    """Whether a text in scientific form says fewer digits than its number has."""
    found = _ROUNDED.fullmatch(text)
    return found is not None and int(found[2]) > len(found[1])


def add_figures(parts: Iterable[Figure]) -> Figure:
    """The sum of figures that one canonical field is made of (本科 + 专科, boys + girls).

    A blank or inapplicable part counts as none as long as another part is reported: forms leave
    the empty kinds blank. An undefined or unreadable part makes the sum so, for it cannot be known;
    so does a negative one, which would hide in it.
    """
    parts = list(parts)
    if len(parts) > 1 and any(part.value is not None and part.value < 0 for part in parts):
        return Figure(None, UNREADABLE)
    statuses = {part.status for part in parts}
    for unknown in (UNREADABLE, UNDEFINED):
        if unknown in statuses:
            return Figure(None, unknown)
    reported = [Decimal(repr(part.value)) for part in parts if part.value is not None]
    if reported:
        total = float(sum(reported))
        return Figure(total, REPORTED if total else ZERO)
    for missing in (BLANK, NOT_APPLICABLE):
        if missing in statuses:
            return Figure(None, missing)
    return Figure(None, NOT_COLLECTED)
