"""Which tokens of an id column are no ids any more: what programs and hands have made of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dagster_project.census.codes import looks_like_digits
from dagster_project.census.opening import signs
from dagster_project.census.opening.cell_marks import is_formula

MOSTLY_PADDED = 0.8  # share of ids of one length, some of which begin with zeros
LEAST_LENGTH, FAR_LONGER = 6, 1.5  # of ids of one length; what is longer than another by that much
# What spreadsheet programs make of long numbers, and what only looks like it (9E21).
_REWRITTEN = re.compile(r"\d+[.,]\d*[eE]\+?\d+|\d+[eE]\+\d+|\d+,\d+")
_LIKE_REWRITTEN = re.compile(r"\d+[eE]\d+")
_APOSTROPHES = "'’‘`"  # by which people make a text of a number: no program shows it
_LETTERED = re.compile(r"[A-Za-z].*\d|\d.*[A-Za-z]")


@dataclass(frozen=True)
class Ids:
    """What the ids of one table have in common.

    ``have_letters``: letters are their own, so that 9E21 is one of them; ``padded_length``: of ids
    that are filled up with zeros (0: they are not), ``length``: of most ids, whatever they hold,
    ``are_bare``: hardly any of them has a mark within it.
    """

    have_letters: bool = False
    padded_length: int = 0
    length: int = 0
    are_bare: bool = False

    @classmethod
    def of(cls, texts: Iterable[str]) -> Ids:
        """From the ids of the first rows."""
        lengths: Counter[int] = Counter()
        is_padded = have_letters = False
        every: Counter[int] = Counter()
        bare = 0
        for text in texts:
            every[len(text)] += 1
            bare += text.isalnum()
            if text.isdecimal():
                lengths[len(text)] += 1
                is_padded |= text.startswith("0")
            elif _LETTERED.search(text) and not looks_like_digits(text):
                have_letters |= not (_LIKE_REWRITTEN.fullmatch(text) or " " in text)
        length, count = max(lengths.items(), key=lambda entry: entry[1], default=(0, 0))
        is_padded &= count >= MOSTLY_PADDED * lengths.total()
        usual, often = max(every.items(), key=lambda entry: entry[1], default=(0, 0))
        is_usual = often >= MOSTLY_PADDED * every.total() and usual >= LEAST_LENGTH
        are_bare = bare >= MOSTLY_PADDED * every.total()
        return cls(have_letters, length if is_padded else 0, usual if is_usual else 0, are_bare)

    def doubt(self, token: object, text: str) -> str | None:
        """What is wrong with the id ``text`` of a cell, as a code; ``None`` if nothing."""
        if not any(c.isalnum() for c in text):
            return "no_school_id"
        if (
            is_formula(token)
            or text[0] in _APOSTROPHES
            or not (text.isascii() or signs.NOTES.isdisjoint(text))
        ):
            return "id_noted"
        if isinstance(token, float) and ("e" in text or not token.is_integer()):
            return "id_too_long"
        if _REWRITTEN.fullmatch(text):
            return "id_rewritten"
        if not self.have_letters and _LIKE_REWRITTEN.fullmatch(text):
            return "id_rewritten"
        if not self.have_letters and looks_like_digits(text):
            return "id_letters"
        return None

    def is_unlike(self, text: str) -> bool:
        """Whether an id is not like the others.

        It is far longer or shorter (an id twice, a number in its place), or longer by marks that no
        other has (0100 213201, A0123.0). Where ids are of digits and filled up with zeros, it has
        more or fewer of them, marks among them, or none at all (a name in the column of ids).
        """
        letters = "".join(filter(str.isalnum, text))  # without marks
        longer, shorter = max(self.length, len(text)), min(self.length, len(text))
        if self.length and longer >= FAR_LONGER * shorter:
            return True
        is_longer = self.length and len(text) > self.length
        if is_longer and (len(letters) == self.length or (self.are_bare and text != letters)):
            return True
        if not self.padded_length:
            return False
        if text.isdecimal():
            return len(text) != self.padded_length
        return letters.isdecimal() or not any(map(str.isdigit, letters))
