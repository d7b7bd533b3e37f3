"""The version that a build begins with: the one in force, where it was made by the same rules.

What the build was made from and what of it was computed is noted in the build folder, for the
publication that follows. A version whose bytes are not those that were published is no beginning:
its damage would live on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagster_project.publish.checksums import is_as_published
from dagster_project.publish.versions import in_force, manifest_of
from dagster_project.settings import DATABASE, Settings
from dagster_project.transform.inputs import Inputs
from dagster_project.transform.plan import Plan, Years, changed_years, plan

_NOTE = "made_from.json"


@dataclass(frozen=True)
class Base:
    """A version to begin with, its folder, and what of it is computed anew."""

    folder: Path
    plan: Plan

    @property
    def database(self) -> Path:
        return self.folder / DATABASE


@dataclass(frozen=True)
class Made:
    """How the build in a folder was made.

    ``base`` is the folder of the version it began with, or with which it is to be compared where
    all of it was computed (``is_full``); ``tables`` are the years of each that were computed,
    ``None`` for all.
    """

    inputs: Mapping[str, Any] | None = None
    base: Path | None = None
    is_full: bool = True
    tables: Mapping[str, Years] = field(default_factory=dict)


def base_for(settings: Settings, inputs: Inputs, manifest: Mapping[str, Any]) -> Base | None:
    """The version in force as a beginning for ``inputs``; ``None`` where all is to be computed.

    ``manifest`` is dbt's.
    """
    folder = in_force(settings)
    before = Inputs.of_version(manifest_of(folder)) if folder is not None else None
    if folder is None or before is None:
        return None
    changed = changed_years(before, inputs)
    if changed is None or not inputs.years.keys() - set(changed):
        return None
    if not is_as_published(folder, DATABASE):
        return None
    return Base(folder, plan(manifest, changed))


def note_made(build: Path, inputs: Inputs, base: Base | None, *, is_full: bool) -> None:
    """Note in the folder ``build`` how it is made."""
    noted = {
        "inputs": inputs.facts,
        "base": str(base.folder) if base else None,
        "is_full": is_full or base is None,
        "tables": dict(base.plan.tables) if base else {},
    }
    (build / _NOTE).write_text(json.dumps(noted), "utf-8")


def made_of(build: Path) -> Made:
    """What was noted of a build; of one that nobody noted anything of, that all was computed."""
    try:
        noted = json.loads((build / _NOTE).read_text("utf-8"))
    except FileNotFoundError:
        return Made()
    base = Path(noted["base"]) if noted["base"] else None
    return Made(noted["inputs"], base, noted["is_full"], noted["tables"])
