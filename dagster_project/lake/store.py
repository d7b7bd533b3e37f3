"""The lake on disk: readings as Parquet under the hash of their file, and the log of deliveries.

``section/<year>-<term>/<sha256>.parquet`` and ``origin/…``, ``cell/…``, ``drift/…`` beside it hold
what a reader made of a file, ``set_aside/…`` what it did not use, where there is something. They
are written once per reading and never changed; a file whose column maps changed is read again and
replaces its own reading, nothing else. A return has no sections and brings parts of its own instead
(``answer/…``, ``roster/…``; see ``census.schema``).

``delivery/<load>.parquet`` is the append-only log: which path brought which bytes when, and whether
they were accepted. A reading counts only once a delivery says so, so a load that dies before its
log entry has changed nothing.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.census import schema, set_aside
from dagster_project.census.reading import Reading

CENSUS_PARTS = ("section", "origin", "cell", "drift", "set_aside")
PARTS = (*CENSUS_PARTS, *schema.RETURN_PARTS)

DRIFT_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("sha256", "kind", "sheet", "label", "field_id", "found")]
)
DELIVERY_SCHEMA = pa.schema(
    [
        ("load_id", pa.string()),
        ("path", pa.string()),
        ("sha256", pa.string()),
        ("school_year", pa.int32()),
        ("term", pa.string()),
        ("shape", pa.string()),
        ("profile", pa.string()),
        ("vintage", pa.string()),
        ("rows", pa.int32()),
        ("loaded_at", pa.timestamp("us")),
        ("outcome", pa.string()),
        ("accepted", pa.bool_()),
        ("reason", pa.string()),
        ("sheet", pa.string()),
        ("cell", pa.string()),
        ("reading", pa.string()),
        ("correction_rank", pa.int32()),
    ]
)

ACCEPTED = "accepted"
REJECTED = "rejected"
CONFLICT = "conflict"  # read without fault, but another file claims the same schools
GONE = "gone"  # refused earlier, no longer in raw/


@dataclass(frozen=True)
class Delivery:
    """One line of the log: a file version, where it lay, what it was and what became of it.

    ``rows`` counts sections, or the rows of all parts of a return.
    """

    load_id: str
    path: str
    sha256: str
    loaded_at: datetime
    outcome: str
    reading: str
    school_year: int | None = None
    term: str | None = None
    shape: str | None = None
    profile: str | None = None
    vintage: str | None = None
    rows: int | None = None
    reason: str | None = None
    sheet: str | None = None
    cell: str | None = None
    correction_rank: int = 0

    @property
    def accepted(self) -> bool:
        return self.outcome == ACCEPTED

    @property
    def has_reading(self) -> bool:
        """Whether the lake holds figures of this file, accepted or not."""
        return self.outcome in (ACCEPTED, CONFLICT)


def to_table(deliveries: Iterable[Delivery]) -> pa.Table:
    """Deliveries as an Arrow table, in their order."""
    rows = [{**asdict(d), "accepted": d.accepted} for d in deliveries]
    return pa.Table.from_pylist(rows, DELIVERY_SCHEMA)


@dataclass(frozen=True)
class Stored:
    """What one file became in the lake."""

    school_year: int
    term: str
    shape: str
    profile: str
    vintage: str
    rows: int


class Lake:
    """The lake below ``root``; the only code that knows its layout."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def part(self, name: str, school_year: int, term: str, sha256: str) -> Path:
        """Path of one table of a reading."""
        return self.root / name / f"{school_year}-{term}" / f"{sha256}.parquet"

    def held(self, name: str, deliveries: Iterable[Delivery]) -> list[str]:
        """Paths of the part ``name`` of those readings that have it, each once."""
        paths = {self.part(name, d.school_year, d.term, d.sha256) for d in deliveries}
        return sorted(str(path) for path in paths if path.exists())

    def holds(self, delivery: Delivery) -> bool:
        """Whether the reading that ``delivery`` speaks of is in the lake."""
        return any(self.held(name, [delivery]) for name in ("section", *schema.RETURN_PARTS))

    # ------------------------------------------------------------------ readings

    def write(
        self, reading: Reading, sha256: str, before_visible: Callable[[], None] = lambda: None
    ) -> Stored:
        """Write all tables of ``reading``; none becomes visible before all are complete.

        ``before_visible`` is called between the two; if it raises, nothing was written.
        """
        work = self.root / ".incoming" / uuid.uuid4().hex
        work.mkdir(parents=True)
        try:
            if reading.parts:
                rows = sum(table.num_rows for table in reading.parts.values())
                for name, table in reading.parts.items():
                    _write_table(work / name, table)
            else:
                rows = _write_batches(work / "section", schema.section_schema(), reading.sections)
                _write_table(work / "origin", reading.origins)
            if reading.cells is not None:
                _write_table(work / "cell", reading.cells)
            drift = [{"sha256": sha256, **asdict(item)} for item in reading.drift]
            _write_table(work / "drift", pa.Table.from_pylist(drift, DRIFT_SCHEMA))
            if reading.set_aside:  # last: the sections above were read only now
                left = set_aside.table(reading.set_aside, sha256, reading.school_year, reading.term)
                _write_table(work / "set_aside", left)
            before_visible()
            for name in reversed(PARTS):  # the section table last: its presence means all are there
                target = self.part(name, reading.school_year, reading.term, sha256)
                if (work / name).exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(work / name, target)
                else:
                    target.unlink(missing_ok=True)  # of a reading by other column maps
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return Stored(
            reading.school_year,
            reading.term,
            reading.shape,
            reading.profile,
            reading.vintage,
            rows,
        )

    # ------------------------------------------------------------------ deliveries

    def append(self, deliveries: Sequence[Delivery]) -> None:
        """Append to the log, in one step: from here on the load has happened."""
        if not deliveries:
            return
        stamp = f"{time.time_ns():020d}"  # entries are read back in the order they were made
        _write_table(self.root / "delivery" / f"{stamp}.parquet", to_table(deliveries), atomic=True)

    def deliveries(self) -> list[Delivery]:
        """The whole log, in the order it was written."""
        log: list[Delivery] = []
        names = Delivery.__dataclass_fields__
        for path in sorted((self.root / "delivery").glob("*.parquet")):
            for row in pq.read_table(path).to_pylist():
                log.append(Delivery(**{key: row[key] for key in names}))
        return log

    # ------------------------------------------------------------------ small tables

    def write_table(self, name: str, table: pa.Table) -> Path:
        """Replace a small table that stands beside the readings (``dictionary/field``)."""
        path = self.root / f"{name}.parquet"
        _write_table(path, table, atomic=True)
        return path

    def sweep(self) -> None:
        """Remove what an interrupted load left behind."""
        shutil.rmtree(self.root / ".incoming", ignore_errors=True)
        for path in self.root.rglob(".*.tmp"):
            path.unlink(missing_ok=True)


def _write_batches(path: Path, table_schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    rows = 0
    # Statuses and codes repeat endlessly (dictionaries), figures compress well (zstd).
    with pq.ParquetWriter(path, table_schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _write_table(path: Path, table: pa.Table, atomic: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp") if atomic else path
    pq.write_table(table, target, compression="zstd")
    if atomic:
        with target.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(target, path)
