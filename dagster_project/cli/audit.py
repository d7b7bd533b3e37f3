"""``junheng audit``: published claims that do not follow from their own parts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from rich.table import Table

from dagster_project.census.rejection import FileRejected
from dagster_project.claims import DOES_NOT_HOLD, HOLDS, AuditedClaim, audit, read_claims, rounded
from dagster_project.cli.console import err, out


def run(path: Path) -> int:
    """Print the claims that do not hold and a count of all; 0 if all hold, 3 otherwise."""
    try:
        claims = list(audit(read_claims(path)))
    except FileRejected as refusal:
        err.print(f"{path}: {refusal.sentence}")
        return 1
    odd = [claim for claim in claims if claim.verdict != HOLDS]
    if odd:
        table = Table(
            "claim", "statement", "printed", "recomputed", "difference", "verdict", box=None
        )
        for claim in odd:
            table.add_row(
                claim.claim_id,
                f"{claim.county} {claim.school_year} {claim.statement}".strip(),
                _shown(claim.published, claim),
                _shown(claim.recomputed, claim, 2),
                _shown(claim.difference, claim, 2),
                claim.verdict,
            )
        out.print(table)
    wrong = sum(claim.verdict == DOES_NOT_HOLD for claim in claims)
    out.print(f"{len(claims)} claims: {len(claims) - len(odd)} hold, {wrong} do not hold.")
    return 3 if wrong else 0


def _shown(value: Decimal | None, claim: AuditedClaim, least: int = 0) -> str:
    return "–" if value is None else f"{rounded(value, max(claim.decimals, least))}{claim.unit}"
