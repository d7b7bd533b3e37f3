"""What a published table says, as one hash: the same rows give the same hash in any order.

What tells of the act of loading – when, under which id – is left out, so that two loads of the same
files can be compared, and a load that was killed and finished with one that was not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import duckdb

ACT_OF_LOADING = {
    ("quality", "load"): {"loaded_at"},
    ("quality", "rejected_file"): {"loaded_at"},
    ("quality", "publication"): {"publish_id", "published_at"},
    ("marts", "restatement"): {"publish_id"},
}
"""Columns, by schema and table, that are no content."""
COMPACT = "compact"
"""Schema of the tables, words kept as numbers, that some marts are views of."""


def stored_in(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """The schema that holds the rows of a table: ``compact`` if its mart is a view of that."""
    found = connection.execute(
        "select count(*) from duckdb_tables() where database_name = current_database()"
        " and schema_name = ? and table_name = ?",
        [COMPACT, table],
    ).fetchall()
    return COMPACT if schema == "marts" and found != [(0,)] else schema


def content_of(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """SQL of a table's content: the rows as they are stored, without the act of loading."""
    left_out = ", ".join(sorted(ACT_OF_LOADING.get((schema, table), ())))
    columns = f"* exclude ({left_out})" if left_out else "*"
    return f'(select {columns} from "{stored_in(connection, schema, table)}"."{table}")'


def table_content(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str
) -> tuple[int, str]:
    """Number of rows and content hash of a table or view (a sum of row hashes, as digits)."""
    return connection.execute(
        "select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar"
        f" from {content_of(connection, schema, table)} as t"
    ).fetchall()[0]


def content_hash(tables: Iterable[Mapping[str, object]]) -> str:
    """One hash for a whole published set, from the ``tables`` of its manifest."""
    lines = sorted(
        f"{table['schema']}.{table['name']} {table['rows']} {table['content']}" for table in tables
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
