"""All definitions put together; what ``dagster dev``, ``dg`` and the command line share."""

from __future__ import annotations

import dagster as dg

from dagster_project.defs.arrivals import raw_arrivals
from dagster_project.defs.fan_out import fan_out_job
from dagster_project.defs.handbook import handbook
from dagster_project.defs.ingest import census_files, current_figures, semester_files
from dagster_project.defs.jobs import jobs
from dagster_project.defs.judgement import figures_judged
from dagster_project.defs.models import model_assets
from dagster_project.defs.notices import notices
from dagster_project.defs.reported import who_has_not_reported
from dagster_project.defs.reports import yearly_reports
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.schedules import schedules


def definitions(warehouse: Warehouse | None = None) -> dg.Definitions:
    """The definitions, loading to ``warehouse`` (default: what the environment says)."""
    warehouse = warehouse or Warehouse()
    assets: list[dg.AssetsDefinition | dg.AssetSpec] = [
        census_files,
        semester_files,
        current_figures,
        figures_judged,
    ]
    assets += [*model_assets(), yearly_reports, handbook]
    return dg.Definitions(
        assets=assets,
        asset_checks=[who_has_not_reported(warehouse)],
        jobs=[*jobs(), fan_out_job()],
        schedules=schedules(),
        sensors=[raw_arrivals(warehouse), *notices(warehouse)],
        resources={"warehouse": warehouse},
        # A run is one process: starting one per step would cost more than the steps themselves.
        executor=dg.in_process_executor,
    )
