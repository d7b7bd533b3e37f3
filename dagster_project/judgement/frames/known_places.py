"""Codes of places and words beside codes, as the frame of schools looks them up.

``known_place`` has a row per code and name of the national list and of the reviewed mappings, with
the school years in which it may have been in use; ``code_word`` the words that stand for a code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from dagster_project.census.codes import codes
from dagster_project.census.schema import CODED
from dagster_project.divisions import PLACEHOLDER, divisions
from dagster_project.words import words

if TYPE_CHECKING:
    import duckdb


def build_places(connection: duckdb.DuckDBPyConnection) -> None:
    """Create ``known_place`` and ``code_word``; needs ``division``, ``county_code``."""
    divided = [d for d in divisions() if d.kind != PLACEHOLDER]
    columns = ("code", "name", "from_year", "to_year")
    spans = {name: [getattr(d, name) for d in divided] for name in columns}
    connection.register("listed_place", pa.table(spans))
    connection.execute("""
        create or replace temp table known_place as
        select code, name, from_year, to_year from listed_place
        union all
        select code, name, coalesce(from_year, 0), coalesce(to_year, 9999) from division
        union all
        -- who names a change of codes knows both of them
        select old_code, null, 0, from_year - 1 from county_code
        union all
        select new_code, null, from_year, 9999 from county_code
    """)
    connection.unregister("listed_place")
    listed: list[tuple[str, str, str | None, str | None]] = [
        (name, word, code, None) for name in CODED for word, code in codes(f"{name}_code").items()
    ]
    # 城区, 镇区, 乡村: the group of several codes
    areas = words("area").items()
    listed += [("urban_rural", word, None, area) for area, word in areas if area != "unknown"]
    columns = ("kind", "word", "code", "area")
    rows = [dict(zip(columns, row, strict=True)) for row in listed]
    connection.register("listed_word", pa.Table.from_pylist(rows))
    connection.execute("""
        create or replace temp table code_word as
        select kind, word, code, area::varchar as area from listed_word
    """)
    connection.unregister("listed_word")


def drop_places(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what :func:`build_places` created."""
    for name in ("known_place", "code_word"):
        connection.execute(f"drop table if exists {name}")
