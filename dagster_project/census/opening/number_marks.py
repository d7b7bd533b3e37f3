"""Which mark parts the decimals of a column's numbers and which its thousands.

``1.201`` is a thousand in half of Europe and in Latin America. A single token cannot tell, a column
can: ``12.301,5`` or ``0,75`` say what ``1.201`` beside them means. Where nothing says it the figure
is unreadable, and the profile is asked (``decimal``, ``thousands``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from dagster_project.census.figures import clean_text


@dataclass(frozen=True)
class NumberMarks:
    """The marks of a column: ``decimal`` and ``thousands``, one character each."""

    decimal: str = "."
    thousands: str = ","

    @cached_property
    def _shape(self) -> re.Pattern[str]:
        d, t = re.escape(self.decimal), re.escape(self.thousands)
        return re.compile(rf"([+-]?(?:\d{{1,3}}(?:{t}\d{{3}})+|\d+))(?:{d}(\d+))?")

    def plain(self, text: str) -> str | None:
        """A number in these marks as one with a point and nothing else; ``None`` if it is none."""
        found = self._shape.fullmatch(text)
        if not found:
            return None
        whole = found[1].replace(self.thousands, "")
        return f"{whole}.{found[2]}" if found[2] else whole


MANY = 3  # tokens of three decimals each, and none of fewer

POINT, COMMA = NumberMarks(".", ","), NumberMarks(",", ".")

# What only one of the two can be, and what either can be.
_ONLY_COMMA = re.compile(
    r"[+-]?(\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,}|\d+,(\d{1,2}|\d{4,})|0\d*,\d+|\d{4,},\d+)"
)
_ONLY_POINT = re.compile(
    r"[+-]?(\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,}|\d+\.(\d{1,2}|\d{4,})|0\d*\.\d+|\d{4,}\.\d+)"
)
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


@dataclass(frozen=True)
class Evidence:
    """What the tokens of one column say: sure for a comma, sure for a point, or in doubt.

    ``doubtful`` is the first token that can be read both ways, ``points`` how many of them have a
    point.
    """

    comma: bool = False
    point: bool = False
    doubtful: str | None = None
    points: int = 0

    @classmethod
    def of(cls, tokens: Iterable[object]) -> Evidence:
        """From the tokens of a column; cells that are numbers say nothing."""
        comma = point = False
        doubtful, points = None, 0
        for token in tokens:
            if not isinstance(token, str) or not ("." in token or "," in token):
                continue
            text = clean_text(token)
            if _EITHER.fullmatch(text):
                doubtful = doubtful or text
                points += "." in text
            comma = comma or _ONLY_COMMA.fullmatch(text) is not None
            point = point or _ONLY_POINT.fullmatch(text) is not None
        return cls(comma, point, doubtful, points)

    @property
    def marks(self) -> NumberMarks | None:
        """The marks of the column, if it says them without contradiction."""
        return {(True, False): COMMA, (False, True): POINT}.get((self.comma, self.point))


def recognise(columns: Iterable[Evidence], mine: Evidence, is_count: bool) -> NumberMarks | None:
    """The marks of the column ``mine`` among all ``columns`` of its file; ``None`` if in doubt.

    Its own evidence decides, then that of the others where they agree. Without any, a comma parts
    thousands and a point decimals, as ever. But no whole number (``is_count``) has decimals, and
    where every token has three of them nobody knows whether they are any.
    """
    if mine.comma or mine.point:
        return mine.marks
    said = {evidence.marks for evidence in columns if evidence.comma or evidence.point}
    if mine.points >= (1 if is_count else MANY) and said != {COMMA}:
        return None
    if len(said) == 1:
        return said.pop()
    return None if mine.doubtful and said else POINT
