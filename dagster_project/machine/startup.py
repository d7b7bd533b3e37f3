"""Importing large libraries without looking for garbage in them.

While Dagster, dbt or Great Expectations are imported, Python's collector walks again and again
through hundreds of thousands of objects that stay for good: a quarter of the import. Here it rests
meanwhile, and what is there afterwards it never looks at again.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Newly made objects before the collector looks for cycles (Python's own: 700). dbt and Dagster
# make millions, nearly all of which need no collector to go.
OBJECTS_BETWEEN_LOOKS = 20_000


@contextmanager
def paused_collector() -> Iterator[None]:
    """What is imported meanwhile stays until the process ends. For processes that do one thing."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 20, 20)
        gc.enable()
