"""Rows of the marts by key, in groups and in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

Row = dict[str, Any]


def by(rows: Iterable[Row], *columns: str) -> dict[Any, Row]:
    """Rows by the value of one column, or by a tuple of several."""
    if len(columns) == 1:
        return {row[columns[0]]: row for row in rows}
    return {tuple(row[name] for name in columns): row for row in rows}


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    """Rows in groups, in the order in which they come."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def ordered(rows: Iterable[Row], *columns: str) -> list[Row]:
    """Rows by these columns as SQL sorts them: ``-`` before a name turns it round, nulls last."""
    found = list(rows)
    for column in reversed(columns):
        name = column.removeprefix("-")
        known = [row for row in found if row[name] is not None]
        known.sort(key=itemgetter(name), reverse=column.startswith("-"))
        found = known + [row for row in found if row[name] is None]
    return found
