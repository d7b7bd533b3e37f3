"""Where flagged figures stand: cells, paths, and the schools that are more than one section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.judgement.flags.flag import Spot, Violation
from dagster_project.judgement.frames.relations import YEARS_BACK_OF_COHORTS, Source
from dagster_project.judgement.frames.returned import RETURN_FRAMES
from dagster_project.sql import read_parquet

if TYPE_CHECKING:
    import duckdb

_STAGES = ("primary", "junior", "senior")


@dataclass(frozen=True)
class Origins:
    """Columns and rows of every field, by file and stage, as the readers noted them."""

    by_file: Mapping[str, Mapping[str, Mapping[str, list[tuple]]]]

    def spots(self, violation: Violation, fields: Iterable[str]) -> list[Spot]:
        """The cells of ``fields`` in the row that is flagged, in their order, each once.

        A field that the stage itself has no cell for (a figure of the sibling, of the whole school)
        is looked up in the other stages of the same row.
        """
        sha256, stage, source_row = (violation.keys[k] for k in ("sha256", "stage", "source_row"))
        stages = self.by_file.get(str(sha256), {})
        found: dict[Spot, None] = {}
        for field in fields:
            for name in (stage, *_STAGES):
                origins = stages.get(name, {}).get(field)
                if origins:
                    for sheet, letter, fixed in origins:
                        row = fixed if fixed is not None else source_row
                        if row is not None:
                            found[Spot(sheet, f"{letter}{row}")] = None
                    break
        return list(found)


def find_origins(
    connection: duckdb.DuckDBPyConnection, source: Source, violations: pa.Table
) -> Origins:
    """The origins of every file that a school's violation is in; ``violations`` as of a verdict."""
    of_schools = violations.filter(
        pc.and_(
            pc.is_valid(violations.column("school_id")),
            pc.invert(pc.is_in(violations.column("frame"), pa.array(RETURN_FRAMES))),
        )
    )
    files = of_schools.group_by(["school_year", "term", "sha256"]).aggregate([])
    flagged = {tuple(row.values()) for row in files.to_pylist()}
    found = (source.lake.origins(*key) for key in sorted(flagged))
    paths = list(dict.fromkeys(path for path in found if path is not None))
    by_file: dict[str, dict[str, dict[str, list[tuple]]]] = {}
    if paths:
        for sha256, stage, field, *place in connection.execute(
            "select sha256, stage, field_id, sheet, column_letter, fixed_row"
            f" from {read_parquet(paths)}"
        ).fetchall():
            fields = by_file.setdefault(sha256, {}).setdefault(stage, {})
            fields.setdefault(field, []).append(tuple(place))
    return Origins(by_file)


def files(
    connection: duckdb.DuckDBPyConnection, source: Source, school_year: int
) -> dict[tuple, tuple[str, str]]:
    """Path below raw/ and shape by (sha256, school year, term), of all years that count here.

    Of two places, the first.
    """
    rows = connection.execute(
        f"select sha256, school_year, term, min(path), arg_min(shape, path) "
        f"from {source.delivery} where school_year >= ? group by all",
        [school_year - YEARS_BACK_OF_COHORTS],
    ).fetchall()
    return {tuple(row[:3]): tuple(row[3:]) for row in rows}


def find_joint_schools(
    connection: duckdb.DuckDBPyConnection, source: Source, school_year: int
) -> set[tuple]:
    """(term, school id) of the schools that have more than one section that year."""
    return set(
        connection.execute(
            f"select term, school_id from {source.current} where school_year = ? "
            f"group by all having count(distinct stage) > 1",
            [school_year],
        ).fetchall()
    )
