"""The schools of a county as the published warehouse knows them, to be prefilled in a template."""

from __future__ import annotations

from pathlib import Path

_SCHOOLS = """
    with county as (
        select * from marts.dim_section
        where county_code = ? and stage in ('primary', 'junior')
    )
    select distinct school_id, school_name, stage, county_name -- the two terms of a year agree
    from county
    where school_year = (
        select max(school_year) from county where school_year <= coalesce(?, school_year)
    )
    order by school_id, stage desc
"""


def schools_of(database: Path, county_code: str, school_year: int | None) -> list[dict]:
    """``school_id, school_name, stage, county_name`` of the county's sections, primary first.

    Taken from the latest published year up to ``school_year``; empty where nothing is published.
    """
    if not database.exists():
        return []
    from dagster_project.publish.opening import open_published

    with open_published(database) as connection:
        found = connection.execute(_SCHOOLS, [county_code, school_year])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
