"""One built warehouse per test module: a lake written by the test, the real dbt run over it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lake_builder import LakeBuilder

from dagster_project.project import DBT
from dagster_project.transform.dbt_project import build
from dagster_project.transform.seeds import kept_seeds


class Warehouse:
    """A built database that answers queries."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = duckdb.connect(str(path), read_only=True)

    def rows(self, sql: str) -> list[tuple]:
        return self._connection.execute(sql).fetchall()

    def row(self, sql: str) -> tuple:
        found = self.rows(sql)
        assert len(found) == 1, f"{len(found)} rows: {sql}"
        return found[0]

    def value(self, sql: str):
        (only,) = self.row(sql)
        return only

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def make(tmp_path_factory) -> Callable[..., Warehouse]:
    """``make(fill, **settings)`` builds the lake that ``fill`` writes, settings as given."""
    made: list[Warehouse] = []

    def _make(fill: Callable[[LakeBuilder], None], **settings: str) -> Warehouse:
        root = tmp_path_factory.mktemp("warehouse")
        builder = LakeBuilder(root)
        fill(builder)
        lake = builder.write(root / "build")
        seeds = _seeds_with(settings, root / "seeds") if settings else None
        result = build(lake, root / "build", seeds=seeds)
        assert result.success, result.failures
        made.append(Warehouse(result.database))
        return made[-1]

    yield _make
    for warehouse in made:
        warehouse.close()


def _seeds_with(settings: dict[str, str], folder: Path) -> Path:
    """The project's seeds with other settings, for a build to start from."""
    kept = kept_seeds(DBT)
    shutil.copytree(kept.parent, folder)
    with duckdb.connect(str(folder / kept.name)) as connection:
        for name, value in settings.items():
            changed = connection.execute(
                "update ref.setting set value = ? where setting_id = ? returning value",
                [value, name],
            ).fetchall()
            assert changed == [(value,)], f"there is no setting {name}"
    return folder / kept.name
