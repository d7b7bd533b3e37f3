"""What has been judged already: results of a school year under the hash of all they depend on.

A year's result depends on the figures and returns that count for it and for the years it looks
back at, on the catalogue, and on the code that judges. If none of that changed, the year is not
judged again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.census import schema
from dagster_project.judgement import tables
from dagster_project.judgement.frames.build import CODE_LISTS
from dagster_project.judgement.frames.cohorts import list_cohort_files
from dagster_project.judgement.frames.relations import JUDGED_PARTS, Source, window
from dagster_project.judgement.rules.catalogue import Catalogue
from dagster_project.machine import durable
from dagster_project.seeds import seed_path

# Rows judged in one go: as many as fit well into the memory that DuckDB is given.
MOST_ROWS = 300_000
KEPT_RESULTS = 40
_FACTS = "junheng"

# The hash is DuckDB's own, millions of sections in a tenth of a second; a version of DuckDB that
# hashes otherwise has everything judged again.
_STATE = """
    select now.school_year, now.term, now.sha256, any_value(log.reading), any_value(log.path),
           any_value(log.shape), count(*),
           bit_xor(hash(now.school_id, now.stage))
    from {current} as now
    left join (
        select sha256, school_year, term, min(reading) as reading, min(path) as path,
               arg_min(shape, path) as shape
        from {delivery} group by all
    ) as log using (sha256, school_year, term)
    group by all
    order by 1, 2, 3
"""
# A return's rows and doubtful entries are few and counted one by one: an item may be another
# file's than its neighbour.
_RETURNED = """
    select now.school_year, now.term, now.sha256, any_value(log.reading), any_value(log.path),
           '{part}', count(*), sum(hash(now)::hugeint)::varchar
    from {rows} as now
    left join (
        select sha256, min(reading) as reading, min(path) as path from {delivery} group by all
    ) as log using (sha256)
    where now.school_year is not null
    group by all
    order by 1, 2, 3
