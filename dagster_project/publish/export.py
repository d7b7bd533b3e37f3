"""The published tables as Parquet with their comments, and the manifest that lists them all.

A mart that is a view of a table of the same name in the schema ``facts`` (where words are stored
as numbers) is exported from there: Parquet knows them as plain text again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from dagster_project.publish.content import content_hash
from dagster_project.publish.digest import Digests
from dagster_project.sql import literal

SCHEMAS = ("marts", "quality", "ref", "bi")


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    comment: str | None


@dataclass(frozen=True)
class PublishedTable:
    """One published table; ``content`` hashes its rows whatever their order."""

    schema: str
    name: str
    comment: str | None
    rows: int
    content: str
    file: str | None  # below published/; None for views
    columns: tuple[Column, ...]


def export(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    facts: Mapping[str, object],
    digests: Digests,
    written: Callable[[str, float], None] = lambda table, seconds: None,
) -> list[PublishedTable]:
    """Write every published table to ``folder/<table>.parquet`` and ``folder/manifest.json``.

    ``facts`` (publish id, time, versions, inputs) stand at the top of the manifest, with the hash
    of the whole set's content. Table names are unique over the schemas, as the flat folder needs.
    ``written`` is told of every table and the seconds that it took.
    """
    folder.mkdir(parents=True)
    tables = []
    for schema, name, comment, is_view in _tables(connection):
        begun = time.monotonic()
        columns = _columns(connection, schema, name)
        stored = digests.stored(schema, name)
        file, rows, content = None, 0, ""
        if stored != schema or not is_view:
            file = f"{name}.parquet"
            _copy(connection, stored, name, comment, columns, folder / file)
            rows, content = digests.content(schema, name)
        tables.append(PublishedTable(schema, name, comment, rows, content, file, columns))
        written(f"{schema}.{name}", time.monotonic() - begun)
    listed = [asdict(table) for table in tables]
    manifest = {**facts, "content": content_hash(listed), "tables": listed}
    text = json.dumps(manifest, ensure_ascii=False, indent=1, default=str)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return tables


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str | None, bool]]:
    return connection.execute(
        """
        select schema_name, table_name, comment, false from duckdb_tables()
        where schema_name in ('marts', 'quality', 'ref', 'bi')
          and database_name = current_database()
        union all
        select schema_name, view_name, comment, true from duckdb_views()
        where schema_name in ('marts', 'quality', 'ref', 'bi')
          and database_name = current_database()
        order by 1, 2
        """
    ).fetchall()


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> tuple[Column, ...]:
    rows = connection.execute(
        """
        select column_name, data_type, comment from duckdb_columns()
        where schema_name = ? and table_name = ? and database_name = current_database()
        order by column_index
        """,
        [schema, table],
    ).fetchall()
    return tuple(Column(*row) for row in rows)


def _copy(connection, schema, name, comment, columns, path: Path) -> None:
    comments = {"table": comment or "", **{c.name: c.comment or "" for c in columns}}
    entries = ", ".join(f"{literal(key)}: {literal(value)}" for key, value in comments.items())
    connection.execute(
        f'copy "{schema}"."{name}" to {literal(path)}'
        f" (format parquet, compression zstd, compression_level 1, kv_metadata {{{entries}}})"
    )
