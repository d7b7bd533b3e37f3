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

from dagster_project.build.dbt_project import build
from dagster_project.build.manifest import PROJECT


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
        project = _with_settings(root / "dbt", settings) if settings else PROJECT
        result = build(lake, root / "build", project=project)
        assert result.success, result.failures
        made.append(Warehouse(result.database))
        return made[-1]

    yield _make
    for warehouse in made:
        warehouse.close()


def _with_settings(project: Path, settings: dict[str, str]) -> Path:
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    seed = project / "seeds" / "setting.csv"
    lines = seed.read_text("utf-8").splitlines()
    for name, value in settings.items():
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{name},"))
        lines[at] = ",".join([name, value, *lines[at].split(",")[2:]])
    seed.write_text("\n".join(lines) + "\n", "utf-8")
    return project
