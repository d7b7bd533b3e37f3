"""The SQLAlchemy dialect ``duckdb+junheng`` with which Great Expectations reads DuckDB.

The package's entry point makes it known to SQLAlchemy, so that the project below
``warehouse/quality/`` opens in any Python that has Junheng installed.
"""

from __future__ import annotations

import duckdb_engine


class ReadingDialect(duckdb_engine.Dialect):
    """DuckDB without transactions, for connections that only read.

    Great Expectations gives a connection back before it fetches the rows, and the rollback that
    comes with it would throw them away. And within a transaction, one rule whose SQL raises would
    take all others with it.
    """

    supports_statement_cache = False

    def do_begin(self, connection) -> None:
        """Nothing is written, so nothing is begun."""

    def do_commit(self, connection) -> None:
        """Nothing is written."""

    def do_rollback(self, connection) -> None:
        """Nothing is written."""
