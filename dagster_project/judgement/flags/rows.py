"""The violations of one school year as flags: with cells, paths and sentences.

This is done once, when the year is judged. What it needs beside the violations (where a file lay,
which columns its figures stood in, which schools have several sections) decides whether the year
counts as judged, see :mod:`.partitions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import duckdb

from dagster_project.judgement import tables
from dagster_project.judgement.flags import cells
from dagster_project.judgement.flags import flag as flags
from dagster_project.judgement.flags.cohort_cells import find_cohort_places
from dagster_project.judgement.flags.returned_cells import find_returned_places
from dagster_project.judgement.frames.relations import Source
from dagster_project.judgement.frames.returned import RETURN_FRAMES
from dagster_project.judgement.rules.catalogue import Catalogue

if TYPE_CHECKING:
    import pyarrow as pa


def flag_rows(
    source: Source, catalogue: Catalogue, school_year: int, violations: pa.Table
) -> list[dict[str, object]]:
    """The flags of ``school_year`` as rows of ``quality.flag``, each once, in their order.

    ``violations`` are those of that year, as in a :class:`~.evaluate.Verdict`.
    """
    if not violations.num_rows:
        return []
    with duckdb.connect() as connection:
        census = cells.find_origins(connection, source, violations)
        returned = find_returned_places(connection, source, violations)
        files = cells.files(connection, source, school_year)
        joint = cells.find_joint_schools(connection, source, school_year)
        cohorts = find_cohort_places(connection, source, catalogue, violations)

    def spots(violation: flags.Violation, fields: Iterable[str]) -> list[flags.Spot]:
        if violation.frame == "cohort":
            return cohorts.spots(violation)
        found = returned if violation.frame in RETURN_FRAMES else census
        return found.spots(violation, fields)

    rows = flags.rows(_iterate_violations(violations), catalogue, spots, files)
    for row in rows:
        if row["frame"] == "school" and (row["term"], row["school_id"]) in joint:
            row["stage"] = None  # the whole school is meant, not one of its sections
        if row["frame"] == "county":
            row["sha256"] = row["source_file"] = None  # one file among many
    return rows


def _iterate_violations(violations: pa.Table) -> Iterator[flags.Violation]:
    """As Python objects all at once, hundreds of thousands of them would fill the memory."""
    for batch in violations.to_batches(max_chunksize=tables.ROWS_AT_A_TIME):
        yield from map(flags.Violation.of_row, batch.to_pylist())
