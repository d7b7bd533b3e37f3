"""From a finished build to the published version: audit it, export it, swap it in."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.messages import MessageError
from dagster_project.publish.base import Made, made_of
from dagster_project.publish.book import missing_tables
from dagster_project.publish.checksums import write_checksums
from dagster_project.publish.digest import Digests
from dagster_project.publish.export import SCHEMAS, export
from dagster_project.publish.linking import Linking
from dagster_project.publish.opening import damage_of
from dagster_project.publish.restatement import write_restatement
from dagster_project.publish.unlike import unlike_years
from dagster_project.publish.versions import (
    comparable,
    in_force,
    is_finished,
    manifest_of,
    next_moment,
    publish,
    publish_id_of,
)
from dagster_project.runs.journal import note
from dagster_project.runs.progress import report
from dagster_project.settings import DATABASE, Settings
from dagster_project.sql import literal


class NotPublished(MessageError):
    """The load ends without a new version; what was published before stays in place."""


class RunInterrupted(MessageError):
    """A run ended without an error and without having done all of its work."""


@dataclass(frozen=True)
class Publication:
    """The version in force after a load; ``is_new`` is false where nothing had changed."""

    publish_id: str
    folder: Path
    is_new: bool


def inputs_hash(folders: Iterable[Path], rules: str) -> str:
    """Hash of everything the published tables are a function of.

    ``folders`` hold the selection, the mappings and the flags of the build; ``rules`` identifies
    the dbt project and its settings.
    """
    total = hashlib.sha256(rules.encode())
    for folder in folders:
        for path in sorted(folder.rglob("*.parquet")):
            total.update(path.name.encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def unchanged(settings: Settings, inputs: str) -> Publication | None:
    """The version in force if it was made from exactly these inputs, is whole, and if all that
    follows a publication was done: else it is published anew."""
    folder = in_force(settings)
    if folder is None or not is_finished(folder):
        return None
    manifest = manifest_of(folder)
    if manifest.get("inputs") != inputs or damage_of(folder, manifest):
        return None
    return Publication(manifest["publish_id"], folder, is_new=False)


def publish_build(settings: Settings, inputs: str, as_of: datetime | None = None) -> Publication:
    """Publish ``build/junheng.duckdb``; raises :class:`NotPublished` if the audit finds a fault.

    What :mod:`.base` noted in the build folder says which of its years were computed.
    """
    made = made_of(settings.build)
    kept = None if made.is_full else made.base
    now = next_moment(settings)
    publish_id = publish_id_of(now, inputs)
    staged = settings.build / "version"
    if (staged / DATABASE).exists():  # an attempt that failed at the very end
        os.replace(staged / DATABASE, settings.build / DATABASE)
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    with duckdb.connect(str(settings.build / DATABASE)) as connection:
        connection.execute(f"set memory_limit = {literal(settings.memory_limit)}")
        connection.execute(f"set threads = {settings.threads}")
        connection.execute(f"set temp_directory = {literal(settings.build / 'spill')}")
        connection.execute("set preserve_insertion_order = false")  # the order of rows says nothing
        audit(connection)
        digests = Digests(connection, made.tables if kept else None)
        report("compare", 0, 1, "")
        before = comparable(settings)
        restatement = write_restatement(
            connection,
            publish_id,
            (before.publish_id, before.database) if before else None,
            digests,
            is_look_back=as_of is not None,
        )
        report("compare", 1, 1, "")
        _sign(connection, publish_id, now, as_of)
        tables = _count_tables(connection)
        facts = {
            "publish_id": publish_id,
            "published_at": now.isoformat(timespec="seconds"),
            "as_of": as_of.isoformat() if as_of else None,
            # What a look back hides for now: the next publication is compared with that.
            "stands_before": before.publish_id if as_of and before else None,
            "inputs": inputs,
            "made_from": made.inputs,
            "process": os.getpid(),  # by which a command that was cut off knows its own version
            "restatement": restatement.facts,
            "versions": {name: version(name) for name in ("junheng", "duckdb", "dbt-core")},
        }
        done = count(1)

        def written(table: str, seconds: float) -> None:
            report("publish", next(done), tables, table)
            note("export", name=table, seconds=round(seconds, 3))

        report("publish", 0, tables, "")
        if made.is_full and made.base:
            facts["audit"] = _compare_whole(connection, digests, made, inputs)
        linking = Linking.of(kept) if kept else None
        export(connection, staged / "published", facts, digests, written, linking)
        (staged / "published" / "restatement.md").write_text(restatement.text, "utf-8")
        connection.execute("checkpoint")
    os.replace(settings.build / DATABASE, staged / DATABASE)
    write_checksums(staged)
    report("publish", tables, tables, "")
    return Publication(publish_id, publish(settings, staged, publish_id), is_new=True)


def _compare_whole(
    connection: duckdb.DuckDBPyConnection, digests: Digests, made: Made, inputs: str
) -> dict[str, Any] | None:
    """What of a build that was computed whole is unlike the version, for the manifest."""
    if made.base is None or made.inputs is None:
        return None
    for table in made.tables:
        digests.signature(*table.split("."))
    is_same = manifest_of(made.base).get("inputs") == inputs
    found = unlike_years(connection, made.base / DATABASE, made.tables, is_same=is_same)
    return {"compared_with": made.base.name, "unlike": found}


def _sign(
    connection: duckdb.DuckDBPyConnection,
    publish_id: str,
    now: datetime,
    as_of: datetime | None,
) -> None:
    """Write into the database itself which version it is, as the manifest says of the Parquet."""
    connection.execute("delete from quality.publication")  # of an attempt that failed
    connection.execute(
        "insert into quality.publication by name select ?::varchar as publish_id,"
        " ?::timestamp as published_at, ?::timestamp as as_of",
        [publish_id, now.astimezone(UTC).replace(tzinfo=None), as_of],
    )


def audit(connection: duckdb.DuckDBPyConnection) -> None:
    """Last look before the swap: every table of the book is there, and there are schools."""
    missing = missing_tables(connection)
    if missing:
        raise NotPublished("publish.build_lacks", missing=missing)
    empty = connection.execute("select count(*) = 0 from marts.dim_school").fetchall()[0][0]
    if empty:
        raise NotPublished("publish.no_school_left")


def _count_tables(connection: duckdb.DuckDBPyConnection) -> int:
    marks = ", ".join("?" for _ in SCHEMAS)
    return connection.execute(
        f"select count(*) from information_schema.tables where table_schema in ({marks})",
        list(SCHEMAS),
    ).fetchall()[0][0]
