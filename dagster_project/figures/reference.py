"""The tables of ``ref``: names, units, rules and settings, the same for every place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster_project.figures.published import Published
from dagster_project.figures.rows import Row, by


class Reference:
    """The reference tables of one version; each is read when it is first asked for."""

    def __init__(self, published: Published) -> None:
        self._published = published

    def rows(self, table: str) -> list[Row]:
        """The rows of ``ref.<table>`` as its seed lists them, by position where they have one."""
        return self._published.kept(("ref", table), lambda: self._read(table))

    def _read(self, table: str) -> list[Row]:
        rows = self._published.rows(f"select * from ref.{table}")
        return sorted(rows, key=lambda row: row.get("position") or 0)

    def by(self, table: str, *columns: str) -> Mapping[Any, Row]:
        """The rows of a table by one of its columns, or by a tuple of several."""
        return self._published.kept(("ref", table, columns), lambda: by(self.rows(table), *columns))

    @property
    def items(self) -> Mapping[str, Row]:
        """The 31 items, satisfaction and vetoes by id, in their order."""
        return self.by("item", "item_id")

    def indicators(self, standard_id: str) -> list[Row]:
        """The indicators of a standard in its order."""
        return [row for row in self.rows("indicator") if row["standard_id"] == standard_id]

    def rule(self, standard_id: str, stage: str) -> Row | None:
        """How a standard decides on a stage."""
        return self.by("standard_rule", "standard_id", "stage").get((standard_id, stage))

    def setting(self, name: str) -> str:
        """A value of ``ref.setting``; ``KeyError`` if there is none of that name."""
        return self.by("setting", "setting_id")[name]["value"]

    @property
    def term_of_census(self) -> str:
        """The term whose census the indicators are computed from."""
        return self.setting("census_term")

    def terms(self, standard_id: str) -> list[Row]:
        """Fields and signs that the numerators of a standard's indicators are made of."""
        wanted = {row["indicator_id"] for row in self.indicators(standard_id)}
        return [row for row in self.rows("indicator_term") if row["indicator_id"] in wanted]

    def comparator(self, item_id: str) -> str:
        """How an item's value compares with its standard: a coefficient has an upper limit."""
        if self.items[item_id]["kind"] == "coefficient":
            return "<="
        compared = self._published.kept(("ref", "comparators"), self._comparators)
        return compared.get(item_id, ">=")

    def _comparators(self) -> dict[str, str]:
        """The comparator of each item's first part."""
        by_part = {row["part_id"]: row["comparator"] for row in self.rows("item_standard")}
        found: dict[str, str] = {}
        for part in self.rows("item_part"):
            if part["part_id"] in by_part:
                found.setdefault(part["item_id"], by_part[part["part_id"]])
        return found
