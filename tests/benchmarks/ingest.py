"""Fills a lake and publishes nothing: what comes before a measured rebuild."""

from __future__ import annotations

import sys

from dagster_project.lake.ingest import ingest
from dagster_project.lake.store import Lake
from dagster_project.settings import Settings

if __name__ == "__main__":
    settings = Settings.from_environment(*sys.argv[1:3])
    done = ingest(settings.raw, Lake(settings.lake), workers=settings.workers)
    if refused := [f"{entry.path}: {entry.reason}" for entry in done.entries if entry.reason]:
        raise SystemExit("\n".join(refused))
