"""What a published version says that the one before it did not: new impossible figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

_OPEN_HARD = "from {}.quality.flag where severity = 'hard' and status = 'open'"


@dataclass(frozen=True)
class HardFlag:
    """An open flag on an impossible figure; no figures and no names of schools."""

    flag_id: str
    rule_id: str
    school_year: int | None
    county_code: str | None


def new_hard_flags(before: Path | None, after: Path) -> list[HardFlag]:
    """Open hard flags of the database ``after`` that ``before`` did not have open.

    ``before`` is ``None`` where nothing was published: then all of them are new. A flag that was
    closed and is open again is new.
    """
    known = "select null where false"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{_quoted(after)}' as after (read_only)")
        if before is not None:
            connection.execute(f"attach '{_quoted(before)}' as before (read_only)")
            known = f"select flag_id {_OPEN_HARD.format('before')}"
        rows = connection.execute(
            f"select flag_id, rule_id, school_year, county_code {_OPEN_HARD.format('after')}"
            f" and flag_id not in ({known}) order by all"
        ).fetchall()
    return [HardFlag(*row) for row in rows]


def by_rule(flags: list[HardFlag]) -> dict[str, int]:
    """Number of flags a rule, the most frequent first."""
    return dict(Counter(flag.rule_id for flag in flags).most_common())


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
