"""The figures that frames are built from: all that rules ask for of the years that are judged, and
of the years before only what is looked back at.

A school year is some hundreds of figures a section; a rule that looks back reads a few dozen of
last year's, two of the year before that, and the movements of six years for a cohort.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dagster_project.census.figures import (
    NOT_APPLICABLE,
    NOT_COLLECTED,
    STATUSES,
    UNDEFINED,
    UNREADABLE,
)
from dagster_project.census.schema import CODED, label_column, status_column
from dagster_project.census.schema import fields as dictionary
from dagster_project.judgement.frames.cohorts import find_cohort_fields
from dagster_project.judgement.frames.required_columns import (
    find_base_name,
    find_required_names,
    strip_shift,
)
from dagster_project.judgement.frames.returned import (
    GRADES,
    MOVEMENT,
    RETURN_FRAMES,
    find_census_words,
)
from dagster_project.judgement.rules.catalogue import FRAMES, Catalogue

if TYPE_CHECKING:
    import duckdb

KEYS = (
    "school_year", "term", "county_code", "county_name", "school_id", "school_name", "stage",
    "sha256", "sheet", "source_row",
)  # fmt: skip
# Columns that tell apart rows with the same keys, in frames that have them: always among the
# figures of a flag. A county has cohorts of three lengths, and several sources may tell of one.
PARTS_OF_THE_KEY = ("cohort", "cohort_years", "basis")
ATTRIBUTES = (
    *KEYS, "profile", "vintage", "standards", "school_type_code", "sponsor_code",
    "urban_rural_code", "is_counted", "is_new", "was_closed",
    *(label_column(name) for name in CODED), "county_is_named",
)  # fmt: skip

# What every year before is known by, and what frames themselves read of it.
_OF_EVERY_YEAR = (
    "school_year", "term", "county_code", "school_id", "stage", "sha256", "source_row",
)  # fmt: skip
_OF_LAST_YEAR = ("school_type_code", "was_closed", "pupils")
_OF_THE_YEAR_BEFORE = ("school_type_code", "was_closed")

MOST_PARTS = 4
MOST_ROWS_OF_A_PART = 10**12


def judged_section(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    school_years: tuple[int, int] | None = None,
) -> None:
    """Create ``judged_section`` from the relation ``section``, and ``earlier_file``.

    ``judged_section`` is a view over a table for the years judged and narrow ones for those before
    ``school_years`` (first, last), which have only the columns that are looked back at; their
    others are null. ``row_id`` numbers its rows. ``earlier_file`` lists the files of the years
    before.
    """
    everything = [*ATTRIBUTES, *_sort_columns(_find_asked(catalogue))]
    counts = _count_figures_sql() if catalogue.of_frame("file") else []
    if school_years is None:
        parts = [_select(everything, "true", counts)]
        before = "false"
    else:
        first, last = school_years
        parts = [_select(everything, f"school_year between {first} and {last}", counts)]
        parts += [
            _select([*_OF_EVERY_YEAR, *names], f"school_year {condition}")
            for condition, names in _find_looked_back_at(catalogue, first)
        ]
        before = f"school_year < {first}"
    for number, part in enumerate(parts):
        connection.execute(f"create or replace temp table {_name_part(number)} as {part}")
    connection.execute(
        "create or replace temp view judged_section as "
        + " union all by name ".join(
            f"select rowid + {number * MOST_ROWS_OF_A_PART} as row_id, * from {_name_part(number)}"
            for number in range(len(parts))
        )
    )
    connection.execute(
        f"create or replace temp table earlier_file as "
        f"select distinct sha256 from section where {before}"
    )


def drop_judged_section(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what :func:`judged_section` created."""
    connection.execute("drop view if exists judged_section")
    for name in (*map(_name_part, range(MOST_PARTS)), "earlier_file"):
        connection.execute(f"drop table if exists {name}")


def _name_part(number: int) -> str:
    return f"judged_section_{number}"


def _count_figures_sql() -> list[str]:
    """How much of a row was asked for, could not be read, was not defined: for its file."""
    wanted = {
        "figures_asked": f"not in ('{NOT_APPLICABLE}', '{NOT_COLLECTED}')",
        "figures_unreadable": f"= '{UNREADABLE}'",
        "figures_undefined": f"= '{UNDEFINED}'",
    }
    return [
        " + ".join(f"({status_column(field)} {condition})::integer" for field in dictionary())
        + f" as {name}"
        for name, condition in wanted.items()
    ]


