"""Attaching a published version to a connection: its file or, where that is not to be had, Parquet.

An analyst's tool may hold the file open for writing, or it may be damaged. The Parquet files of the
same version say the same, without the digests by which comparing versions is quick.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from dagster_project.publish.checksums import damaged_files, is_as_published
from dagster_project.publish.content import files_of
from dagster_project.publish.opening import CannotRead, DatabaseDamaged, reason
from dagster_project.sql import literal, read_parquet


def attach(connection: duckdb.DuckDBPyConnection, database: Path, name: str) -> CannotRead | None:
    """Attach a published version as ``name``; ``database`` is the file beside ``published/``.

    Returns why the file could not be opened where Parquet had to do; raises :class:`CannotRead`
    where that cannot be read either.
    """
    version = database.parent
    try:
        if is_as_published(version, database.name):
            connection.execute(f"attach {literal(database)} as {name} (read_only)")
            return None
        why: CannotRead = DatabaseDamaged("publish.not_as_published", file=str(database))
    except duckdb.Error as error:
        why = reason(database, error)
    published = version / "published"
    if set(damaged_files(version)) - {database.name}:
        raise why
    try:
        manifest = json.loads((published / "manifest.json").read_text("utf-8"))
        tables = [table for table in manifest["tables"] if table["file"] is not None]
        connection.execute(f"attach ':memory:' as {name}")
        for schema in {table["schema"] for table in tables}:
            connection.execute(f'create schema if not exists {name}."{schema}"')
        for table in tables:
            connection.execute(
                f'create view {name}."{table["schema"]}"."{table["name"]}" as'
                f" from {read_parquet(files_of(published, table['file']))}"
            )
    except (OSError, ValueError, KeyError, TypeError, duckdb.Error):
        connection.execute(f"detach database if exists {name}")
        raise why from None
    return why
