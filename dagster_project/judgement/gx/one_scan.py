"""The counts of a frame's rules by one scan, in place of two statements for each rule.

Great Expectations' own metrics of an ``UnexpectedRowsExpectation`` run two statements over the
whole width of the frame, 8 ms of CPU each (docs/decisions/07). While a load judges, the same
metrics are answered from one scan of the frame. Whoever opens the project runs Great Expectations'
own; a test compares the two. This module imports Great Expectations, which takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations import registry
from great_expectations.expectations.metrics.query_metrics.query_row_count.unexpected_rows_query_row_count import (  # noqa: E501
    UnexpectedRowsQueryRowCount,
)
from great_expectations.expectations.metrics.query_metrics.query_table.unexpected_rows_query_table import (  # noqa: E501
    UnexpectedRowsQueryTable,
)

_WHERE = " where "


class RuleRaised(Exception):
    """What DuckDB said about a rule's SQL."""


@dataclass(frozen=True)
class Batch:
    """A table that is judged as a whole, and the queries of all expectations on it."""

    table: str
    queries: tuple[str, ...]


@contextmanager
def count_together(batches: Mapping[str, Batch]) -> Iterator[None]:
    """Inside, all queries of a batch are counted by one scan; ``batches`` are by their id in GX.

    For a checkpoint whose suites hold these queries only: others raise ``KeyError``.
    """
    counts: dict[str, dict[str, int | RuleRaised]] = {}

    def count_rows(execution_engine, metric_domain_kwargs, metric_value_kwargs, **_) -> int:
        batch_id = metric_domain_kwargs["batch_id"]
        if batch_id not in counts:  # the first expectation of the batch counts for the others
            batch = batches[batch_id]
            counts[batch_id] = _counts(execution_engine, batch.table, batch.queries)
        count = counts[batch_id][metric_value_kwargs["unexpected_rows_query"]]
        if isinstance(count, RuleRaised):
            raise count
        return count

    def fetch_no_rows(**_) -> list[dict]:
        """Rows are not asked for in the format BASIC; they come from the scan of failed rules."""
        return []

    _register(UnexpectedRowsQueryRowCount, count_rows)
    _register(UnexpectedRowsQueryTable, fetch_no_rows)
    try:
        yield
    finally:
        _register(UnexpectedRowsQueryRowCount, UnexpectedRowsQueryRowCount._sqlalchemy)
        _register(UnexpectedRowsQueryTable, UnexpectedRowsQueryTable._sqlalchemy)


def _register(metric: Any, function: Any) -> None:
    registry.register_metric(
        metric_name=metric.metric_name,
        metric_domain_keys=metric.domain_keys,
        metric_value_keys=metric.value_keys,
        execution_engine=SqlAlchemyExecutionEngine,
        metric_class=metric,
        metric_provider=function,
        metric_fn_type=vars(UnexpectedRowsQueryRowCount._sqlalchemy)["metric_fn_type"],
    )


def _counts(
    engine: SqlAlchemyExecutionEngine, table: str, queries: Sequence[str]
) -> dict[str, int | RuleRaised]:
    """One scan for all; where that raises, halves, until the rules to blame stand alone."""
    conditions = [query.partition(_WHERE)[2] for query in queries]
    counts = ", ".join(f"count(*) filter (where {condition})" for condition in conditions)
    try:
        # Straight to the driver: colons in SQL of rules are not parameters of SQLAlchemy.
        with engine.get_connection() as connection:
            found: Any = connection.exec_driver_sql(f"select {counts} from {table}").fetchall()
        return {query: int(number) for query, number in zip(queries, found[0], strict=True)}
    except sa.exc.DBAPIError as error:
        if len(queries) == 1:
            return {queries[0]: RuleRaised(str(error.orig or error))}
    middle = len(queries) // 2
    return _counts(engine, table, queries[:middle]) | _counts(engine, table, queries[middle:])
