"""What a build is made from, school year by school year, as hashes.

A year's hash is over what the selection and the flags say of that year, and over the bytes of the
readings that speak for it; the rules' hash is over what every year depends on: the dbt project with
its standards, the mappings, the dictionary, the versions of Junheng, dbt and DuckDB. Hashes of a
version stand in its manifest and go with it wherever it is put in force again. Two builds whose
hashes of a year agree say the same of it, as far as a model looks at no other year; how many years
a model looks back at it declares itself (``looks_back`` in its YAML, :mod:`.plan`).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lake.store import SMALL, Lake
from dagster_project.machine import durable
from dagster_project.sql import read_parquet
from dagster_project.transform.manifest import project_hash

# The tables that models of one year read, and which year a row speaks of: that of a cohort is the
# autumn after its last summer, whenever the county told of it.
SELECTED = {
    "current": "school_year",
    "counted_county": "school_year",
    "answer": "school_year",
    "art_room": "school_year",
    "monitoring": "school_year",
    "roster": "school_year",
    "movement": "school_year",
    "cohort": "cohort + cohort_years",
}
_READ = ("section", "origin")  # what models read of a reading itself
_WITHOUT_FILE = ("counted_county",)  # what these say follows from the others' files


@dataclass(frozen=True)
class Inputs:
    """Hashes of what a build is made from: ``rules`` for all years, ``years`` one by one."""

    rules: str
    years: Mapping[int, str]

    @property
    def facts(self) -> dict[str, Any]:
        """The entry of the manifest."""
        return {"rules": self.rules, "years": {str(y): self.years[y] for y in sorted(self.years)}}

    @classmethod
    def of_version(cls, manifest: Mapping[str, Any]) -> Inputs | None:
        """What a published version was made from; ``None`` where its manifest does not say."""
        entry = manifest.get("made_from")
        if not isinstance(entry, dict) or not entry.get("rules"):
            return None
        return cls(entry["rules"], {int(year): hash_ for year, hash_ in entry["years"].items()})


def read_inputs(lake: Path, selection: Path, judgement: Path) -> Inputs:
    """The hashes of the build that ``selection`` and the flags in ``judgement`` are for."""
    return Inputs(_hash_rules(lake), _hash_years(lake, selection, judgement))


def _hash_rules(lake: Path) -> str:
    total = hashlib.sha256(f"{project_hash()} {duckdb.__version__} {version('junheng')}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):  # how a plan is made and carried out
        total.update(durable.digest_as_it_stands(path).encode())
    for folder in SMALL:
        for path in sorted((lake / folder).glob("*.parquet")):
            total.update(f"{folder}/{path.name}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def _hash_years(lake: Path, selection: Path, judgement: Path) -> dict[int, str]:
    said: dict[int, list[str]] = defaultdict(list)
    with duckdb.connect() as connection:

        def note(name: str, year: str, rows: str) -> None:
            found = connection.execute(
                f"select {year} as of_year, count(*), sum(hash(t)::hugeint) from {rows} as t"
                " where of_year is not null group by of_year"
            )
            for of_year, count, total in found.fetchall():
                said[of_year].append(f"{name} {count} {total}")

        for name, year in SELECTED.items():
            note(name, year, read_parquet([selection / f"{name}.parquet"]))
        note("flag", "school_year", read_parquet([judgement / "flag.parquet"]))
        connection.execute(
            "create temp table spoken as "
            + " union ".join(
                f"select {year} as of_year, sha256"
                f" from {read_parquet([selection / f'{name}.parquet'])}"
                for name, year in SELECTED.items()
                if name not in _WITHOUT_FILE
            )
        )
        log = read_parquet([selection / "delivery.parquet"])
        note("delivery", "of_year", f"(from {log} join spoken using (sha256))")
        readings = connection.execute(
            f"select distinct of_year, sha256, school_year, term from {log} join spoken"
            " using (sha256) where accepted order by all"
        ).fetchall()
    _note_readings(Lake(lake), readings, said)
    return {
        year: hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
        for year, lines in said.items()
    }


def _note_readings(lake: Lake, readings: list[tuple], said: dict[int, list[str]]) -> None:
    """Add what the bytes of the readings hash to: one may have been read again by other maps."""
    found = [
        (year, part, lake.part(part, school_year, term, sha256))
        for year, sha256, school_year, term in readings
        for part in _READ
    ]
    digests = durable.digests_as_they_stand({path for _, _, path in found})
    for year, part, path in found:
        said[year].append(f"{part} {path.name} {digests[path]}")