"""


@dataclass(frozen=True)
class Partition:
    """A school year to be judged: how many sections it has, and the hash of all it depends on."""

    school_year: int
    sections: int
    content: str


@dataclass(frozen=True)
class Result:
    """What judging a school year found.

    ``flags`` is a Parquet file of the flags raised, rows of ``quality.flag`` in the order of their
    keys, as they are before anybody reviews them. ``judged`` are the rules that were judged,
    ``broken`` those that could not be, with the reason.
    """

    flags: Path
    judged: tuple[str, ...]
    broken: tuple[tuple[str, str], ...]

    @property
    def count(self) -> int:
        """How many flags were raised."""
        return pq.read_metadata(self.flags).num_rows

    def could_judge(self, rule_id: str) -> bool:
        """Whether silence of this rule means something: it was not broken."""
        return rule_id not in {rule for rule, _ in self.broken}


def list_partitions(source: Source, catalogue: Catalogue, rules: str) -> list[Partition]:
    """The school years of a selection, oldest first; ``rules`` is the :func:`hash_rules`."""
    with duckdb.connect() as connection:
        state = connection.execute(
            _STATE.format(current=source.current, delivery=source.delivery)
        ).fetchall()
        sections: Counter[int] = Counter()
        for row in state:
            sections[row[0]] += row[6]
        beside = {part: source.returned(part) for part in JUDGED_PARTS}
        beside |= {"cohort": source.cohorts, "set_aside": source.doubtful}
        for part, rows in beside.items():
            if rows:
                state += connection.execute(
                    _RETURNED.format(part=part, rows=rows, delivery=source.delivery)
                ).fetchall()
        graduates = _find_years_of_graduates(connection, source)
    always = [rules, {name: _digest(path) for name, path in source.mappings.items()}]
    found = []
    for year in sorted({row[0] for row in state} | graduates):
        years = window([year], catalogue)
        mine = [row for row in state if row[0] in years]
        content = hashlib.sha256(json.dumps([year, always, mine]).encode()).hexdigest()
        found.append(Partition(year, sections[year], content))
    return found


def _find_years_of_graduates(connection: duckdb.DuckDBPyConnection, source: Source) -> set[int]:
    """The autumns after the summers whose graduates movement files tell of; a census may lack."""
    rows = source.returned("movement")
    if not rows:
        return set()
    found = connection.execute(
        f"select distinct school_year + 1 from {rows} where kind = 'graduate'"
    ).fetchall()
    return {year for (year,) in found}


def hash_rules(catalogue_folder: Path) -> str:
    """Hash of the catalogue's files and of the code and code lists that judge by it."""
    total = hashlib.sha256(_hash_code().encode())
    for path in sorted(catalogue_folder.rglob("*.yml")):
        total.update(path.relative_to(catalogue_folder).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()


@cache
def _hash_code() -> str:
    here = Path(__file__).parent
    files = [*here.rglob("*.py"), *here.rglob("*.sql")]
    files += [*map(seed_path, CODE_LISTS), *list_cohort_files()]
    files += (Path(schema.__file__).parent / "dictionary").glob("*.csv")
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.name.encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def group_partitions(wanted: Iterable[Partition]) -> list[list[Partition]]:
    """The partitions in groups that are judged together: neighbouring years, not too many rows."""
    turns: list[list[Partition]] = []
    for partition in wanted:
        last = turns[-1] if turns else []
        rows = sum(p.sections for p in last) + partition.sections
        near = bool(last) and partition.school_year - last[-1].school_year == 1
        if near and rows <= MOST_ROWS:
            last.append(partition)
        else:
            turns.append([partition])
    return turns


class ResultStore:
    """Results on disk: a Parquet file of flags each, under the hash of what they depend on.

    The name also says what the bytes hash to, so a file that was damaged is no result.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, partition: Partition) -> Result | None:
        """The stored result; ``None`` if there is none that can be read."""
        for path in self.folder.glob(f"{_stem(partition)}-*.parquet"):
            try:
                if not path.stem.endswith(_digest(path)):
                    continue
                os.utime(path)  # what is used is kept
                return _read_result(path)
            except (OSError, KeyError, ValueError, TypeError, pa.ArrowException):
                continue
        return None

    def put(
        self,
        partition: Partition,
        rows: Iterable[Mapping[str, object]],
        judged: Iterable[str],
        broken: Iterable[tuple[str, str]],
    ) -> Result:
        """Store the flags (``rows``) of a year; a reader sees the result whole or not at all."""
        durable.make_folder(self.folder)
        facts = {"judged": list(judged), "broken": [list(pair) for pair in broken]}
        work = durable.beside(self.folder / _stem(partition))
        tables.write_rows(
            work, tables.FLAG, rows, compression="zstd", facts={_FACTS: json.dumps(facts)}
        )
        path = self.folder / f"{_stem(partition)}-{_digest(work)}.parquet"
        durable.sync(work)
        durable.move(work, path)
        for old in self.folder.glob(f"{_stem(partition)}-*.parquet"):
            if old != path:
                old.unlink(missing_ok=True)
        return _read_result(path)

    def prune(self, keep: Iterable[Result]) -> None:
        """Forget the results that have not been used for longest, ``keep`` never."""
        kept = {result.flags for result in keep}
        others = [path for path in self.folder.glob("*.parquet") if path not in kept]
        others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in others[KEPT_RESULTS:]:
            path.unlink(missing_ok=True)


def _stem(partition: Partition) -> str:
    return f"{partition.school_year}-{partition.content[:32]}"


def _digest(path: Path) -> str:
    return durable.digest(path)[:16]


def _read_result(path: Path) -> Result:
    facts = json.loads(pq.read_metadata(path).metadata[_FACTS.encode()])
    broken = tuple((rule, error) for rule, error in facts["broken"])
    return Result(path, tuple(facts["judged"]), broken)