def _select(names: list[str], condition: str, more: Iterable[str] = ()) -> str:
    word = f"enum({', '.join(repr(status) for status in STATUSES)})"
    columns = (f"{n}::{word} as {n}" if n.endswith("__status") else n for n in names)
    return f"select {', '.join([*columns, *more])} from section where {condition}"


def _sort_columns(names: set[str]) -> list[str]:
    """Fields and statuses among ``names``, in the order of the dictionary."""
    every = (name for field in dictionary() for name in (field, status_column(field)))
    return [name for name in every if name in names]


def _find_asked(catalogue: Catalogue) -> set[str]:
    """Every name that a frame needs of the years that are judged."""
    names = {
        "pupils",
        "pupils__status",
        *(f for group in catalogue.fingerprints.values() for f in group),
    }
    for frame in FRAMES:
        names |= {
            find_base_name(word, frame) for word in find_required_names(catalogue.of_frame(frame))
        }
    names |= _find_beside_returns(catalogue) | _find_of_cohorts(catalogue)
    return names | _find_behind(catalogue, set(catalogue.measures)) | _find_flows(catalogue)


def _find_looked_back_at(catalogue: Catalogue, first: int) -> list[tuple[str, list[str]]]:
    """Conditions on the years before ``first``, with the columns that are needed of them."""
    of = {frame: find_required_names(catalogue.of_frame(frame)) for frame in FRAMES}
    flows = _find_flows(catalogue)
    longer = flows | _find_behind(
        catalogue, strip_shift(of["section"], "prev2") | strip_shift(of["section"], "prev3")
    )
    longer |= strip_shift(of["school"], "prev2") | strip_shift(of["county"], "prev2_sum")
    last_year = {*_OF_LAST_YEAR} | longer | strip_shift(of["school"], "prev")
    last_year |= strip_shift(of["county"], "prev_sum")
    last_year |= _find_beside_returns(catalogue, of_last_year=True) | _find_of_cohorts(catalogue)
    last_year |= _find_behind(catalogue, strip_shift(of["section"], "prev"))
    shapes = (
        (f"= {first - 1}", last_year),
        (f"between {first - 3} and {first - 2}", longer | {*_OF_THE_YEAR_BEFORE}),
        (f"< {first - 3}", flows),
    )
    others = [a for a in ATTRIBUTES if a not in _OF_EVERY_YEAR]
    return [
        (condition, [*(a for a in others if a in names), *_sort_columns(names)])
        for condition, names in shapes
    ]


def _find_behind(catalogue: Catalogue, names: set[str]) -> set[str]:
    """``names``, with the figures that the measures among them are made of."""
    measures = [catalogue.measures[name].sql for name in names & set(catalogue.measures)]
    read = set(re.findall(r"[a-z_][a-z0-9_]*", " ".join(measures)))
    return names | read | {"pupils"}  # a school's total counts the pupils of every stage


def _find_beside_returns(catalogue: Catalogue, of_last_year: bool = False) -> set[str]:
    """The figures that stand beside returns, and their status: a sum needs all to be known."""
    words = set().union(
        *(find_required_names(catalogue.of_frame(frame)) for frame in RETURN_FRAMES)
    )
    found = {w.field for w in find_census_words(words) if w.is_last_years or not of_last_year}
    return found | {status_column(name) for name in found}


def _find_of_cohorts(catalogue: Catalogue) -> set[str]:
    """The pupils by grade, which are the cohorts that movements are told of."""
    grades = [f"pupils_grade_{n}" for n in GRADES if catalogue.of_frame(MOVEMENT)]
    always = {"pupils", status_column("pupils")} if grades else set()
    return always | {name for grade in grades for name in (grade, status_column(grade))}


def _find_flows(catalogue: Catalogue) -> set[str]:
    """What cohorts are made of, in every year that one of theirs may have entered in."""
    if not catalogue.of_frame("cohort"):
        return set()
    return {*find_cohort_fields(), "school_type_code"}
