"""The school year as the unit of a build: computed one by one they are what they are as a whole."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from drawn_years import draw_lake

from dagster_project.transform.dbt_project import build
from dagster_project.transform.inputs import Inputs, read_inputs
from dagster_project.transform.manifest import manifest_path
from dagster_project.transform.plan import LOOKS_BACK, changed_years, is_kept, plan

SPAN = range(2016, 2033)
# Drawn anew: a year under the standards of 2017 that moves nothing before it, nor after nine years;
# and the last, for what is told of cohorts that graduate after it.
REDRAWN = {2019: 1, 2032: 1}

YEAR = {"figure": "section_no // 1000000", "share": "section_no // 1000000"}


@dataclass(frozen=True)
class Built:
    """A database over a lake of drawn years, and what it was made from."""

    database: Path
    inputs: Inputs

    def said(self) -> dict[tuple[str, str, int | None], tuple[int, int]]:
        """Rows and hash of every table of a build, by schema, name and year (if it has any)."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables()"
                " where database_name = current_database() and schema_name <> 'ref' order by all"
            ).fetchall()
            return {
                (schema, table, year): (rows, content)
                for schema, table in tables
                for year, rows, content in connection.execute(
                    f"select {self._year(connection, schema, table)}, count(*),"
                    f' sum(hash(t)::hugeint) from "{schema}"."{table}" as t group by 1'
                ).fetchall()
            }

    @staticmethod
    def _year(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
        found = connection.execute(
            "select count(*) from duckdb_columns() where column_name = 'school_year'"
            " and schema_name = ? and table_name = ?",
            [schema, table],
        ).fetchall()
        return YEAR.get(table, "school_year" if found == [(1,)] else "null")


@pytest.fixture(scope="module")
def project() -> dict:
    return json.loads(manifest_path().read_text("utf-8"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """``whole(years)``: a build of drawn years from nothing."""
    return lambda years: _build(tmp_path_factory.mktemp("whole"), years)


@pytest.fixture(scope="module")
def before(whole) -> Built:
    return whole(dict.fromkeys(SPAN, 0))


@pytest.fixture(scope="module")
def after(whole) -> Built:
    """The same years, two of which are drawn anew."""
    return whole({**dict.fromkeys(SPAN, 0), **REDRAWN})


def _build(root: Path, years: Mapping[int, int], base: Built | None = None, project=None) -> Built:
    lake = draw_lake(root, years)
    inputs = read_inputs(lake, root / "selection", lake / "judgement")
    begun = None
    if base is not None:
        changed = changed_years(base.inputs, inputs)
        assert changed is not None
        begun = (base.database, plan(project, changed))
    result = build(lake, root / "build", selection=root / "selection", base=begun)
    assert result.success, result.failures
    return Built(result.database, inputs)


def test_the_inputs_of_a_year_are_its_own(before, after):
    """A cohort that a county tells of belongs to the autumn after its last summer."""
    assert before.inputs.rules == after.inputs.rules
    changed = changed_years(before.inputs, after.inputs)
    assert set(REDRAWN) <= set(changed) <= {y + by for y in REDRAWN for by in (-1, 0, 1)}
    assert before.inputs.years.keys() >= set(SPAN)


def test_no_model_depends_on_a_year_that_it_does_not_declare(project, before, after):
    """What a table says of a year moves only where one of the years it looks back at did."""
    changed = changed_years(before.inputs, after.inputs)
    declared = {
        (node["schema"], node["alias"]): node["config"]["meta"][LOOKS_BACK]
        for node in project["nodes"].values()
        if node["resource_type"] == "model" and is_kept(node)
        if LOOKS_BACK in node["config"]["meta"] and node["config"]["materialized"] == "table"
    }
    old, new = before.said(), after.said()
    moved: dict[tuple[str, str], set[int]] = {}
    for key in old.keys() | new.keys():
        if key[:2] in declared and old.get(key) != new.get(key):
            moved.setdefault(key[:2], set()).add(key[2])
    allowed = {
        table: {year + later for year in changed for later in range(years + 1)}
        for table, years in declared.items()
    }
    assert {table: sorted(years - allowed[table]) for table, years in moved.items()} == {
        table: [] for table in declared
    }  # and every one of them did move


def test_years_computed_one_by_one_are_what_they_are_as_a_whole(tmp_path, project, before, after):
    built = _build(tmp_path, {**dict.fromkeys(SPAN, 0), **REDRAWN}, before, project)
    assert built.said() == after.said()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_changes_ends_in_what_its_last_state_is(tmp_path, project, whole, seed):
    """Years come, go and are drawn anew, several at once; some builds go back to an earlier one."""
    draw = random.Random(seed)
    years = dict.fromkeys(range(2018, 2024), 0)
    kept = [_build(tmp_path / "0", years)]
    for step in range(1, 9):
        for _ in range(draw.randint(1, 2)):
            year = draw.randrange(2016, 2026)
            if year in years and len(years) > 2 and draw.random() < 0.3:
                del years[year]
            else:
                years[year] = draw.randrange(5)
        base = draw.choice(kept) if draw.random() < 0.3 else kept[-1]
        kept.append(_build(tmp_path / str(step), years, base, project))
    assert kept[-1].said() == whole(years).said()
