"""The jobs: the yearly load, the semester load, and a rebuild from the lake alone."""

from __future__ import annotations

import dagster as dg

from dagster_project.defs.ingest import census_files, semester_files

# dbt builds all of its models in every run: the warehouse is made whole or not at all.
_FROM_THE_LAKE = dg.AssetSelection.all() - dg.AssetSelection.assets(census_files, semester_files)


def jobs() -> list:
    """The project's jobs. Partition keys: ``2023`` for a year, ``2023-autumn`` for a semester."""
    return [
        dg.define_asset_job(
            "yearly_load",
            dg.AssetSelection.assets(census_files) | _FROM_THE_LAKE,
            description="Census exports of a school year: read, compute, publish.",
        ),
        dg.define_asset_job(
            "semester_load",
            dg.AssetSelection.assets(semester_files) | _FROM_THE_LAKE,
            description="One semester's files: read, compute, publish.",
        ),
        dg.define_asset_job(
            "rebuild",
            _FROM_THE_LAKE,
            description="Compute and publish from the lake; raw/ is not looked at.",
        ),
    ]
