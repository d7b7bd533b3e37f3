"""The same lake gives the same warehouse, to the last bit, however many threads add it up."""

from __future__ import annotations

import math
import random
from pathlib import Path

import duckdb
import jinja2
import pytest

from dagster_project import sample
from dagster_project.judgement.judge import Limits, judge
from dagster_project.lake.ingest import ingest
from dagster_project.lake.reference import write_reference
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake
from dagster_project.project import DBT
from dagster_project.publish.content import table_content
from dagster_project.publish.export import SCHEMAS
from dagster_project.transform.dbt_project import build

_ROWS = 300_000  # several row groups, so that threads share a sum


def exact_sum(expression: str, macro: str = "exact_sum") -> str:
    """The SQL of a macro that adds, as dbt renders it on DuckDB."""
    macros = (DBT / "macros" / "arithmetic.sql").read_text("utf-8")
    call = "{{ duckdb__" + macro + "(expression) }}"
    return jinja2.Template(macros + call).render(expression=expression).strip()


def sums(values: list[float], sql: str, threads: int, order: str) -> list[tuple]:
    with duckdb.connect(
        config={"threads": threads, "preserve_insertion_order": "false"}
    ) as connection:
        connection.execute(
            "create table term as select unnest(?::double[]) as x, unnest(range(?)) as i",
            [values, len(values)],
        )
        connection.execute(f"create table shuffled as select * from term order by {order}")
        return connection.execute(
            f"select i % 3, {sql} from shuffled group by i % 3 order by 1"
        ).fetchall()


@pytest.mark.parametrize(
    ("magnitude", "macro"),
    [
        (1.0, "exact_sum"),
        (5e6, "exact_sum"),
        (1e11, "exact_sum"),
        (1e-3, "exact_sum_of_squares"),
        (1e15, "exact_sum_of_squares"),
    ],
)
def test_a_sum_does_not_depend_on_order_or_threads(magnitude, macro):
    draw = random.Random(11)
    values = [draw.uniform(-0.3, 1.0) * magnitude for _ in range(_ROWS)]
    assert sum(values[::3]) != sum(reversed(values[::3]))  # plain sums of these do depend on it
    sql = exact_sum("x", macro)
    found = {
        tuple(sums(values, sql, threads, order))
        for threads, order in ((1, "i"), (1, "i desc"), (4, "hash(i)"), (2, "x"))
    }
    assert len(found) == 1
    for group, total in found.pop():
        assert total == pytest.approx(math.fsum(values[group::3]), rel=1e-14)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.4, 0.6], 1.0),
        ([0.1] * 10, 1.0),  # 0.9999999999999999 by plain addition
        ([1e12] * 1000, 1e15),  # the largest figure that is read
        ([3.5], 3.5),
        ([-0.25, 0.25], 0.0),
    ],
)
@pytest.mark.parametrize("macro", ["exact_sum", "exact_sum_of_squares"])
def test_a_sum_of_few(values, expected, macro):
    assert total(values, macro) == expected


def test_squares_beyond_all_measure_are_added_plainly_and_stop_no_load():
    assert total([1e300, 1e300], "exact_sum_of_squares") == 2e300


def total(values: list[float], macro: str) -> float:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("create table term as select unnest(?::double[]) as x", [values])
        return connection.execute(f"select {exact_sum('x', macro)} from term").fetchall()[0][0]


def test_a_sum_of_nothing_is_missing():
    sql = f"select {exact_sum('x')} from (select null::double as x)"
    assert duckdb.sql(sql).fetchall() == [(None,)]


@pytest.mark.long
def test_a_warehouse_does_not_depend_on_threads_or_memory(tmp_path):
    """20 counties over seven years, so that cohorts and merged schools are among the figures."""
    sample.write_nation(tmp_path / "raw", counties=20, schools=40, years=7, seed=3)
    lake = Lake(tmp_path / "lake")
    ingest(tmp_path / "raw", lake, workers=2)
    write_reference(lake, tmp_path / "raw")
    select(lake, tmp_path / "selection")
    judge(lake, tmp_path / "selection", tmp_path / "judgement", limits=Limits(tmp_path / "judging"))
    contents = [
        _contents(tmp_path, threads, memory)
        for threads, memory in ((2, "2GB"), (1, "2GB"), (4, "400MB"))
    ]
    assert contents[0] == contents[1] == contents[2]
    assert contents[0]["marts.retention"][0] > 0


def _contents(root: Path, threads: int, memory: str) -> dict[str, tuple[int, str]]:
    result = build(
        root / "lake",
        root / f"build-{threads}",
        threads=threads,
        memory_limit=memory,
        selection=root / "selection",
        judgement=root / "judgement",
    )
    assert result.success, result.failures
    with duckdb.connect(str(result.database), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            f" where table_schema in {SCHEMAS} order by all"
        ).fetchall()
        return {f"{s}.{name}": table_content(connection, s, name) for s, name in names}
