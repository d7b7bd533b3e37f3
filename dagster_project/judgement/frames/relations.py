"""The relations that frames are built from, as views over the lake: what counts, for some years.

A judgement of one school year looks back: three years for stuck figures, nine for a cohort. The
window of a judgement is its own years and those before.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from dagster_project.census.set_aside import DOUBTFUL
from dagster_project.judgement.rules.catalogue import Catalogue
from dagster_project.lake.store import Lake
from dagster_project.sql import read_parquet

if TYPE_CHECKING:
    import duckdb

YEARS_BACK = 3
MOST_RUNS = 8

MAPPINGS = ("teaching_point", "succession", "county_code", "division")
# The parts of the returns that are judged, as the selection holds their rows in force.
JUDGED_PARTS = ("answer", "roster", "movement", "measure", "project")

# The rows of a file that counts in part, because another one speaks for some of its schools.
_THOSE_THAT_COUNT = (
    "semi join {current} as now on now.sha256 = part.sha256 and now.school_year = part.school_year "
    "and now.term = part.term and now.school_id = part.school_id and now.stage = part.stage"
)
# A county code that no list knows is no county: the school counts where it evidently belongs.
_COUNTED = """
    select section.* replace (
        coalesce(counted.county_code, section.county_code) as county_code,
        coalesce(counted.county_name, section.county_name) as county_name
    )
    from ({sections}) as section
    left join counted_county as counted
        on counted.school_id = section.school_id and counted.school_year = section.school_year
        and counted.term = section.term and counted.reported_code = section.county_code
