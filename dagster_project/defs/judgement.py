"""Judging as an asset with one check per rule group, and the correction lists after publishing."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_project.census.opening.admission import located
from dagster_project.census.rejection import FileRejected
from dagster_project.defs.described import KEPT
from dagster_project.defs.ingest import current_figures
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.retries import retry_transient
from dagster_project.defs.tags import ANALYSTS, ROOM
from dagster_project.judgement.gx import helper_process as judging_process
from dagster_project.judgement.outcome import STRUCTURAL
from dagster_project.judgement.rules.catalogue import ENTRY, GROUPS
from dagster_project.messages import Message, in_a_row, say
from dagster_project.project import DBT
from dagster_project.publish.publication import NotPublished
from dagster_project.runs.progress import report
from dagster_project.transform import dbt_run, statements

if TYPE_CHECKING:
    from dagster_project.judgement.outcome import Judged

_ASSET = dg.AssetKey("figures_judged")
MOST_NAMED = 10
REVIEW_PROBLEMS = "review_problems"


def check_name(group: str) -> str:
    """Name of the asset check of a rule group."""
    return f"rules_{group}"


@dg.asset(
    key=_ASSET,
    deps=[current_figures],
    check_specs=[
        dg.AssetCheckSpec(
            check_name(group),
            asset=_ASSET,
            description=f"Rules of expectations/rules/{group}*.yml: open flags and broken rules.",
        )
        for group in GROUPS
    ],
    group_name="judgement",
    kinds={"parquet"},
    owners=[ANALYSTS],
    tags={ROOM: "expectations"},
    pool="warehouse",
)
def figures_judged(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult]:
    """Every current figure judged by the rule catalogue: flags, reviews, rules."""
    from dagster_project.judgement.rules.catalogue import CatalogueInvalid

    report("judge", 0, 0)
    # This process waits, and its core with it.
    if judging_process.helper() is not None and not statements.is_kept(DBT):
        dbt_run.get_ready()
    try:
        with retry_transient(context, warehouse):
            judged, left_out = _judged(warehouse)
    except CatalogueInvalid as error:
        raise NotPublished(str(error)) from error
    for flag in left_out:
        context.log.warning(f"{flag['source_file']}: {untrusted_reason(flag)}")
    for sentence in judged.review_problems:
        context.log.warning(sentence)
    for outcome in judged.broken:
        context.log.warning(f"Rule {outcome.rule.rule_id} could not be judged: {outcome.broken}")
    yield dg.MaterializeResult(
        metadata=asset_metadata(judged),
        check_results=[check_result(judged, group) for group in GROUPS],
    )


def _judged(warehouse: Warehouse) -> tuple["Judged", list[Mapping[str, object]]]:
    """What judging came to, and the flags on files that were left out since nobody can trust them.

    Without them an earlier version of the same file may count again, and be no better: so it is
    judged until what counts is trusted.
    """
    from dagster_project.judgement.judge import Limits
    from dagster_project.lake.refused_inputs import read_refused, refused_input, write_refused
    from dagster_project.lake.selection import select
    from dagster_project.lake.store import Lake
    from dagster_project.machine import helper_process

    settings, lake = warehouse.settings, Lake(warehouse.settings.lake)
    selection = warehouse.made("selection")
    left_out: list[Mapping[str, object]] = []
    while True:
        question = judging_process.Question(
            lake,
            selection,
            settings.build / "judgement",
            Limits(
                settings.build / "judging",
                settings.threads,
                settings.memory_limit,
                helper_process.Limits(settings.file_seconds, settings.file_memory_bytes),
            ),
            raw=settings.raw,
            docs_folder=settings.warehouse / "quality" if settings.validates else None,
            as_of=warehouse.known_at,
            untrusted=left_out,
        )
        judged = warehouse.judge(question)
        found = judged.untrusted({str(flag["sha256"]) for flag in left_out})
        if not found:
            break
        left_out += found
        selected = select(
            lake,
            selection,
            warehouse.known_at,
            untrusted={str(flag["sha256"]): untrusted_reason(flag) for flag in left_out},
            refused_inputs=read_refused(selection),
        )
        if not selected.sections:
            files = [
                Message("reports.template_refused", {"path": f["source_file"], "why": why})
                for f in left_out
                for why in [untrusted_reason(f)]
            ]
            raise NotPublished("runs.no_file_left", files=in_a_row(files))
    refused = [
        refused_input(
            settings.raw,
            located(settings.raw, str(row["file"])),
            str(row["file"]),
            FileRejected(
                Message.from_json(str(row["message"])), sheet=row["sheet"], cell=row["cell"]
            ),
        )
        for row in judged.refused_reviews
    ]
    write_refused(selection, [*read_refused(selection), *refused])
    return judged, left_out


def untrusted_reason(flag: Mapping[str, object]) -> Message:
    """Why a file was refused after it had been read, and what to do."""
    return Message("runs.untrusted_file", {n: flag[n] for n in ("message", "remedy", "flag_id")})


def asset_metadata(judged: "Judged") -> dict[str, Any]:
    """What the asset's page shows: sections, years, flags, broken rules, trouble with reviews."""
    counts = {f"{s}_{status}": n for (s, status), n in sorted(judged.counts.items())}
    return {
        "sections": judged.sections,
        "rules": len(judged.rules),
        "broken_rules": len(judged.broken),
        "years_judged_now": ", ".join(map(str, judged.judged_now)) or "none, all as before",
        REVIEW_PROBLEMS: list(judged.review_problems[:MOST_NAMED]),
        **counts,
    }


