"""A lake of its own for the files at hand: thrown away when they have been checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from dagster_project.judgement.frames.relations import YEARS_BACK, Source
from dagster_project.lake.selection import select
from dagster_project.lake.store import ACCEPTED, Delivery, Lake, Stored
from dagster_project.sql import literal, read_parquet

_EARLIER, _NOW = datetime(2000, 1, 1), datetime(2000, 1, 2)
EARLIER = "earlier"  # how the hash of what a warehouse knew before begins


class Scratch:
    """Readings of checked files, what a warehouse knew of their counties before, and what counts.

    ``source`` is what a judgement reads, once :meth:`settle` was called.
    """

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(folder / "lake")
        self.source = Source(self.lake, folder / "selection")
        self._folder = folder
        self._deliveries: list[Delivery] = []

    def deliver(self, stored: Stored, name: str, sha256: str) -> None:
        """Take up a reading that was written to the lake."""
        self._deliver(stored, name, sha256, _NOW)

    def settle(self) -> None:
        """Decide what counts; nothing is taken after that."""
        self.lake.append(self._deliveries)
        select(self.lake, self.source.selection)

    def take_earlier(self, known: Lake) -> None:
        """Take over what ``known`` holds of the checked counties in the three years before.

        Raises :class:`~dagster_project.lake.append_log.LogDamaged`.
        """
        years, counties = self._years_and_counties()
        if not years or not known.root.is_dir():
            return
        before = Source(known, self._folder / "before")
        select(known, before.selection)
        with duckdb.connect() as connection:
            files = connection.execute(
                f"select school_year, term, list(distinct sha256 order by sha256)"
                f" from {before.current} where school_year between ? and ? group by all order by 1",
                [min(years) - YEARS_BACK, max(years)],
            ).fetchall()
            for year, term, hashes in files:
                if year not in years:
                    self._take_year(connection, before, year, term, hashes, counties)

    def _take_year(
        self,
        connection: duckdb.DuckDBPyConnection,
        before: Source,
        year: int,
        term: str,
        hashes: list[str],
        counties: list[str],
    ) -> None:
        paths = [before.lake.part("section", year, term, sha256) for sha256 in hashes]
        name = f"{EARLIER}-{year}-{term}"
        target = self.lake.part("section", year, term, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = connection.execute(
            f"copy (select part.* replace ({literal(name)} as sha256)"
            f" from read_parquet({[str(path) for path in paths]}, union_by_name = true) as part"
            f" semi join {before.current} as now"
            f" using (sha256, school_year, term, school_id, stage)"
            f" where list_contains({counties}, part.county_code)) to {literal(target)}"
        ).fetchall()[0][0]
        if rows:
            stored = Stored(year, term, "table", EARLIER, "", rows)
            self._deliver(stored, name, name, _EARLIER)
        else:
            target.unlink()

    def _years_and_counties(self) -> tuple[set[int], list[str]]:
        taken = [d for d in self._deliveries if d.loaded_at == _NOW and d.shape != "returns"]
        paths = self.lake.held("section", taken)
        if not paths:
            return set(), []
        with duckdb.connect() as connection:
            found = connection.execute(
                f"select distinct school_year, county_code from {read_parquet(map(Path, paths))}"
            ).fetchall()
        return {int(year) for year, _ in found}, sorted({county for _, county in found})

    def _deliver(self, stored: Stored, name: str, sha256: str, at: datetime) -> None:
        self._deliveries.append(
            Delivery(
                "check",
                name,
                sha256,
                at,
                ACCEPTED,
                "",
                stored.school_year,
                stored.term,
                stored.shape,
                stored.profile,
                stored.vintage,
                stored.rows,
                parts=stored.parts,
                periods=stored.periods or None,
            )
        )

    def section_files(self) -> list[str]:
        """The files of sections that were taken, those of earlier years among them."""
        return self.lake.held("section", self._deliveries)


@contextmanager
def scratch() -> Iterator[Scratch]:
    """A place for readings that goes when the context ends."""
    with TemporaryDirectory(prefix="junheng-check-") as folder:
        yield Scratch(Path(folder))


def shapes(stored: Iterable[Stored]) -> set[str]:
    """The shapes of what was taken."""
    return {item.shape for item in stored}
