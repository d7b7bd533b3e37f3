"""Opening a published database to read it, and saying why where that is not possible.

DuckDB lets nobody else in while a process has a file open for writing, as some tools open every
file. Who that is stands in its message; what a version says stands beside it as Parquet too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.messages import Message, MessageError
from dagster_project.publish.checksums import damaged_files
from dagster_project.publish.content import files_of
from dagster_project.settings import DATABASE

_LOCKED = re.compile(r"\block\b", re.IGNORECASE)  # not the blocks of a damaged file
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<process>\d+)\)")


class CannotRead(MessageError):
    """The published database cannot be read now; the message is a sentence for people."""


class DatabaseHeld(CannotRead):
    """Another process has the published database open for writing."""


class DatabaseDamaged(CannotRead):
    """The published database is no database any more, or cannot be reached."""

    @classmethod
    def found_while_reading(cls, error: duckdb.Error) -> DatabaseDamaged:
        """What it means that a block of the file is not what was written."""
        return cls(
            f"The published database is damaged ({str(error).splitlines()[0]}). `junheng doctor`"
            " says more, `junheng load` publishes anew, `junheng rollback` puts the version before"
            " in force."
        )


def open_published(database: Path, **config: Any) -> duckdb.DuckDBPyConnection:
    """A connection that reads ``database``; raises :class:`CannotRead`."""
    try:
        return duckdb.connect(str(database), read_only=True, config=config)
    except duckdb.Error as error:
        raise reason(database, error) from error


def reason(database: Path, error: duckdb.Error) -> CannotRead:
    """What DuckDB's refusal to open a database means."""
    found = _HOLDER.search(str(error))
    if found is not None:
        return DatabaseHeld(
            "publish.held_by",
            database=database,
            name=Path(found["program"]).name,
            process=found["process"],
        )
    if _LOCKED.search(str(error)):
        return DatabaseHeld("publish.held", database=database)
    error_line = str(error).splitlines()[0]
    return DatabaseDamaged("publish.database_damaged", database=database, error=error_line)


def is_of_a_damaged_database(error: duckdb.Error) -> bool:
    """Whether DuckDB found by its own checksums that a file is not what was written."""
    return "corrupt database file" in str(error).lower()


def require_whole(version: Path) -> None:
    """Raises :class:`DatabaseDamaged` where a file of a version is not as it was published."""
    if damaged := damaged_files(version):
        raise DatabaseDamaged("publish.version_damaged", version=version.name, file=damaged[0])


def damage_of(version: Path, manifest: Mapping[str, Any]) -> Message | None:
    """What is wrong with the files of a version, in a sentence; ``None`` if it is whole.

    Every byte is looked at, or what has to be to open the files where nobody wrote checksums.
    """
    if not manifest.get("publish_id"):
        return _unreadable("manifest.json")
    if damaged := damaged_files(version):
        return Message("publish.not_as_published", {"file": damaged[0]})
    for table in manifest.get("tables", ()):
        if table["file"] is None:
            continue
        file = f"published/{table['file']}"
        try:
            paths = files_of(version / "published", table["file"])
            rows = sum(pq.read_metadata(path).num_rows for path in paths)
        except (OSError, pa.ArrowException):
            return _unreadable(file)
        if rows != table["rows"]:
            counts = {"rows": rows, "expected": table["rows"]}
            return Message("publish.other_rows", {"file": file, **counts})
    try:
        with open_published(version / DATABASE) as connection:
            connection.execute("select publish_id from quality.publication").fetchall()
    except DatabaseHeld:
        return None  # as whole as whoever writes leaves it
    except (CannotRead, duckdb.Error):
        return _unreadable(DATABASE)
    return None


def _unreadable(file: str) -> Message:
    return Message("publish.file_unreadable", {"file": file})
