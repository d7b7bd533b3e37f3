"""Administrative divisions of China by code (GB/T 2260), dated: the seed ``division``.

The seed says in which yearly lists a code stands with a name. Lists were made of 2002-2011,
2013-2017, 2019 and 2023; what changed between two of them changed at a time that nobody here knows,
so that both codes hold for the years in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from dagster_project.seeds import seed_rows

LISTS = (*range(2002, 2012), *range(2013, 2018), 2019, 2023)
ALWAYS = (0, 9999)
PLACEHOLDER = "placeholder"
_CODE_DIGITS = 6


@dataclass(frozen=True)
class Division:
    """A code and the name that it had from one school year to another, both included."""

    code: str
    name: str
    level: str  # province | city | county
    kind: str  # administrative | statistical | placeholder
    from_year: int
    to_year: int

    def holds(self, school_year: int) -> bool:
        """Whether the code may have had this name in that school year."""
        return self.from_year <= school_year <= self.to_year


@cache
def divisions() -> tuple[Division, ...]:
    """Every division with the school years in which its code may have been in use."""
    return tuple(
        Division(row["code"], row["name"], row["level"], row["kind"], *_years(row))
        for row in seed_rows("division")
    )


def name_of(code: str, school_year: int) -> str | None:
    """What the division of this code (2, 4 or 6 digits) was called; ``None`` for an unknown code.

    Of several names the latest that held then; of a code that did not hold then, its latest name.
    """
    own = _by_code().get(code.ljust(_CODE_DIGITS, "0"), ())
    then = [d for d in own if d.holds(school_year)] or own
    return max(then, key=lambda d: d.to_year).name if then else None


@cache
def _by_code() -> dict[str, tuple[Division, ...]]:
    found: dict[str, tuple[Division, ...]] = {}
    for division in divisions():
        found[division.code] = (*found.get(division.code, ()), division)
    return found


def _years(row: dict[str, str]) -> tuple[int, int]:
    """The school years that the lists leave open for a code.

    A list that has it not is of a year in which it came later, or had gone before its end.
    """
    if row["kind"] != "administrative":  # the statistics bureau's list is of one year only
        return ALWAYS
    first, last = ALWAYS
    if row["first_seen"]:
        first = LISTS[LISTS.index(int(row["first_seen"])) - 1] + 1
    if row["last_seen"]:
        last = LISTS[LISTS.index(int(row["last_seen"])) + 1]
    return first, last
