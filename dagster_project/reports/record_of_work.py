"""创建纪实: what a county did over the years, told by its figures and by those who did it."""

from __future__ import annotations

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.reports.context import context_of
from dagster_project.reports.document_of_county import write_document
from dagster_project.reports.documents import RECORD_OF_WORK
from dagster_project.reports.histories import course, years
from dagster_project.reports.templates import Templates

_COURSES = {
    "schools": ("schools", "all", None),
    "primary_schools": ("schools", "primary", None),
    "junior_schools": ("schools", "junior", None),
    "pupils": ("pupils", "all", None),
    "classes": ("classes", "all", None),
    "class_mean": ("class_mean", "all", None),
    "teachers": ("teachers", "all", None),
    "budget": ("education_budget", "all", "ten_thousand_yuan"),
    "budget_per_pupil": ("education_budget_per_pupil", "all", None),
    "exchange": ("G11", "all", "share"),
    "exchange_backbone": ("exchange_backbone", "all", "share"),
    "disabled": ("Q2", "all", "share"),
    "oversize_56": ("oversize_56", "all", None),
    "super_66": ("super_66", "all", None),
}


def render(published: Published, county: CountyYear, templates: Templates) -> bytes:
    """The record as docx; raises :class:`TemplateBroken`."""
    return written(CountyFigures(published, county), templates)


def written(figures: CountyFigures, templates: Templates) -> bytes:
    """The record, its numbers noted in ``figures.trace``."""
    courses = {name: course(figures, *where) for name, where in _COURSES.items()}
    context = {**context_of(figures), "course": courses, "years": years(figures)}
    return write_document(figures, templates, RECORD_OF_WORK, context=context)
