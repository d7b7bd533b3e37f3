"""Wording, columns and widths of the workbook: ``templates/附表.yml``, and a province's changes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.reports.templates import OWN, TemplateBroken, Templates

NAME = "附表.yml"

Layout = dict[str, Any]


def layout_for(templates: Templates, county_code: str) -> Layout:
    """The layout of this county.

    A file of the same name among the province's templates need hold only what it says otherwise.
    Raises :class:`TemplateBroken`.
    """
    path = templates.find(NAME, county_code)
    return _read(OWN / NAME) if path == OWN / NAME else _changed(path)


@cache
def _read(path: Path) -> Layout:
    try:
        read = yaml.load(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TemplateBroken(
            f"{path}: not readable as YAML in UTF-8 ({error}). Compare it with {OWN / NAME}."
        ) from error
    if not isinstance(read, dict):
        raise TemplateBroken(f"{path}: expected names with values, as in {OWN / NAME}.")
    return read


@cache
def _changed(path: Path) -> Layout:
    return _merged(_read(OWN / NAME), _read(path), path, "")


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
