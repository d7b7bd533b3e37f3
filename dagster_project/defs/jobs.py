"""The jobs: the yearly load, the semester load, and a rebuild from the lake alone."""

from __future__ import annotations

from functools import cache

import dagster as dg

from dagster_project.defs.ingest import census_files, semester_files
from dagster_project.defs.reported import CHECK
from dagster_project.defs.tags import KIND, WHOLE

# dbt builds all of its models in every run, of each the years that are stale.
_FROM_THE_LAKE = dg.AssetSelection.all() - dg.AssetSelection.assets(census_files, semester_files)


@cache
def jobs() -> list:
    """The project's jobs. Partition keys: ``2023`` for a year, ``2023-autumn`` for a semester."""
    return [
        dg.define_asset_job(
            "yearly_load",
            dg.AssetSelection.assets(census_files) | _FROM_THE_LAKE,
            description="Census exports of a school year: read, compute, publish.",
            tags={KIND: "yearly", **WHOLE},
        ),
        dg.define_asset_job(
            "semester_load",
            dg.AssetSelection.assets(semester_files) | _FROM_THE_LAKE,
            description="One semester's files: read, compute, publish.",
            tags={KIND: "semester", **WHOLE},
        ),
        dg.define_asset_job(
            "rebuild",
            _FROM_THE_LAKE,
            description="Compute and publish from the lake; raw/ is not looked at.",
            tags={KIND: "rebuild", **WHOLE},
        ),
        dg.define_asset_job(
            CHECK,
            dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("published_warehouse"), CHECK)),
            description="Looks at what is published for counties that are late.",
            tags={KIND: "check"},
        ),
    ]
