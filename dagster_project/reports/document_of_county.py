"""A Word document of a place: template, letterhead, narrative and figures become one file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.reports.context import context_of
from dagster_project.reports.letterhead import Letterhead, letterhead_of
from dagster_project.reports.templates import Templates
from dagster_project.reports.word import fill
from dagster_project.reports.wording import formal


def write_document(
    figures: CountyFigures,
    templates: Templates,
    name: str,
    *,
    context: Mapping[str, Any] | None = None,
) -> bytes:
    """The document of this file name (``督查通报.docx``), its numbers noted in ``figures.trace``.

    ``context`` is what its tags may print (default: :func:`context_of`). Raises
    :class:`TemplateBroken`.
    """
    told = context or context_of(figures)
    return write_word(figures.published, templates, name, figures.county, told)


def write_word(
    published: Published,
    templates: Templates,
    name: str,
    here: CountyYear,
    context: Mapping[str, Any],
) -> bytes:
    """A document of a county, or of a city by its code and name; raises :class:`TemplateBroken`."""
    kind, code, year = name.partition(".")[0], here.county_code, here.school_year
    place = formal(here.county_name or code)
    letter = letterhead_of(templates, code, kind, place)
    told = {**context, "letter": letter, "narrative": templates.narrative(here)}
    about = f"{place}{year}—{year + 1}学年{kind}"
    file_properties = properties(published, about, kind, letter, context["draft"])
    return fill(templates.find(name, code), told, file_properties)


def properties(
    published: Published, about: str, kind: str, letter: Letterhead, is_draft: bool
) -> dict[str, Any]:
    """The file's own properties: what it is, who issues it, when its figures were published.

    The id of the publication stands here and in the annex, in no document's text.
    """
    at = datetime.fromisoformat(published.published_at).astimezone(UTC)
    return {
        "title": about,
        "subject": "义务教育优质均衡发展",
        "category": kind,
        "author": letter.signed_by,
        "last_modified_by": letter.signed_by,
        "created": at,
        "modified": at,
        "identifier": published.publish_id,
        "content_status": "草稿" if is_draft else "正式稿",
        "language": "zh-CN",
        "revision": 1,
    }
