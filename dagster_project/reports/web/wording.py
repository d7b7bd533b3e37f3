"""The words of the web report that are data: ``web_wording.yml``."""

from __future__ import annotations

from typing import Any

from dagster_project.figures.published import Published
from dagster_project.reports.templates import OWN, Templates, read_words
from dagster_project.reports.wording import vocabularies
from dagster_project.words import words

NAME = "web_wording.yml"
_KINDS = {
    "stages": "stage",
    "locations": "area",
    "sponsors": "sponsor",
    "terms": "term",
    "levels": "region_level",
    "attains": "attains",
    "county_attains": "county_attains",
    "severities": "severity",
    "flag_states": "flag_status",
    "owners": "owner",
    "tendencies": "tendency",
    "restated": "restatement",
    "claim_verdicts": "claim_verdict",
    "completeness": "completeness",
    "statuses": "value_status",
    "retention_status": "retention_status",
    "exclusions": "exclusion",
    "project_kinds": "project_kind",
    "project_states": "project_state",
    "yes_no": "yes_no",
}


def wording_for(published: Published, templates: Templates, code: str) -> dict[str, Any]:
    """The wording for the place with this code, read once for all places that share it.

    A file in a province's folder changes the words that it names and leaves the others alone.
    Raises :class:`TemplateBroken` with file and line.
    """
    path = templates.find(NAME, code)
    return published.kept(("web wording", path), lambda: _over(own_words(), read_words(path)))


def own_words() -> dict[str, Any]:
    """The project's own words: those for codes, and ``web_wording.yml``."""
    own = {**vocabularies(_KINDS), **read_words(OWN / NAME)}
    for code, said in {**words("school_verdict"), **words("verdict")}.items():
        own["verdicts"][code].setdefault("word", said)
    return own


def _over(words: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    changed = dict(words)
    for name, new in changes.items():
        old = words.get(name)
        changed[name] = _over(old, new) if isinstance(old, dict) and isinstance(new, dict) else new
    return changed
