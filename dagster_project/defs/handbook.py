"""The handbook as an asset: index, dictionary, guides and queries of what was published."""

import dagster as dg

from dagster_project.defs.resources import Warehouse
from dagster_project.defs.tags import ANALYSTS, ROOM


@dg.asset(
    deps=[
        dg.AssetKey("published_warehouse"),
        dg.AssetKey("correction_lists"),
        dg.AssetKey("yearly_reports"),
    ],
    group_name="published",
    kinds={"html"},
    owners=[ANALYSTS],
    tags={ROOM: "handbook"},
    pool="warehouse",
)
def handbook(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Pages for analysts; what was published stands even where they cannot be written."""
    from dagster_project.handbook.write import write_handbook
    from dagster_project.transform.model_docs import DocsNotWritten

    try:
        index = write_handbook(warehouse.settings)
    except (OSError, DocsNotWritten) as error:
        context.log.warning(f"The handbook could not be written: {error}")
        return dg.MaterializeResult(metadata={"problem": str(error)})
    return dg.MaterializeResult(metadata={"index": dg.MetadataValue.path(str(index))})
