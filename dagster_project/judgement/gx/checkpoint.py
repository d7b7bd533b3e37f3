"""The first pass: Great Expectations judges every rule over frames that stand in a DuckDB file.

It counts and decides; rows are fetched by :mod:`.evaluate`, which is far cheaper there. The result
is per rule: the number of rows that break it, or the error that kept it from being judged.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from dagster_project.judgement.gx.library import great_expectations
from dagster_project.judgement.gx.suites import SuitePlan, build
from dagster_project.messages import MessageError

_DIALECT = "duckdb.judging"
MOST_ERROR = 500  # characters of DuckDB's message that are kept


class NotJudged(MessageError):
    """Great Expectations gave no result for a rule that it was asked to judge."""


@dataclass(frozen=True)
class Outcome:
    """What GX found for a rule: ``found`` rows break it, or ``error`` kept it from judging."""

    rule_id: str
    found: int | None
    error: str | None = None

    @property
    def is_broken(self) -> bool:
        return self.error is not None


def run(
    database: Path,
    suites: Iterable[SuitePlan],
    *,
    threads: int = 2,
    memory_limit: str = "1GB",
    docs: Path | None = None,
    later: Callable[[Callable[[], object]], object] = lambda work: work(),
) -> Mapping[str, Outcome]:
    """Validate every suite against its table ``frame_<frame>`` in ``database``; rule id → outcome.

    ``database`` must not be open elsewhere in this process. With ``docs``, the Data Docs site of
    this run is written there, by a call that ``later`` is given. Raises :class:`NotJudged` if a
    rule is left without a result.
    """
    suites = list(suites)
    if not suites:
        return {}
    with _quiet():
        gx = great_expectations()
        _let_duckdb_in()
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        limits = urlencode(
            {"access_mode": "READ_ONLY", "threads": threads, "memory_limit": memory_limit}
        )
        source = context.data_sources.add_sql(
            "census", connection_string=f"duckdb+judging:///{database}?{limits}"
        )
        try:
            outcomes, keep = _judge(context, source, suites)
            if docs is not None:
                later(lambda: _write_docs(context, keep, docs))
        finally:
            for asset in source.assets:
                engine = asset.datasource.get_execution_engine()
                engine.close()
            source.get_engine().dispose()
    wanted = {rule.rule_id for suite in suites for rule in suite.rules}
    if missing := sorted(wanted - set(outcomes)):
        raise NotJudged("runs.not_judged", missing=missing)
    return outcomes


def _write_docs(context, keep: Callable[[], None], docs: Path) -> None:
    from dagster_project.judgement.gx.data_docs import write_site

    keep()
    write_site(context, docs)


def _judge(
    context, source, suites: list[SuitePlan]
) -> tuple[dict[str, Outcome], Callable[[], None]]:
    """The outcomes, and a call that has the context keep what they were judged from."""
    from dagster_project.judgement.gx.expectation import JustBuilt, JustBuiltCheckpoint, store

    built = [build(suite) for suite in suites]
    batches = {
        frame: source.add_table_asset(frame, table_name=f"frame_{frame}")
        .add_batch_definition_whole_table("whole")
        for frame in dict.fromkeys(suite.frame for suite in suites)
    }  # fmt: skip
    checkpoint = JustBuiltCheckpoint(
        name="census figures",
        validation_definitions=[
            JustBuilt(name=plan.name, data=batches[plan.frame], suite=suite)
            for plan, suite in zip(suites, built, strict=True)
        ],
        # Rows are not wanted from here: they cost a quarter of a millisecond each.
        result_format={"result_format": "BASIC"},
    )
    done, unstored = checkpoint.run_unstored()
    outcomes: dict[str, Outcome] = {}
    for validation in done.run_results.values():
        for result in validation.results:
            outcome = _outcome(result)
            outcomes[outcome.rule_id] = outcome
    return outcomes, lambda: store(context, built, unstored)


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


def _let_duckdb_in() -> None:
    """What GX 1.x lacks for DuckDB.

    It fetches results after it has given the connection back, unless the dialect is known to keep
    it; and one rule's error would abort the transaction that all others run in, so there is none.
    """
    import great_expectations.execution_engine.sqlalchemy_execution_engine as engine
    from sqlalchemy.dialects import registry

    kept = engine._PERSISTED_CONNECTION_DIALECTS
    if not any(getattr(dialect, "value", dialect) == "duckdb" for dialect in kept):
        engine._PERSISTED_CONNECTION_DIALECTS = (*kept, _DuckDBName("duckdb"))
    registry.register(_DIALECT, "dagster_project.judgement.gx.dialect", "JudgingDialect")


class _DuckDBName(str):
    """GX compares dialects both as text and by ``value``, as of an enumeration."""

    @property
    def value(self) -> str:
        return str(self)


@contextmanager
def _quiet():
    """GX without telemetry, progress bars or notices in the output of a load."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
