"""The both-ways comparison of a column map with what a file really holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from dagster_project.census.reading import Drift


def compare(
    expected: Mapping[str, str | None],
    found: Iterable[str],
    *,
    known: Iterable[str] = (),
    sheet: str | None = None,
) -> tuple[Drift, ...]:
    """Differences between mapped and found labels, all of them: first missing, then new.

    ``expected`` maps a label to the canonical field that is empty without it (``None``: several).
    ``known`` labels may be there without being mapped. Each missing label names the nearest new
    ones, so that a renamed column can be recognised.
    """
    found = list(dict.fromkeys(found))
    accepted = set(expected) | set(known)
    new = [text for text in found if text not in accepted]
    present = set(found)
    missing = [
        Drift("missing", text, field_id, sheet, nearest(text, new))
        for text, field_id in expected.items()
        if text not in present
    ]
    return (*missing, *(Drift("new", text, None, sheet) for text in new))


def nearest(wanted: str, found: Iterable[str], count: int = 3) -> str:
    """The labels of ``found`` most like ``wanted``, for a message; may be empty."""
    return " · ".join(get_close_matches(wanted, list(found), count, 0.5))
