"""Codes and identifiers as every reader of mainland files judges them.

``maps/codes.csv`` gives the code of a name (办学类型, 城乡类型 …) and the province prefixes.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources

_SCHOOL_ID = re.compile(r"(?=.*\d)[0-9A-Za-z]{6,}")

_LIKE_DIGITS = re.compile(r"(?=.*\d)(?=.*[OoIl])[0-9OoIl]+")


def tidy_id(text: str) -> str:
    """An identifier as text: ``1100000001.0``, a number to Excel, becomes ``1100000001``."""
    return re.sub(r"^(\d+)\.0+$", r"\1", text)


def is_school_id(text: str) -> bool:
    """Whether ``text`` can be a 机构编码: six or more letters and digits, a digit among them."""
    return bool(_SCHOOL_ID.fullmatch(tidy_id(text)))


def looks_like_digits(text: str) -> bool:
    """Whether an identifier is of digits but for letters that look like them: 21640O0l01."""
    return bool(_LIKE_DIGITS.fullmatch(text))


@cache
def codes(attribute: str) -> dict[str, str]:
    """Code of every name that ``maps/codes.csv`` knows for ``attribute``."""
    text = resources.files(__package__).joinpath("maps/codes.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["label"]: row["code"] for row in rows if row["attribute"] == attribute}
