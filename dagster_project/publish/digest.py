"""Digests of the published tables: one number per table, year and county, in one scan of each.

They serve twice: their sum is the content hash in the manifest, and comparing them with those that
the version before keeps (``compact.digest``) tells which counties have to be compared row by row.
Digests are sums of hashes, so the order of rows does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from dagster_project.publish.content import COMPACT, content_of, stored_in

DIGEST = "digest"
DIGESTED_BY = ("school_year", "county_code", "region_code")
_COLUMNS = {
    "table_name": ("varchar", "Table, with its schema."),
    "signature": ("varchar", "Columns and types that were hashed; digests of others differ."),
    "school_year": ("integer", "School year 学年; null where the table has none."),
    "county_code": ("varchar", "County 区县; null where the table has none."),
    "region_code": ("varchar", "Region 地区; null where the table has none."),
    "row_count": ("bigint", "Rows 行数."),
    "digest": ("hugeint", "Sum of the hashes of these rows."),
}
_COMMENT = (
    "One row per published table, school year, county and region: a digest of its rows, by which"
    " the next publication finds what moved."
)


@dataclass
class Digests:
    """The digests of an open build, written to ``compact.digest`` as they are asked for."""

    connection: duckdb.DuckDBPyConnection
    _signatures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        run = self.connection.execute
        columns = ", ".join(f"{name} {type_}" for name, (type_, _) in _COLUMNS.items())
        run(f"create schema if not exists {COMPACT}")
        run(f"create or replace table {COMPACT}.{DIGEST} ({columns})")
        run(f"comment on table {COMPACT}.{DIGEST} is '{_COMMENT}'")
        for name, (_, text) in _COLUMNS.items():
            run(f"comment on column {COMPACT}.{DIGEST}.{name} is '{text}'")

    def stored(self, schema: str, table: str) -> str:
        """The schema that holds the rows of a table: ``compact`` if its mart is a view of that."""
        return stored_in(self.connection, schema, table)

    def signature(self, schema: str, table: str) -> str:
        """Columns and types of a table, its rows being digested on the first question."""
        name = f"{schema}.{table}"
        if name not in self._signatures:
            self._signatures[name] = self._write(schema, table)
        return self._signatures[name]

    def content(self, schema: str, table: str) -> tuple[int, str]:
        """How many rows a table has, and the hash of them all."""
        self.signature(schema, table)
        rows, content = self.connection.execute(
            f"select coalesce(sum(row_count), 0)::bigint, coalesce(sum(digest), 0)::varchar"
            f" from {COMPACT}.{DIGEST} where table_name = ?",
            [f"{schema}.{table}"],
        ).fetchall()[0]
        return rows, content

    def _write(self, schema: str, table: str) -> str:
        place = self.stored(schema, table)
        columns = self.connection.execute(
            "select column_name, data_type from duckdb_columns()"
            " where database_name = current_database() and schema_name = ? and table_name = ?"
            " order by column_index",
            [place, table],
        ).fetchall()
        # Hashes are a matter of the library's version, too.
        hashed = ", ".join(f"{name} {type_}" for name, type_ in columns)
        signature = f"duckdb {duckdb.__version__}: {hashed}"
        names = {name for name, _ in columns}
        by = [name for name in DIGESTED_BY if name in names]
        shown = ", ".join(
            f"{name}::{_COLUMNS[name][0]}" if name in by else f"null::{_COLUMNS[name][0]}"
            for name in DIGESTED_BY
        )
        self.connection.execute(
            f"insert into {COMPACT}.{DIGEST} select ?, ?, {shown}, count(*), sum(hash(t)::hugeint)"
            f" from {content_of(self.connection, schema, table)} as t"
            + (f" group by {', '.join(by)}" if by else " having count(*) > 0"),
            [f"{schema}.{table}", signature],
        )
        return signature
