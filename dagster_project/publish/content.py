"""What a published table says, as one hash: the same rows give the same hash in any order.

What tells of the act of loading – when, under which id – is left out, so that two loads of the same
files can be compared, and a load that was killed and finished with one that was not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

ACT_OF_LOADING = {
    ("quality", "load"): {"loaded_at"},
    ("quality", "rejected_file"): {"loaded_at"},
    ("quality", "publication"): {"publish_id", "published_at"},
    ("marts", "restatement"): {"publish_id"},
}
"""Columns, by schema and table, that are no content."""
FACTS = "facts"
"""Schema of the relations, words kept as numbers, that some marts are views of."""


def stored_in(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """The schema to read the rows of a table from: ``facts`` if its mart is a view of that."""
    found = connection.execute(
        "select count(*) from information_schema.tables where table_catalog = current_database()"
        " and table_schema = ? and table_name = ?",
        [FACTS, table],
    ).fetchall()
    return FACTS if schema == "marts" and found != [(0,)] else schema


def content_of(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """SQL of a table's content: the rows as they are stored, without the act of loading.

    Figures count to their last bit: the models add in a way that no order of threads changes.
    """
    place, left_out = stored_in(connection, schema, table), ACT_OF_LOADING.get((schema, table), ())
    columns = connection.execute(
        "select column_name from duckdb_columns() where schema_name = ?"
        " and table_name = ? and database_name = current_database() order by column_index",
        [place, table],
    ).fetchall()
    values = ", ".join(f'"{name}"' for (name,) in columns if name not in left_out)
    return f'(select {values} from "{place}"."{table}")'


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


def files_of(published: Path, file: str) -> list[Path]:
    """The Parquet files of a published table, by its entry in the manifest."""
    folder, _, pattern = file.rpartition("/")
    return sorted((published / folder).glob(pattern)) if folder else [published / file]
