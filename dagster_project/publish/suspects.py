"""Which years and counties of a table may have moved since the version before: by their digests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from dagster_project.publish.digest import DIGEST, DIGESTED_BY, FACTS, Digests
from dagster_project.sql import literal

MOST_NAMED = 200  # values in a condition; beyond that a join is as good


def find_suspects(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    key: Sequence[str],
    shared: Mapping[str, str],
    figures: Sequence[str],
    digests: Digests,
) -> None:
    """Create ``suspect``: the years and counties of ``table`` whose rows are not all the same."""
    groups = [name for name in DIGESTED_BY if name in shared] or [key[0]]
    if _is_digested_alike(connection, table, digests):
        of = f"(from {{}}{FACTS}.{DIGEST} where table_name = 'marts.{table}')"
        old, new = of.format("before."), of.format("")
        groups = [name for name in groups if name in DIGESTED_BY]
    else:  # other columns or types than before: both are digested by what they share
        figured = ", ".join([*key, *figures])
        of = f"(select {', '.join(groups)}, sum(hash({figured})::hugeint) as digest"
        old, new = (f"{of} from {side}marts.{table} group by all)" for side in ("before.", ""))
    named = ", ".join(f"coalesce(o.{name}, n.{name}) as {name}" for name in groups)
    connection.execute(
        f"""
        create or replace temp table suspect as
        select {named or "true as anything"} from {old} as o full join {new} as n
            on {same(groups, "o", "n")}
        where o.digest is distinct from n.digest
        """
    )


def named_suspects(connection: duckdb.DuckDBPyConnection, groups: Sequence[str]) -> str:
    """A condition on ``t`` that names the suspect years and counties, where they are few.

    A join with ``suspect`` says it, too, but only what is named is not even read.
    """
    conditions = []
    for name in groups:
        values = connection.execute(f"select distinct {name} from suspect").fetchall()
        if len(values) <= MOST_NAMED:
            known = [literal(value) for (value,) in values if value is not None]
            tests = [f"t.{name} in ({', '.join(known)})"] if known else []
            tests += [f"t.{name} is null"] if len(known) < len(values) else []
            conditions.append("(" + " or ".join(tests) + ")")
    return " and ".join(conditions) or "true"


def _is_digested_alike(connection: duckdb.DuckDBPyConnection, table: str, digests: Digests) -> bool:
    """Whether the version before digested the same columns of the same types."""
    known = connection.execute(
        "select count(*) from duckdb_tables()"
        " where database_name = 'before' and schema_name = ? and table_name = ?",
        [FACTS, DIGEST],
    ).fetchall()
    if known == [(0,)]:
        return False
    before = connection.execute(
        f"select distinct signature from before.{FACTS}.{DIGEST} where table_name = ?",
        [f"marts.{table}"],
    ).fetchall()
    return before == [(digests.signature("marts", table),)]


def same(names: Sequence[str], left: str, right: str) -> str:
    """The SQL condition that two rows agree in ``names``, nulls included."""
    return " and ".join(f"{left}.{n} is not distinct from {right}.{n}" for n in names) or "true"
