"""Characters that are no content, and characters that only look like digits and letters.

NFKC folds full-width forms, which is what readers want, and makes a 2 of ², which is a footnote.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import numpy as np

# Soft hyphen, zero-width spaces and joiners, directions, byte-order marks, variation selectors.
UNSEEN = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
_FOLDED_TO_NOTES = ("<super>", "<sub>", "<circle>", "<fraction>")
_RANGES = ((0x80, 0x3400), (0xA000, 0xAB70), (0x1F100, 0x1F200))
_unseen = re.compile(f"[{UNSEEN}]")


def _is_note(character: str) -> bool:
    """Whether a character stands for a digit or letter that is raised, ringed or a fraction."""
    tag = unicodedata.decomposition(character).partition(" ")[0]
    return tag in _FOLDED_TO_NOTES or unicodedata.category(character) == "No"


NOTES = frozenset(c for low, high in _RANGES for c in map(chr, range(low, high)) if _is_note(c))
_note = re.compile(f"([{re.escape(''.join(sorted(NOTES)))}])")
_exponent = re.compile("(?<=[mM米])[²³]")  # m² is a unit and not a note


def folded(text: str) -> str:
    """``text`` in NFKC without the marks that nobody sees; notes stay as they are."""
    text = _unseen.sub("", text)
    text = _exponent.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    if not _note.search(text):
        return unicodedata.normalize("NFKC", text)
    parts = _note.split(text)
    parts[::2] = [unicodedata.normalize("NFKC", part) for part in parts[::2]]
    return "".join(parts)


def _raised() -> dict[int, str]:
    forms = ((c, unicodedata.decomposition(c).split(" ")) for c in sorted(NOTES))
    found: dict[int, str] = {}
    for character, (tag, *codes) in forms:
        if tag == "<super>" and len(codes) == 1:
            found.setdefault(int(codes[0], 16), character)
    return found


RAISED = _raised()  # digits and letters to their raised forms, for str.translate


class Pairs:
    """Pairs of bytes that are looked for, as numbers of 16 bits: ``table`` marks them.

    Most bytes begin none, which a look at each of them tells; only behind the others a second byte
    is looked at.
    """

    def __init__(self, table: np.ndarray) -> None:
        self.table = table
        self._begins: np.ndarray = np.asarray(table.reshape(256, 256).any(axis=1))

    def occur_in(self, data: np.ndarray) -> bool:
        """Whether neighbouring bytes of ``data`` (uint8) are one of the pairs."""
        places = np.flatnonzero(self._begins[data[:-1]])
        if not len(places):
            return False
        pairs = data[places].astype(np.uint16) << 8 | data[places + 1]
        return bool(self.table[pairs].any())


@cache
def _first_bytes() -> Pairs:
    """The first two bytes, in UTF-8, of unseen marks and notes."""
    table = np.zeros(1 << 16, bool)
    seen = re.sub("(.)-(.)", lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))), UNSEEN)
    for character in (*seen, *NOTES):
        data = character.encode()
        table[data[0] << 8 | data[1]] = True
    return Pairs(table)


def may_occur_in(data: np.ndarray) -> bool:
    """Whether UTF-8 bytes (uint8) may hold an unseen mark or a note; false says surely not."""
    return len(data) > 1 and _first_bytes().occur_in(data)
