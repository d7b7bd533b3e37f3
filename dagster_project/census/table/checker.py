"""Checking single values of a profile's yaml: what may be a text, a column, a pattern, a number."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Iterable, Mapping

from dagster_project.census.table.profile_model import header_key


class Checker:
    """Takes values out of yaml and gathers in ``problems`` what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def keys(self, content: Mapping, allowed: Iterable[str], where: str) -> None:
        allowed = list(allowed)
        for key in content:
            if key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, 1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(allowed)}."
                self.problems.append(f"Unknown key {key!r} in {where}{hint}")

    def map(self, content: object, where: str, allowed: Iterable[str]) -> dict:
        if content is None:
            return {}
        if not isinstance(content, dict):
            self.problems.append(f"{where!r} must be a map of keys, found {content!r}.")
            return {}
        self.keys(content, allowed, where)
        return content

    def texts(self, content: object, where: str) -> tuple[str, ...]:
        items = content if isinstance(content, list) else [] if content is None else [content]
        for item in items:
            if not isinstance(item, str):
                self.problems.append(
                    f"{where!r} must hold texts, found {item!r}; put it in quotes."
                )
        return tuple(str(item) for item in items)

    def columns(self, content: object, where: str) -> tuple[str, ...]:
        return tuple(header_key(name) for name in self.texts(content, where))

    def pattern(self, content: object, where: str) -> str | None:
        if content is None:
            return None
        try:
            re.compile(str(content))
        except re.error as error:
            self.problems.append(f"{where!r} is no valid pattern ({error}): {content!r}.")
            return None
        return str(content)

    def encoding(self, content: object) -> str | None:
        if content is None:
            return None
        try:
            codec = codecs.lookup(str(content))
            "".encode(codec.name)
            return codec.name
        except (LookupError, UnicodeError):
            self.problems.append(
                f"'encoding' is unknown: {content!r}; known are UTF-8, GB18030, Big5, CP949, "
                "CP932, windows-1252 and what else Python names."
            )
            return None

    def separator(self, content: object) -> str | None:
        mark = {"tab": "\t"}.get(content, content) if isinstance(content, str) else content
        if mark is None or (isinstance(mark, str) and len(mark) == 1 and mark not in '"\r\n'):
            return mark
        self.problems.append(f"'separator' must be one character or 'tab', found {content!r}.")
        return None

    def number(self, content: object, where: str) -> int | None:
        if content is not None and (not isinstance(content, int) or isinstance(content, bool)):
            self.problems.append(f"{where!r} must be a whole number, found {content!r}.")
            return None
        return content
