"""Whether bare script and real load computed the same: otherwise their ratio says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

RELATIVE = 1e-9

_COMPARED = {
    "school_indicator": ("numerator", "value", "threshold"),
    "school_attainment": ("met_count", "below_count"),
    "county_coefficient": ("pupils", "mean", "cv"),
    "cv_contribution": ("share", "within"),
}


@dataclass(frozen=True)
class Difference:
    """Rows of a mart that only one side has, or that hold other figures."""

    mart: str
    rows: int
    differing: int


def differences(published: Path, bare: Path) -> list[Difference]:
    """Compare the marts of the two folders of Parquet files; empty if they agree."""
    found = []
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '2GB'")
        keys = connection.execute(
            f"select table_name, string_agg(column_name, ', ') from '{published}/column.parquet'"
            " where key_position is not null group by table_name"
        )
        key_of = dict(keys.fetchall())
        for mart, figures in _COMPARED.items():
            unequal = " or ".join(
                f"a.{name} is distinct from b.{name} and not coalesce("
                f"abs(a.{name} - b.{name}) <= {RELATIVE} * greatest(abs(a.{name}), 1), false)"
                for name in figures
            )
            single = published / f"{mart}.parquet"
            ours = single if single.exists() else published / mart / "*.parquet"
            rows, differing = connection.execute(
                f"""
                select count(*), count(*) filter (where {unequal})
                from '{ours}' as a
                full outer join '{bare / mart}.parquet' as b using ({key_of[mart]})
                """
            ).fetchall()[0]
            if differing:
                found.append(Difference(mart, rows, differing))
    return found
