"""A Word document of a county: template, letterhead, narrative and figures become one file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.published import Published
from dagster_project.reports.context import context_of
from dagster_project.reports.letterhead import Letterhead, letterhead_of
from dagster_project.reports.templates import Templates
from dagster_project.reports.word import fill


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
    county, kind = figures.county, name.partition(".")[0]
    place = county.county_name or county.county_code
    letter = letterhead_of(templates, county.county_code, kind, place)
    template = templates.find(name, county.county_code)
    told = dict(context or context_of(figures))
    told |= {"letter": letter, "narrative": templates.narrative(county)}
    year = county.school_year
    about = f"{place}{year}—{year + 1}学年{kind}"
    return fill(template, told, properties(figures.published, about, kind, letter, told["draft"]))


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
