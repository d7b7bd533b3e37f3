"""一校一策: a page for every school, with what it has, what it lacks and what it is to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dagster_project.figures.county import STAGES, CountyFigures
from dagster_project.figures.figure import Sentence
from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.rounding import kind_of_unit
from dagster_project.figures.rows import Row, grouped
from dagster_project.figures.sections import Section
from dagster_project.reports.chapters import STANDARD
from dagster_project.reports.chapters_of_change import class_size
from dagster_project.reports.context import context_of
from dagster_project.reports.document_of_county import write_document
from dagster_project.reports.documents import SCHOOL_SHEETS
from dagster_project.reports.templates import Templates
from dagster_project.reports.wording import stage_word, word


def render(published: Published, county: CountyYear, templates: Templates) -> bytes:
    """The sheets of all schools as one docx; raises :class:`TemplateBroken`."""
    return written(CountyFigures(published, county), templates)


def written(figures: CountyFigures, templates: Templates) -> bytes:
    """The sheets, their numbers noted in ``figures.trace``."""
    context = {**context_of(figures), "schools": schools(figures)}
    return write_document(figures, templates, SCHOOL_SHEETS, context=context)


def schools(figures: CountyFigures) -> list[dict[str, Any]]:
    """Every school that is evaluated, by its id: sections, classes, flags and tasks."""
    sections: dict[str, list[tuple[str, Section]]] = {}
    for stage in STAGES:
        for section in figures.sections.get((stage, STANDARD), []):
            sections.setdefault(section.school_id, []).append((stage, section))
    flags = grouped(figures.table("flag"), lambda row: row["school_id"])
    gaps = grouped(figures.gaps, lambda row: row["school_id"])
    return [
        {
            "name": found[0][1].school_name,
            "area": word("areas", found[0][1].urban_rural),
            "stages": [_stage(figures, stage, section) for stage, section in found],
            "indicators": [
                entry for stage, section in found for entry in _indicators(figures, stage, section)
            ],
            "flags": _flags(flags.get(school_id, [])),
            "tasks": [
                without(figures.sentence("gap", row, "what_to_do"), found[0][1].school_name)
                for row in gaps.get(school_id, [])
            ],
            "is_complete": all(_is_judged(section) for _, section in found),
        }
        for school_id, found in sorted(sections.items())
    ]


def without(sentence: Sentence, school: str) -> Sentence:
    """The sentence of a task on the school's own page: it does not begin with its name again."""
    return replace(sentence, text=sentence.text.removeprefix(school), trace=sentence.trace)


def _is_judged(section: Section) -> bool:
    return all(row["verdict"] not in (None, "missing") for row in section.figures.values())


def _stage(figures: CountyFigures, stage: str, section: Section) -> dict[str, Any]:
    size = figures.row(
        "class_size", term=figures.ref.term_of_census, school_id=section.school_id, stage=stage
    )
    attained = section.attainment
    attains = attained["attains"] if attained else None
    return {
        "name": stage_word(figures, stage),
        "pupils": figures.figure("school_indicator", section.first, "pupils", "count"),
        "attains": attains,
        "is_tainted": section.is_tainted,
        **class_size(figures, size),
        "limit": figures.ref.setting(f"class_limit_{stage}"),
    }


def _indicators(figures: CountyFigures, stage: str, section: Section) -> list[dict[str, Any]]:
    found = []
    for indicator in figures.ref.indicators(STANDARD):
        row = section.figures.get(indicator["indicator_id"])
        if row is None:
            continue
        kind = kind_of_unit(indicator["unit"])
        county = figures.coefficient(STANDARD, stage, indicator["indicator_id"])
        found.append(
            {
                # Short enough for a line: two stages of a school fit on its page.
                "name": figures.ref.items[indicator["indicator_id"]]["noun_zh"],
                "unit": indicator["unit"],
                "stage": stage_word(figures, stage),
                "value": figures.figure("school_indicator", row, "value", kind, "missing"),
                "threshold": figures.figure("school_indicator", row, "threshold", "as_is"),
                "gap": figures.figure(
                    "school_indicator",
                    row if row["verdict"] in ("floor", "below") else None,
                    "gap_per_pupil",
                    kind,
                    "",
                ),
                "mean": figures.figure("county_coefficient", county, "mean", kind, "missing"),
                "word": word("school_verdicts", row["verdict"]),
            }
        )
    return found


def _flags(rows: list[Row]) -> list[dict[str, str]]:
    """The open flags of a school by rule, the hard ones first."""
    told = {
        (row["severity"] != "hard", row["title"] or row["rule_id"]): row
        for row in rows
        if row["status"] == "open"
    }
    return [
        {"title": title, "severity": word("severities", row["severity"])}
        for (_, title), row in sorted(told.items(), key=lambda entry: entry[0])
    ]