"""
YEARS_BACK_OF_COHORTS = 9


@dataclass(frozen=True)
class Source:
    """What a judgement reads: the lake, and the selection of what counts in it."""

    lake: Lake
    selection: Path

    @property
    def current(self) -> str:
        """SQL of the table ``current``: which file speaks for which section."""
        return read_parquet([self.selection / "current.parquet"])

    @property
    def delivery(self) -> str:
        """SQL of the deliveries that are in force."""
        path = read_parquet([self.selection / "delivery.parquet"])
        return f"(from {path} where accepted and superseded_by is null)"

    def returned(self, part: str) -> str | None:
        """SQL of the rows in force of a part of the returns; ``None`` where none are selected."""
        path = self.selection / f"{part}.parquet"
        return read_parquet([path]) if path.exists() else None

    @property
    def cohorts(self) -> str | None:
        """SQL of the returned cohorts, each of the autumn after its last summer; ``None`` as above.

        When it was returned is another matter.
        """
        rows = self.returned("cohort")
        graduated = "(cohort + cohort_years)::smallint as school_year"
        return f"(select * replace ({graduated}) from {rows})" if rows else None

    @property
    def doubtful(self) -> str | None:
        """SQL of the doubtful entries that still stand; ``None`` in a selection without them."""
        path = self.selection / "set_aside.parquet"
        if not path.exists():
            return None
        return f"(from {read_parquet([path])} where reason = '{DOUBTFUL}' and is_standing)"

    @property
    def counted_counties(self) -> str | None:
        """SQL of the schools that count in another county than they say; ``None`` as above."""
        path = self.selection / "counted_county.parquet"
        return read_parquet([path]) if path.exists() else None

    @property
    def mappings(self) -> dict[str, Path]:
        """The reviewed tables that frames read, as far as they are there, by relation."""
        paths = {name: self.lake.root / "mapping" / f"{name}.parquet" for name in MAPPINGS}
        # The shipped items stand under their own name.
        paths["own_measure_item"] = self.lake.root / "mapping" / "measure_item.parquet"
        return {name: path for name, path in paths.items() if path.exists()}


def window(school_years: Collection[int], catalogue: Catalogue) -> range:
    """The school years that must be at hand to judge ``school_years``."""
    back = YEARS_BACK_OF_COHORTS if catalogue.of_frame("cohort") else YEARS_BACK
    return range(min(school_years) - back, max(school_years) + 1)


def attach(
    connection: duckdb.DuckDBPyConnection, source: Source, catalogue: Catalogue, years: range
) -> None:
    """Create the relations of :mod:`~dagster_project.judgement.frames.build` for ``years``."""
    _attach_sections(connection, source, years)
    returned = {part: source.returned(part) for part in JUDGED_PARTS}
    for part, rows in {**returned, "cohort": source.cohorts}.items():
        if rows:
            connection.execute(
                f"create or replace temp view {part} as "
                f"from {rows} where school_year between {years[0]} and {years[-1]}"
            )
    connection.execute(
        f"create or replace temp table delivery as select distinct sha256, path, shape, accepted "
        f"from {source.delivery} order by sha256, path"
    )
    if catalogue.of_frame("file"):
        _attach_drift(connection, source, years)
    if source.doubtful:
        connection.execute(
            f"create or replace temp view doubtful_entry as from {source.doubtful} "
            f"where school_year between {years[0]} and {years[-1]}"
        )
    for name, path in source.mappings.items():
        connection.execute(f"create or replace temp view {name} as from {read_parquet([path])}")


def parts(
    connection: duckdb.DuckDBPyConnection, source: Source, name: str, years: range
) -> list[Path]:
    """The files of one part of the lake (``section``, ``origin`` …) that speak for ``years``."""
    files = connection.execute(
        f"select distinct school_year, term, sha256 from {source.current} "
        f"where school_year between ? and ? order by all",
        [years[0], years[-1]],
    ).fetchall()
    return [source.lake.part(name, *file) for file in files]


def _attach_sections(connection: duckdb.DuckDBPyConnection, source: Source, years: range) -> None:
    from dagster_project.census.schema import section_schema

    connection.register("empty_section", section_schema().empty_table())
    wanted = connection.execute("describe empty_section").fetchall()
    paths = parts(connection, source, "section", years)
    if not paths:
        connection.execute("create or replace temp view section as from empty_section")
        return
    selects = []
    for is_whole, run in _runs(paths, _whole(connection, source, years)):
        files = read_parquet(run)
        there = {row[0] for row in connection.execute(f"describe from {files}").fetchall()}
        # Readings made before the dictionary grew lack its newest fields: not collected then.
        columns = ", ".join(
            f"part.{name}"
            if name in there
            else f"null::{kind if '__' not in name else 'varchar'} as {name}"
            for name, kind, *_ in wanted
        )
        counting = "" if is_whole else _THOSE_THAT_COUNT.format(current=source.current)
        selects.append(f"select {columns} from {files} as part {counting}")
    sections = " union all ".join(selects)
    if counted := source.counted_counties:
        connection.execute(f"create or replace temp table counted_county as from {counted}")
        if connection.execute("from counted_county limit 1").fetchall():
            sections = _COUNTED.format(sections=sections)
    connection.execute(f"create or replace temp view section as {sections}")


def _whole(connection: duckdb.DuckDBPyConnection, source: Source, years: range) -> set[Path]:
    """The files of which every row counts; there are as many sections as the file has rows."""
    counts = connection.execute(
        f"select school_year, term, sha256, count(*) from {source.current} "
        f"where school_year between ? and ? group by all",
        [years[0], years[-1]],
    ).fetchall()
    return {
        path
        for *file, count in counts
        if pq.read_metadata(path := source.lake.part("section", *file)).num_rows == count
    }


def _runs(paths: list[Path], whole: set[Path]) -> list[tuple[bool, list[Path]]]:
    """``paths`` in their order, in runs of files that count whole, or not; few runs or one."""
    runs = [(is_whole, list(run)) for is_whole, run in groupby(paths, key=whole.__contains__)]
    return runs if len(runs) <= MOST_RUNS else [(False, paths)]


def _attach_drift(connection: duckdb.DuckDBPyConnection, source: Source, years: range) -> None:
    paths = [path for path in parts(connection, source, "drift", years) if path.exists()]
    if paths:
        connection.execute(
            f"create or replace temp view drift as from {read_parquet(paths)} order by all"
        )
