"""A chapter from a Markdown file (CommonMark with tables); html in it is text like any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO

from markdown_it import MarkdownIt
from markdown_it.token import Token

from dagster_project.census.opening import encodings
from dagster_project.census.rejection import FileRejected
from dagster_project.reports.contributed.blocks import (
    BULLET,
    Chapter,
    Paragraph,
    Run,
    Table,
    TableCell,
    bounded,
    paragraph,
    run,
)

MOST_BYTES = 4_000_000
_CHINESE = ("utf", "gb18030", "cp950")


def read(data: bytes) -> Chapter:
    """The chapter; raises :class:`FileRejected`."""
    if len(data) > MOST_BYTES:
        raise FileRejected("reports.narrative_too_large", most=MOST_BYTES // 10**6)
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader = _Reader(parser.parse(_decoded(data)))
    return Chapter(bounded(list(reader.blocks())), tuple(sorted(reader.left_out.items())))


def _decoded(data: bytes) -> str:
    """The text in the Chinese encoding that speaks for itself; a word or two are GB18030."""
    opener = partial(BytesIO, data)
    try:
        try:
            codec = encodings.detect(opener)
        except encodings.UnknownEncoding:
            codec = "gb18030"
        if not codec.startswith(_CHINESE):
            raise FileRejected("reports.narrative_no_text")
        return "".join(encodings.lines(opener, codec))
    except FileRejected as refusal:
        raise FileRejected("reports.narrative_no_text") from refusal


class _Reader:
    """The tokens of a text, and where in its lists it is."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self.left_out: Counter[str] = Counter()

    def blocks(self) -> Iterator[Paragraph | Table]:
        lists: list[int | None] = []  # of every open list its next number; None has none
        mark, heading, at = "", 0, 0
        while at < len(self._tokens):
            token = self._tokens[at]
            match token.type:
                case "heading_open":
                    heading = int(token.tag[1:])
                case "heading_close":
                    heading = 0
                case "bullet_list_open":
                    lists.append(None)
                case "ordered_list_open":
                    lists.append(int(token.attrGet("start") or 1))
                case "bullet_list_close" | "ordered_list_close":
                    lists.pop()
                case "list_item_open":
                    mark, lists[-1] = _mark(lists)
                case "inline":
                    yield paragraph(self._runs(token), heading=heading, depth=len(lists), mark=mark)
                    mark = ""
                case "fence" | "code_block":
                    for line in token.content.splitlines():
                        if line.strip():
                            yield paragraph([run(line)])
                case "table_open":
                    table, at = self._table(at)
                    yield table
            at += 1

    def _table(self, at: int) -> tuple[Table, int]:
        rows: list[list[TableCell]] = []
        while self._tokens[at].type != "table_close":
            if self._tokens[at].type == "tr_open":
                rows.append([])
            elif self._tokens[at].type == "inline":
                rows[-1].append(TableCell((paragraph(self._runs(self._tokens[at])),)))
            at += 1
        return Table(tuple(tuple(row) for row in rows)), at

    def _runs(self, token: Token) -> Iterator[Run]:
        bold = italic = 0
        for child in token.children or ():
            match child.type:
                case "strong_open" | "strong_close":
                    bold += child.nesting
                case "em_open" | "em_close":
                    italic += child.nesting
                case "softbreak" | "hardbreak":
                    yield Run("" if child.type == "softbreak" else "　")
                case "image":
                    self.left_out["picture"] += 1
                case _:
                    if child.content:
                        yield run(child.content, bold > 0, italic > 0)


def _mark(lists: Sequence[int | None]) -> tuple[str, int | None]:
    """The mark of the next item of the innermost list, and the number of the one after it."""
    number = lists[-1]
    if number is None:
        return BULLET, None
    return (f"{number}．" if len(lists) == 1 else f"（{number}）"), number + 1