def check_result(judged: "Judged", group: str) -> dg.AssetCheckResult:
    """The check of one rule group: passed if it has no open flag and no broken rule.

    Flags never block: they are warnings, except the hard ones of files.
    """
    outcomes = judged.of_group(group)
    failed = [outcome for outcome in outcomes if outcome.open_flags or outcome.broken]
    hard = [o for o in failed if o.rule.severity == "hard" and o.open_flags]
    severe = group == STRUCTURAL and any(o.rule.frame != ENTRY for o in hard)
    failed.sort(key=lambda outcome: (-outcome.open_flags, outcome.rule.rule_id))
    return dg.AssetCheckResult(
        asset_key=_ASSET,
        check_name=check_name(group),
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if severe else dg.AssetCheckSeverity.WARN,
        metadata={
            "rules": len(outcomes),
            "sections": judged.sections,
            "open_hard": sum(o.open_flags for o in hard),
            "open_soft": sum(o.open_flags for o in failed if o.rule.severity == "soft"),
            "flags_by_rule": {o.rule.rule_id: o.open_flags for o in failed if o.open_flags},
            "broken_rules": {o.rule.rule_id: o.broken for o in failed if o.broken},
            "samples": [sample for o in failed for sample in o.samples][:MOST_NAMED],
        },
    )


def correction_lists(published: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The asset that writes the correction lists once ``published`` stands."""

    @dg.asset(
        name="correction_lists",
        deps=[published],
        group_name="published",
        kinds={"excel"},
        owners=[ANALYSTS],
        tags={ROOM: "followup"},
        pool="warehouse",
    )
    def written(warehouse: Warehouse) -> dg.MaterializeResult:
        """Per county and school: the open flags with a copy of the flagged census sheets."""
        import pyarrow.parquet as pq

        from dagster_project.followup.corrections import write_corrections
        from dagster_project.machine.helper_process import Limits

        settings = warehouse.settings
        if warehouse.known_at is not None:  # the past is not corrected any more
            return dg.MaterializeResult(metadata={"years": 0})
        flags = pq.read_table(warehouse.made("judgement") / "flag.parquet").to_pylist()
        kept: list[Path] = []
        years = write_corrections(
            flags,
            settings.warehouse / "corrections",
            settings.raw,
            progress=lambda done, total, detail: report("list", done, total, detail),
            kept=kept.append,
            workers=settings.workers,
            limits=Limits(settings.file_seconds, settings.file_memory_bytes),
        )
        sentences = [say("followup.list_kept", path=path) for path in kept]
        return dg.MaterializeResult(metadata={"years": len(years), KEPT: sentences})

    return written
