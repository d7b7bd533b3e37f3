"""The published tables as Parquet with their comments, and the manifest that lists them all.

A mart that is a view of a table of the same name in the schema ``facts`` (where words are stored as
numbers) is exported from there: Parquet knows them as plain text again. A table is one file; one of
more than ``PARTED_FROM`` rows is a folder with a file for every school year. What says the same as
in the version that the build began with is a hard link to its file.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from dagster_project.publish.content import content_hash
from dagster_project.publish.digest import Digests
from dagster_project.publish.linking import Linking
from dagster_project.sql import literal

SCHEMAS = ("marts", "quality", "ref", "bi")
PARTED_FROM = 5_000_000


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
    file: str | None  # below published/, of a parted table a pattern; None for views
    columns: tuple[Column, ...]


def export(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    facts: Mapping[str, object],
    digests: Digests,
    written: Callable[[str, float], None] = lambda table, seconds: None,
    linking: Linking | None = None,
) -> list[PublishedTable]:
    """Write every published table to ``folder/<table>.parquet`` and ``folder/manifest.json``.

    ``facts`` (publish id, time, versions, inputs) stand at the top of the manifest, with the hash
    of the whole set's content. Table names are unique over the schemas, as the flat folder needs.
    ``written`` is told of every table and the seconds that it took; ``linking`` knows the files of
    the version that the build began with.
    """
    folder.mkdir(parents=True)
    tables = []
    for schema, name, comment, is_view in _tables(connection):
        begun = time.monotonic()
        columns = _columns(connection, schema, name)
        stored = digests.stored(schema, name)
        file, rows, content = None, 0, ""
        if stored != schema or not is_view:
            rows, content = digests.content(schema, name)
            table = _Table(connection, schema, stored, name, comment, columns)
            if rows > PARTED_FROM and any(column.name == "school_year" for column in columns):
                file = f"{name}/*.parquet"
                _export_years(table, digests, folder / name, linking)
            else:
                file = f"{name}.parquet"
                said = (rows, content, [asdict(column) for column in columns])
                if not linking or not linking.link_table(schema, name, said, folder / file):
                    table.copy(folder / file)
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


@dataclass(frozen=True)
class _Table:
    """A table as it is copied: ``stored`` is the schema that its rows are read from."""

    connection: duckdb.DuckDBPyConnection
    schema: str
    stored: str
    name: str
    comment: str | None
    columns: Sequence[Column]

    def copy(self, path: Path, where: str = "true") -> None:
        comments = {c.name: c.comment or "" for c in self.columns}
        comments = {"table": self.comment or "", **comments}
        entries = ", ".join(f"{literal(key)}: {literal(text)}" for key, text in comments.items())
        self.connection.execute(
            f'copy (from "{self.stored}"."{self.name}" where {where}) to {literal(path)}'
            f" (format parquet, compression zstd, compression_level 1, kv_metadata {{{entries}}})"
        )


def _export_years(table: _Table, digests: Digests, folder: Path, linking: Linking | None) -> None:
    folder.mkdir()
    name = f"{table.schema}.{table.name}"
    for year in digests.years(table.schema, table.name):
        path = folder / ("none.parquet" if year is None else f"{year}.parquet")
        is_kept = linking is not None and digests.is_kept(name, year)
        if not (is_kept and linking and linking.link_part(f"{table.name}/{path.name}", path)):
            table.copy(path, "school_year is null" if year is None else f"school_year = {year}")
