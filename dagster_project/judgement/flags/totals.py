"""What the table of flags adds up to: counts, a few samples of every rule, the open hard flags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.judgement.flags.flag import OPEN
from dagster_project.sql import read_parquet

SAMPLES = 3

_COUNTS = "select severity, status, count(*) from flag group by all"
_OF_RULES = f"""
    select rule_id, count(*), min(file_row_number, {SAMPLES})
    from flag where status = '{OPEN}' group by rule_id
"""
_SAMPLES = """
    select rule_id, school_year, coalesce(nullif(school_name, ''), county_name, ''), message
    from flag where list_contains(?::bigint[], file_row_number) order by file_row_number
"""
_OPEN_HARD = f"""
    select * exclude (file_row_number) from flag
    where severity = 'hard' and status = '{OPEN}' order by file_row_number
"""


@dataclass(frozen=True)
class Sums:
    """Sums of a table of flags.

    ``counts`` are flags by (severity, status); ``open_by_rule`` the open ones by rule; ``samples``
    up to three open ones of every rule as a line of text; ``open_hard`` whole rows.
    """

    counts: Mapping[tuple[str, str], int]
    open_by_rule: Mapping[str, int]
    samples: Mapping[str, tuple[str, ...]]
    open_hard: tuple[Mapping[str, object], ...]

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, flag_file: Path) -> Sums:
        """The sums of a file of flags (:data:`~.tables.FLAG`); samples are the first in it."""
        connection.execute(
            "create or replace temp view flag as from "
            + read_parquet([flag_file], "file_row_number = true")
        )
        counts = {row[:2]: row[2] for row in connection.execute(_COUNTS).fetchall()}
        of_rules = connection.execute(_OF_RULES).fetchall()
        numbers = [number for _, _, first in of_rules for number in first]
        samples: dict[str, tuple[str, ...]] = defaultdict(tuple)
        for rule, year, name, message in connection.execute(_SAMPLES, [numbers]).fetchall():
            samples[rule] += (f"{year} {name}: {message}",)
        hard = connection.sql(_OPEN_HARD).to_arrow_table().to_pylist()
        return cls(counts, {rule: count for rule, count, _ in of_rules}, samples, tuple(hard))
