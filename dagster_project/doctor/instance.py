"""The Dagster instance: its configuration, its memory, and who is told of failures."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dagster_project.doctor.finding import Finding, fault, note, well
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
        yield note(
            "dagster",
            "DAGSTER_HOME is not set: loads from the command line leave no history in the UI;"
            f" looked at {file}.",
        )
    yield from _overruled()
    config = _read(file)
    if isinstance(config, str):
        yield fault("dagster", config)
        return
    faults = list(_faults(config, file))
    yield from faults
    if faults:
        return
    yield well("dagster", f"Telemetry off, one writer at a time ({file}).")
    if config != _read(SHIPPED):
        yield note("dagster", f"{file} is not as the project ships it; compare with {SHIPPED}.")


def _overruled() -> Iterator[Finding]:
    """Dagster's programs take ``.env`` of the folder they start in before the environment."""
    given, file = os.environ.get("DAGSTER_HOME"), Path(".env").absolute()
    if not given or not file.exists() or "DAGSTER_HOME=" not in file.read_text("utf-8", "replace"):
        return
    if Path(given).resolve() != (file.parent / ".dagster").resolve():
        yield note(
            "dagster",
            f"A daemon or UI that starts in {file.parent} takes DAGSTER_HOME from {file}, not"
            f" {given}: start them in another folder.",
        )


def _read(file: Path) -> dict[str, Any] | str:
    """The configuration, or the sentence on why there is none."""
    import yaml

    if not file.exists():
        return f"There is no {file}; copy the one that the project ships in .dagster/."
    try:
        return yaml.safe_load(file.read_text("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return f"{file} is no valid YAML: {error}."


def _faults(config: dict[str, Any], file: Path) -> Iterator[Finding]:
    if (config.get("telemetry") or {}).get("enabled", True):
        yield fault("dagster", f"Telemetry is on; write `telemetry: {{enabled: false}}` in {file}.")
    limit = ((config.get("concurrency") or {}).get("pools") or {}).get("default_limit")
    if limit != 1:
        yield fault(
            "dagster",
            f"The pool limit is {limit or 'missing'}, expected 1: write `concurrency: {{pools:"
            f" {{default_limit: 1}}}}` in {file}. Until then runs that meet are refused.",
        )


def storage(settings: Settings) -> Iterator[Finding]:
    """Whether Dagster's memory can be reached: PostgreSQL, or SQLite below ``DAGSTER_HOME``."""
    from dagster import DagsterInvariantViolationError

    from dagster_project.defs.storage import STORAGE, chosen_url

    config = _read(home() / "dagster.yaml")
    is_ours = isinstance(config, dict) and "ChosenStorage" in str(config.get("storage"))
    if os.environ.get(STORAGE) and not is_ours:
        yield fault(
            "storage",
            f"{STORAGE} is set, but {home() / 'dagster.yaml'} does not ask for it: take the"
            " `storage:` block of the shipped one.",
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
        return fault("storage", f"There is no folder {folder}; make it, or set DAGSTER_HOME.")
    if not os.access(folder, os.W_OK):
        return fault("storage", f"{folder} cannot be written by this user, so no run can start.")
    database = folder / "history" / "runs.db"
    if not database.exists():
        return well("storage", f"SQLite below {folder}; nothing is remembered yet.")
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=CONNECT_SECONDS)
        (runs,) = connection.execute("select count(*) from runs").fetchone()
        connection.close()
    except sqlite3.Error as error:
        return fault("storage", f"{database} cannot be read ({error}); put it aside and restart.")
    return well("storage", f"SQLite below {folder}, {runs:,} runs remembered.")


def _postgresql(url: str) -> Finding:
    where = urlsplit(url).hostname or "a local socket"
    try:
        import dagster_postgres  # noqa: F401
        import sqlalchemy
    except ModuleNotFoundError as error:
        return fault("storage", f"{error.name} is missing: pip install 'junheng[postgres]'.")
    try:
        engine = sqlalchemy.create_engine(url, connect_args={"connect_timeout": CONNECT_SECONDS})
        with engine.connect() as connection:
            version = connection.execute(sqlalchemy.text("show server_version")).scalar()
        engine.dispose()
    except sqlalchemy.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]
        return fault(
            "storage",
            f"PostgreSQL at {where} cannot be reached ({reason}): is it running, and do user,"
            " password and database in JUNHENG_DAGSTER_STORAGE exist?",
        )
    return well("storage", f"PostgreSQL {version} at {where}.")


def receivers(settings: Settings) -> Iterator[Finding]:
    """Who is told of failures; addresses are looked at, nothing is sent."""
    from dagster_project.defs.notices import Receivers

    told = Receivers.from_environment()
    yield from (fault("notices", sentence) for sentence in told.faults())
    if bool(told.mail_server) != bool(told.mail_to):
        yield fault("notices", "JUNHENG_MAIL_SERVER and JUNHENG_MAIL_TO are needed both.")
    if told.is_none:
        yield note(
            "notices", "Nobody is told of failed runs; see JUNHENG_WEBHOOK in docs/operating.md."
        )
