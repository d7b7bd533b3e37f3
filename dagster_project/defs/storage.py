"""Where Dagster remembers runs: SQLite below ``DAGSTER_HOME``, or PostgreSQL by one variable.

``dagster.yaml`` knows no conditions, and a field that is read from a variable must find it set. So
the shipped file names :class:`ChosenStorage`, which chooses when an instance is opened; the file is
the same for both, and no password stands in it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from dagster import DagsterInvariantViolationError
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from dagster_project.machine.secret_address import escaped, taken_apart

STORAGE = "JUNHENG_DAGSTER_STORAGE"
"""``postgresql://user:password@host/database``; unset or empty means SQLite."""

_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg")
# The driver that dagster-postgres brings; SQLAlchemy's own choice is another one from 2.1 on.
_DRIVER = "postgresql+psycopg2"


def chosen_url() -> str | None:
    """URL of the PostgreSQL database to use, with its driver, or ``None`` for SQLite.

    Raises :class:`DagsterInvariantViolationError` for anything else; a password is not repeated.
    """
    url = os.environ.get(STORAGE, "").strip()
    if not url:
        return None
    try:
        parts = taken_apart(STORAGE, url, _SCHEMES)
    except ValueError as error:
        raise DagsterInvariantViolationError(f"{error} Leave it empty for SQLite.") from None
    return escaped(parts, parts.scheme if "+" in parts.scheme else _DRIVER)


class ChosenStorage(DagsterStorage, ConfigurableClass):
    """Stands in ``dagster.yaml``; opening it gives the SQLite or the PostgreSQL storage."""

    @classmethod
    def config_type(cls) -> dict:
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping):
        url = chosen_url()
        if url is None:
            return DagsterSqliteStorage.from_local(os.environ["DAGSTER_HOME"], inst_data=inst_data)
        try:
            from dagster_postgres import DagsterPostgresStorage
        except ModuleNotFoundError:
            raise DagsterInvariantViolationError(
                f"{STORAGE} asks for PostgreSQL, but dagster-postgres is not installed;"
                " install the extra: pip install 'junheng[postgres]'."
            ) from None
        return DagsterPostgresStorage(url, inst_data=inst_data)
