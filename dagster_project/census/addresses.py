"""Addresses of cells as spreadsheets write them."""

from __future__ import annotations


def column_letter(column: int) -> str:
    """``0`` → ``A``, ``26`` → ``AA``."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_of(letters: bytes) -> int:
    """``A`` → ``0``, ``AA`` → ``26``."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def cell_address(row: int, column: int) -> str:
    """Address of a cell as spreadsheets write it; ``row`` and ``column`` count from 0."""
    return f"{column_letter(column)}{row + 1}"
