"""The words of the web report that are data: ``web_wording.yml``."""

from __future__ import annotations

from typing import Any

from dagster_project import verdicts
from dagster_project.reports.published import Published
from dagster_project.reports.templates import OWN, Templates, read_words
from dagster_project.reports.wording import wording

NAME = "web_wording.yml"
SHARED = ("retention_status",)
"""Vocabularies of ``wording.yml`` that the page shares with the other documents."""


def wording_for(published: Published, templates: Templates, code: str) -> dict[str, Any]:
    """The wording for the place with this code, read once for all places that share it.

    A file in a province's folder changes the words that it names and leaves the others alone.
    Raises :class:`TemplateBroken` with file and line.
    """
    path = templates.find(NAME, code)
    return published.kept(("web wording", path), lambda: _over(own_words(), read_words(path)))


def own_words() -> dict[str, Any]:
    """The project's own words; a verdict without one here has that of the verdicts."""
    words = {**{name: wording()[name] for name in SHARED}, **read_words(OWN / NAME)}
    for code, word in verdicts.chinese().items():
        words["verdicts"][code].setdefault("word", word)
    return words


def _over(words: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    changed = dict(words)
    for name, new in changes.items():
        old = words.get(name)
        changed[name] = _over(old, new) if isinstance(old, dict) and isinstance(new, dict) else new
    return changed
