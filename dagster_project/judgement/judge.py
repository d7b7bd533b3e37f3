"""From the current figures of the lake to the table of flags.

Years whose figures, rules and code are as they were are taken from the store of results. The others
are judged in two passes: Great Expectations over every rule, then one scan for the rows of the
rules that did not pass. The two must agree.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.followup.reviews import read_reviews
from dagster_project.followup.verdicts import apply
from dagster_project.judgement import docs, flags, memory, message, places, tables
from dagster_project.judgement.catalogue import Catalogue, Rule, default_folder, load, parse
from dagster_project.judgement.evaluate import Verdict, evaluate, rows_where
from dagster_project.judgement.frames import build
from dagster_project.judgement.outcome import Judged, index_line, write
from dagster_project.judgement.partitions import (
    Partition,
    Result,
    ResultStore,
    in_turns,
    partitions,
    rules_hash,
)
from dagster_project.judgement.relations import Source, attach, window
from dagster_project.lake.store import Lake

Progress = Callable[[int, int, str], None]
Later = Callable[[Callable[[], object]], object]

DATABASE_SHARE = 0.7


@dataclass(frozen=True)
class Limits:
    """How much of the machine a judgement may use; what does not fit spills below ``work``."""

    work: Path
    threads: int = 2
    memory_limit: str = "2GB"

    @property
    def database_memory(self) -> str:
        """What DuckDB gets of ``memory_limit``; Python, Arrow and Great Expectations need some."""
        amount, unit = re.fullmatch(r"\s*([\d.]+)\s*(.*)", self.memory_limit).groups()
        return f"{float(amount) * DATABASE_SHARE:g}{unit}"


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
    progress: Progress = lambda done, total, detail: None,
    later: Later = lambda work: work(),
) -> Judged:
    """Judge what ``selection`` says counts, and write ``flag``, ``rule`` and ``review`` to ``out``.

    ``raw`` is where reviews are read from (``raw/reviews``); without it, and for ``as_of`` (naive
    UTC), those of the lake's log hold. ``docs_folder`` gets the Data Docs of years judged now;
    ``later`` is given the writing of them, for when the answer is out. Raises
    :class:`~.catalogue.CatalogueInvalid` for a catalogue that cannot be used.
    """
    folder = catalogue_folder or default_folder()
    rules = rules_hash(folder)
    source = Source(lake, selection)
    log = memory.FlagLog(lake.root / "flag_log")
    known = log.latest(as_of)
    store = ResultStore(lake.root / "judged")
    catalogue = _usable(folder, rules)
    todo = partitions(source, catalogue, rules)

    results = {p.school_year: store.get(p) for p in todo}
    if as_of is None:
        for year in _years_with_vanished(known, results):
            results[year] = None  # to say how a flag ended, the figures must be looked at
    stale = [p for p in todo if results[p.school_year] is None]
    endings: list[memory.Ending] = []
    done = 0
    for turn in in_turns(stale):
        years = [p.school_year for p in turn]
        progress(done, len(stale), docs.site_name(years))
        sites = docs_folder if as_of is None else None
        ended, found = _judge_turn(source, catalogue, turn, limits, sites, known, later)
        endings += ended
        for partition in turn:
            results[partition.school_year] = found[partition.school_year]
            store.put(partition, found[partition.school_year])
        done += len(turn)
    progress(done, len(stale), "")
    store.prune(todo)

    raised = _flag_rows(source, catalogue, list(results.values()))
    broken = _broken(results.values())
    now = datetime.now(UTC).replace(tzinfo=None)
    raised, ended_rows = _remember(log, known, raised, endings, broken, results, as_of, now)
    reviews = read_reviews(raw, lake, as_of=as_of, now=now)
    judged_flags, review_rows = apply(raised + ended_rows, reviews)
    judged = write(out, catalogue, judged_flags, review_rows, broken, todo, stale)
    if docs_folder is not None and as_of is None:
        lines = [index_line(outcome) for outcome in judged.rules]
        later(lambda: docs.write_index(docs_folder, lines))
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
    rules = rules_hash(folder)
    source, store = Source(lake, selection), ResultStore(lake.root / "judged")
    catalogue = _usable(folder, rules)
    found = {p.school_year: p for p in partitions(source, catalogue, rules)}
    if school_year not in found:
        raise ValueError(f"no figures count for {school_year}; there are {sorted(found)}")
    partition = found[school_year]
    result = store.get(partition)
    if result is None:
        _, results = _judge_turn(
            source, catalogue, [partition], limits, None, {}, later=lambda work: work()
        )
        result = results[school_year]
        store.put(partition, result)
    return result


def _usable(folder: Path, rules: str) -> Catalogue:
    """The catalogue; binding hundreds of rules to empty frames is done once per state of them."""
    marker = folder / f".usable-{duckdb.__version__}-{rules[:32]}"
    if marker.exists():
        catalogue, problems = parse(folder)
        if not problems:
            return catalogue
    catalogue = load(folder)
    with suppress(OSError):  # a catalogue that may only be read is bound each time
        for old in folder.glob(".usable-*"):
            old.unlink(missing_ok=True)
        marker.touch()
    return catalogue


# ------------------------------------------------------------------------------ judging some years


def _judge_turn(
    source: Source,
    catalogue: Catalogue,
    turn: Sequence[Partition],
    limits: Limits,
    docs_folder: Path | None,
    known: Mapping[str, memory.Row],
    later: Later,
) -> tuple[list[memory.Ending], dict[int, Result]]:
    """Judge the years of one turn; returns how flags ended there, and the results by year."""
    from dagster_project.judgement import checkpoint, suites

    years = [p.school_year for p in turn]
    limits.work.mkdir(parents=True, exist_ok=True)
    database = limits.work / "judgement.duckdb"
    database.unlink(missing_ok=True)
    try:
        with _open(database, limits) as connection:
            attach(connection, source, catalogue, window(years, catalogue))
            build(connection, catalogue, (years[0], years[-1]))
        outcomes = checkpoint.run(
            database,
            suites.plan(catalogue),
            threads=limits.threads,
            memory_limit=limits.database_memory,
            docs=docs_folder / docs.site_name(years) if docs_folder else None,
            later=later,
        )
        failing = [o.rule_id for o in outcomes.values() if o.found or o.is_broken]
        with _open(database, limits) as connection:
            verdict = evaluate(connection, catalogue, failing)
            broken = _disagreements(outcomes, verdict)
            results = {year: _result(year, verdict, catalogue, broken) for year in years}
            endings = _endings(connection, catalogue, known, results)
    finally:
        database.unlink(missing_ok=True)
        database.with_name(f"{database.name}.wal").unlink(missing_ok=True)
    return endings, results


def _open(database: Path, limits: Limits) -> duckdb.DuckDBPyConnection:
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


def _disagreements(outcomes: Mapping, verdict: Verdict) -> dict[str, str]:
    """The rules that could not be judged, with the reason: they raised, or the passes differ."""
    broken = {item.rule_id: item.error.strip() for item in verdict.broken}
    rows = Counter(verdict.violations.column("rule_id").to_pylist())
    for outcome in outcomes.values():
        if outcome.is_broken:
            broken.setdefault(outcome.rule_id, outcome.error)
        elif outcome.found != rows[outcome.rule_id]:
            broken.setdefault(
                outcome.rule_id,
                f"Great Expectations found {outcome.found} rows, the scan {rows[outcome.rule_id]}.",
            )
    return broken


def _result(year: int, verdict: Verdict, catalogue: Catalogue, broken: Mapping[str, str]) -> Result:
    table = verdict.violations
    sound = pc.and_(
        pc.equal(table.column("school_year"), pa.scalar(year, pa.int32())),
        pc.invert(pc.is_in(table.column("rule_id"), pa.array(list(broken), pa.string()))),
    )
    judged = tuple(r.rule_id for r in catalogue.rules if r.rule_id not in broken)
    return Result(table.filter(sound), judged, tuple(sorted(broken.items())))


# ------------------------------------------------------------------------------ memory


def _violations(result: Result) -> Iterator[flags.Violation]:
    """One by one: as Python objects, hundreds of thousands of them would fill the memory."""
    for batch in result.violations.to_batches(max_chunksize=tables.ROWS_AT_A_TIME):
        yield from map(flags.Violation.of_row, batch.to_pylist())


def _years_with_vanished(
    known: Mapping[str, memory.Row], results: Mapping[int, Result | None]
) -> set[int]:
    """Years whose stored result lacks a flag that the log holds for open: it has just ended."""
    here = {year: result for year, result in results.items() if result is not None}
    raised = {flags.flag_id(v) for result in here.values() for v in _violations(result)}
    return {
        int(row["school_year"])
        for row in memory.vanished(known, raised)
        if row["school_year"] in here and _was_judged(row, here[row["school_year"]])
    }


def _was_judged(row: memory.Row, result: Result) -> bool:
    return row["rule_id"] not in {rule for rule, _ in result.broken}


def _endings(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    known: Mapping[str, memory.Row],
    results: Mapping[int, Result],
) -> list[memory.Ending]:
    """How the flags of these years ended that are not raised any more."""
    if not any(row["school_year"] in results for row in memory.vanished(known, ())):
        return []
    raised = {flags.flag_id(v) for result in results.values() for v in _violations(result)}
    endings = []
    for row in memory.vanished(known, raised):
        result = results.get(row["school_year"])
        if result is None or not _was_judged(row, result):
            continue
        if row["rule_id"] not in catalogue:
            endings.append(memory.Ending(row, memory.DROPPED))
            continue
        rule = catalogue.rule(str(row["rule_id"]))
        was = flags.own_figures(json.loads(str(row["figures"])))
        endings.append(memory.ending(row, was, _figures_now(connection, rule, row)))
    return endings


def _figures_now(
    connection: duckdb.DuckDBPyConnection, rule: Rule, row: memory.Row
) -> list[tuple[Mapping[str, object], str]]:
    """Own figures and the observed one, of the rows that a logged flag was about."""
    subject = ["school_year", "term"]
    if rule.frame == "file":
        subject += ["sha256"]
    else:
        subject += ["school_id"] if row["school_id"] else ["county_code"]
        subject += [] if rule.frame == "school" else ["stage"]
    condition = " and ".join(f"{name} is not distinct from ?" for name in subject)
    found = rows_where(connection, rule, condition, [row[name] for name in subject])
    figures = [json.loads(text) for text in found.column("figures").to_pylist()]
    return [(flags.own_figures(entry), message.observed(entry)) for entry in figures]


def _remember(
    log: memory.FlagLog,
    known: Mapping[str, memory.Row],
    raised: list[dict],
    endings: Iterable[memory.Ending],
    broken: Mapping[str, str],
    results: Mapping[int, Result],
    as_of: datetime | None,
    now: datetime,
) -> tuple[list[dict], list[dict]]:
    """Write the log, and return the flags that stand and those that ended as corrected."""
    ids = {str(row["flag_id"]) for row in raised}
    # A broken rule says nothing: what it had raised before stays open.
    names = tables.FLAG.names
    raised += [
        {name: row[name] for name in names}
        for row in memory.vanished(known, ids)
        if row["rule_id"] in broken and row["school_year"] in results
    ]
    if as_of is not None:
        return raised, memory.corrected(known, ids)
    ended = [{**e.flag, "event": e.event, "note": e.note} for e in endings]
    log.append(chain(memory.newly_raised(known, raised), ended), now)
    after = {**known, **{str(event["flag_id"]): event for event in ended}}
    return raised, memory.corrected(after, ids)


# ------------------------------------------------------------------------------ tables


def _flag_rows(source: Source, catalogue: Catalogue, results: Sequence[Result]) -> list[dict]:
    violations = chain.from_iterable(map(_violations, results))
    with duckdb.connect() as connection:
        found = places.origins(connection, source, [r.violations for r in results])
        files = places.files(connection, source)
        joint = places.joint_schools(connection, source)
    rows = flags.rows(violations, catalogue, found.spots, files)
    for row in rows:
        key = row["school_year"], row["term"], row["school_id"]
        if row["frame"] == "school" and key in joint:
            row["stage"] = None  # the whole school is meant, not one of its sections
        if row["frame"] == "county":
            row["sha256"] = row["source_file"] = None  # one file among many
    return rows


def _broken(results: Iterable[Result]) -> dict[str, str]:
    broken: dict[str, str] = {}
    for result in results:
        for rule_id, error in result.broken:
            broken.setdefault(rule_id, error)
    return broken
