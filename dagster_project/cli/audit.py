"""``junheng audit``: published claims against their own parts and the version in force."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from dagster_project.audit.claims import DOES_NOT_HOLD, HOLDS, NOT_CHECKED, audit, read_claims
from dagster_project.census.rejection import FileRejected
from dagster_project.cli.console import err, out
from dagster_project.messages import named, say
from dagster_project.publish.versions import in_force
from dagster_project.settings import DATABASE, Settings

if TYPE_CHECKING:
    import pandas as pd

_HEADINGS = (
    "cli.claim",
    "cli.statement",
    "cli.printed",
    "cli.warehouse",
    "cli.own_parts",
    "cli.verdict",
)


def run(path: Path, settings: Settings) -> int:
    """Print the claims that do not hold, those not checked, and a count; 3 if one does not hold."""
    version = in_force(settings)
    try:
        audited = audit(read_claims(path), version / DATABASE if version else None)
    except FileRejected as refusal:
        err.print(f"{path}: {refusal.sentence}")
        return 1
    if version:
        out.print(say("cli.compared_version", id=version.name, path=settings.warehouse))
    else:
        out.print(
            say("cli.nothing_published_claims_meet_only",
                folder=settings.warehouse)
        )  # fmt: skip
    odd = audited[~audited["verdict"].isin([HOLDS, NOT_CHECKED])]
    if len(odd):
        table = Table(*map(say, _HEADINGS), box=None)
        for claim in odd.to_dict("records"):
            table.add_row(
                claim["claim_id"],
                _named(claim),
                _figure(claim, "published"),
                _figure(claim, "warehouse_value", 2),
                _figure(claim, "parts_value", 2),
                named("claim_verdict", claim["verdict"]),
            )
        out.print(table)
    _print_not_checked(audited[audited["verdict"] == NOT_CHECKED])
    count = audited["verdict"].value_counts()
    out.print(
        say(
            "cli.claims_hold_do_not_hold",
            count=len(audited),
            holding=int(count.get(HOLDS, 0)),
            wrong=int(count.get(DOES_NOT_HOLD, 0)),
            unchecked=int(count.get(NOT_CHECKED, 0)),
            others=len(audited) - int(count.reindex([HOLDS, DOES_NOT_HOLD, NOT_CHECKED]).sum()),
        )
    )
    return 3 if count.get(DOES_NOT_HOLD, 0) else 0


def _print_not_checked(claims: pd.DataFrame) -> None:
    """The claims that met no figure, by the reason why."""
    if claims.empty:
        return
    out.print(say("cli.not_checked_want_figure_compare"))
    for claim in claims.to_dict("records"):
        why = named("claim_basis", claim["understanding"])
        out.print(f"  {claim['claim_id']}  {_named(claim)}: {why}")


def _named(claim: dict[Hashable, Any]) -> str:
    import pandas as pd

    parts = (claim["county_name"], claim["school_year"], claim["statement"])
    return " ".join(str(part) for part in parts if not pd.isna(part))


def _figure(claim: dict[Hashable, Any], name: str, least: int = 0) -> str:
    """A figure rounded once, half up, with the unit of the print; a dash where there is none."""
    import pandas as pd

    value = claim[name]
    if pd.isna(value):
        return "–"
    step = Decimal(1).scaleb(-max(int(claim["decimals"]), least))
    unit = "" if pd.isna(claim["unit"]) else claim["unit"]
    return f"{Decimal(repr(float(value))).quantize(step, ROUND_HALF_UP)}{unit}"
