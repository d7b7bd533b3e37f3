"""From which cells of which raw files a county's figures were read."""

from __future__ import annotations

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.rows import Row, by

COUNTED = ("pupils", "pupils_girls", "entrants", "graduates", "classes", "teachers")
"""Fields that documents show beside the terms of the indicators."""

_SECTIONS = """
    select origin.*, min(load.path) as path
    from quality.section_origin as origin
    left join quality.load as load
        on origin.sha256 = load.sha256 and load.superseded_by is null
            and origin.school_year = load.school_year and origin.term = load.term
    where origin.school_year = $year and origin.term = $term and origin.school_id in (
        select school_id from marts.dim_section
        where county_code = $county and school_year = $year
    )
    group by all
"""
_FIELDS = """
    select school_id, stage, field_id, path, sheet, cell, form, form_row, form_column, label
    from quality.figure_origin
    where school_year = $year and term = $term and field_id in (select unnest($fields))
        and school_id in (
            select school_id from marts.dim_section
            where county_code = $county and school_year = $year
        )
    order by school_id, stage, field_id, sheet, cell
"""
# The county's answers, those of its schools, and the movements of the cohorts of its documents.
_ANSWERS = """
    with school as (
        select distinct school_id from marts.dim_section
        where county_code = $county and school_year = $year
    ),
    cohort as (
        select distinct stage, cohort from marts.retention
        where county_code = $county and school_year = $year
    )
    select school_id, stage, part, field_id, about, cohort, path, sheet, cell
    from quality.answer_origin as origin
    where part not in ('measure', 'project') -- the page has their places beside them
        and (school_id in (from school) or school_id = '' and county_code = $county)
        and case part
            when 'movement' then school_year <= $year and exists (
                from cohort where cohort.cohort = origin.cohort
                    and (cohort.stage = origin.stage or cohort.stage = 'all')
            )
            when 'roster' then school_year = $year and term = $term
            else school_year = $year
        end
    order by part, field_id, about, school_id, stage, school_year, term, sheet, cell
"""


def section_origins(figures: CountyFigures) -> dict[tuple[str, str], Row]:
    """The file, sheet and row of each section of the census, by school and stage."""
    return by(_read(figures, "section origins", _SECTIONS), "school_id", "stage")


def field_origins(figures: CountyFigures) -> list[Row]:
    """The cells of every field that an indicator of the county is made of, or that is counted."""
    terms = {row["field_id"] for row in figures.ref.rows("indicator_term")}
    return _read(figures, "field origins", _FIELDS, fields=sorted(terms | set(COUNTED)))


def answer_origins(figures: CountyFigures) -> list[Row]:
    """The cells of the answers and lists in the returns of the county and its schools."""
    return _read(figures, "answer origins", _ANSWERS)


def _read(figures: CountyFigures, key: str, sql: str, **values: object) -> list[Row]:
    published, county = figures.published, figures.county
    where = {
        "year": county.school_year,
        "county": county.county_code,
        "term": figures.ref.term_of_census,
    }
    return published.kept_of(county, key, lambda: published.rows(sql, **where, **values))
