"""What a file's place below ``raw/`` says: the school year and the term it was dropped under."""

from __future__ import annotations

import re
from pathlib import PurePath

from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected
from dagster_project.messages import Message


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
            "census.folder_no_year", folder=parts[0], first=SCHOOL_YEARS[0], last=SCHOOL_YEARS[-1]
        )
    if len(parts) < 3:
        return Place(year, None)
    if parts[1] not in TERMS:
        raise FileRejected("census.folder_no_term", year=year, found=parts[1])
    return Place(year, parts[1])


def agree_on_year(place: Place, stated: int | None, where: Message | None) -> int:
    """The school year of a file from its ``place`` and from what it says itself, if they agree.

    ``stated`` is the year found in the file (or its name), ``where`` names the spot, a
    phrase of the catalogue.
    """
    if stated is not None and stated not in SCHOOL_YEARS:
        raise FileRejected("census.year_impossible", where=where, stated=stated)
    if stated is not None and place.school_year is not None and stated != place.school_year:
        raise FileRejected(
            "census.year_contradicts_folder",
            where=where,
            stated=stated,
            school_year=place.school_year,
        )
    year = stated if stated is not None else place.school_year
    if year is None:
        raise PlaceUnsaid("census.no_year")
    return year


def agree_on_term(place: Place, stated: str | None, where: Message | None) -> str:
    """The term of a file from its ``place`` and from what it says itself, if they agree."""
    if stated is not None and place.term is not None and stated != place.term:
        raise FileRejected(
            "census.term_contradicts_folder", where=where, stated=stated, term=place.term
        )
    term = stated if stated is not None else place.term
    if term is None:
        raise PlaceUnsaid("census.no_term")
    return term
