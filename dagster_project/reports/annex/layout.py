"""Wording, columns and widths of the workbook: ``templates/附表.yml``, and a province's changes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from dagster_project.reports.templates import OWN, TemplateBroken, Templates, read_words
from dagster_project.reports.wording import vocabularies
from dagster_project.words import words

NAME = "附表.yml"
_KINDS = {
    "stage": "stage",
    "area": "area",
    "ownership": "sponsor",
    "term": "term",
    "severity": "severity",
    "flag_status": "flag_status",
    "class_source": "class_source",
    "tendency": "tendency",
    "exclusion": "exclusion",
    "restatement": "restatement",
    "completeness": "completeness",
    "retention_status": "retention_status",
    "retention_source": "retention_source",
}
_ATTAINS = {"true": "attains", "false": "fails", "null": "open"}
# Words that stand behind a sign, `{word}` in the file, and what they are words for.
_SIGNED = {
    "verdicts": lambda: {**words("school_verdict"), **words("verdict")},
    "attains": lambda: {_ATTAINS[code]: word for code, word in words("attains").items()},
    "direction": lambda: words("direction"),
}

Layout = dict[str, Any]
_BESIDE = "‖"
_LETTERS, _HOLES = re.compile("[A-Za-z]"), re.compile(r"\{.*?\}")


def layout_for(templates: Templates, county_code: str) -> Layout:
    """The layout of this county.

    A file of the same name among the province's templates need hold only what it says otherwise.
    Raises :class:`TemplateBroken`.
    """
    path = templates.find(NAME, county_code)
    return _spoken(path)


@cache
def _spoken(path: Path) -> Layout:
    layout = _own() if path == OWN / NAME else _changed(path)
    return _in_language(layout, bool(layout["bilingual"]))


def _in_language(said: Any, is_bilingual: bool) -> Any:
    """The layout in Chinese alone, or with its English: what is handed in is Chinese."""
    if isinstance(said, str):
        parts = [part.strip() for part in said.split(_BESIDE)]
        return " ".join(parts) if is_bilingual else parts[0]
    if isinstance(said, list):
        return [_in_language(one, is_bilingual) for one in said]
    if not isinstance(said, dict):
        return said
    return {
        key: _in_language(
            _blank(value)
            if not is_bilingual and (key == "en" or str(key).endswith("_en"))
            else value,
            is_bilingual,
        )
        for key, value in said.items()
    }


def _blank(said: Any) -> Any:
    """Without its English; a year is a year in any language."""
    if isinstance(said, list):
        return [""] * len(said)
    return "" if _LETTERS.search(_HOLES.sub("", str(said))) else said


@cache
def _own() -> Layout:
    read = _read(OWN / NAME)
    return {**read, "words": {**vocabularies(_KINDS), "direction": read["direction"]}}


@cache
def _read(path: Path) -> Layout:
    read = read_words(path)
    for name, known in _SIGNED.items():
        if isinstance(said := read.get(name), dict):
            read[name] = {
                code: str(text).replace("{word}", known().get(code, code))
                for code, text in said.items()
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
                "reports.unknown_key", path=path, place=place, known=list(map(str, own))
            )
        if isinstance(own[key], dict) != isinstance(value, dict):
            raise TemplateBroken("reports.wrong_kind", path=path, place=place, own=OWN / NAME)
        merged[key] = _merged(own[key], value, path, place) if isinstance(value, dict) else value
    return merged
