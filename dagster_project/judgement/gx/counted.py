"""The metrics of Great Expectations answered with what judging has counted.

Its own metrics of an ``UnexpectedRowsExpectation`` run two statements over the whole width of the
frame, 8 ms of CPU each (docs/decisions/07), for what one scan has counted already. Whoever opens
the project runs Great Expectations' own; a test compares the two. This module imports Great
Expectations, which takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations import registry
from great_expectations.expectations.metrics.query_metrics.query_row_count.unexpected_rows_query_row_count import (  # noqa: E501
    UnexpectedRowsQueryRowCount,
)
from great_expectations.expectations.metrics.query_metrics.query_table.unexpected_rows_query_table import (  # noqa: E501
    UnexpectedRowsQueryTable,
)

from dagster_project.judgement.scan import Counted


class RuleRaised(Exception):
    """What DuckDB said about a rule's SQL."""


@contextmanager
def answer_with(known: Mapping[str, Mapping[str, Counted]]) -> Iterator[None]:
    """Inside, the queries of a batch have the counts in ``known``, by its id in GX and their SQL.

    For a checkpoint whose suites hold these queries only: others raise ``KeyError``.
    """

    def count_rows(metric_domain_kwargs, metric_value_kwargs, **_) -> int:
        of_batch = known[metric_domain_kwargs["batch_id"]]
        count = of_batch[metric_value_kwargs["unexpected_rows_query"]]
        if count.found is None:
            raise RuleRaised(count.error)
        return count.found

    def fetch_no_rows(**_) -> list[dict]:
        """Rows are not asked for in the format BASIC; the scan has fetched them for the flags."""
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
