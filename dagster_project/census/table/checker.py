"""Checking single values of a profile's yaml: what may be a text, a column, a pattern, a number."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Iterable, Mapping

from dagster_project.census.figures import clean_text
from dagster_project.census.rejection import plain
from dagster_project.census.table.code_table import Beside, CodeTableInvalid, read_code_table
from dagster_project.census.table.profile_model import CodeRow, header_key
from dagster_project.messages import Message


class Checker:
    """Takes values out of yaml and gathers in ``problems`` what is wrong with them."""

    def __init__(self, lines: Mapping[str, int], beside: Beside) -> None:
        self.problems: list[tuple[int, Message]] = []  # with the line of the yaml, 0 if unknown
        self._lines, self._beside = lines, beside

    def note(self, identity: str, **values: object) -> None:
        """One more thing that is wrong: a sentence of ``messages/profile.yml``.

        Its line is that of the key ``where`` (a path), or of ``key`` in it.
        """
        shown = {name: plain(v) if isinstance(v, str) else v for name, v in values.items()}
        where = values.get("where") if isinstance(values.get("where"), str) else ""
        path = ".".join(str(part) for part in (where, values.get("key")) if part)
        while path and path not in self._lines:
            path = path.rpartition(".")[0]
        self.problems.append((self._lines.get(path, 0), Message(identity, shown)))

    def in_order(self) -> list[Message]:
        """The problems in the order of their lines, each with its line."""
        found = sorted(self.problems, key=lambda problem: problem[0])
        return [
            Message("profile.in_line", {"line": line, "problem": problem}) if line else problem
            for line, problem in found
        ]

    def folded(self, texts: Iterable[str]) -> frozenset[str]:
        """Words as they are compared, without regard to capitals."""
        return frozenset(clean_text(text).casefold() for text in texts)

    def code_table(self, content: object, where: str) -> tuple[CodeRow, ...]:
        """The lines of a csv beside the profile."""
        if content is None:
            return ()
        name = next(iter(self.texts(content, where)), "")
        try:
            return read_code_table(self._beside(name), name)
        except CodeTableInvalid as error:
            self.note("profile.code_table", where=where, name=name, problem=error.message)
            return ()

    def keys(self, content: Mapping, allowed: Iterable[str], where: str | Message) -> None:
        allowed = list(allowed)
        for key in content:
            if key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, 1)
                said = {"key": key, "where": where, "near": near[0] if near else None}
                identity = "profile.did_you_mean" if near else "profile.unknown_key"
                self.note(identity, **said, known=allowed)

    def map(self, content: object, where: str, allowed: Iterable[str]) -> dict:
        if content is None:
            return {}
        if not isinstance(content, dict):
            self.note("profile.no_map", where=where, content=content)
            return {}
        self.keys(content, allowed, where)
        return content

    def texts(self, content: object, where: str) -> tuple[str, ...]:
        items = content if isinstance(content, list) else [] if content is None else [content]
        for item in items:
            if not isinstance(item, str):
                self.note("profile.no_text", where=where, item=item)
        return tuple(str(item) for item in items)

    def columns(self, content: object, where: str) -> tuple[str, ...]:
        return tuple(header_key(name) for name in self.texts(content, where))

    def pattern(self, content: object, where: str) -> str | None:
        if content is None:
            return None
        try:
            re.compile(str(content))
        except re.error as error:
            self.note("profile.no_pattern", where=where, error=error, content=content)
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
            self.note("profile.unknown_encoding", content=content)
            return None

    def separator(self, content: object) -> str | None:
        mark = {"tab": "\t"}.get(content, content) if isinstance(content, str) else content
        if mark is None or (isinstance(mark, str) and len(mark) == 1 and mark not in '"\r\n'):
            return mark
        self.note("profile.separator", content=content)
        return None

    def number(self, content: object, where: str) -> int | None:
        if content is not None and (not isinstance(content, int) or isinstance(content, bool)):
            self.note("profile.no_whole_number", where=where, content=content)
            return None
        return content
