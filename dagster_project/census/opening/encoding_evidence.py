"""Which national encoding a text is in, from what stands in it when it is read so.

Every candidate decodes nearly any bytes into something. The right one gives words of the field
(``maps/encodings.csv``), or at least names in one script and in characters that are in use; all
others give characters of dictionaries, halves of words and signs inside them.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources

ENOUGH = 0.6  # share of the characters beyond ASCII that must fit where no word is known
ENOUGH_LETTERS = 0.9  # the same for a western text, where most of the text is ASCII
CLEARLY = 0.15  # by how much the best must be better than the next one
SHORT = 6  # characters beyond ASCII; fewer without a known word prove nothing but a common script
_GLUED = re.compile(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]")
_FOREIGN_WORD = re.compile(r"[^\x00-\x7f]{3,}")
_CHINESE_MARKS = "，。、：；（）〔〕《》“”—－　·"
_MARKS = "№«»–—"
_CASED_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Candidate:
    """One encoding: its codec, the name that people know, its script and words that prove it."""

    codec: str
    name: str
    script: str
    words: re.Pattern[str]


@cache
def candidates() -> dict[str, Candidate]:
    """``maps/encodings.csv`` by codec, in its order: of equals the first is believed."""
    text = (
        resources.files("dagster_project.census").joinpath("maps/encodings.csv").read_text("utf-8")
    )
    return {
        row["codec"]: Candidate(row["codec"], row["name"], row["script"], re.compile(row["words"]))
        for row in csv.DictReader(text.splitlines())
    }


def best_codec(head: bytes) -> str | None:
    """The codec of ``head`` (not ASCII, not UTF-8), or ``None`` where nothing speaks for one.

    Words decide first; without any, the share of characters that fit, if one codec is clearly best.
    """
    texts = {c: head.decode(c, "replace").replace("\ufeff", "") for c in candidates()}
    words = {codec: len(candidates()[codec].words.findall(text)) for codec, text in texts.items()}
    if any(words.values()):
        # A line in another encoding does not make the others wrong: it is named later.
        return _kind_of(max(words, key=lambda codec: words[codec]), head)
    fits = {codec: _fit(candidates()[codec], text) for codec, text in texts.items()}
    best = max(fits, key=lambda codec: fits[codec])
    rivals = {_kind_of(c, head) for c in fits if fits[c] > fits[best] - CLEARLY}
    return _kind_of(best, head) if fits[best] >= ENOUGH and len(rivals) == 1 else None


def _kind_of(codec: str, head: bytes) -> str:
    """Big5 comes in two kinds, Latin-1 in two: the plain one as long as it decodes."""
    if codec in ("cp950", "big5hkscs"):
        return "cp950" if decodes(head, "cp950") or not decodes(head, "big5hkscs") else "big5hkscs"
    if codec == "cp1252" and not any(0x7F < b < 0xA0 for b in head):
        return "latin-1"
    return codec


def decodes(data: bytes, codec: str) -> bool:
    """Whether ``data`` is valid in ``codec``."""
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def is_utf8_text(text: str) -> bool:
    """Whether valid UTF-8 is meant so: two Chinese characters of GB18030 may be it by chance.

    They give two letters of Cyrillic, Arabic or Latin, never one of three bytes, and hardly words.
    """
    beyond = [c for c in text if c > "\x7f"]
    if any(c >= "\u0800" for c in beyond):
        return True
    words = [w for w in _CASED_WORD.findall(text) if not w.isascii()]
    good = [w for w in words if w[1:] == w[1:].lower() or w == w.upper()]
    return len(good) == len(words) and sum(c.isalpha() for c in beyond) > len(beyond) / 2


def _fit(candidate: Candidate, text: str) -> float:
    """How much of ``text`` beyond ASCII is what a table in this encoding would hold, from 0 to 1.

    A character that could not be decoded or that no writer uses counts against it.
    """
    counts = Counter(c for c in text if c > "\x7f" and c != "\ufffd")
    total = sum(counts.values()) + text.count("\ufffd")
    if not total:
        return 0.0
    frequent = sum(n for c, n in counts.items() if c in _frequent(candidate.script)) / total
    match candidate.script:
        case "han":
            marks = sum(n for c, n in counts.items() if c in _CHINESE_MARKS) / total
            return frequent + marks - len(_GLUED.findall(text)) / total
        case "hangul":
            hangul = sum(n for c, n in counts.items() if "가" <= c <= "힣") / total
            return min(hangul, frequent + 0.25)
        case "kana":
            kana = sum(n for c, n in counts.items() if "\u3041" <= c <= "\u30ff") / total
            han = sum(n for c, n in counts.items() if c in _frequent("han")) / total
            return min(1.0, kana + frequent + han) * (1.0 if kana else 0.5)
        case "latin":
            return _western_fit(candidate, text, counts, total)
    # Capitals at the beginning of words prove more than letters that have none.
    most = 1.0 if candidate.script in ("cyrillic", "greek") else 0.8
    return min(_script_fit(candidate.script.upper(), text, total), frequent + 0.3, most)


@cache
def _frequent(script: str) -> frozenset[str]:
    """The characters that make up four fifths of any text in ``script`` (all of Latin: none)."""
    text = (
        resources.files("dagster_project.census")
        .joinpath("maps/frequent_characters.csv")
        .read_text("utf-8")
    )
    known = {row["script"]: row["characters"] for row in csv.DictReader(text.splitlines())}
    return frozenset(known.get(script, ""))


def _western_fit(candidate: Candidate, text: str, counts: Counter, total: int) -> float:
    """Accented letters stand alone among plain ones; a word of nothing else is another script."""
    if candidate.codec != "cp1252":
        return 0.0  # without a word of theirs they cannot be told from it
    letters = sum(n for c, n in counts.items() if c.isalpha()) / total
    plain = sum(c.isascii() and c.isalpha() for c in text)
    foreign = sum(map(len, _FOREIGN_WORD.findall(text))) / total
    is_western = letters >= ENOUGH_LETTERS and plain > total and foreign < 1 - ENOUGH_LETTERS
    return 1.0 if is_western else 0.0


def _script_fit(script: str, text: str, total: int) -> float:
    """Share of the letters that stand in words of one script, written as words are: Word, WORD."""
    if total < SHORT:
        return 0.0
    good = 0
    for word in _CASED_WORD.findall(text):
        if word.isascii():
            continue
        own = all(unicodedata.name(c, "").startswith(script) for c in word)
        is_cased = word[1:] == word[1:].lower() or word == word.upper()
        good += len(word) if own and is_cased else 0
    good += sum(unicodedata.category(c) == "Mn" or c in _MARKS for c in text)
    return good / total if good >= ENOUGH_LETTERS * total else 0.0
