"""What the seeds of the dbt project say about rules."""

from __future__ import annotations

from functools import cache

from dagster_project.seeds import seed_rows

EVERYTHING = "all"


@cache
def taintable() -> frozenset[str]:
    """What a rule's ``taints`` may name: every indicator, every item, or ``all`` of them."""
    return frozenset({EVERYTHING, *_ids("indicator", "indicator_id"), *_ids("item", "item_id")})


def _ids(name: str, column: str) -> list[str]:
    return [row[column] for row in seed_rows(name)]
