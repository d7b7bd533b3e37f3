"""What dbt has DuckDB do in a build, kept as statements that the next build runs without dbt.

For a county dbt takes four seconds to put together the SQL that it put together the load before:
nothing in it but the folders of lake, selection and judgement varies between loads, and the years
that are computed. So a run of dbt notes what it executes, with a mark in place of each folder and
of each condition on years, and the next build of the same project executes that
(docs/decisions/02-kept-manifest-and-in-process-dbt.md). Only a build in which everything goes as it
went when it was noted is done so. Whatever does not, a test that finds rows or a table of other
types, is left to dbt, which says what is wrong.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import jinja2
import yaml

from dagster_project.machine import durable
from dagster_project.sql import literal
from dagster_project.transform.manifest import kept_folder
from dagster_project.transform.node import SCRATCH, NodeResult, OnEvent, Teller

MARKED = ("JUNHENG_LAKE", "JUNHENG_SELECTION", "JUNHENG_JUDGEMENT")
"""The variables of a run whose folders stand in SQL; marks stand for them (:func:`marks`)."""

PLAN = "JUNHENG_PLAN"
"""The variable with the years to compute, by model, of a build that begins with a version."""

# What macros/years.sql writes: whether the column names a year that the model computes (or reads).
_YEARS = re.compile(r"of_years\('(?P<model>\w+)', '(?P<which>years|reads)', (?P<column>\w+)\)")
_SECTION_NO, _SECTIONS_OF_A_YEAR = "section_no", 1_000_000  # as macros/years.sql numbers them

# The views of staging show what the lake's files hold, of whatever vintage; the models choose.
_TYPES = """
    select database_name, schema_name, table_name, column_name, data_type
    from duckdb_columns() where not internal and schema_name <> 'staging' order by all
