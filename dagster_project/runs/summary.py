"""The account of a run, for people: what was loaded, what came of it, where the time went.

``warehouse/runs/<time>-<run>.md`` per run and ``latest.md``, which is always the newest one, in the
language of the process that ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dagster_project.machine import durable
from dagster_project.messages import named, say
from dagster_project.messages.moments import beijing
from dagster_project.runs.journal import file_stem, keep_newest
from dagster_project.settings import Settings

LATEST, SUFFIX = "latest.md", ".md"
MOST_FILES = 20
MOST_LINES = 12

PUBLISHED, UNCHANGED, FAILED = "published", "unchanged", "failed"


@dataclass(frozen=True)
class Refused:
    """A file that was not taken up, and why."""

    path: str
    sheet: str | None
    cell: str | None
    reason: str


@dataclass(frozen=True)
class Step:
    """How long a step of the run took, and how often it was tried."""

    name: str
    seconds: float
    attempts: int = 1


@dataclass(frozen=True)
class Account:
    """Everything that the account of one run says."""

    run_id: str
    job: str
    began: datetime  # UTC
    seconds: float
    outcome: str
    started_by: str = "hand"
    partition: str | None = None
    version: str | None = None
    failures: tuple[str, ...] = ()
    files: Mapping[str, int] | None = None
    refused: tuple[Refused, ...] = ()
    open_flags: Mapping[str, int] = field(default_factory=dict)
    new_hard: Mapping[str, int] = field(default_factory=dict)
    not_used: tuple[str, ...] = ()
    restated: tuple[str, ...] = ()
    unwritten: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


def written(account: Account) -> str:
    """The account as Markdown."""
    return "\n\n".join(block for block in _blocks(account) if block) + "\n"


def write_account(settings: Settings, account: Account) -> Path:
    """Write the account and ``latest.md``; only the newest ``settings.keep_runs`` are kept."""
    settings.runs.mkdir(parents=True, exist_ok=True)
    keep_newest(settings.runs, SUFFIX, settings.keep_runs - 1)
    path = settings.runs / (file_stem(settings.runs, account.run_id, account.began) + SUFFIX)
    text = written(account)
    for target in (path, settings.runs / LATEST):
        durable.write_text(target, text)
    return path


def _blocks(account: Account) -> Iterable[str]:
    yield "# " + say("runs.title", job=account.job, outcome=say(f"runs.outcome_{account.outcome}"))
    yield " ".join(_head(account))
    if account.failures:
        yield "## " + say("runs.summary_failure")
        yield "\n".join(f"- {sentence}" for sentence in account.failures)
    if account.files is not None:
        yield "## " + say("runs.summary_files")
        yield say("runs.summary_file_counts", **account.files)
        yield _table(
            say("runs.summary_refused"),
            [(r.path, r.sheet, r.cell, r.reason) for r in account.refused],
        )
    if account.outcome == PUBLISHED:
        yield "## " + say("runs.summary_flags")
        yield say(
            "runs.summary_flag_counts",
            hard=account.open_flags.get("hard", 0),
            soft=account.open_flags.get("soft", 0),
            new=sum(account.new_hard.values()),
        )
        yield _table(say("runs.summary_by_rule"), list(account.new_hard.items()))
    yield from _listed("runs.summary_not_used", account.not_used)
    if account.restated:
        yield "## " + say("runs.summary_restated")
        yield "\n".join(f"- {line}" for line in account.restated[:MOST_LINES])
    if account.unwritten:
        yield "## " + say("runs.summary_unwritten")
        yield "\n".join(f"- {line}" for line in account.unwritten[:MOST_LINES])
    yield from _listed("runs.summary_kept", account.kept)
    yield from _listed("runs.summary_notes", account.notes)
    if account.steps:
        yield "## " + say("runs.summary_time")
        yield _table(
            say("runs.summary_times"),
            [(s.name, f"{s.seconds:.1f}", s.attempts) for s in account.steps],
        )


def _listed(title: str, lines: tuple[str, ...]) -> Iterable[str]:
    if not lines:
        return
    yield "## " + say(title)
    yield "\n".join(f"- {_cell(line)}" for line in lines[:MOST_FILES])
    if len(lines) > MOST_FILES:
        yield say("runs.summary_more", more=len(lines) - MOST_FILES)


def _head(account: Account) -> Iterable[str]:
    yield say(
        "runs.summary_run",
        run=account.run_id[:8],
        by=named("started_by", account.started_by),
        began=beijing(account.began),
        seconds=account.seconds,
    )
    if account.partition:
        yield say("runs.summary_partition", partition=account.partition)
    yield (
        say("runs.summary_version", version=account.version)
        if account.version
        else say("runs.summary_no_version")
    )


def _table(head: str, rows: list[tuple]) -> str:
    if not rows:
        return ""
    lines = [head, "|---" * (head.count("|") - 1) + "|"]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in rows[:MOST_FILES]]
    if len(rows) > MOST_FILES:
        lines += ["", say("runs.summary_more", more=len(rows) - MOST_FILES)]
    return "\n".join(lines)


def _cell(value: object) -> str:
    """A table cell: no line breaks, no bars that would end it, no markup of a file's making."""
    text = "" if value is None else " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
