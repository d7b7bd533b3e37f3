"""The words for codes, Chinese and English, as ``dbt/seeds/word.csv`` has them.

A code (a stage, a verdict, the state of a flag …) has one word in each language. Models, documents,
correction lists and the command line take it from here and write it nowhere themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from dagster_project.seeds import seed_rows


@cache
def words(kind: str, language: str = "zh") -> Mapping[str, str]:
    """The words of ``kind`` by their codes, in the order in which they are listed.

    ``KeyError`` where there is no such kind.
    """
    rows = [row for row in seed_rows("word") if row["kind"] == kind]
    if not rows:
        raise KeyError(f"dbt/seeds/word.csv has no words of the kind {kind!r}")
    rows.sort(key=lambda row: int(row["position"]))
    return MappingProxyType({row["code"]: row[language] for row in rows})


def word(kind: str, code: object, language: str = "zh") -> str:
    """The word for ``code``; a code without one stands for itself, ``None`` is empty."""
    return words(kind, language).get(str(code), "" if code is None else str(code))
