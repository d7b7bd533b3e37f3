"""The dbt project's SQL macros outside dbt: the same formula over a published warehouse."""

from __future__ import annotations

from pathlib import Path

from dagster_project.project import DBT

# Files of dbt/macros that hold nothing but expressions; the others speak to dbt itself.
_FILES = ("arithmetic", "comparison", "wording", "claim")


def render(macro: str, folder: Path = DBT / "macros", **arguments: str) -> str:
    """SQL (DuckDB's dialect) of ``macro`` with ``arguments``; ``KeyError`` if there is none."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, extensions=["jinja2.ext.do"])
    macros: dict = {}
    environment.globals |= {
        "return": lambda value: value,
        "adapter": _Dispatch(macros),
        "junheng": _Namespace(macros),
    }
    for name in _FILES:
        template = environment.from_string((folder / f"{name}.sql").read_text("utf-8"))
        macros |= {k: v for k, v in vars(template.module).items() if not k.startswith("_")}
    return str(macros[macro](**arguments))


class _Namespace:
    """``junheng.<macro>``, looked up when it is called."""

    def __init__(self, macros: dict) -> None:
        self._macros = macros

    def __getattr__(self, name: str):
        return self._macros[name]


class _Dispatch:
    """``adapter.dispatch``: DuckDB's own form of a macro, else the default."""

    def __init__(self, macros: dict) -> None:
        self._macros = macros

    def dispatch(self, name: str, _package: str):
        return self._macros.get(f"duckdb__{name}") or self._macros[f"default__{name}"]
