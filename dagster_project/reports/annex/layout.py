"""Wording, columns and widths of the workbook: ``templates/附表.yml``, and a province's changes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from dagster_project import verdicts
from dagster_project.reports.templates import OWN, TemplateBroken, Templates, read_words
from dagster_project.reports.wording import wording

NAME = "附表.yml"
SHARED_WORDS = ("retention_status", "retention_source")
"""Vocabularies of ``wording.yml`` that the annex shares with the other documents."""

Layout = dict[str, Any]


def layout_for(templates: Templates, county_code: str) -> Layout:
    """The layout of this county.

    A file of the same name among the province's templates need hold only what it says otherwise.
    Raises :class:`TemplateBroken`.
    """
    path = templates.find(NAME, county_code)
    return _own() if path == OWN / NAME else _changed(path)


@cache
def _own() -> Layout:
    read = _read(OWN / NAME)
    return {**read, "words": {**{n: wording()[n] for n in SHARED_WORDS}, **read["words"]}}


@cache
def _read(path: Path) -> Layout:
    read = read_words(path)
    if isinstance(said := read.get("verdicts"), dict):
        known = verdicts.chinese()
        read["verdicts"] = {
            code: str(text).replace("{word}", known.get(code, code)) for code, text in said.items()
        }
    return read


@cache
def _changed(path: Path) -> Layout:
    return _merged(_own(), _read(path), path, "")


def _merged(own: Layout, other: Layout, path: Path, where: str) -> Layout:
    merged = dict(own)
    for key, value in other.items():
        place = f"{where}.{key}" if where else str(key)
        if key not in own:
            raise TemplateBroken(
                f"{path}: '{place}' is not known; there are {', '.join(map(str, own))}."
            )
        if isinstance(own[key], dict) != isinstance(value, dict):
            raise TemplateBroken(f"{path}: '{place}' must be as in {OWN / NAME}.")
        merged[key] = _merged(own[key], value, path, place) if isinstance(value, dict) else value
    return merged
