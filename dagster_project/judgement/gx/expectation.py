"""A rule as a Great Expectations expectation, all rules of a suite counted in one scan.

``UnexpectedRowsExpectation`` runs two statements per rule, some hundreds of small ones for a suite.
Here the expectations of a suite share one metric: the number of rows that break each of them, from
a single query. A rule whose SQL raises gets its own error and the others their counts. This module
imports Great Expectations, which takes five seconds; import it where rules are judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ClassVar

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core.freshness_diagnostics import (
    CheckpointFreshnessDiagnostics,
    ValidationDefinitionFreshnessDiagnostics,
)
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

_METRIC = "census.rows_that_break"
_WHERE = " where "

# The queries of the suite that is being validated: a metric sees its batch only.
_asked: ContextVar[tuple[str, ...]] = ContextVar("asked", default=())


class RuleRaised(Exception):
    """What DuckDB said about a rule's SQL."""


class RowsThatBreak(TableMetricProvider):
    """How many rows of the batch each query of the suite finds: query → count or its error."""

    metric_name = _METRIC

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls, execution_engine: SqlAlchemyExecutionEngine, metric_domain_kwargs: dict, **_: object
    ) -> dict[str, int | RuleRaised]:
        batch, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, "table")
        records = str(batch.compile(compile_kwargs={"literal_binds": True}))
        if not isinstance(batch, sa.Table):
            records = f"({records})"
        return _counts(execution_engine, records, _asked.get())


def _counts(engine, batch: str, queries: Sequence[str]) -> dict[str, int | RuleRaised]:
    """One scan for all; where that raises, halves, until the rules to blame stand alone."""
    if not queries:
        return {}
    conditions = [query.partition(_WHERE)[2] for query in queries]
    counts = ", ".join(f"count(*) filter (where {condition})" for condition in conditions)
    try:
        # Straight to the driver: colons in SQL of rules are not parameters of SQLAlchemy.
        with engine.get_connection() as connection:
            row = connection.exec_driver_sql(f"select {counts} from {batch}").fetchone()
        return dict(zip(queries, map(int, row), strict=True))
    except sa.exc.DBAPIError as error:
        if len(queries) == 1:
            return {queries[0]: RuleRaised(str(error.orig or error))}
    middle = len(queries) // 2
    return _counts(engine, batch, queries[:middle]) | _counts(engine, batch, queries[middle:])


class ExpectRuleToHold(gx.expectations.UnexpectedRowsExpectation):
    """No row breaks the rule. ``unexpected_rows_query`` is the query that would show them."""

    metric_dependencies: ClassVar[tuple[str, ...]] = (_METRIC,)

    def get_validation_dependencies(self, execution_engine=None, runtime_configuration=None):
        """The one metric of the suite: the same for every rule, so it is computed once."""
        domain = {"batch_id": self.batch_id, "row_condition": None, "condition_parser": None}
        metric = MetricConfiguration(_METRIC, domain, {})
        return ValidationDependencies({_METRIC: metric}, self._plain_format(runtime_configuration))

    def _plain_format(self, runtime_configuration) -> dict:
        chosen = (runtime_configuration or {}).get("result_format") or "BASIC"
        return chosen if isinstance(chosen, dict) else {"result_format": chosen}

    def _validate(self, metrics, runtime_configuration=None, execution_engine=None):
        found = metrics[_METRIC][self.unexpected_rows_query]
        if isinstance(found, RuleRaised):
            raise found
        return {"success": found == 0, "result": {"observed_value": found}}


class Unstored:
    """Stands in for Great Expectations' store of results: keeps what is handed to it as it is.

    To store a result is to write all of it as JSON, which takes longer than to judge. It is wanted
    for the Data Docs only, and when the answer is out.
    """

    cloud_mode = False

    def __init__(self) -> None:
        self.kept: list[dict] = []

    def store_validation_results(self, **result: object) -> bool:
        self.kept.append(result)
        return True


# Where the results of the validation that runs are put.
_unstored: ContextVar[Unstored] = ContextVar("unstored")


class JustBuilt(gx.ValidationDefinition):
    """A validation of a suite that was built a moment ago and has never been anywhere else.

    Great Expectations compares what it runs with the stored copy, five times over, expectation by
    expectation. There is no other copy that it could differ from, and none is made for it to run.
    """

    @property
    def _validation_results_store(self) -> Unstored:
        return _unstored.get()

    def is_fresh(self) -> ValidationDefinitionFreshnessDiagnostics:
        """Always: see the class."""
        return ValidationDefinitionFreshnessDiagnostics(errors=[])

    def run(self, **options):
        """Validate, with the suite's own queries at hand for the metric they share."""
        with _asking(self.suite.expectations):
            return super().run(**options)


class JustBuiltCheckpoint(gx.Checkpoint):
    """A checkpoint of such validations; their results stay unstored."""

    def run_unstored(self) -> tuple[object, Unstored]:
        """What running came to, and the results for :func:`store`."""
        unstored = Unstored()
        token = _unstored.set(unstored)
        try:
            return self.run(), unstored
        finally:
            _unstored.reset(token)

    def is_fresh(self) -> CheckpointFreshnessDiagnostics:
        """Always: see :class:`JustBuilt`."""
        return CheckpointFreshnessDiagnostics(errors=[])


def store(context, suites: Sequence[gx.ExpectationSuite], unstored: Unstored) -> None:
    """Put the suites and their results where the builder of the Data Docs looks for them."""
    for suite in suites:
        context.suites.add(suite)
    for result in unstored.kept:
        context.validation_results_store.store_validation_results(**result)


@contextmanager
def _asking(expectations: Sequence[ExpectRuleToHold]) -> Iterator[None]:
    token = _asked.set(tuple(e.unexpected_rows_query for e in expectations))
    try:
        yield
    finally:
        _asked.reset(token)
