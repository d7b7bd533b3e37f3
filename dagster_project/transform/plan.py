"""What a build computes: of every model the school years whose inputs changed, or all of it.

A model that declares how many years it looks back at (``looks_back`` in its YAML) has in a year
what the lake says of that year and of so many before it; where one of them changed the year is
stale. A model without that word is computed whole. Tables of the published file are kept, so of
those the stale years are computed; what lies in the scratch file is made for the years that
somebody reads it for.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from dagster_project.transform.inputs import Inputs

LOOKS_BACK = "looks_back"
_DIGESTED = ("marts", "quality")  # schemas whose tables are made by builds
BOOK = "book"  # tag of the models that come with the seeds
_FACTS = "facts"  # where the rows of some views are stored

Years = list[int] | None
"""School years to compute, in their order; ``None`` for a model that is computed whole."""


@dataclass(frozen=True)
class Plan:
    """What a build from a copy of a version computes: ``models`` by name, ``tables`` by schema too.

    ``reads`` are the years of others that a model reads for its own. ``changed`` are the years
    whose inputs are others than those of the version, ``whole`` the tables of the file of which
    nothing is taken over, as SQL names them.
    """

    changed: tuple[int, ...]
    models: Mapping[str, Years]
    reads: Mapping[str, Collection[int]]
    tables: Mapping[str, Years]
    whole: tuple[str, ...]

    def to_json(self) -> str:
        """The models that are computed by years, as the macros of dbt read them."""
        planned = {
            name: {"years": years, "reads": sorted(self.reads[name])}
            for name, years in self.models.items()
            if years is not None
        }
        return json.dumps(planned)


def changed_years(before: Inputs, now: Inputs) -> tuple[int, ...] | None:
    """Years whose inputs are other ones, are new or are gone; ``None`` where the rules changed."""
    if before.rules != now.rules:
        return None
    years = before.years.keys() | now.years.keys()
    return tuple(sorted(y for y in years if before.years.get(y) != now.years.get(y)))


def plan(manifest: Mapping[str, Any], changed: Collection[int]) -> Plan:
    """The plan for the parsed project ``manifest``.

    A year may be stale that nothing was reported of: a cohort is told of before it graduates.
    """
    models = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    demand = _Demand(models, changed)
    found = {unique_id: demand.of(unique_id) for unique_id in models}
    relations = {(node["schema"], node["alias"]) for node in models.values()}
    names = {unique_id: node["name"] for unique_id, node in models.items()}
    whole = (
        f'"{node["schema"]}"."{node["alias"]}"'
        for unique_id, node in models.items()
        if found[unique_id] is None and is_kept(node) and not _is_view(node)
        if BOOK not in node["config"]["tags"]
    )
    return Plan(
        tuple(sorted(changed)),
        {
            names[unique_id]: None if _is_view(models[unique_id]) else asked
            for unique_id, asked in found.items()
        },
        {
            names[unique_id]: _widened(years or (), _reads_back(unique_id, models))
            for unique_id, years in found.items()
        },
        {
            f"{node['schema']}.{node['alias']}": _shown(unique_id, models, found)
            for unique_id, node in models.items()
            if node["schema"] in _DIGESTED
            and (not _is_view(node) or (_FACTS, node["alias"]) in relations)
        },
        tuple(sorted(whole)),
    )


class _Demand:
    """Which years are asked of a model: by itself where it is kept, else by those that read it."""

    def __init__(self, models: Mapping[str, Any], changed: Collection[int]) -> None:
        self._models, self._changed = models, changed
        self._known: dict[str, Years] = {}
        self._readers: dict[str, list[str]] = defaultdict(list)
        for unique_id, node in models.items():
            for parent in set(node["depends_on"]["nodes"]) & models.keys():
                self._readers[parent].append(unique_id)

    def of(self, unique_id: str) -> Years:
        if unique_id not in self._known:
            self._known[unique_id] = self._find(unique_id)
        return self._known[unique_id]

    def _find(self, unique_id: str) -> Years:
        node = self._models[unique_id]
        looks_back = node["config"]["meta"].get(LOOKS_BACK)
        if _is_view(node):  # it hands on what its readers ask
            return self._asked(unique_id)
        if looks_back is None:
            return None
        if not is_kept(node):
            return self._asked(unique_id)
        return sorted(_widened(self._changed, looks_back, later=True))

    def _asked(self, unique_id: str) -> Years:
        asked: set[int] = set()
        for reader in self._readers[unique_id]:
            years = self.of(reader)
            if years is None:
                return None
            asked.update(years)
        return sorted(asked)


def _widened(years: Collection[int], by: int, *, later: bool = False) -> set[int]:
    """These years and so many before (or after) each of them."""
    return {year + (place if later else -place) for year in years for place in range(by + 1)}


def _reads_back(unique_id: str, models: Mapping[str, Any]) -> int:
    """How many years a model reads back in others itself: what those look back at is theirs."""
    node = models[unique_id]
    parents = [models[name] for name in node["depends_on"]["nodes"] if name in models]
    theirs = (parent["config"]["meta"].get(LOOKS_BACK, 0) for parent in parents)
    return max(node["config"]["meta"].get(LOOKS_BACK, 0) - max(theirs, default=0), 0)


def is_kept(node: Mapping[str, Any]) -> bool:
    """Whether a model lies in the published file, and not in what goes with the build."""
    return node["database"] != "scratch"


def _is_view(node: Mapping[str, Any]) -> bool:
    return node["config"]["materialized"] == "view"


def _shown(unique_id: str, models: Mapping[str, Any], found: Mapping[str, Years]) -> Years:
    """The years of a table that are computed; of a view those of the tables that it reads."""
    if not _is_view(models[unique_id]):
        return found[unique_id]
    shown: set[int] = set()
    for parent in models[unique_id]["depends_on"]["nodes"]:
        years = _shown(parent, models, found) if parent in models else None
        if years is None:
            return None
        shown.update(years)
    return sorted(shown)
