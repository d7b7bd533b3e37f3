"""The inspection circular 督查通报: indicator by indicator, what is lacking, what is to be done."""

from __future__ import annotations

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.reports.document_of_county import write_document
from dagster_project.reports.documents import CIRCULAR
from dagster_project.reports.templates import Templates


def render(published: Published, county: CountyYear, templates: Templates) -> bytes:
    """The circular as docx; raises :class:`TemplateBroken`."""
    return written(CountyFigures(published, county), templates)


def written(figures: CountyFigures, templates: Templates) -> bytes:
    """The circular, its numbers noted in ``figures.trace``."""
    return write_document(figures, templates, CIRCULAR)
