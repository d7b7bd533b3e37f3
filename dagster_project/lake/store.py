"""The lake on disk: readings as Parquet under the hash of their file, and the log of deliveries.

``section/<year>-<term>/<sha256>.parquet`` and ``origin/…``, ``cell/…``, ``drift/…`` beside it hold
what a reader made of a file, ``set_aside/…`` what it did not use, where there is something. They
are written once per reading and never changed; a file whose column maps changed is read again and
replaces its own reading, nothing else. A return has no sections and brings parts of its own instead
(``answer/…``, ``roster/…``; see ``census.schema``).

``delivery/`` is the append-only log (:mod:`~dagster_project.lake.append_log`): which path brought
which bytes when, and whether they were accepted. A reading counts only once a delivery says so, so
a load that dies before its log entry has changed nothing. Readings are on the disk before the log
speaks of them, and it says what their bytes hash to: a reading that was damaged is seen.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.census import schema, set_aside
from dagster_project.census.reading import Reading
from dagster_project.lake.append_log import AppendLog
from dagster_project.machine import durable
from dagster_project.messages import Message

CENSUS_PARTS = ("section", "origin", "cell", "drift", "set_aside")
PARTS = (*CENSUS_PARTS, *schema.RETURN_PARTS)
SMALL = ("dictionary", "mapping")  # folders of small tables, made anew by every load
DIGEST_SUFFIX = ".sha256"
LOGS = ("delivery", "flag_log", "review_log")
DIGITS = 32  # of a part's SHA-256 in the log

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
        ("parts", pa.string()),
        ("message", pa.string()),
        ("periods", pa.string()),
    ]
)

ACCEPTED = "accepted"
REJECTED = "rejected"
CONFLICT = "conflict"  # read without fault, but another file claims the same schools
GONE = "gone"  # no longer in raw/: the refusal has ended, or its figures were withdrawn
LOST = "lost"  # its reading is damaged, and raw/ no longer has the file to read it again


@dataclass(frozen=True)
class Delivery:
    """One line of the log: a file version, where it lay, what it was and what became of it.

    ``rows`` counts sections, or the rows of all parts of a return. ``parts`` names the tables of
    the reading and what each hashes to (``section=3f…``), in the order of :data:`PARTS`. ``reason``
    is the refusal in English, ``message`` the same as id and values, for any language.

    A file of several school years is one line of the log (it comes, is corrected and goes as one);
    ``school_year`` is the latest of them, ``periods`` counts the sections of each
    (``2022-autumn=95 2023-autumn=140``).
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
    parts: str | None = None
    message: str | None = None
    periods: str | None = None

    def by_year(self) -> list[Delivery]:
        """The delivery once for every school year and term that it has figures of."""
        if not self.periods:
            return [self]
        counted = (period.rsplit("=", 1) for period in self.periods.split())
        return [
            replace(self, school_year=int(p[:4]), term=p[5:], rows=int(rows), periods=None)
            for p, rows in counted
        ]

    @property
    def why(self) -> Message | None:
        """Why the file was not taken up, to be put into words; ``None`` where it was."""
        if self.message is not None:
            return Message.from_json(self.message)
        return Message(self.reason) if self.reason else None  # an entry of an earlier version

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
    """What one file became in the lake; ``parts`` as in :class:`Delivery`."""

    school_year: int
    term: str
    shape: str
    profile: str
    vintage: str
    rows: int
    parts: str = ""
    periods: str = ""

    @property
    def school_years(self) -> tuple[int, ...]:
        """All school years of the file, oldest first."""
        several = tuple(int(period[:4]) for period in self.periods.split())
        return several or (self.school_year,)


