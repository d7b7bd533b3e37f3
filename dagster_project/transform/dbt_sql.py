"""The dbt project's SQL outside dbt, in DuckDB's dialect: one formula, wherever it is asked for.

dbt itself takes seconds to parse its project and wants the relations of a warehouse. Here its Jinja
is rendered alone: a macro over a published warehouse, a model over relations of somebody else.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dagster_project.project import DBT
from dagster_project.seeds import seed_path, setting

# Files of dbt/macros that hold nothing but expressions; the others speak to dbt itself.
_FILES = ("arithmetic", "comparison", "wording", "claim", "numerator")


def render_macro(macro: str, **arguments: object) -> str:
    """SQL of ``macro`` with ``arguments``; ``KeyError`` if there is none."""
    _, macros = _environment(DBT / "macros")
    return str(macros[macro](**arguments))


def render_model(name: str) -> str:
    """SQL of the model ``name`` over relations that are called as the models that it reads.

    A source is a relation of its table's name, and settings are those of the shipped seed.
    ``KeyError`` for a model or setting that does not exist.
    """
    environment, _ = _environment(DBT / "macros")
    return environment.from_string(model_path(name).read_text("utf-8")).render()


def model_path(name: str) -> Path:
    """The file of a model; ``KeyError`` if there is none of that name."""
    for path in (DBT / "models").rglob(f"{name}.sql"):
        return path
    raise KeyError(f"there is no dbt model {name!r}")


def files_behind(*models: str) -> list[Path]:
    """The files that the SQL of these models is rendered from."""
    macros = [DBT / "macros" / f"{name}.sql" for name in _FILES]
    return [*map(model_path, models), *macros, seed_path("setting")]


@cache
def _environment(folder: Path) -> tuple[Any, dict[str, Any]]:
    """Jinja with what dbt's own would know of this project, and the macros of ``folder``."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, extensions=["jinja2.ext.do"])
    macros: dict[str, Any] = {}
    environment.globals |= {
        "return": lambda value: value,
        "adapter": SimpleNamespace(dispatch=lambda name, _package: _for_duckdb(macros, name)),
        "junheng": _Namespace(macros),
        "ref": lambda model: model,
        "source": lambda _source, table: table,
        "setting": setting,
    }
    for name in _FILES:
        template = environment.from_string((folder / f"{name}.sql").read_text("utf-8"))
        macros |= {k: v for k, v in vars(template.module).items() if not k.startswith("_")}
    environment.globals |= macros
    return environment, macros


class _Namespace:
    """``junheng.<macro>``, looked up when it is called."""

    def __init__(self, macros: dict[str, Any]) -> None:
        self._macros = macros

    def __getattr__(self, name: str) -> Any:
        return self._macros[name]


def _for_duckdb(macros: dict[str, Any], name: str) -> Any:
    """``adapter.dispatch``: DuckDB's own form of a macro, else the default."""
    return macros.get(f"duckdb__{name}") or macros[f"default__{name}"]
