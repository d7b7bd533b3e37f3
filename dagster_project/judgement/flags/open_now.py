"""The log of flags beside what is raised now, compared as sets of ids.

Hundreds of thousands of flags stand as they stood; none of them becomes a Python object for that.
Only those that are new, have gone or are reviewed are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from dagster_project.judgement.flags.flag import CORRECTED, OPEN
from dagster_project.judgement.flags.log import OPENED, FlagLog, read_rows_at

MOST_ROWS_OF_A_FILE = 2**32

_KNOWN = f"""
    create table known as
    with event as (
        select
            flag_id, event, rule_id, school_year, severity, file.number, file_row_number as row,
            file.number * {MOST_ROWS_OF_A_FILE} + file_row_number as place
        from read_parquet(?, filename = true, file_row_number = true) as log
        join (select unnest(?) as filename, unnest(?)::bigint as number) as file using (filename)
        where ?::timestamp is null or happened_at <= ?::timestamp
    ),
    lifetime as (
        select min(place) as first_place, max(place) as place from event group by flag_id
    )
    select event.*, first_place, event = '{OPENED}' as is_open
    from event join lifetime using (place)
"""
_NONE_KNOWN = """
    create table known (flag_id varchar, event varchar, rule_id varchar, school_year integer,
    severity varchar, number bigint, row bigint, place bigint, first_place bigint, is_open boolean)
"""


class Logged(NamedTuple):
    """A flag that the log knows: the place of its last event there, and when it first came up."""

    flag_id: str
    rule_id: str
    school_year: int
    severity: str
    first_place: int
    place: tuple[int, int]


class Ledger:
    """What ``log`` knew at ``as_of`` (naive UTC; default: now), beside the flags that are raised.

    What it returns of the log is in the order in which the flags were first raised.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, log: FlagLog, as_of: datetime | None = None
    ) -> None:
        self._connection = connection
        # What is appended later is no part of it, wherever its name may sort.
        self._files = log.files()
        files = [str(path) for path in self._files]
        if files:
            connection.execute(_KNOWN, [files, files, list(range(len(files))), as_of, as_of])
        else:
            connection.execute(_NONE_KNOWN)
        connection.execute(
            "create table raised (flag_id varchar, school_year integer, severity varchar)"
        )

    def raise_flags(self, flags: Iterable[Path]) -> None:
        """Note that the flags in these files (:attr:`~.partitions.Result.flags`) are raised."""
        paths = [str(path) for path in flags]
        if paths:
            self._connection.execute(
                "insert into raised select flag_id, school_year, severity from read_parquet(?)",
                [paths],
            )

    def take_back(self, school_years: Iterable[int]) -> None:
        """Forget what was raised in these years; they are judged again."""
        self._connection.execute(
            "delete from raised where list_contains(?::integer[], school_year)",
            [list(school_years)],
        )

    def find_vanished(self, school_years: Iterable[int]) -> list[Logged]:
        """The flags of these years that the log holds for open and that are not raised any more."""
        return self._find_logged(
            "is_open and list_contains(?::integer[], school_year)", [list(school_years)]
        )

    def find_corrected(self) -> list[Logged]:
        """The flags that ended because their figures were corrected, before this load."""
        return self._find_logged("event = ?", [CORRECTED])

    def _find_logged(self, condition: str, values: Sequence[object]) -> list[Logged]:
        rows = self._connection.execute(
            f"select flag_id, rule_id, school_year, severity, first_place, number, row "
            f"from known anti join raised using (flag_id) where {condition} order by first_place",
            values,
        ).fetchall()
        return [
            Logged(flag_id, rule_id, year, severity, first, (number, row))
            for flag_id, rule_id, year, severity, first, number, row in rows
        ]

    def rows(self, logged: Sequence[Logged]) -> Iterator[dict]:
        """The last events of these flags, whole (:data:`~.tables.FLAG_EVENT`)."""
        return read_rows_at(self._files, [flag.place for flag in logged])

    def find_newly_raised(self, school_year: int) -> pa.Array:
        """Ids of the raised flags of a year that the log does not hold for open."""
        table = self._connection.sql(
            "select flag_id from raised anti join (from known where is_open) as known "
            "using (flag_id) where school_year = ?",
            params=[school_year],
        ).to_arrow_table()
        return table.column("flag_id").combine_chunks()

    def find_raised(self, flag_ids: Collection[str]) -> list[dict]:
        """Id, severity, status and note of those raised flags that ``flag_ids`` name."""
        if not flag_ids:
            return []
        rows = self._connection.execute(
            "select flag_id, severity from raised "
            "semi join (select unnest(?::varchar[]) as flag_id) as named using (flag_id)",
            [list(flag_ids)],
        ).fetchall()
        return [
            {"flag_id": flag_id, "severity": severity, "status": OPEN, "note": None}
            for flag_id, severity in rows
        ]
