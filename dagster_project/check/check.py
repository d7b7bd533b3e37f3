"""The check itself: read, keep for a moment, judge, compute what can be computed, explain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import duckdb

from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.profile_model import BrokenProfile, Profiles
from dagster_project.check.indicators import computable
from dagster_project.check.inputs import Input
from dagster_project.check.judging import SMALL, flags
from dagster_project.check.outcome import Checked, FileOutcome, Totals
from dagster_project.check.reading import read_all, read_one
from dagster_project.check.scratch import EARLIER, Scratch, scratch
from dagster_project.lake.readers import Limits
from dagster_project.lake.reference import write_reference
from dagster_project.lake.store import Lake, Stored

_SUMMED = ("pupils", "classes", "teachers")


def check(
    files: Sequence[Input],
    profiles: Profiles,
    assumed: Place,
    *,
    raw: Path | None = None,
    known: Lake | None = None,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
) -> Checked:
    """Check ``files`` together, as one load would read them, each under ``limits``.

    ``assumed`` holds where neither a file nor its folder says school year or term; ``raw`` is the
    folder whose reviewed mappings hold, ``known`` the lake of a warehouse, for the years before.
    """
    with scratch() as place:
        if raw is not None:
            write_reference(place.lake, raw)
        outcomes = [_of_profile(broken) for broken in profiles.broken]
        stored: list[Stored] = []
        for outcome, kept in read_all(
            files, partial(read_one, place.lake, profiles, assumed), limits
        ):
            outcomes.append(outcome)
            if kept:
                place.deliver(kept, outcome.name, outcome.sha256)
                stored.append(kept)
        years = {year for item in stored if item.rows for year in item.school_years}
        if not years:
            return Checked(tuple(outcomes))
        if known is not None:
            place.take_earlier(known)
        place.settle()
        return _explain(place, outcomes, stored, years)


def _explain(
    place: Scratch, outcomes: list[FileOutcome], stored: list[Stored], years: set[int]
) -> Checked:
    with duckdb.connect() as connection:
        if sum(item.rows for item in stored) <= SMALL:
            connection.execute("pragma disable_optimizer")
        earlier = _attach(connection, place)
        years_before = sorted(set(earlier) | {y for y in years if y - 1 in years})
        found = flags(
            place.source,
            years,
            sections=sum(item.rows for item in stored if item.shape != "returns"),
            returns=any(item.shape == "returns" for item in stored),
            earlier=bool(years_before),
        )
        hashes = {outcome.sha256 for outcome in outcomes}
        return Checked(
            tuple(outcomes),
            tuple(_totals(connection)),
            tuple(computable(connection)),
            [f for f in found if f["sha256"] in hashes or f["sha256"] is None],
            tuple(earlier),
        )


def _of_profile(broken: BrokenProfile) -> FileOutcome:
    """A profile that cannot be used, refused as a load refuses it."""
    return FileOutcome(broken.path, "", FileRejected(broken.message))


def _attach(connection: duckdb.DuckDBPyConnection, place: Scratch) -> list[int]:
    """Views ``section`` (of the checked files, what counts) and ``earlier``; the years of it."""
    files = place.section_files()
    if not files:
        from dagster_project.census.schema import section_schema

        connection.register("section", section_schema().empty_table())
        connection.register("earlier", section_schema().empty_table())
        return []
    everything = (
        f"from read_parquet({files}, union_by_name = true) "
        f"semi join {place.source.current} as now "
        f"using (sha256, school_year, term, school_id, stage)"
    )
    connection.execute(f"create temp table whole as {everything}")
    mark = f"starts_with(sha256, '{EARLIER}-')"
    connection.execute(f"create temp view section as from whole where not {mark}")
    connection.execute("create temp view earlier as from whole")
    rows = connection.execute(f"select distinct school_year from whole where {mark} order by 1")
    return [int(year) for (year,) in rows.fetchall()]


def _totals(connection: duckdb.DuckDBPyConnection) -> list[Totals]:
    sums = ", ".join(f"sum({n})" for n in _SUMMED)
    ago = ", ".join(f"sum(ago.{n})" for n in _SUMMED)
    rows = connection.execute(
        f"select school_year, stage, count(distinct school_id), {sums} "
        f"from section group by all order by school_year, stage desc"
    ).fetchall()
    before = {
        tuple(row[:2]): row[2:]
        for row in connection.execute(
            f"select now.school_year, now.stage, count(distinct ago.school_id), {ago} "
            f"from section as now join earlier as ago on ago.school_id = now.school_id "
            f"and ago.stage = now.stage and ago.term = now.term "
            f"and ago.school_year = now.school_year - 1 group by all"
        ).fetchall()
    }
    found = []
    for year, stage, schools, pupils, classes, teachers in rows:
        schools_before, *figures_before = before.get((year, stage), (0,))
        found.append(
            Totals(
                int(year),
                stage,
                schools,
                pupils,
                classes,
                teachers,
                schools_before,
                dict(zip(_SUMMED, figures_before, strict=False)),
            )
        )
    return found
