"""From where in which return the items of government and quality come: answers and lists."""

from __future__ import annotations

from typing import Any

from dagster_project.census.returns.layout import Column, choices, layouts
from dagster_project.census.schema import items
from dagster_project.census.set_aside import parts
from dagster_project.reports.published import Published
from dagster_project.reports.web.county_facts import CountyFacts, Row
from dagster_project.reports.web.origins import Interned

MOST_PLACES = 600
"""Of one item; a page is not the place for more, the warehouse is."""

# The county's answers, those of its schools, and the movements of the cohorts on the page.
_PLACES = """
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
    where (school_id in (from school) or school_id = '' and county_code = $county)
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


def answers_of(published: Published, facts: CountyFacts) -> dict[str, Any]:
    """Places by item, and the words that they refer to by number.

    A place is a list: school, stage, cohort, what stands there, path, sheet, cell. ``left`` says of
    how many places of an item only the first are given.
    """
    rows = published.rows(
        _PLACES,
        year=facts.county.school_year,
        county=facts.county.county_code,
        term=facts.setting("census_term"),
    )
    number = Interned()
    places: dict[str, list[list[Any]]] = {}
    left: dict[str, int] = {}
    for row in rows:
        item = item_of(row)
        mine = places.setdefault(item, [])
        if len(mine) == MOST_PLACES:
            left[item] = left.get(item, 0) + 1
            continue
        mine.append(
            [
                row["school_id"],
                row["stage"],
                row["cohort"],
                number(what_stands_there(row)),
                number(row["path"]),
                number(row["sheet"]),
                row["cell"],
            ]
        )
    return {"places": places, "left": left, "words": number.words}


def item_of(row: Row) -> str:
    """The item of the verdict that an entry counts in."""
    if row["part"] != "answer":
        return parts()[row["part"]]["feeds"]
    item = items().get(row["field_id"])
    return item.used_by if item else ""


def what_stands_there(row: Row) -> str:
    """What an entry is called: the item, or list, column and kind (学生异动 转入 人数)."""
    if row["part"] == "answer":
        item = items().get(row["field_id"])
        return item.name_zh if item else row["field_id"]
    column = _columns(row["part"])[row["field_id"]]
    kinds = [c for c in _columns(row["part"]).values() if c.list in ("art_room", "movement")]
    about = row["about"]
    for kind in kinds:
        about = choices(kind.list).label(about) if about else about
    cohort = f"{row['cohort']}级" if row["cohort"] else ""
    words = (parts()[row["part"]]["name_zh"], cohort, about, column.label)
    return " ".join(word for word in words if word)


def _columns(part: str) -> dict[str, Column]:
    sheet = next(
        sheet for layout in layouts().values() for sheet in layout.sheets if sheet.part == part
    )
    return {column.id: column for column in sheet.columns}
