"""The tables that rules are written against, built in DuckDB; their SQL stands beside."""
