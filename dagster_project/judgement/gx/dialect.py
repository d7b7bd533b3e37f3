"""The SQLAlchemy dialect that GX reads DuckDB with: every statement stands for itself."""

from __future__ import annotations

import duckdb_engine


class JudgingDialect(duckdb_engine.Dialect):
    """DuckDB without transactions: a statement that fails must not take the others with it."""

    supports_statement_cache = False

    def do_begin(self, connection) -> None:
        """Nothing is written, so nothing is begun."""

    def do_commit(self, connection) -> None:
        """Nothing is written."""

    def do_rollback(self, connection) -> None:
        """Nothing is written."""
