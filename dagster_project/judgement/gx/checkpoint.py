"""Great Expectations judges the rules over frames that stand in a DuckDB file.

It counts, rule by rule: how many rows break it, or the error that kept it from being judged. The
rows of the rules that failed are then fetched by one scan (:mod:`~dagster_project.judgement.scan`),
which costs a hundredth of what Great Expectations takes for them.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dagster_project.judgement.gx.library import great_expectations
from dagster_project.judgement.gx.suites import SuitePlan, build, rows_query
from dagster_project.messages import MessageError

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.checkpoint.checkpoint import CheckpointResult

SOURCE = "census"
CHECKPOINT = "census figures"
_DIALECT = "duckdb.junheng"
MOST_ERROR = 500  # characters of DuckDB's message that are kept


class NotJudged(MessageError):
    """Great Expectations gave no result for a rule that it was asked to judge."""


@dataclass(frozen=True)
class Outcome:
    """What GX found for a rule: ``found`` rows break it, or ``error`` kept it from judging."""

    rule_id: str
    found: int | None
    error: str | None = None


def run(
    database: Path, suites: Sequence[SuitePlan], *, threads: int = 2, memory_limit: str = "1GB"
) -> tuple[Mapping[str, Outcome], CheckpointResult | None]:
    """Validate every suite against its table ``frame_<frame>`` in ``database``.

    Returns the outcomes by rule id, and Great Expectations' own result (``None`` without suites).
    ``database`` must not be open elsewhere in this process. Raises :class:`NotJudged` if a rule is
    left without a result.
    """
    if not suites:
        return {}, None
    with quiet():
        gx = great_expectations()
        from dagster_project.judgement.gx.one_scan import Batch, count_together

        context = gx.get_context(mode="ephemeral")
        source = add_source(context, str(database), threads=threads, memory_limit=memory_limit)
        try:
            checkpoint, batches = add_checkpoint(context, source, suites)
            counted = {
                batch.get_batch().id: Batch(
                    f"frame_{frame}",
                    tuple(rows_query(r) for s in suites if s.frame == frame for r in s.rules),
                )
                for frame, batch in batches.items()
            }
            with count_together(counted):
                result = checkpoint.run()
        finally:
            close(source)
    return _outcomes(result, suites), result


def add_source(context, database: str, **limits: Any) -> Any:
    """The data source of the frames in ``database``, added to ``context``."""
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    register_dialect()
    options = urlencode({"access_mode": "READ_ONLY", **limits})
    return context.data_sources.add_sql(
        SOURCE, connection_string=f"duckdb+junheng:///{database}?{options}"
    )


def add_checkpoint(
    context, source, suites: Iterable[SuitePlan]
) -> tuple[gx.Checkpoint, dict[str, gx.core.batch_definition.BatchDefinition]]:
    """Suites, a validation of each, and the checkpoint of all; the batch definitions by frame."""
    gx = great_expectations()
    suites = list(suites)
    batches = {
        frame: source.add_table_asset(frame, table_name=f"frame_{frame}")
        .add_batch_definition_whole_table("whole")
        for frame in dict.fromkeys(suite.frame for suite in suites)
    }  # fmt: skip
    validations = [
        context.validation_definitions.add(
            gx.ValidationDefinition(
                name=suite.name,
                data=batches[suite.frame],
                suite=context.suites.add(build(suite)),
            )
        )
        for suite in suites
    ]
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(
            name=CHECKPOINT,
            validation_definitions=validations,
            # Rows are not wanted from here: they cost a quarter of a millisecond each.
            result_format={"result_format": "BASIC"},
        )
    )
    return checkpoint, batches


def close(source) -> None:
    """Let go of the database, so that it can be written to or moved."""
    source.get_execution_engine().close()
    source.get_engine().dispose()


def register_dialect() -> None:
    """Make the dialect known where the package was installed before it had the entry point."""
    from sqlalchemy.dialects import registry

    registry.register(_DIALECT, "dagster_project.judgement.gx.dialect", "ReadingDialect")


@contextmanager
def quiet() -> Iterator[None]:
    """GX without telemetry, progress bars or notices in the output of a load."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _outcomes(result: CheckpointResult, suites: Iterable[SuitePlan]) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    for validation in result.run_results.values():
        for judged in validation.results:
            outcome = _outcome(judged)
            outcomes[outcome.rule_id] = outcome
    wanted = {rule.rule_id for suite in suites for rule in suite.rules}
    if missing := sorted(wanted - set(outcomes)):
        raise NotJudged("runs.not_judged", missing=missing)
    return outcomes


def _outcome(result) -> Outcome:
    rule_id = result.expectation_config.meta["rule_id"]
    error = _error(result.exception_info or {})
    if error is not None:
        return Outcome(rule_id, None, error)
    found = (result.result or {}).get("observed_value")
    if found is None or bool(result.success) != (found == 0):
        return Outcome(rule_id, None, "Great Expectations gave no count for this rule.")
    return Outcome(rule_id, int(found))


def _error(info: Mapping) -> str | None:
    """The message in an ``exception_info``: one for the expectation, or one per metric."""
    entries = [info] if "raised_exception" in info else [v for v in info.values() if v]
    for entry in entries:
        if isinstance(entry, Mapping) and entry.get("raised_exception"):
            text = str(entry.get("exception_message") or "unknown error")
            return text.split("\n[SQL:")[0].strip()[:MOST_ERROR]
    return None
