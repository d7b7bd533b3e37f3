"""What became of a mutant: refused, right, missing, flagged at the place – or wrong and silent."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from dagster_project.census.opening import package
from dagster_project.census.read import read
from dagster_project.census.rejection import FileRejected
from dagster_project.census.set_aside import DOUBTFUL
from dagster_project.census.table.profile import load_profiles
from dagster_project.judgement.judge import Limits as Work
from dagster_project.judgement.judge import judge
from dagster_project.lake.ingest import ingest
from dagster_project.lake.readers import LimitReached, Limits, ReadingFailed, each
from dagster_project.lake.reference import write_reference
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake
from tests.hostile.bases import write_profiles
from tests.hostile.books import Fact, Key, facts_of, names_of, told
from tests.hostile.mutating import Mutant

REFUSED, RIGHT, MISSING, FLAGGED = "refused", "right", "missing", "flagged"
SILENT, HUNG, CRASHED = "wrong and silent", "hung", "crashed"
LARGE_SHEET, AS_IF_LARGE = package.LARGE_SHEET, 1
PROCESSES = int(os.environ.get("JUNHENG_WORKERS", 2))
LIMITS = Limits(seconds=60, memory=1 << 30)


@dataclass(frozen=True)
class Found:
    """What a reader made of a file: its facts, the names of its schools, and what it told of.

    ``told``: how many rows, cells and columns; ``places``: of which schools and rows;
    ``doubted``: of which schools in a way that becomes a hard flag.
    """

    facts: dict[Fact, float | None]
    names: dict[Key, str]
    told: int
    places: frozenset[str | int]
    doubted: frozenset[str | None]


@dataclass
class Verdict:
    """What became of a mutant, and what was wrong with it before anybody looked for flags."""

    mutant: Mutant
    outcome: str
    wrong: list[str] = field(default_factory=list)


def look(raw: Path, profiles, path: str) -> Found:
    """Read one file, in a helper process; half of them as if they were large.

    Large sheets are taken apart by other hands (:mod:`dagster_project.census.opening.sheet_cells`).
    """
    package.LARGE_SHEET = AS_IF_LARGE if int(Path(path).name[:5]) // 5 % 2 else LARGE_SHEET
    reading = read(raw / path, raw, profiles)
    reading = replace(reading, sections=list(reading.sections))
    facts = {fact: value for fact, (value, _) in facts_of(reading).items()}
    aside = reading.set_aside
    return Found(
        facts,
        names_of(reading),
        told(reading),
        frozenset(who for entry in aside for who in (entry.school_id, entry.source_row) if who),
        frozenset(entry.school_id for entry in aside if entry.reason == DOUBTFUL),
    )


def drop(raw: Path, mutants: Iterable[Mutant]) -> None:
    write_profiles(raw)
    for mutant in mutants:
        place = raw / mutant.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(mutant.data)


def judged(mutants: list[Mutant], folder: Path, *, by_rules: bool = True) -> list[Verdict]:
    """The verdict on every mutant, unless ``by_rules`` is false that of the readers alone.

    ``folder`` is theirs.
    """
    raw = folder / "raw"
    drop(raw, mutants)
    by_path = {mutant.path: mutant for mutant in mutants}
    read_one = partial(look, raw, load_profiles(raw))
    verdicts = {
        path: _read(by_path[path], result)
        for path, result in each(read_one, list(by_path), processes=PROCESSES, limits=LIMITS)
    }
    found = [verdicts[mutant.path] for mutant in mutants]
    if by_rules:
        look_for_flags(found, folder / "judged")
    return found


def _read(mutant: Mutant, result: Found | FileRejected) -> Verdict:
    if isinstance(result, LimitReached):
        return Verdict(mutant, REFUSED if "memory" in result.reason else HUNG, [result.reason])
    if isinstance(result, ReadingFailed):
        return Verdict(mutant, CRASHED, [result.sentence])
    if isinstance(result, FileRejected):
        is_sentence = len(result.reason.split()) > 3 and result.sentence.isprintable()
        return Verdict(mutant, REFUSED if is_sentence else CRASHED, [result.sentence])
    wrong = list(_wrong(mutant, result))
    if wrong:
        return Verdict(mutant, SILENT, wrong)
    missing = any(result.facts.get(fact) is None for fact in mutant.right)
    return Verdict(mutant, MISSING if missing else RIGHT)


def _wrong(mutant: Mutant, found: Found) -> Iterable[str]:
    """Sentences on what the reader says that the file does not, or left out without a word."""
    records = {key for key, _ in found.facts}
    yield from (f"there is {key}" for key in sorted(records - mutant.records))
    if mutant.needs_word and found.told <= mutant.told:
        yield "nothing is said of it"
    for key in sorted(mutant.needed - records):
        who = {key[1], mutant.rows.get(key)}
        is_column = mutant.rows.get(key) is None or key[0] == "answer"
        if found.places.isdisjoint(who) and not (is_column and found.told > mutant.told):
            yield f"{key} is gone"
    for key, name in found.names.items():
        if key not in mutant.touched and name != mutant.names.get(key, name):
            yield f"{key} is called {name}"
    for fact, right in mutant.right.items():
        value = found.facts.get(fact)
        if value is None or any(math.isclose(value, r, rel_tol=1e-9) for r in right):
            continue
        yield f"{fact[1]} of {'/'.join(fact[0][1:])} is {value:g}, right {right}"


def look_for_flags(verdicts: Iterable[Verdict], folder: Path) -> None:
    """Judge the files that readers alone found nothing wrong with, as a load does.

    A hard flag at the place tells what is wrong.
    """
    doubtful = [verdict for verdict in verdicts if verdict.outcome == SILENT]
    if not doubtful:
        return
    raw, lake = folder / "raw", Lake(folder / "lake")
    drop(raw, [verdict.mutant for verdict in doubtful])
    ingested = ingest(raw, lake, limits=LIMITS)
    refused = {entry.path for entry in ingested.entries if not entry.accepted}
    write_reference(lake, raw)
    select(lake, folder / "selection")
    judge(lake, folder / "selection", folder / "judgement", limits=Work(folder / "work"), raw=raw)
    flags = pq.read_table(folder / "judgement" / "flag.parquet").to_pylist()
    told: dict[str, list[dict]] = {}
    for flag in flags:
        if flag["severity"] == "hard" and flag["status"] == "open" and flag["source_file"]:
            told.setdefault(flag["source_file"], []).append(flag)
    for verdict in doubtful:
        mutant = verdict.mutant
        schools = {key[1] for key in mutant.touched}
        mine = told.get(mutant.path, [])
        at_the_place = [f for f in mine if mutant.anywhere or f["school_id"] in schools]
        if mutant.path in refused:
            verdict.outcome = REFUSED
        elif at_the_place:
            verdict.outcome = FLAGGED


def line(verdict: Verdict) -> str:
    return f"{verdict.outcome}: {verdict.mutant.name}: {'; '.join(verdict.wrong[:3])}"
