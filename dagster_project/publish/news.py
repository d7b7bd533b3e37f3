"""What a published version says that the one before it did not: new impossible figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.sql import literal, read_parquet

_OPEN_HARD = "from {} where severity = 'hard' and status = 'open'"


@dataclass(frozen=True)
class HardFlag:
    """An open flag on an impossible figure; no figures and no names of schools."""

    flag_id: str
    rule_id: str
    school_year: int | None
    county_code: str | None


def new_hard_flags(before: Path | None, after: Path) -> list[HardFlag]:
    """Open hard flags of the version in folder ``after`` that ``before`` did not have open.

    ``before`` is ``None`` where nothing was published: then all of them are new. A flag that was
    closed and is open again is new.
    """
    with duckdb.connect() as connection:
        known = "select null where false"
        if before is not None:
            known = f"select flag_id {_OPEN_HARD.format(_flags(connection, before, 'before'))}"
        rows = connection.execute(
            "select flag_id, rule_id, school_year, county_code"
            f" {_OPEN_HARD.format(_flags(connection, after, 'after'))}"
            f" and flag_id not in ({known}) order by all"
        ).fetchall()
    return [HardFlag(*row) for row in rows]


def open_flags(version: Path) -> dict[str, int]:
    """Open flags of the version in a folder, by severity."""
    with duckdb.connect() as connection:
        return dict(
            connection.execute(
                f"select severity, count(*) from {_flags(connection, version, 'version')}"
                " where status = 'open' group by severity"
            ).fetchall()
        )


def _flags(connection: duckdb.DuckDBPyConnection, version: Path, name: str) -> str:
    """SQL of the flags of a version: from Parquet, for somebody may hold the database open."""
    flags = version / "published" / "flag.parquet"
    if flags.exists():
        return read_parquet([flags])
    connection.execute(f"attach {literal(version / 'junheng.duckdb')} as {name} (read_only)")
    return f"{name}.quality.flag"


def by_rule(flags: list[HardFlag]) -> dict[str, int]:
    """Number of flags a rule, the most frequent first."""
    return dict(Counter(flag.rule_id for flag in flags).most_common())
