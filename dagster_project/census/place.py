"""What a file's place below ``raw/`` says: the school year and the term it was dropped under."""

from __future__ import annotations

import re
from pathlib import PurePath

from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected


class PlaceUnsaid(FileRejected):
    """Neither the file nor its folder says the school year, or the term, that it belongs to."""


TERMS = ("autumn", "spring")
SCHOOL_YEARS = range(1990, 2101)


def place_of(relative_path: PurePath | str) -> Place:
    """School year and term of ``raw/<school_year>/<term>/…/<file>``; silent for any other layout.

    ``relative_path`` is relative to ``raw/``. Raises :class:`FileRejected` where the path means to
    name a year or a term and names none that exist.
    """
    parts = PurePath(relative_path).parts
    if len(parts) < 2 or not re.fullmatch(r"\d{4}", parts[0]):
        return Place(None, None)
    year = int(parts[0])
    if year not in SCHOOL_YEARS:
        raise FileRejected(
            f"The folder {parts[0]} is no school year between {SCHOOL_YEARS[0]} "
            f"and {SCHOOL_YEARS[-1]}.",
            advice="Move the file to raw/<school_year>/<term>/, for example raw/2023/autumn/.",
        )
    if len(parts) < 3:
        return Place(year, None)
    if parts[1] not in TERMS:
        raise FileRejected(
            f"The folder {parts[0]}/{parts[1]} names no term: found {parts[1]!r}, "
            "expected autumn or spring.",
            advice=f"Move the file to raw/{year}/autumn/ or raw/{year}/spring/.",
        )
    return Place(year, parts[1])


def agree_on_year(place: Place, stated: int | None, where: str) -> int:
    """The school year of a file from its ``place`` and from what it says itself, if they agree.

    ``stated`` is the year found in the file (or its name), ``where`` names the spot in a sentence.
    """
    if stated is not None and stated not in SCHOOL_YEARS:
        raise FileRejected(
            f"{where} says school year {stated}, which cannot be.",
            advice="Correct the year in a new copy of the file.",
        )
    if stated is not None and place.school_year is not None and stated != place.school_year:
        raise FileRejected(
            f"{where} says school year {stated}, but the file lies in raw/{place.school_year}/.",
            advice=f"Move it to raw/{stated}/ or correct the year in a new copy of the file.",
        )
    year = stated if stated is not None else place.school_year
    if year is None:
        raise PlaceUnsaid(
            "Neither the file nor its folder says which school year it belongs to.",
            advice="Put it in raw/<school_year>/<term>/, for example raw/2023/autumn/.",
        )
    return year


def agree_on_term(place: Place, stated: str | None, where: str) -> str:
    """The term of a file from its ``place`` and from what it says itself, if they agree."""
    if stated is not None and place.term is not None and stated != place.term:
        raise FileRejected(
            f"{where} says term {stated}, but the file lies in raw/…/{place.term}/.",
            advice=f"Move it to raw/<school_year>/{stated}/.",
        )
    term = stated if stated is not None else place.term
    if term is None:
        raise PlaceUnsaid(
            "Neither the file nor its folder says which term it belongs to.",
            advice="Put it in raw/<school_year>/<term>/, for example raw/2023/autumn/.",
        )
    return term
