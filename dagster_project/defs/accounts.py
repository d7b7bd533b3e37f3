"""Every run that writes the warehouse keeps a journal and leaves an account of itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from dagster import DagsterEventType
from dagster._core.execution.stats import StepEventStatus
from dagster._utils.error import SerializableErrorInfo

from dagster_project.defs.tags import STARTED_BY
from dagster_project.messages import Message, say
from dagster_project.publish.news import by_rule, new_hard_flags, open_flags
from dagster_project.publish.not_used import not_used_of
from dagster_project.publish.restatement import told
from dagster_project.publish.versions import finish, in_force, manifest_of
from dagster_project.runs import journal
from dagster_project.runs.summary import (
    FAILED,
    PUBLISHED,
    UNCHANGED,
    Account,
    Refused,
    Step,
    write_account,
)
from dagster_project.settings import Settings

MOST_SIGNS = 1000

# Faults whose sentences are worded here or by the operating system. Of others only the kind is
# repeated, since a library may quote what stood in a file.
_WORDED = {
    "NotPublished", "WarehouseBusy", "RunInterrupted", "LogDamaged", "SettingsInvalid",
    "DatabaseHeld", "CatalogueInvalid", "OSError", "PermissionError",
    "FileNotFoundError", "BlockingIOError", "TimeoutError",
}  # fmt: skip


@contextmanager
def accounted(settings: Settings, context: dg.InitResourceContext) -> Iterator[None]:
    """Journal and account of the run that ``context`` belongs to; outside of a run nothing."""
    run, instance = context.run, context.instance
    if run is None or instance is None:
        yield
        return
    began, since, before = datetime.now(UTC), time.monotonic(), in_force(settings)
    facts = {
        "job": run.job_name,
        "partition": run.tags.get("dagster/partition"),
        "started_by": run.tags.get(STARTED_BY),
    }
    with journal.keeping(settings, run.run_id, **facts) as kept:
        try:
            yield
        finally:
            try:
                account = _account(settings, instance, run, began, time.monotonic() - since, before)
                for sentence in account.failures:
                    kept.note("fault", journal.ERROR, fault=sentence)
                kept.note("outcome", outcome=account.outcome, version=account.version)
                write_account(settings, account)
                if (
                    account.outcome == PUBLISHED
                    and not account.failures
                    and _has_ended(instance, run)
                ):
                    finish(settings.current.resolve())
            except Exception as error:  # the account must never be what a load fails of
                kept.note("no_account", journal.WARNING, fault=type(error).__name__)


def _account(
    settings: Settings,
    instance: dg.DagsterInstance,
    run: dg.DagsterRun,
    began: datetime,
    seconds: float,
    before: Path | None,
) -> Account:
    from dagster_project.defs.described import KEPT
    from dagster_project.defs.ingest import NOTES
    from dagster_project.defs.reports import FAILURES

    after = in_force(settings)
    failures = _failures(instance, run)
    new = after if after != before else None
    outcome = UNCHANGED if not failures and _has_ended(instance, run) else FAILED
    outcome = PUBLISHED if new else outcome
    files, refused = _files(instance, run)
    return Account(
        run_id=run.run_id,
        job=run.job_name,
        began=began,
        seconds=seconds,
        outcome=outcome,
        started_by=run.tags.get(STARTED_BY, "hand"),
        partition=run.tags.get("dagster/partition"),
        version=after.name if after else None,
        failures=failures,
        files=files,
        refused=refused,
        open_flags=open_flags(new) if new else {},
        new_hard=by_rule(new_hard_flags(before, new)) if new else {},
        not_used=tuple(m.text() for m in not_used_of(new.resolve()).messages) if new else (),
        restated=_restated(new) if new else (),
        unwritten=_told(instance, run, FAILURES),
        kept=_told(instance, run, KEPT),
        notes=_told(instance, run, NOTES),
        steps=_steps(instance, run),
    )


def _failures(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[str, ...]:
    entries = instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_FAILURE)
    events = (entry.dagster_event for entry in entries)
    errors = [event.step_failure_data.error for event in events if event is not None]
    return tuple(sentence_of(error) for error in errors if error is not None)


def sentence_of(error: SerializableErrorInfo) -> str:
    """What is said of a fault: its own sentence if this project worded it, else its kind."""
    while error.cause is not None:
        error = error.cause
    kind = (error.cls_name or "").rpartition(".")[2]
    if kind in _WORDED:
        # Dagster writes the class before the sentence; dbt's run over several lines.
        sentence = " ".join(error.message.split(": ", 1)[-1].split())
        return (
            sentence if len(sentence) <= MOST_SIGNS else sentence[: MOST_SIGNS - 1].rstrip() + "…"
        )
    return say("runs.fault_of_kind", kind=kind or Message("runs.a_fault"))


def _has_ended(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether every step that began has ended well; one that was cut off has no failure to show.

    Where nothing has changed, the steps from publishing on are skipped.
    """
    stats = instance.get_run_step_stats(run.run_id)
    return bool(stats) and all(
        stat.status in (StepEventStatus.SUCCESS, StepEventStatus.SKIPPED) for stat in stats
    )


def _steps(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[Step, ...]:
    stats = instance.get_run_step_stats(run.run_id)
    timed = [
        (s.start_time, s.end_time, s)
        for s in stats
        if s.start_time is not None and s.end_time is not None
    ]
    return tuple(
        Step(s.step_key, end - start, max(1, s.attempts or 1))
        for start, end, s in sorted(timed, key=lambda step: step[0])
    )


def _made(
    instance: dg.DagsterInstance, run: dg.DagsterRun
) -> Iterator[Mapping[str, dg.MetadataValue]]:
    """What the run's own steps told Dagster of what they made."""
    for entry in instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION):
        if entry.asset_materialization is not None:
            yield entry.asset_materialization.metadata


def _files(
    instance: dg.DagsterInstance, run: dg.DagsterRun
) -> tuple[dict[str, int] | None, tuple[Refused, ...]]:
    from dagster_project.defs.described import FILE_COUNTS, REFUSED, told

    counts: dict[str, int] | None = None
    refused: list[Refused] = []
    for metadata in _made(instance, run):
        if REFUSED not in metadata:
            continue
        counts = counts or dict.fromkeys(FILE_COUNTS, 0)
        for name in FILE_COUNTS:
            counts[name] += told(metadata, name)
        refused += [Refused(**one) for one in told(metadata, REFUSED)]
    return counts, tuple(refused)


def _told(instance: dg.DagsterInstance, run: dg.DagsterRun, name: str) -> tuple[str, ...]:
    """The sentences that the run's own steps told Dagster under ``name``."""
    from dagster_project.defs.described import told

    made = [metadata for metadata in _made(instance, run) if name in metadata]
    return tuple(sentence for metadata in made for sentence in told(metadata, name))


def _restated(version: Path) -> tuple[str, ...]:
    restatement = manifest_of(version).get("restatement") or {}
    if restatement.get("compared_with") is None:
        return ()
    return tuple(told(restatement))
