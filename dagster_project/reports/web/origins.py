"""From where in which raw file the figures of a county's sections were read."""

from __future__ import annotations

from typing import Any

from dagster_project.reports.published import Published
from dagster_project.reports.web.county_facts import CountyFacts

COUNTED = ("pupils", "pupils_girls", "entrants", "graduates", "classes", "teachers")
"""Fields that the page shows beside the terms of the indicators."""

_ORIGINS = """
    select school_id, stage, field_id, path, sheet, cell, form, form_row, form_column, label
    from quality.figure_origin
    where school_year = $year and term = $term and field_id in (select unnest($fields))
        and school_id in (
            select school_id from marts.dim_section
            where county_code = $county and school_year = $year
        )
    order by school_id, stage, field_id, sheet, cell
"""


class Interned:
    """Words by number, in the order they were first asked for: each is sent once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, word: str | None) -> int:
        return self._numbers.setdefault(word or "", len(self._numbers))

    @property
    def words(self) -> list[str]:
        return list(self._numbers)


def origins_of(published: Published, facts: CountyFacts) -> dict[str, Any]:
    """Places by section (``school_id/stage``), and the words that they refer to by number.

    A place is a list: field, path, sheet, cell, label, form, official row, official column.
    """
    wanted = {term["field_id"] for term in terms_of(facts)} | set(COUNTED)
    rows = published.rows(
        _ORIGINS,
        year=facts.county.school_year,
        county=facts.county.county_code,
        term=facts.setting("census_term"),
        fields=sorted(wanted),
    )
    number = Interned()
    places: dict[str, list[list[Any]]] = {}
    for row in rows:
        places.setdefault(f"{row['school_id']}/{row['stage']}", []).append(
            [
                row["field_id"],
                number(row["path"]),
                number(row["sheet"]),
                row["cell"],
                number(row["label"]),
                number(row["form"]),
                number(row["form_row"]),
                number(row["form_column"]),
            ]
        )
    return {"places": places, "words": number.words}


def terms_of(facts: CountyFacts) -> list[dict[str, Any]]:
    """The terms of the numerators of the indicators on the page."""
    shown = {indicator["indicator_id"] for indicator in facts.indicators}
    return [term for term in facts.references["terms"] if term["indicator_id"] in shown]
