"""The self-evaluation report 自评报告, as a county hands it in."""

from __future__ import annotations

from dagster_project.reports.context import context_of
from dagster_project.reports.documents import SELF_EVALUATION
from dagster_project.reports.facts import Facts
from dagster_project.reports.published import CountyYear, Published
from dagster_project.reports.templates import Templates
from dagster_project.reports.word import fill


def render(published: Published, county: CountyYear, templates: Templates) -> bytes:
    """The report as docx; raises :class:`TemplateBroken`."""
    return written(Facts(published, county), templates)


def written(facts: Facts, templates: Templates) -> bytes:
    """The report, its numbers noted in ``facts.trace``."""
    template = templates.find(SELF_EVALUATION, facts.county.county_code)
    subject = f"{facts.county.county_name} {facts.county.school_year}"
    return fill(template, context_of(facts), {"subject": subject})
