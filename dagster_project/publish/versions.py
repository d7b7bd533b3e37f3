"""Published versions: one folder each, and one link that says which is in force.

``versions/<id>/`` holds the database, the Parquet files and the manifest of one version. Readers
come through ``junheng.duckdb`` and ``published/``, which lead through the link ``current``; setting
that link is a single rename, so database, Parquet and manifest change together or not at all. A
reader that has the old database open keeps it: its folder stays until it is pruned, and an open
file outlives even that.
"""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from dagster_project.settings import Settings


def in_force(settings: Settings) -> Path | None:
    """Folder of the version in force; ``None`` before the first load."""
    return settings.current.resolve() if settings.current.exists() else None


def publish(settings: Settings, built: Path, publish_id: str) -> Path:
    """Make the folder ``built`` the version in force, in one step, and prune old versions.

    ``built`` must be on the same file system. Whatever happens before the final rename, readers
    keep the version they had.
    """
    settings.versions.mkdir(parents=True, exist_ok=True)
    target = settings.versions / publish_id
    os.replace(built, target)
    _fsync_tree(target)
    _link(settings.database, "current/junheng.duckdb")
    _link(settings.published, "current/published")
    _link(settings.current, f"versions/{publish_id}")
    _prune(settings, keep=target)
    return target


def _link(link: Path, target: str) -> None:
    """Point ``link`` at ``target`` (relative to its folder) by an atomic rename."""
    if link.is_symlink() and os.readlink(link) == target:
        return
    aside = link.with_name(f".{link.name}.{uuid.uuid4().hex}")
    aside.symlink_to(target)
    os.replace(aside, link)


def _prune(settings: Settings, keep: Path) -> None:
    versions = sorted(
        (folder for folder in settings.versions.iterdir() if folder.is_dir()),
        key=lambda folder: folder.name,
    )
    for folder in versions[: -settings.keep_versions]:
        if folder != keep:
            shutil.rmtree(folder, ignore_errors=True)


def _fsync_tree(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder, folder.parent]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
