"""Judging census figures: the rule catalogue of ``expectations/`` and its evaluation in DuckDB.

A rule is data. This package turns the catalogue into predicates (:mod:`.catalogue`), builds the
tables they are written against (:mod:`.frames`), finds the rows that break them (:mod:`.evaluate`)
and says so in Chinese (:mod:`.message`).
"""
