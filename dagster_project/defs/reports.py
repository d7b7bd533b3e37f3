"""The yearly reports as an asset: written once a version is published, and never a reason against
it."""

from typing import Any

import dagster as dg

from dagster_project.defs.described import KEPT
from dagster_project.defs.ingest import NOTES
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.tags import ANALYSTS, ROOM
from dagster_project.runs.progress import report

ASSET = "yearly_reports"
CHECK = "every_report_written"
FAILURES = "failures"
MOST_NAMED = 20


@dg.asset(
    name=ASSET,
    deps=[dg.AssetKey("published_warehouse")],
    check_specs=[dg.AssetCheckSpec(CHECK, asset=ASSET)],
    group_name="reports",
    kinds={"word", "excel", "html"},
    owners=[ANALYSTS],
    tags={ROOM: "reports"},
    pool="warehouse",
)
def yearly_reports(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """自评报告, 督查通报, 附表 and 网页报告 of every county whose figures changed.

    What fails is named and leaves the published figures, and the report written before, in place;
    so is a document that somebody edited, and the new one is written beside it.
    A look back (``--as-of``) writes none: reports are handed in, the past is only looked at.
    """
    metadata = written_now(warehouse)
    failures = metadata[FAILURES]
    for sentence in failures:
        context.log.error(sentence)
    return dg.MaterializeResult(
        metadata=metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name=CHECK,
                passed=not failures,
                severity=dg.AssetCheckSeverity.WARN,
                description=" ".join(failures[:MOST_NAMED]),
            )
        ],
    )


def written_now(warehouse: Warehouse) -> dict[str, Any]:
    """Write the documents that would come out otherwise; what Dagster is told of it."""
    settings = warehouse.settings
    most = settings.report_counties
    told: dict[str, Any] = {"written": 0, "left": 0, FAILURES: [], KEPT: [], NOTES: []}
    if warehouse.known_at is None and most > 0:
        from dagster_project.reports.write import write_reports

        try:
            reports = write_reports(
                settings,
                most=most,
                progress=lambda done, total, place: report("reports", done, total, place),
            )
        except Exception as error:  # whatever it is, the warehouse is published
            told[FAILURES] = [f"No report could be written: {type(error).__name__}: {error}"]
        else:
            told = {
                "written": len(reports.written),
                "left": len(reports.left),
                FAILURES: [f"{one.document}: {one.reason}" for one in reports.failures],
                KEPT: [one.message.text() for one in reports.kept],
                NOTES: [message.text() for message in reports.notes],
            }
    return {"path": dg.MetadataValue.path(str(settings.reports)), **told}


def write_for_offices(context: dg.AssetExecutionContext, warehouse: Warehouse) -> None:
    """Write the documents anew where a load changed no figure, but offices changed theirs.

    A chapter or a template of their own; steps behind an unchanged warehouse are skipped, so this
    one is told of here.
    """
    from dagster_project.reports.write import inputs_changed

    settings = warehouse.settings
    if warehouse.known_at is not None or not settings.report_counties:
        return
    if inputs_changed(settings):
        context.log_event(dg.AssetMaterialization(ASSET, metadata=written_now(warehouse)))
