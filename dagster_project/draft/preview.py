"""The first rows of a file as a profile reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dagster_project.census.place import PlaceUnsaid
from dagster_project.census.read import read_at
from dagster_project.census.reading import Place
from dagster_project.census.schema import fields
from dagster_project.census.table.profile_model import Profile, Profiles

ROWS = 3
_KEYS = ("school_year", "county_code", "school_id", "school_name", "stage")


def preview(path: Path, profile: Profile, place: Place, assumed: Place) -> list[dict[str, object]]:
    """Keys and figures of the first sections, as far as there are any.

    Raises :class:`~dagster_project.census.rejection.FileRejected` as reading does.
    """
    try:
        reading = read_at(path, place, Profiles((profile,)))
    except PlaceUnsaid:
        reading = read_at(
            path,
            Place(place.school_year or assumed.school_year, place.term or assumed.term),
            Profiles((profile,)),
        )
    found: list[dict[str, object]] = []
    for batch in reading.sections:
        found += [dict(_said(row)) for row in batch.slice(0, ROWS - len(found)).to_pylist()]
        if len(found) >= ROWS:
            break
    return found


def _said(row: dict[str, object]) -> Iterator[tuple[str, object]]:
    yield from ((name, row[name]) for name in _KEYS)
    yield from ((name, row[name]) for name in fields() if row[name] is not None)
