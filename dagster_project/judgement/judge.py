"""From the current figures of the lake to the table of flags.

Years whose figures, rules and code are as they were are taken from the store of results. The
others are judged: one scan counts the rows that break each rule, another fetches the rows of the
rules that failed. Great Expectations is told the counts, makes its validation of them and writes
its project and pages, when the answer is out: nobody waits for it.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.followup.reviews import Reviews, read_reviews
from dagster_project.followup.verdicts import apply
from dagster_project.judgement import outcome, tables
from dagster_project.judgement.flags import carried_over
from dagster_project.judgement.flags import log as flag_log
from dagster_project.judgement.flags.endings import find_endings
from dagster_project.judgement.flags.open_now import Ledger, Logged
from dagster_project.judgement.flags.rows import flag_rows
from dagster_project.judgement.frames.build import build
from dagster_project.judgement.frames.relations import Source, attach, window
from dagster_project.judgement.gx import data_docs
from dagster_project.judgement.outcome import Judged, make_index_line, write
from dagster_project.judgement.partitions import (
    Partition,
    Result,
    ResultStore,
    group_partitions,
    hash_rules,
    list_partitions,
)
from dagster_project.judgement.rules.catalogue import Catalogue, default_folder, load
from dagster_project.judgement.scan import count, evaluate
from dagster_project.lake.store import Lake
from dagster_project.machine import durable, helper_process
from dagster_project.project import cache

Progress = Callable[[int, int, str], None]
Later = Callable[[Callable[[], object]], object]

DATABASE_SHARE = 0.7


@dataclass(frozen=True)
class Limits:
    """How much of the machine a judgement may use; what does not fit spills below ``work``.

    ``review`` is what reading one file with reviews may take.
    """

    work: Path
    threads: int = 2
    memory_limit: str = "2GB"
    review: helper_process.Limits = helper_process.Limits()  # noqa: RUF009  (immutable)

    @property
    def database_memory(self) -> str:
        """What DuckDB gets of ``memory_limit``; Python, Arrow and Great Expectations need some."""
        found = re.fullmatch(r"\s*([\d.]+)\s*(.*)", self.memory_limit)
        if found is None:
            raise ValueError(f"{self.memory_limit!r} is no amount of memory")
        return f"{float(found[1]) * DATABASE_SHARE:g}{found[2]}"


def judge(
    lake: Lake,
    selection: Path,
    out: Path,
    *,
    limits: Limits,
    raw: Path | None = None,
    docs_folder: Path | None = None,
    catalogue_folder: Path | None = None,
    as_of: datetime | None = None,
    untrusted: Sequence[Mapping[str, object]] = (),
    progress: Progress = lambda done, total, detail: None,
    later: Later = lambda work: work(),
) -> Judged:
    """Judge what ``selection`` says counts, and write ``flag``, ``rule`` and ``review`` to ``out``.

    Where files turn out not to be trusted (:meth:`~.outcome.Judged.untrusted`), the log of flags
    hears nothing: the caller selects without them and judges again. ``untrusted`` are the flags of
    those that were left out so; they are raised as if the files counted, for people to answer.

    ``raw`` is where reviews are read from (``raw/reviews``); without it, and for ``as_of`` (naive
    UTC), those of the lake's log hold. ``docs_folder`` gets the Data Docs of years judged now;
    ``later`` is given the writing of them, for when the answer is out. Raises
    :class:`~.catalogue.CatalogueInvalid` for a catalogue that cannot be used.
    """
    folder = catalogue_folder or default_folder()
    rules = hash_rules(folder)
    source = Source(lake, selection)
    log = flag_log.FlagLog(lake.root / "flag_log")
    store = ResultStore(lake.root / "judged")
    catalogue = _load_catalogue(folder, rules)
    todo = list_partitions(source, catalogue, rules)
    years = [p.school_year for p in todo]
    limits.work.mkdir(parents=True, exist_ok=True)

    with _open(":memory:", limits) as connection:
        ledger = Ledger(connection, log, as_of)
        left_out = _LeftOut.write(limits.work / "left_out.parquet", untrusted)
        ledger.raise_flags([left_out.file])
        stored = ((p.school_year, store.get(p)) for p in todo)
        results = {year: result for year, result in stored if result is not None}
        ledger.raise_flags(result.flags for result in results.values())
        if as_of is None:  # to say how a flag ended, the figures must be looked at
            again = _find_years_with_vanished(ledger, results)
            ledger.take_back(again)
            results = {year: result for year, result in results.items() if year not in again}
        stale = [p for p in todo if p.school_year not in results]
        ended: list[carried_over.Ended] = []
        done = 0
        for turn in group_partitions(stale):
            progress(done, len(stale), data_docs.site_name([p.school_year for p in turn]))
            sites = docs_folder if as_of is None else None
            with _judge_years(source, catalogue, turn, limits, store, sites, later) as judged_turn:
                frames, found = judged_turn
                results |= found
                ledger.raise_flags(result.flags for result in found.values())
                if as_of is None:
                    ended += _find_ended(frames, catalogue, ledger, found)
            done += len(turn)
        progress(done, len(stale), "")
        store.prune(results.values())

        broken = _collect_broken(results.values())
        now = datetime.now(UTC).replace(tzinfo=None)
        others = carried_over.carry_over(ledger, broken, years, ended)
        reviews = read_reviews(raw, lake, as_of=as_of, now=now, limits=limits.review)
        said, review_rows = _apply_reviews(ledger, others, reviews)
        flag_tables = chain(
            chain.from_iterable(tables.stream(results[year].flags, tables.FLAG) for year in years),
            tables.batched(carried_over.carried_rows(ledger, others), tables.FLAG),
            tables.stream(left_out.file, tables.FLAG),
        )
        judged = write(
            connection, out, catalogue, (outcome.apply_reviews(part, said) for part in flag_tables),
            review_rows, broken, todo, stale,
        )  # fmt: skip
        if as_of is None and not judged.untrusted(left_out.files):
            raised = {year: result.flags for year, result in results.items()}
            log.append(_list_events(ledger, [*raised.items(), *left_out.raised], ended), now)
    if docs_folder is not None and as_of is None:
        lines = [make_index_line(rule) for rule in judged.rules]
        later(lambda: data_docs.write_index(docs_folder, lines))
    return judged


def judge_year(
    lake: Lake,
    selection: Path,
    school_year: int,
    *,
    limits: Limits,
    catalogue_folder: Path | None = None,
) -> Result:
    """Judge one partition, in whatever process or machine, and put its result into the store.

    :func:`judge` then takes it from there. Takes it from there itself if it has been judged.
    ``ValueError`` for a year that the selection knows nothing of.
    """
    folder = catalogue_folder or default_folder()
    rules = hash_rules(folder)
    source, store = Source(lake, selection), ResultStore(lake.root / "judged")
    catalogue = _load_catalogue(folder, rules)
    found = {p.school_year: p for p in list_partitions(source, catalogue, rules)}
    if school_year not in found:
        raise ValueError(f"no figures count for {school_year}; there are {sorted(found)}")
    partition = found[school_year]
    result = store.get(partition)
    if result is None:
        with _judge_years(
            source, catalogue, [partition], limits, store, None, later=lambda work: work()
        ) as (_, results):
            result = results[school_year]
    return result


def _load_catalogue(folder: Path, rules: str) -> Catalogue:
    """The catalogue; reading it and binding it to empty frames is done once per state of it."""
    kept = cache() / f"rules-{duckdb.__version__}-{rules[:32]}.pickle"
    with suppress(OSError, pickle.UnpicklingError, EOFError, AttributeError):
        return pickle.loads(kept.read_bytes())
    catalogue = load(folder)
    with suppress(OSError):  # without a cache it is read and bound each time
        with durable.replacing(kept) as target:
            target.write_bytes(pickle.dumps(catalogue))
        for old in kept.parent.glob("rules-*"):
            if old != kept:
                old.unlink(missing_ok=True)
    return catalogue


# ------------------------------------------------------------------------------ judging some years


@contextmanager
def _judge_years(
    source: Source,
    catalogue: Catalogue,
    turn: Sequence[Partition],
    limits: Limits,
    store: ResultStore,
    docs_folder: Path | None,
    later: Later,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[int, Result]]]:
    """Judge the years of one turn and store what came of it; gives the frames, and the results."""
    from dagster_project.judgement.gx import suites
    from dagster_project.judgement.gx.project import Project

    years = [p.school_year for p in turn]
    limits.work.mkdir(parents=True, exist_ok=True)
    database = limits.work / "judgement.duckdb"
    database.unlink(missing_ok=True)
    try:
        with _open(database, limits) as connection:
            attach(connection, source, catalogue, window(years, catalogue))
            build(connection, catalogue, (years[0], years[-1]))
            plans = suites.plan(catalogue, _frames_with_rows(connection, catalogue))
            counts = count(connection, chain.from_iterable(plan.rules for plan in plans))
            broken = {rule_id: c.error for rule_id, c in counts.items() if c.error is not None}
            verdict = evaluate(connection, catalogue, [r for r, c in counts.items() if c.found])
            broken |= {item.rule_id: item.error.strip() for item in verdict.broken}
            results = {}
            for partition in turn:
                year = partition.school_year
                sound = _select_sound(verdict.violations, year, broken)
                rows = flag_rows(source, catalogue, year, sound)
                rules = [r.rule_id for r in catalogue.rules if r.rule_id not in broken]
                results[year] = store.put(partition, rows, rules, sorted(broken.items()))
            yield connection, results
        if docs_folder is not None and plans:
            project = Project.begin(docs_folder, database, data_docs.site_name(years))
            later(lambda: project.write(plans, counts))
    finally:
        database.unlink(missing_ok=True)
        database.with_name(f"{database.name}.wal").unlink(missing_ok=True)


def _frames_with_rows(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> set[str]:
    """The frames that hold anything: on the others no rule can fail."""
    frames = {rule.frame for rule in catalogue.rules}
    return {
        frame
        for frame in frames
        if connection.execute(f"select 1 from frame_{frame} limit 1").fetchone()
    }


def _open(database: Path | str, limits: Limits) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        str(database),
        config={
            "threads": limits.threads,
            "memory_limit": limits.database_memory,
            "temp_directory": str(limits.work / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )


def _select_sound(violations: pa.Table, school_year: int, broken: Mapping[str, str]) -> pa.Table:
    """The violations of a year, without those of broken rules."""
    return violations.filter(
        pc.and_(
            pc.equal(violations.column("school_year"), pa.scalar(school_year, pa.int32())),
            pc.invert(pc.is_in(violations.column("rule_id"), pa.array(list(broken), pa.string()))),
        )
    )


# ------------------------------------------------------------------------------ the log of flags


def _find_years_with_vanished(ledger: Ledger, results: Mapping[int, Result]) -> set[int]:
    """Years whose stored result lacks a flag that the log holds for open: it has just ended."""
    return {flag.school_year for flag in _find_vanished(ledger, results)}


def _find_vanished(ledger: Ledger, results: Mapping[int, Result]) -> list[Logged]:
    """The flags of these years that have gone although their rule could be judged."""
    vanished = ledger.find_vanished(results)
    return [flag for flag in vanished if results[flag.school_year].could_judge(flag.rule_id)]


def _find_ended(
    frames: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    ledger: Ledger,
    results: Mapping[int, Result],
) -> list[carried_over.Ended]:
    """How the flags of these years ended that are not raised any more."""
    gone = _find_vanished(ledger, results)
    return list(map(carried_over.Ended, gone, find_endings(frames, catalogue, ledger.rows(gone))))


@dataclass(frozen=True)
class _LeftOut:
    """Flags on files that were left out because they cannot be trusted, as a Parquet file."""

    file: Path
    files: frozenset[str]  # hashes
    years: tuple[int, ...]

    @classmethod
    def write(cls, file: Path, flags: Sequence[Mapping[str, object]]) -> _LeftOut:
        tables.write_rows(file, tables.FLAG, flags)
        years = {int(str(flag["school_year"])) for flag in flags}
        return cls(file, frozenset(str(flag["sha256"]) for flag in flags), tuple(sorted(years)))

    @property
    def raised(self) -> list[tuple[int, Path]]:
        return [(year, self.file) for year in self.years]


def _list_events(
    ledger: Ledger, raised: Iterable[tuple[int, Path]], ended: Sequence[carried_over.Ended]
) -> Iterator[pa.Table]:
    """What is new for the log: the flags raised for the first time or again, and those ended.

    ``raised`` are files of flags with their school years.
    """
    for year, flags in raised:
        new = ledger.find_newly_raised(year)
        for part in tables.stream(flags, tables.FLAG) if len(new) else ():
            found = part.filter(pc.is_in(part.column("flag_id"), new))
            if found.num_rows:
                opened = pa.repeat(pa.scalar(flag_log.OPENED), found.num_rows)
                yield found.append_column("event", opened)
    rows = ledger.rows([item.flag for item in ended])
    yield from tables.batched(
        (
            {**row, "event": item.ending.event, "note": item.ending.note}
            for row, item in zip(rows, ended, strict=True)
        ),
        pa.schema([*tables.FLAG, tables.FLAG_EVENT.field("event")]),
    )


def _apply_reviews(
    ledger: Ledger, others: Sequence[carried_over.CarriedOver], reviews: Reviews
) -> tuple[dict[str, dict], list[dict]]:
    """The flags that reviews say something about, by id, and a row per review."""
    named = {review.flag_id for review in reviews.entries}
    standing = ledger.find_raised(named)
    standing += [
        {
            "flag_id": item.flag.flag_id,
            "severity": item.flag.severity,
            "status": item.status,
            "note": None,
        }
        for item in others
        if item.flag.flag_id in named
    ]
    after, review_rows = apply(standing, reviews)
    before = {flag["flag_id"]: flag for flag in standing}
    said = {f["flag_id"]: f for f in after if f != before[f["flag_id"]]}
    return said, review_rows


def _collect_broken(results: Iterable[Result]) -> dict[str, str]:
    broken: dict[str, str] = {}
    for result in results:
        for rule_id, error in result.broken:
            broken.setdefault(rule_id, error)
    return broken
