"""The account of a run, for people: what was loaded, what came of it, where the time went.

``warehouse/runs/<time>-<run>.md`` per run and ``latest.md``, which is always the newest one. All
wording stands in :data:`WORDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dagster_project.machine import durable
from dagster_project.runs.journal import file_stem, keep_newest
from dagster_project.settings import Settings

LATEST, SUFFIX = "latest.md", ".md"
MOST_FILES = 20
MOST_LINES = 12

PUBLISHED, UNCHANGED, FAILED = "published", "unchanged", "failed"

WORDS: Mapping[str, str] = {
    "title": "{job}: {outcome}",
    PUBLISHED: "published",
    UNCHANGED: "nothing has changed",
    FAILED: "not published",
    "run": "Run {run}, started by {by}, {began:%Y-%m-%d %H:%M} UTC, {seconds:.0f} s.",
    "partition": "Partition {partition}.",
    "version": "In force: version `{version}`.",
    "no_version": "Nothing is published.",
    "failure": "What stopped it",
    "files": "Files",
    "file_counts": "{files} looked at, {read} read now, {accepted} taken up, {refused} refused.",
    "refused": "| file | sheet | cell | why |",
    "more": "… and {more} more.",
    "flags": "Impossible figures",
    "flag_counts": "{hard} hard and {soft} soft flags are open; {new} of the hard ones are new.",
    "by_rule": "| rule | new hard flags |",
    "restated": "Restated figures",
    "unwritten": "Reports that could not be written",
    "time": "Time",
    "times": "| step | seconds | attempts |",
}


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
    restated: tuple[str, ...] = ()
    unwritten: tuple[str, ...] = ()
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
    yield "# " + WORDS["title"].format(job=account.job, outcome=WORDS[account.outcome])
    yield " ".join(_head(account))
    if account.failures:
        yield "## " + WORDS["failure"]
        yield "\n".join(f"- {sentence}" for sentence in account.failures)
    if account.files is not None:
        yield "## " + WORDS["files"]
        yield WORDS["file_counts"].format(**account.files)
        yield _table(
            WORDS["refused"], [(r.path, r.sheet, r.cell, r.reason) for r in account.refused]
        )
    if account.outcome == PUBLISHED:
        yield "## " + WORDS["flags"]
        yield WORDS["flag_counts"].format(
            hard=account.open_flags.get("hard", 0),
            soft=account.open_flags.get("soft", 0),
            new=sum(account.new_hard.values()),
        )
        yield _table(WORDS["by_rule"], list(account.new_hard.items()))
    if account.restated:
        yield "## " + WORDS["restated"]
        yield "\n".join(f"- {line}" for line in account.restated[:MOST_LINES])
    if account.unwritten:
        yield "## " + WORDS["unwritten"]
        yield "\n".join(f"- {line}" for line in account.unwritten[:MOST_LINES])
    if account.steps:
        yield "## " + WORDS["time"]
        yield _table(
            WORDS["times"], [(s.name, f"{s.seconds:.1f}", s.attempts) for s in account.steps]
        )


def _head(account: Account) -> Iterable[str]:
    yield WORDS["run"].format(
        run=account.run_id[:8],
        by=account.started_by,
        began=account.began,
        seconds=account.seconds,
    )
    if account.partition:
        yield WORDS["partition"].format(partition=account.partition)
    yield (
        WORDS["version"].format(version=account.version) if account.version else WORDS["no_version"]
    )


def _table(head: str, rows: list[tuple]) -> str:
    if not rows:
        return ""
    lines = [head, "|---" * (head.count("|") - 1) + "|"]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in rows[:MOST_FILES]]
    if len(rows) > MOST_FILES:
        lines += ["", WORDS["more"].format(more=len(rows) - MOST_FILES)]
    return "\n".join(lines)


def _cell(value: object) -> str:
    """A table cell: no line breaks, no bars that would end it, no markup of a file's making."""
    text = "" if value is None else " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
