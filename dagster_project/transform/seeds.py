"""The seeds (standards, indicators, code lists) and the book of tables, made once for all builds.

They belong to the project, not to what is loaded: as long as no file of the project changes, every
build starts from a copy of the same small database instead of loading and testing them again.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import duckdb

from dagster_project.settings import DATABASE
from dagster_project.transform.dbt_run import run
from dagster_project.transform.manifest import kept_folder
from dagster_project.transform.node import NodeResult

SELECTED = ("--select", "resource_type:seed tag:book")
LEFT_OUT = ("--exclude", "resource_type:seed tag:book")


class SeedsFaulty(Exception):
    """A seed cannot be loaded or fails a test; ``nodes`` and ``error`` say which and why."""

    def __init__(self, nodes: Sequence[NodeResult], error: str) -> None:
        super().__init__(error)
        self.nodes, self.error = tuple(nodes), error


def kept_seeds(project: Path) -> Path:
    """A database of the project's seeds as they stand now; loads and tests them if need be.

    Raises :class:`SeedsFaulty`.
    """
    kept = kept_folder(project) / f"seeds-{duckdb.__version__}"
    if not (kept / "nodes.json").exists():
        _load(project, kept)
    return kept / DATABASE


def copy_seeds(seeds: Path, build_dir: Path) -> list[NodeResult]:
    """Start the database of ``build_dir`` from ``seeds``; returns the nodes that it holds."""
    shutil.copyfile(seeds, build_dir / DATABASE)
    return seed_nodes(seeds)


def seed_nodes(seeds: Path) -> list[NodeResult]:
    """The nodes that the database ``seeds`` holds."""
    nodes = json.loads((seeds.parent / "nodes.json").read_text("utf-8"))
    return [NodeResult(**node) for node in nodes]


def _load(project: Path, kept: Path) -> None:
    work = kept.with_name(f".{kept.name}.{uuid.uuid4().hex}")
    work.mkdir()
    try:
        success, nodes, error = run(project, work, SELECTED, {})
        if not success:
            raise SeedsFaulty(nodes, error)
        shutil.rmtree(work / "dbt", ignore_errors=True)  # what dbt compiled
        (work / "nodes.json").write_text(json.dumps([asdict(node) for node in nodes]), "utf-8")
        try:
            os.rename(work, kept)
        except OSError:
            # Another process loaded the same files at the same time; its result is as good.
            if not (kept / "nodes.json").exists():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
