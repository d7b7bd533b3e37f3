"""What the label of a row says: that it is the sum of others, a note, or nothing of that kind.

The words are data (``maps/row_words.csv``): ``whole`` – the label is this word; ``end`` – it ends
with it (平罗县合计); ``phrase`` – it is its first or last word (Total general, State total), which
the name of a school may be as well; ``begin`` – a note begins with it. Widths, spaces, punctuation
and capitals do not matter: 合 计, 小计： and Sub-total are what they look like.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from importlib import resources

from dagster_project.census.figures import clean_text

WHOLE, PHRASE = "whole", "phrase"
SCHOOL_ENDS = frozenset("学校學園园院班小中部点")  # no sum is called so, most schools are
_BRACKETED = re.compile(r"[(〔【\[].*[)〕】\]]\s*$")
_NO_LETTER = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W\d_]+")
_PAGE = re.compile(r"第\s*\d+\s*页|共\s*\d+\s*页")


def bare(text: str) -> str:
    """A label as it is compared: only its letters and digits, in lower case."""
    return _NO_LETTER.sub("", text.casefold())


@cache
def _words() -> dict[tuple[str, str], tuple[str, ...]]:
    text = resources.files(__package__).joinpath("maps/row_words.csv").read_text("utf-8")
    found: dict[tuple[str, str], list[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        found.setdefault((row["kind"], row["place"]), []).append(row["word"])
    return {key: tuple(words) for key, words in found.items()}


def words(kind: str, place: str) -> tuple[str, ...]:
    """The words of one kind and place, as they are spelt."""
    return _words()[kind, place]


@cache
def _bare_words(kind: str, place: str) -> frozenset[str]:
    return frozenset(bare(word) for word in _words()[kind, place])


@lru_cache(maxsize=65536)
def total_label(token: object) -> str:
    """How a label names a sum: ``whole`` beyond doubt, ``phrase`` perhaps, or ``""``.

    >>> [total_label(label) for label in ("合 计：", "Total general", "第一小学")]
    ['whole', 'phrase', '']
    """
    text = clean_text(token)
    if text[-1:] in SCHOOL_ENDS:
        return ""
    label = bare(_BRACKETED.sub("", text)) or bare(text)
    if not label:
        return ""
    if label in _bare_words("total", "whole") or label.endswith(_ends()):
        return WHOLE
    words = [word.casefold() for word in _WORD.findall(text)]
    phrases = _bare_words("total", "phrase")
    if label in phrases:
        return WHOLE
    joined = {words[0], words[-1], "".join(words[:2]), "".join(words[-2:])} if words else set()
    return "" if joined.isdisjoint(phrases) else PHRASE


@cache
def _ends() -> tuple[str, ...]:
    return tuple(_bare_words("total", "end"))


@cache
def _note_words() -> dict[str, tuple[str, ...]]:
    """The words that a note begins with, by their first character."""
    words = _words()["note", "begin"]
    return {first: tuple(w for w in words if w[0] == first) for first in {w[0] for w in words}}


def is_note(token: object) -> bool:
    """Whether a text at the beginning of a row is a note, a signature or a page number."""
    text = clean_text(token)
    if "页" in text and _PAGE.search(text):
        return True
    rest = text.casefold()
    for word in _note_words().get(rest[:1], ()):
        # A word of letters ends before what is none: 注：…, note 1; not a school called Notting.
        if rest.startswith(word):
            behind = rest[len(word) : len(word) + 1]
            if not behind.isalpha() or (not word[-1].isascii() and len(word) > 1):
                return True
    return False
