"""Digests of the published tables: one number per table, year and county, in one scan of each.

They serve twice: their sum is the content hash in the manifest, and comparing them with those that
the version before keeps (``facts.digest``) tells which counties have to be compared row by row.
Digests are sums of hashes, so the order of rows does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from dagster_project.publish.content import FACTS, content_of, stored_in
from dagster_project.transform.plan import Years

DIGEST = "digest"
DIGESTED_BY = ("school_year", "county_code", "region_code")


@dataclass
class Digests:
    """The digests of an open build, written to ``facts.digest`` as they are asked for.

    ``computed`` are, by table, the years that the build computed anew of the version it began with:
    of the others the digests stand there already. ``None`` is a build that began with none.
    """

    connection: duckdb.DuckDBPyConnection
    computed: Mapping[str, Years] | None = None
    _signatures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.computed is None:
            self.connection.execute(f"delete from {FACTS}.{DIGEST}")  # of an attempt that failed

    def stored(self, schema: str, table: str) -> str:
        """The schema that holds the rows of a table: ``facts`` if its mart is a view of that."""
        return stored_in(self.connection, schema, table)

    def signature(self, schema: str, table: str) -> str:
        """Columns and types of a table, its rows being digested on the first question."""
        name = f"{schema}.{table}"
        if name not in self._signatures:
            self._signatures[name] = self._write(schema, table)
        return self._signatures[name]

    def content(self, schema: str, table: str) -> tuple[int, str]:
        """How many rows a table has, and the hash of them all."""
        self.signature(schema, table)
        rows, content = self.connection.execute(
            f"select coalesce(sum(row_count), 0)::bigint, coalesce(sum(digest), 0)::varchar"
            f" from {FACTS}.{DIGEST} where table_name = ?",
            [f"{schema}.{table}"],
        ).fetchall()[0]
        return rows, content

    def years(self, schema: str, table: str) -> list[int | None]:
        """The school years that a table has rows of, in their order."""
        self.signature(schema, table)
        found = self.connection.execute(
            f"select distinct school_year from {FACTS}.{DIGEST} where table_name = ? order by 1",
            [f"{schema}.{table}"],
        ).fetchall()
        return [year for (year,) in found]

    def is_kept(self, name: str, year: int | None) -> bool:
        """Whether a year of a table is as the version has it that the build began with."""
        years = (self.computed or {}).get(name)
        return years is not None and year not in years

    def _write(self, schema: str, table: str) -> str:
        place = self.stored(schema, table)
        columns = self.connection.execute(
            "select column_name, data_type from duckdb_columns()"
            " where database_name = current_database() and schema_name = ? and table_name = ?"
            " order by column_index",
            [place, table],
        ).fetchall()
        # Hashes are a matter of the library's version, too.
        hashed = ", ".join(f"{name} {type_}" for name, type_ in columns)
        signature = f"duckdb {duckdb.__version__}: {hashed}"
        names = {name for name, _ in columns}
        by = [name for name in DIGESTED_BY if name in names]
        shown = "".join(f", {name}" for name in by)
        anew = self._anew(f"{schema}.{table}", signature) if "school_year" in by else "true"
        self.connection.execute(
            f"delete from {FACTS}.{DIGEST} where table_name = ? and {anew}", [f"{schema}.{table}"]
        )
        self.connection.execute(
            f"insert into {FACTS}.{DIGEST} by name"
            f" select ? as table_name, ? as signature{shown},"
            " count(*) as row_count, sum(hash(t)::hugeint) as digest"
            f" from {content_of(self.connection, schema, table)} as t where {anew}"
            + (f" group by {', '.join(by)}" if by else " having count(*) > 0"),
            [f"{schema}.{table}", signature],
        )
        return signature

    def _anew(self, name: str, signature: str) -> str:
        """A condition that holds for the years of a table that have to be digested."""
        years = (self.computed or {}).get(name)
        if years is None:
            return "true"
        before = self.connection.execute(
            f"select distinct signature from {FACTS}.{DIGEST} where table_name = ?", [name]
        ).fetchall()
        if before not in ([], [(signature,)]):
            return "true"
        return f"school_year in ({', '.join(map(str, years))})" if years else "false"