class Lake:
    """The lake below ``root``; the only code that knows its layout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = AppendLog(root / "delivery")

    def part(self, name: str, school_year: int | None, term: str | None, sha256: str) -> Path:
        """Path of one table of a reading; a file without year and term has none there."""
        return self.root / name / f"{school_year}-{term}" / f"{sha256}.parquet"

    def held(self, name: str, deliveries: Iterable[Delivery]) -> list[str]:
        """Paths of the part ``name`` of those readings that have it, each once."""
        years = (each for d in deliveries for each in d.by_year())
        paths = {self.part(name, d.school_year, d.term, d.sha256) for d in years}
        return sorted(str(path) for path in paths if path.exists())

    def origins(self, school_year: int, term: str, sha256: str) -> Path | None:
        """The origins of a reading; a file of several years keeps one table of them for all."""
        own = self.part("origin", school_year, term, sha256)
        if own.exists():
            return own
        return next(iter(sorted((self.root / "origin").glob(f"*/{sha256}.parquet"))), None)

    def files(self, delivery: Delivery) -> list[Path]:
        """All tables of a reading that are there; none where the file was refused."""
        return list(self.named_files(delivery).values())

    def named_files(self, delivery: Delivery) -> dict[str, Path]:
        """The same by their name in ``Delivery.parts``: ``section``, ``2022-autumn/section``."""
        if not delivery.has_reading:
            return {}
        main = delivery.school_year, delivery.term
        found = {}
        for each in [replace(delivery, periods=None), *delivery.by_year()]:
            where = each.school_year, each.term
            for name in PARTS if where == main else ("section",):
                path = self.part(name, *where, each.sha256)
                if path.exists():
                    found[_part_key(name, *where, is_main=where == main)] = path
        return found

    def holds(self, delivery: Delivery) -> bool:
        """Whether the reading that ``delivery`` speaks of is in the lake."""
        return any(self.held(name, [delivery]) for name in ("section", *schema.RETURN_PARTS))

    # ------------------------------------------------------------------ readings

    def write(
        self, reading: Reading, sha256: str, before_visible: Callable[[], None] = lambda: None
    ) -> Stored:
        """Write all tables of ``reading``; none becomes visible before all are complete.

        ``before_visible`` is called between the two; if it raises, nothing was written. The log's
        entry has to wait until all of it is on the disk (:meth:`append`).
        """
        work = self._incoming / uuid.uuid4().hex
        work.mkdir(parents=True)
        try:
            counted: dict[int, int] = {}
            if reading.parts:
                rows = sum(table.num_rows for table in reading.parts.values())
                for name, table in reading.parts.items():
                    _write_table(work / name, table)
            elif reading.school_years:
                counted = _write_years(work, reading)
                reading = replace(reading, school_year=max(counted))
                rows = sum(counted.values())
            else:
                rows = _write_batches(work / "section", schema.section_schema(), reading.sections)
            if reading.origins.num_rows or not reading.parts:
                _write_table(work / "origin", reading.origins)
            if reading.cells is not None:
                _write_table(work / "cell", reading.cells)
            drift = [{"sha256": sha256, **asdict(item)} for item in reading.drift]
            _write_table(work / "drift", pa.Table.from_pylist(drift, DRIFT_SCHEMA))
            if reading.set_aside:  # last: the sections above were read only now
                left = set_aside.table(reading.set_aside, sha256, reading.school_year, reading.term)
                _write_table(work / "set_aside", left)
            year, term = reading.school_year, reading.term
            others = {
                work / f"section-{other}": (_part_key("section", other, term), other)
                for other in counted
                if other != year
            }
            made = [(work / name, name) for name in PARTS if (work / name).exists()]
            made += [(path, key) for path, (key, _) in others.items()]
            parts = " ".join(f"{key}={durable.digest(path)[:DIGITS]}" for path, key in made)
            before_visible()
            for path, (_, other) in others.items():
                target = self.part("section", other, term, sha256)
                durable.make_folder(target.parent)
                os.replace(path, target)
            for name in reversed(PARTS):  # the section table last: its presence means all are there
                target = self.part(name, year, term, sha256)
                if (work / name).exists():
                    durable.make_folder(target.parent)
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
            parts,
            " ".join(f"{y}-{term}={n}" for y, n in sorted(counted.items())),
        )

    def parts_of(self, delivery: Delivery) -> str:
        """What the tables of a reading hash to as they stand (``Delivery.parts``)."""
        files = self.named_files(delivery)
        digests = durable.digests_as_they_stand(files.values())
        return " ".join(f"{key}={(digests[path] or '')[:DIGITS]}" for key, path in files.items())

    def clear_incoming(self) -> None:
        """Remove readings that were not finished; nobody may be reading meanwhile."""
        shutil.rmtree(self._incoming, ignore_errors=True)

    @property
    def _incoming(self) -> Path:
        return self.root / ".incoming"

    # ------------------------------------------------------------------ deliveries

    def append(self, deliveries: Sequence[Delivery]) -> None:
        """Append to the log, in one step: from here on the load has happened.

        What the entry speaks of is on the disk before.
        """
        if not deliveries:
            return
        durable.sync_all(path for d in deliveries for path in self.files(d))
        self.log.append(lambda path: _write_table(path, to_table(deliveries)))

    def deliveries(self) -> list[Delivery]:
        """The whole log, in the order it was written.

        Raises :class:`~.append_log.LogDamaged`.
        """
        names = [field.name for field in fields(Delivery)]
        rows = (row for path in self.log.files() for row in pq.read_table(path).to_pylist())
        # Entries of earlier versions lack the newest columns.
        return [Delivery(**{name: row[name] for name in names if name in row}) for row in rows]

    # ------------------------------------------------------------------ small tables

    def write_table(self, name: str, table: pa.Table) -> Path:
        """Replace a small table that stands beside the readings (``dictionary/field``).

        What it hashes to stands beside it.
        """
        path = self.root / f"{name}.parquet"
        with durable.replacing(path) as target:
            _write_table(target, table)
        durable.write_text(path.with_suffix(DIGEST_SUFFIX), durable.digest(path))
        return path

    def has_table(self, name: str) -> bool:
        """Whether a small table stands beside the readings as it was written.

        One of an earlier version has no digest; it need only be Parquet.
        """
        path = self.root / f"{name}.parquet"
        try:
            if path.with_suffix(DIGEST_SUFFIX).exists():
                written = path.with_suffix(DIGEST_SUFFIX).read_bytes()
                return durable.digest_as_it_stands(path).encode() == written
            pq.read_table(path)
        except (OSError, pa.ArrowException):
            return False
        return True

    def small_tables(self) -> list[str]:
        """Names of the small tables that stand beside the readings, whole or not."""
        paths = (p for folder in SMALL for p in (self.root / folder).glob("*.parquet"))
        return sorted(f"{path.parent.name}/{path.stem}" for path in paths)

    def sweep(self) -> list[str]:
        """Remove what an interrupted load left behind, and have both copies of the logs whole.

        Returns the entries of logs that were damaged in one place.
        """
        self.clear_incoming()
        for path in self.root.rglob(".*.tmp"):
            path.unlink(missing_ok=True)
        return [f"{name}/{entry}" for name in LOGS for entry in AppendLog(self.root / name).heal()]


def _part_key(name: str, year: int | None, term: str | None, *, is_main: bool = False) -> str:
    """What a part of a reading is called in ``Delivery.parts``."""
    return name if is_main else f"{year}-{term}/{name}"


def _write_years(work: Path, reading: Reading) -> dict[int, int]:
    """Write the sections of every school year by themselves; how many each has.

    Those of the latest year stand in ``section``, of others in ``section-2022``.
    """
    writers: dict[int, pq.ParquetWriter] = {}
    counted: dict[int, int] = {}
    try:
        for batch in reading.sections:
            year = batch.column("school_year")[0].as_py()
            if year not in writers:
                path = work / f"section-{year}"
                writers[year] = pq.ParquetWriter(path, schema.section_schema(), compression="zstd")
            writers[year].write_batch(batch)
            counted[year] = counted.get(year, 0) + batch.num_rows
    finally:
        for writer in writers.values():
            writer.close()
    os.replace(work / f"section-{max(counted)}", work / "section")
    return counted


def _write_batches(path: Path, table_schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    rows = 0
    # Statuses and codes repeat endlessly (dictionaries), figures compress well (zstd).
    with pq.ParquetWriter(path, table_schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _write_table(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path, compression="zstd")
