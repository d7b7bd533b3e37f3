"""The example queries: plain SQL files; the first line says which question they answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dagster_project.handbook.dictionary import Bilingual, bilingual

FOLDER = Path(__file__).parent / "queries"


@dataclass(frozen=True)
class Query:
    """``sql`` is the whole file, ready to paste."""

    name: str
    question: Bilingual
    sql: str


def queries() -> list[Query]:
    """All example queries by name."""
    return [_query(path) for path in sorted(FOLDER.glob("*.sql"))]


def _query(path: Path) -> Query:
    sql = path.read_text("utf-8")
    return Query(path.stem, bilingual(sql.partition("\n")[0].removeprefix("-- ")), sql)
