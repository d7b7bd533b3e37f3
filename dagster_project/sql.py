"""Texts and paths in SQL: quoted here and nowhere else.

Values are parameters wherever SQL takes any. It takes none where a file is attached, copied to or
viewed, or where a setting is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def literal(text: object) -> str:
    """``text`` as a string of SQL, quotation marks included."""
    return "'" + str(text).replace("'", "''") + "'"


def read_parquet(paths: Iterable[Path], options: str = "union_by_name = true") -> str:
    """SQL that reads these Parquet files as one table."""
    return f"read_parquet([{', '.join(map(literal, paths))}], {options})"
