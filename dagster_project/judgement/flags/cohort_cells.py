"""Where the figures of a flagged cohort stand: in which file, sheet and cells.

A cohort is no row of a file. What tells of it is: the movement files of its semesters, the county's
return, or the censuses. A flag leads to the figure that its rule looks at first (of the graduates,
as a rule), in the file that has most of it; a county's may be many cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.judgement.flags.flag import Spot, Violation, flag_id
from dagster_project.judgement.frames.cohorts import movement_kind
from dagster_project.judgement.frames.relations import Source, parts
from dagster_project.judgement.rules.catalogue import Catalogue
from dagster_project.sql import read_parquet

if TYPE_CHECKING:
    import duckdb

MOST_CELLS = 40

# Entrants of nine years began in primary school; all else that is looked at ended in junior school.
_MOVED = """
    select subject.number, moved.sha256, moved.school_year, moved.term, moved.sheet,
           moved.source_row, 'movement.pupils' as field_id
    from {rows} as moved
    join cohort_subject as subject
        on moved.kind = subject.kind
        and moved.county_code in (subject.county_code, subject.old_code)
        and (subject.school_id is null or moved.school_id = subject.school_id)
        and moved.stage
            = if(subject.cohort_years = 9 and subject.kind = 'entrant', 'primary', subject.stage)
        and moved.cohort = subject.school_year
            - if(subject.cohort_years = 9 and subject.kind <> 'entrant', 3, subject.cohort_years)
    where subject.basis = 'movement'
"""
_RETURNED = """
    select subject.number, told.sha256, log.school_year, log.term, told.sheet, told.source_row,
           'cohort.' || subject.figure as field_id
    from {rows} as told
    join cohort_subject as subject
        on told.county_code in (subject.county_code, subject.old_code)
        and told.school_id is not distinct from subject.school_id
        and told.cohort_years = subject.cohort_years and told.school_year = subject.school_year
    join (select sha256, min(school_year) as school_year, arg_min(term, school_year) as term
          from {delivery} group by sha256) as log on log.sha256 = told.sha256
    where subject.basis = 'return'
"""
_REPORTED = """
    select subject.number, section.sha256, section.school_year, section.term, section.sheet,
           section.source_row, subject.field_id
    from {rows} as section
    join cohort_subject as subject
        on section.county_code in (subject.county_code, subject.old_code)
        and (subject.school_id is null or section.school_id = subject.school_id)
        and section.stage = subject.stage and section.school_year = subject.school_year
        and section.term = subject.term
    where subject.basis in ('form_331', 'census')
"""
_LETTERS = """
    select distinct sha256, field_id, sheet, column_letter, fixed_row from {origins}
"""
_NO_LETTERS = """
    select null::varchar as sha256, null::varchar as field_id, null::varchar as sheet,
           null::varchar as column_letter, null::integer as fixed_row where false
"""
_IN_ONE_FILE = """
    with file as (
        select number, sha256 from cohort_row group by number, sha256
        qualify row_number() over (partition by number order by count(*) desc, sha256) = 1
    ),
    letter as ({letters})
    select distinct told.number, told.sha256, told.school_year, told.term,
           coalesce(letter.sheet, told.sheet) as sheet,
           letter.column_letter, coalesce(letter.fixed_row, told.source_row) as line
    from cohort_row as told
    join file on file.number = told.number and file.sha256 = told.sha256
    left join letter on letter.sha256 = told.sha256 and letter.field_id = told.field_id
    order by told.number, line nulls last, sheet
"""


class CohortPlaces:
    """The cells that flags on cohorts lead to."""

    def __init__(self, spots: Mapping[str, list[Spot]]) -> None:
        self._spots = spots

    def spots(self, violation: Violation) -> list[Spot]:
        """The cells of the figure that the violation's rule looks at first, all in one file."""
        return self._spots.get(flag_id(violation), [])


def find_cohort_places(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    catalogue: Catalogue,
    violations: pa.Table,
) -> CohortPlaces:
    """Look up where the figures of the cohorts among ``violations`` stand."""
    of_cohorts = violations.filter(pc.equal(violations.column("frame"), "cohort"))
    cohorts = list(map(Violation.of_row, of_cohorts.to_pylist()))
    if not cohorts:
        return CohortPlaces({})
    _register_subjects(connection, source, catalogue, cohorts)
    found = _cells(connection, source, cohorts)
    return CohortPlaces({flag_id(cohorts[number]): spots for number, spots in found.items()})


def _register_subjects(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    catalogue: Catalogue,
    cohorts: list[Violation],
) -> None:
    """The table ``cohort_subject``: which cohort, and which of its figures is looked at first."""
    rules = {rule.rule_id: rule for rule in catalogue.rules}
    codes = source.mappings.get("county_code")
    old = dict(
        connection.execute(f"select new_code, old_code from {read_parquet([codes])}").fetchall()
        if codes
        else ()
    )
    rows = []
    for number, violation in enumerate(cohorts):
        field = rules[violation.rule_id].fields[0]
        figures = violation.figures
        rows.append(
            {
                "number": number,
                "basis": figures["basis"],
                "cohort_years": figures["cohort_years"],
                "old_code": old.get(violation.keys["county_code"]),
                "field_id": field,
                "kind": movement_kind(field),
                "figure": field.removeprefix("flow_"),
                **{
                    key: violation.keys[key]
                    for key in ("school_year", "term", "county_code", "school_id", "stage")
                },
            }
        )
    connection.register("cohort_subject_rows", pa.Table.from_pylist(rows, _subject_schema()))
    connection.execute("create or replace temp table cohort_subject as from cohort_subject_rows")


def _subject_schema() -> pa.Schema:
    text, number = pa.string(), pa.int32()
    numbers = ("number", "cohort_years", "school_year")
    names = (
        *numbers, "basis", "old_code", "field_id", "kind", "figure", "term", "county_code",
        "school_id", "stage",
    )  # fmt: skip
    return pa.schema([(name, number if name in numbers else text) for name in names])


def _cells(
    connection: duckdb.DuckDBPyConnection, source: Source, cohorts: list[Violation]
) -> dict[int, list[Spot]]:
    """By the cohort's number its cells in the file that has most of them."""
    years = [int(v.keys["school_year"]) for v in cohorts]
    sections = parts(connection, source, "section", range(min(years), max(years) + 1))
    moved, returned = source.returned("movement"), source.cohorts
    selects = [_REPORTED.format(rows=read_parquet(sections))] if sections else []
    selects += [_MOVED.format(rows=moved)] if moved else []
    selects += [_RETURNED.format(rows=returned, delivery=source.delivery)] if returned else []
    if not selects:
        return {}
    rows = " union all ".join(f"({select})" for select in selects)
    connection.execute(f"create or replace temp table cohort_row as {rows}")
    files = connection.execute(
        "select distinct school_year, term, sha256 from cohort_row order by all"
    ).fetchall()
    noted = [path for file in files if (path := source.lake.part("origin", *file)).exists()]
    # Where nobody noted the column of a return, or another form has the figure, the row is named.
    letters = _LETTERS.format(origins=read_parquet(noted)) if noted else _NO_LETTERS
    found: dict[int, list[Spot]] = defaultdict(list)
    for number, *file, sheet, letter, line in connection.execute(
        _IN_ONE_FILE.format(letters=letters)
    ).fetchall():
        if line is not None and len(found[number]) < MOST_CELLS:
            cell = f"{letter}{line}" if letter else f"{line}:{line}"
            found[number].append(Spot(sheet, cell, tuple(file)))
    return found
