"""The yearly reports as an asset: written once a version is published, and never a reason against
it."""

import dagster as dg

from dagster_project.defs.described import KEPT
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
    settings = warehouse.settings
    most = settings.report_counties
    written, left, failures, kept = 0, 0, [], []
    if warehouse.known_at is None and most > 0:
        from dagster_project.reports.write import write_reports

        try:
            reports = write_reports(
                settings,
                most=most,
                progress=lambda done, total, place: report("reports", done, total, place),
            )
        except Exception as error:  # whatever it is, the warehouse is published
            failures = [f"No report could be written: {type(error).__name__}: {error}"]
        else:
            written, left = len(reports.written), len(reports.left)
            failures = [f"{failure.document}: {failure.reason}" for failure in reports.failures]
            kept = [one.message.text() for one in reports.kept]
    for sentence in failures:
        context.log.error(sentence)
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(str(settings.reports)),
            "written": written,
            "left": left,
            FAILURES: failures,
            KEPT: kept,
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=CHECK,
                passed=not failures,
                severity=dg.AssetCheckSeverity.WARN,
                description=" ".join(failures[:MOST_NAMED]),
            )
        ],
    )