"""


def marks(variables: Mapping[str, str]) -> dict[str, str]:
    """What dbt is told instead of the folders, and of the plan: the models that it is about."""
    return {**{name: f"@{name}@" for name in MARKED}, PLAN: json.dumps(_planned(variables))}


def fill(sql: str, variables: Mapping[str, str]) -> str:
    """``sql`` with folders and years in place of their marks, as the macros would write them."""
    for name in MARKED:
        sql = sql.replace(f"@{name}@", glob.escape(variables[name]).replace("'", "''"))
    if not variables.get(PLAN):
        return sql
    plan = json.loads(variables[PLAN])
    return _YEARS.sub(lambda mark: _is_of(plan[mark["model"]][mark["which"]], mark["column"]), sql)


def _planned(variables: Mapping[str, str]) -> list[str]:
    """The models that are computed by years."""
    return sorted(json.loads(variables.get(PLAN) or "{}"))


def _is_of(years: Sequence[int], column: str) -> str:
    if not years:
        return "false"
    if column != _SECTION_NO:
        return f"{column} in ({', '.join(map(str, years))})"
    first = ((year * _SECTIONS_OF_A_YEAR, (year + 1) * _SECTIONS_OF_A_YEAR - 1) for year in years)
    return f"({' or '.join(f'{column} between {least} and {most}' for least, most in first)})"


class Notes:
    """What a run of dbt executes, node by node; kept if the run goes well."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._executed: list[tuple[str, str]] = []
        self._types = ""

    @contextmanager
    def taken(self) -> Iterator[None]:
        """As long as it lasts, dbt's statements are noted and their marks filled in."""
        from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper
        from dbt_common.events.contextvars import get_node_info

        execute = DuckDBCursorWrapper.execute

        def noted(cursor: DuckDBCursorWrapper, sql: str, bindings: object = None) -> object:
            if bindings is None:
                self._executed.append((get_node_info().get("unique_id") or "", sql))
            return execute(cursor, fill(sql, self._variables), bindings)

        DuckDBCursorWrapper.execute = noted  # type: ignore[method-assign]
        try:
            yield
        finally:
            DuckDBCursorWrapper.execute = execute  # type: ignore[method-assign]

    def note_types(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Note the columns of the finished build, while it is open."""
        self._types = _types(connection)

    def keep(self, project: Path, nodes: Sequence[NodeResult]) -> None:
        """Keep what was noted for the next build; a cache that takes nothing is no fault."""
        by_node: dict[str, list[str]] = {}
        for unique_id, sql in self._executed:
            by_node.setdefault(unique_id, []).append(sql)
        first = _lasting(by_node.get("", []))
        kept: list[dict[str, object]] = [{"id": "", "kind": "", "name": "", "sql": first}]
        for node in nodes:
            executed = by_node.get(node.unique_id, [])
            done = executed[-1:] if node.kind == "test" else _lasting(executed)
            kept.append({"id": node.unique_id, "kind": node.kind, "name": node.name, "sql": done})
        with suppress(OSError):
            said = {"types": self._types, "planned": _planned(self._variables), "nodes": kept}
            durable.write_text(_path(project, self._variables), json.dumps(said))


def is_kept(project: Path, variables: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether a build of ``project`` as it stands can do without dbt."""
    return _path(project, variables).exists()


def run(
    project: Path,
    build_dir: Path,
    variables: Mapping[str, str],
    *,
    before: Sequence[NodeResult] = (),
    on_event: OnEvent | None = None,
) -> list[NodeResult] | None:
    """Do in ``<build_dir>/junheng.duckdb`` what dbt did; the nodes, or ``None`` where dbt must.

    Arguments as of :func:`~dagster_project.transform.dbt_run.run`. What was begun when it returns
    ``None`` is of no use.
    """
    try:
        kept = json.loads(_path(project, variables).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if kept["planned"] != _planned(variables):
        return None
    given = {**variables, "JUNHENG_BUILD": str(build_dir)}
    teller, total = Teller(before, on_event), sum(bool(node["id"]) for node in kept["nodes"])
    try:
        with _opened(project, given) as connection:
            done = []
            for node in kept["nodes"]:
                result = _do(connection, node, variables)
                if result is None:
                    return None
                if result.unique_id:
                    done.append(result)
                    teller.tell(result, total)
            return done if _types(connection) == kept["types"] else None
    except duckdb.InterruptException:  # by a person, not by what stands in the lake
        raise
    except duckdb.Error:
        return None
    finally:
        (build_dir / SCRATCH).unlink(missing_ok=True)


def _do(
    connection: duckdb.DuckDBPyConnection, node: Mapping[str, Any], variables: Mapping[str, str]
) -> NodeResult | None:
    since = time.monotonic()
    is_node = bool(node["id"])  # what comes before the first writes to both databases
    if is_node:
        connection.execute("begin")
    for sql in node["sql"]:
        connection.execute(fill(sql, variables))
    if node["kind"] == "test":
        _failures, should_warn, should_error = connection.fetchall()[0]
        if should_warn or should_error:
            return None
    if is_node:
        connection.execute("commit")
    status = "pass" if node["kind"] == "test" else "success"
    seconds = time.monotonic() - since
    return NodeResult(node["id"], node["name"], node["kind"], status, seconds)


def _lasting(executed: Sequence[str]) -> list[str]:
    """The statements that leave something; what dbt asks for itself it has put into them."""
    kind = duckdb.StatementType
    passing = {kind.SELECT, kind.EXPLAIN, kind.TRANSACTION}
    return [
        sql
        for sql in executed
        if any(statement.type not in passing for statement in duckdb.extract_statements(sql))
    ]


def _types(connection: duckdb.DuckDBPyConnection) -> str:
    """A hash of the columns that the build has, with their types."""
    rows = connection.execute(_TYPES).fetchall()
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


@contextmanager
def _opened(project: Path, variables: Mapping[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database of a build, opened as the profile says."""
    profile = yaml.safe_load((project / "profiles.yml").read_text("utf-8"))["junheng"]
    target = _rendered(profile["outputs"][profile["target"]], variables)
    with duckdb.connect(target["path"], config=target["config_options"]) as connection:
        for other in target["attach"]:
            connection.execute(f"attach {literal(other['path'])} as {other['alias']}")
        yield connection


def _rendered(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _rendered(one, variables) for name, one in value.items()}
    if isinstance(value, list):
        return [_rendered(one, variables) for one in value]
    if not isinstance(value, str):
        return value
    return _environment().from_string(value).render(env_var=_env_var(variables))


def _env_var(variables: Mapping[str, str]) -> Callable[[str, str], str]:
    """dbt's function of that name."""

    def env_var(name: str, otherwise: str = "") -> str:
        return variables.get(name) or os.environ.get(name) or otherwise

    return env_var


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment()
    environment.filters["as_number"] = str  # DuckDB takes numbers as text
    return environment


def _path(project: Path, variables: Mapping[str, str]) -> Path:
    kind = "of-years" if variables.get(PLAN) else "of-all"
    return kept_folder(project) / f"statements-{kind}-{duckdb.__version__}-{_form()}.json"


@cache
def _form() -> str:
    """By how a run is done and noted: notes that other code took are others."""
    here = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256("".join(map(durable.digest, here)).encode()).hexdigest()[:16]
