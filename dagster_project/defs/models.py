"""The dbt models as assets: built together, in this process, beside the published file."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from dagster_project.defs.described import published, tables_of
from dagster_project.defs.ingest import YEARLY_FRESHNESS, current_figures
from dagster_project.defs.judgement import correction_lists, figures_judged
from dagster_project.defs.reports import write_for_offices
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.retries import retry_transient
from dagster_project.defs.tags import ANALYSTS, ENGINEERS, FULL, ROOM
from dagster_project.publish.base import base_for, note_made
from dagster_project.publish.publication import NotPublished, inputs_hash, publish_build, unchanged
from dagster_project.runs.journal import ERROR, INFO, note
from dagster_project.runs.progress import report
from dagster_project.transform.dbt_project import build
from dagster_project.transform.inputs import read_inputs
from dagster_project.transform.manifest import manifest_path, project_hash
from dagster_project.transform.node import NodeResult

_GIVEN = "resource_type:seed tag:book fqn:junheng.staging.*,config.materialized:view"


class _Translator(DagsterDbtTranslator):
    """dbt's lineage as Dagster sees it: what dbt reads are the assets that write it.

    Nothing is built before the figures are judged, whatever a model reads.
    """

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] != "source":
            return super().get_asset_key(dbt_resource_props)
        is_judged = dbt_resource_props["source_name"] == "judgement"
        return (figures_judged if is_judged else current_figures).key

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        if unique_id.startswith("source."):
            return spec
        schema = spec.key.path[0]
        known = {dep.asset_key for dep in spec.deps}
        deps = known | self._behind_views(manifest, unique_id, project)
        figures = {current_figures.key, figures_judged.key}
        if deps & figures:
            deps |= figures
        return spec.merge_attributes(
            owners=[ANALYSTS if schema in ("marts", "ref") else ENGINEERS],
            tags={ROOM: "dbt"},
            deps=sorted(deps - known),
        ).replace_attributes(group_name=schema)

    def _behind_views(
        self, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> set[dg.AssetKey]:
        """What the views read that a node reads: no run makes those, so they hand no order on.

        Without it a backfill would start such models before there is anything to read.
        """
        nodes = manifest["nodes"]
        parents = nodes[unique_id]["depends_on"].get("nodes", ())
        views = [parent for parent in parents if parent in nodes and _is_given(nodes[parent])]
        specs = [self.get_asset_spec(manifest, view, project) for view in views]
        return {dep.asset_key for spec in specs for dep in spec.deps}


@cache
def model_assets() -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The dbt models and, after them, the publication; built once, since the manifest is large.

    Seeds come with the project, loaded and tested once, and a view of the lake materialises
    nothing: a run records neither, but their place in the lineage is shown.
    """
    manifest = json.loads(manifest_path().read_text("utf-8"))
    translator = _Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    @dbt_assets(
        manifest=manifest,
        name="warehouse_models",
        exclude=_GIVEN,
        dagster_dbt_translator=translator,
        pool="warehouse",
    )
    def warehouse_models(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
        settings = warehouse.settings
        inputs = _inputs(warehouse)
        is_full = FULL in context.run.tags
        standing = None if is_full else unchanged(settings, inputs)
        if standing is not None:
            context.log.info(f"Nothing has changed since {standing.publish_id}.")
            write_for_offices(context, warehouse)
            return

        def progress(node: NodeResult, done: int, total: int) -> None:
            report("compute", done, total, node.name)
            if node.kind != "test" or node.failed:
                note(
                    "table" if node.kind != "test" else "test",
                    ERROR if node.failed else INFO,
                    name=node.name,
                    status=node.status,
                    seconds=round(node.seconds, 3),
                )

        judgement = warehouse.made("judgement")
        made_from = read_inputs(settings.lake, warehouse.made("selection"), judgement)
        base = None if settings.stock_dbt else base_for(settings, made_from, manifest)
        note_made(settings.build, made_from, base, is_full=is_full)
        result = build(
            settings.lake,
            settings.build,
            threads=settings.threads,
            memory_limit=settings.memory_limit,
            judgement=judgement,
            base=(base.database, base.plan) if base and not is_full else None,
            stock=settings.stock_dbt,
            on_event=progress,
        )
        made = tables_of(result.database)
        for node in result.nodes:
            yield from _events(manifest, translator, node, made)
        if result.failures:
            raise NotPublished(" ".join(result.failures))

    @dg.asset(
        deps=[spec.key for spec in warehouse_models.specs],
        group_name="published",
        kinds={"duckdb", "parquet"},
        owners=[ANALYSTS],
        tags={ROOM: "publish"},
        freshness_policy=YEARLY_FRESHNESS,
        pool="warehouse",
    )
    def published_warehouse(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> dg.MaterializeResult:
        """The tested build, exported and swapped in, in one step."""
        settings = warehouse.settings
        with retry_transient(context, warehouse):
            publication = publish_build(settings, _inputs(warehouse), warehouse.known_at)
        manifest = json.loads(
            (publication.folder / "published" / "manifest.json").read_text("utf-8")
        )
        return dg.MaterializeResult(
            metadata=published(manifest, settings.database, settings.published),
            data_version=dg.DataVersion(publication.publish_id),
        )

    given = [
        translator.get_asset_spec(manifest, unique_id, None)
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("seed", "model") and _is_given(node)
    ]
    return [*given, warehouse_models, published_warehouse, correction_lists(published_warehouse)]


def _inputs(warehouse: Warehouse) -> str:
    """Hash of all that the published tables depend on."""
    settings = warehouse.settings
    folders = [warehouse.made("selection"), settings.lake / "mapping"]
    folders += [settings.lake / "dictionary", warehouse.made("judgement")]
    return inputs_hash(folders, project_hash())


def _events(
    manifest: Mapping[str, Any],
    translator: DagsterDbtTranslator,
    node: NodeResult,
    made: Mapping[str, Mapping[str, Any]],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """What one finished dbt node means to Dagster: an asset materialised, or a check evaluated."""
    entry = manifest["nodes"].get(node.unique_id)
    if entry is None or _is_given(manifest["nodes"].get(entry.get("attached_node") or "", entry)):
        return
    if entry["resource_type"] == "test":
        spec = _check_spec(manifest, translator, node.unique_id)
        if spec is not None:
            yield dg.AssetCheckResult(
                asset_key=spec.asset_key,
                check_name=spec.name,
                passed=node.status == "pass",
                severity=(
                    dg.AssetCheckSeverity.WARN
                    if node.status == "warn"
                    else dg.AssetCheckSeverity.ERROR
                ),
                metadata={"message": node.message or "", "seconds": node.seconds},
            )
    elif node.status == "success":
        yield dg.MaterializeResult(
            asset_key=translator.get_asset_spec(manifest, node.unique_id, None).key,
            metadata={
                "seconds": node.seconds,
                **made.get(f"{entry['schema']}.{entry.get('alias') or node.name}", {}),
            },
        )


def _is_given(node: Mapping[str, Any]) -> bool:
    """Whether a dbt node is one of ``_GIVEN``."""
    is_view = node["config"]["materialized"] == "view"
    is_made = node["resource_type"] == "seed" or "book" in node["config"]["tags"]
    return is_made or (_is_staged(node) and is_view)


def _is_staged(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "model" and node["fqn"][1] == "staging"


def _check_spec(
    manifest: Mapping[str, Any], translator: DagsterDbtTranslator, unique_id: str
) -> dg.AssetCheckSpec | None:
    attached = manifest["nodes"][unique_id].get("attached_node")
    if attached is None:
        return None
    asset = translator.get_asset_spec(manifest, attached, None)
    return translator.get_asset_check_spec(asset, manifest, unique_id, None)
