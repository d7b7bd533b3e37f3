"""What the seeds of the dbt project say about rules."""

from __future__ import annotations

from functools import cache

from dagster_project.seeds import seed_rows

EVERYTHING = "all"


@cache
def find_indicators(field_id: str) -> frozenset[str]:
    """The indicators that a figure goes into; ``all`` for the pupils, whom every one is divided by.

    By stage they may differ (专科 is above the primary standard only): those of either stage.
    """
    if field_id == "pupils":
        return frozenset({EVERYTHING})
    terms = seed_rows("indicator_term")
    return frozenset(row["indicator_id"] for row in terms if row["field_id"] == field_id)


@cache
def list_taintable() -> frozenset[str]:
    """What a rule's ``taints`` may name: every indicator, every item, or ``all`` of them."""
    return frozenset(
        {EVERYTHING, *_read_ids("indicator", "indicator_id"), *_read_ids("item", "item_id")}
    )


def _read_ids(name: str, column: str) -> list[str]:
    return [row[column] for row in seed_rows(name)]
