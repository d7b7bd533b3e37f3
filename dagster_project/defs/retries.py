"""What is tried again and what is not.

A busy disk, a network share that hiccups or a full volume can pass: an unattended run waits and
tries the step again. A faulty figure, rule or model cannot: :class:`NotPublished` and its like end
the run at once. A person at the command line is told at once either way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb

from dagster_project.defs.resources import Warehouse

MOST_RETRIES = 3
FIRST_WAIT_SECONDS = 30.0

CAN_PASS = (OSError, duckdb.IOException)


@contextmanager
def retry_transient(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[None]:
    """Turn what can pass into a retry of the step, each wait twice the one before."""
    try:
        yield
    except CAN_PASS as error:
        if not warehouse.patience_seconds:
            raise
        context.log.warning(f"This can pass, the step is tried again: {error}")
        raise dg.RetryRequested(
            max_retries=MOST_RETRIES, seconds_to_wait=waiting_seconds(warehouse, context)
        ) from error


def waiting_seconds(warehouse: Warehouse, context: dg.AssetExecutionContext) -> float:
    """30 s, 60 s, 120 s; never longer than the run's whole patience."""
    return min(FIRST_WAIT_SECONDS * 2**context.retry_number, warehouse.patience_seconds)
