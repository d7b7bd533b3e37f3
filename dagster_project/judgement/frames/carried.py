"""Last year's figures carried over to the schools that stand for them now.

Where a school took over others (撤并), a figure has to be compared with what all of them reported
last year, and where it gave up pupils (a split) with what it kept: ``carried_<field>``. Without a
reviewed succession it is last year's own figure.
"""

from __future__ import annotations

from collections.abc import Iterable

from dagster_project.census.schema import fields as dictionary
from dagster_project.judgement.frames.required_columns import strip_shift

# What a succession moves from school to school are people and classes; buildings stay.
JOINS = """
    left join school_event
        on school_event.school_id = ratio.school_id
        and school_event.school_year = ratio.school_year
    left join section_gain
        on section_gain.school_id = ratio.school_id and section_gain.stage = ratio.stage
        and section_gain.term = ratio.term and section_gain.school_year = ratio.school_year
"""


def find_carried_fields(words: Iterable[str]) -> list[str]:
    """The fields that some rule asks for as carried over."""
    return sorted(strip_shift(words, "carried") & set(dictionary()))


def write_gains_sql(names: Iterable[str]) -> str:
    """Columns of ``section_gain``: null where a predecessor's figure is not known."""
    return " ".join(
        f"if(count(last.{name}) = count(*), sum(succession.share * last.{name}), null) "
        f"as gain_{name},"
        for name in names
    )


def write_carried_sql(names: Iterable[str]) -> str:
    """Columns ``carried_<field>`` of a section; ``prev`` is its own row of last year."""
    return " ".join(
        f"if(school_event.school_id is null, prev.{name}, "
        f"if(prev.school_id is null, 0, school_event.kept * prev.{name}) "
        f"+ if(section_gain.school_id is null, 0, section_gain.gain_{name})) as carried_{name},"
        for name in names
    )
