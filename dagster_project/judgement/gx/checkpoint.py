"""The rules as a checkpoint of Great Expectations, over frames that stand in a DuckDB file.

While a load validates, it is told the counts that judging found (:mod:`.counted`). Whoever opens
the project and runs the checkpoint has Great Expectations count.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dagster_project.judgement.gx.library import great_expectations
from dagster_project.judgement.gx.suites import SuitePlan, build, rows_query
from dagster_project.messages import MessageError

if TYPE_CHECKING:
    import great_expectations as gx

    from dagster_project.judgement.scan import Counted

SOURCE = "census"
CHECKPOINT = "census figures"
_DIALECT = "duckdb.junheng"


class NotJudged(MessageError):
    """Great Expectations gave no result for a rule that it was asked to judge."""


def run(context, source, suites: Sequence[SuitePlan], counts: Mapping[str, Counted]) -> None:
    """Add suites and checkpoint to ``context`` and run it with ``counts``, by rule id.

    Its results stand in the context's store afterwards. Raises :class:`NotJudged` if a rule is
    left without the result that judging had.
    """
    from dagster_project.judgement.gx.counted import answer_with

    checkpoint, batches = add_checkpoint(context, source, suites)
    known = {
        batch.get_batch().id: {
            rows_query(r): counts[r.rule_id] for s in suites if s.frame == frame for r in s.rules
        }
        for frame, batch in batches.items()
    }
    with answer_with(known):
        result = checkpoint.run()
    told = dict(
        _told(judged) for validation in result.run_results.values() for judged in validation.results
    )
    wanted = {rule.rule_id: counts[rule.rule_id].found for s in suites for rule in s.rules}
    if missing := sorted(r for r in wanted if r not in told or told[r] != wanted[r]):
        raise NotJudged("runs.not_judged", missing=missing)


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


def _told(judged: Any) -> tuple[str, int | None]:
    """Rule and count of a result; ``None`` for a rule that could not be judged."""
    found = (judged.result or {}).get("observed_value")
    return judged.expectation_config.meta["rule_id"], None if found is None else int(found)
