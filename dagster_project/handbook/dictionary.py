"""The bilingual data dictionary: every published table and column, in Chinese and English.

It is read from what was published (names, types, comments, rows) and from the parsed dbt project
(keys, what a table is computed from), so that it says what dbt has tested and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BETWEEN = " | "
"""Stands in a comment between its Chinese and its English half."""


@dataclass(frozen=True)
class Bilingual:
    """A comment by its halves; ``en`` is the whole of a comment that has no Chinese half."""

    zh: str
    en: str


@dataclass(frozen=True)
class ColumnEntry:
    name: str
    type: str
    meaning: Bilingual
    is_key: bool


@dataclass(frozen=True)
class TableEntry:
    """One table of the dictionary; ``built_from`` names published tables and seeds only."""

    schema: str
    name: str
    meaning: Bilingual
    rows: int | None
    columns: tuple[ColumnEntry, ...]
    built_from: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


def bilingual(comment: str | None) -> Bilingual:
    """The halves of ``comment``."""
    zh, bar, en = (comment or "").partition(BETWEEN)
    return Bilingual(zh.strip(), en.strip()) if bar else Bilingual("", zh.strip())


def entries(published: Mapping[str, Any], project: Mapping[str, Any]) -> list[TableEntry]:
    """The dictionary of the version whose ``manifest.json`` is ``published``.

    ``project`` is dbt's manifest. Tables stand in the order of the manifest: by schema and name.
    """
    nodes = {
        (node["schema"], node["alias"]): node
        for node in project["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    names = {(table["schema"], table["name"]) for table in published["tables"]}
    keys = _keys(project)
    return [_entry(table, nodes, names, keys, project) for table in published["tables"]]


def _entry(table, nodes, names, keys, project) -> TableEntry:
    node = nodes.get((table["schema"], table["name"]))
    key = keys.get(node["unique_id"], ()) if node else ()
    return TableEntry(
        schema=table["schema"],
        name=table["name"],
        meaning=bilingual(table["comment"]),
        rows=None if table["file"] is None else table["rows"],
        columns=tuple(
            ColumnEntry(
                column["name"], column["type"], bilingual(column["comment"]), column["name"] in key
            )
            for column in table["columns"]
        ),
        built_from=tuple(sorted(_published_sources(node, names, project))) if node else (),
    )


def _keys(project: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Key columns by node, as its primary_key test names them, in an expression or bare.

    A view of tested tables says its key itself (``meta``).
    """
    found = {}
    for unique_id, node in project["nodes"].items():
        if key := node["config"].get("meta", {}).get("key"):
            found[unique_id] = tuple(key)
        test = node.get("test_metadata") or {}
        if test.get("name") == "primary_key":
            words = re.findall(r"\w+", " ".join(test["kwargs"]["columns"]))
            found[node["attached_node"]] = tuple(words)
    return found


def _published_sources(node, names, project) -> set[str]:
    """Published tables that ``node`` is computed from, through whatever stands between."""
    found, seen = set(), set()
    open_ids = list(node.get("depends_on", {}).get("nodes", ()))
    while open_ids:
        unique_id = open_ids.pop()
        parent = project["nodes"].get(unique_id)
        if parent is None or unique_id in seen:
            continue
        seen.add(unique_id)
        if (parent["schema"], parent["alias"]) in names:
            found.add(f"{parent['schema']}.{parent['alias']}")
        else:
            open_ids += parent.get("depends_on", {}).get("nodes", ())
    return found
