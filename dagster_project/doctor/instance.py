"""The Dagster instance: its configuration, its memory, and who is told of failures."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dagster_project.doctor.finding import Finding, fault, note, well
from dagster_project.messages import Message
from dagster_project.project import DAGSTER
from dagster_project.settings import Settings

CONNECT_SECONDS = 5
SHIPPED = DAGSTER / "dagster.yaml"


def home() -> Path:
    """The folder of the instance: ``DAGSTER_HOME``, or the checkout's own."""
    given = os.environ.get("DAGSTER_HOME")
    return Path(given) if given else DAGSTER


def instance(settings: Settings) -> Iterator[Finding]:
    """The instance's file: telemetry off, one writer at a time, dead runs tried again."""
    file = home() / "dagster.yaml"
    if not os.environ.get("DAGSTER_HOME"):
        yield note("dagster", "doctor.no_dagster_home", file=file)
    yield from _overruled()
    config = _read(file)
    if isinstance(config, Message):
        yield fault("dagster", config)
        return
    faults = list(_faults(config, file))
    yield from faults
    if faults:
        return
    yield well("dagster", "doctor.config_ok", file=file)
    if config != _read(SHIPPED):
        yield note("dagster", "doctor.config_differs", file=file, shipped=SHIPPED)


def _overruled() -> Iterator[Finding]:
    """Dagster's programs take ``.env`` of the folder they start in before the environment."""
    given, file = os.environ.get("DAGSTER_HOME"), Path(".env").absolute()
    if not given or not file.exists() or "DAGSTER_HOME=" not in file.read_text("utf-8", "replace"):
        return
    if Path(given).resolve() != (file.parent / ".dagster").resolve():
        yield note("dagster", "doctor.other_home", parent=file.parent, file=file, given=given)


def _read(file: Path) -> dict[str, Any] | Message:
    """The configuration, or the sentence on why there is none."""
    import yaml

    if not file.exists():
        return Message("doctor.no_config", {"file": file})
    try:
        return yaml.safe_load(file.read_text("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return Message("doctor.no_valid_yaml", {"file": file, "error": error})


def _faults(config: dict[str, Any], file: Path) -> Iterator[Finding]:
    if (config.get("telemetry") or {}).get("enabled", True):
        yield fault("dagster", "doctor.telemetry_on", file=file)
    limit = ((config.get("concurrency") or {}).get("pools") or {}).get("default_limit")
    if limit != 1:
        yield fault(
            "dagster", "doctor.pool_limit", limit=limit or Message("doctor.missing"), file=file
        )


def storage(settings: Settings) -> Iterator[Finding]:
    """Whether Dagster's memory can be reached: PostgreSQL, or SQLite below ``DAGSTER_HOME``."""
    from dagster import DagsterInvariantViolationError

    from dagster_project.defs.storage import STORAGE, chosen_url

    config = _read(home() / "dagster.yaml")
    is_ours = isinstance(config, dict) and "ChosenStorage" in str(config.get("storage"))
    if os.environ.get(STORAGE) and not is_ours:
        yield fault(
            "storage", "doctor.storage_not_asked", storage=STORAGE, home=home() / "dagster.yaml"
        )
        return
    try:
        url = chosen_url()
    except DagsterInvariantViolationError as error:
        yield fault("storage", str(error))
        return
    yield _sqlite(home()) if url is None else _postgresql(url)


def _sqlite(folder: Path) -> Finding:
    if not folder.is_dir():
        return fault("storage", "doctor.no_folder", folder=folder)
    if not os.access(folder, os.W_OK):
        return fault("storage", "doctor.folder_not_writable", folder=folder)
    database = folder / "history" / "runs.db"
    if not database.exists():
        return well("storage", "doctor.sqlite_empty", folder=folder)
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=CONNECT_SECONDS)
        (runs,) = connection.execute("select count(*) from runs").fetchone()
        connection.close()
    except sqlite3.Error as error:
        return fault("storage", "doctor.database_unreadable", database=database, error=error)
    return well("storage", "doctor.sqlite_runs", folder=folder, runs=runs)


def _postgresql(url: str) -> Finding:
    where = urlsplit(url).hostname or Message("doctor.a_local_socket")
    try:
        import dagster_postgres  # noqa: F401
        import sqlalchemy
    except ModuleNotFoundError as error:
        return fault("storage", "doctor.postgres_missing", name=error.name)
    try:
        engine = sqlalchemy.create_engine(url, connect_args={"connect_timeout": CONNECT_SECONDS})
        with engine.connect() as connection:
            version = connection.execute(sqlalchemy.text("show server_version")).scalar()
        engine.dispose()
    except sqlalchemy.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]
        return fault("storage", "doctor.postgres_unreachable", where=where, reason=reason)
    return well("storage", "doctor.postgres_ok", version=version, where=where)


def receivers(settings: Settings) -> Iterator[Finding]:
    """Who is told of failures; addresses are looked at, nothing is sent."""
    from dagster_project.defs.notices import Receivers

    told = Receivers.from_environment()
    yield from (fault("notices", sentence) for sentence in told.faults())
    if bool(told.mail_server) != bool(told.mail_to):
        yield fault("notices", "doctor.mail_needs_both")
    if told.is_none:
        yield note("notices", "doctor.nobody_told")
