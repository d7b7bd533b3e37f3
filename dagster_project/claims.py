"""Published claims against recomputation: does a printed figure follow from its own parts?

A claim names its parts (numerator, denominator), how they combine and what was printed. It *holds*
if the recomputed figure, rounded once half up to the printed decimals, is the printed one; it is a
matter of *rounding* if cutting off or rounding up gives it; otherwise it *does not hold*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal, DecimalException
from pathlib import Path

from dagster_project.census.rejection import FileRejected

HOLDS = "holds"
ROUNDING = "rounding"
DOES_NOT_HOLD = "does_not_hold"
NOT_COMPUTABLE = "not_computable"

_NEEDED = (
    "claim_id",
    "statement",
    "numerator",
    "denominator",
    "multiplier",
    "relation",
    "published",
)


@dataclass(frozen=True)
class AuditedClaim:
    """One claim after recomputation; ``difference`` is printed minus recomputed, unrounded."""

    claim_id: str
    county: str
    school_year: str
    statement: str
    published: Decimal | None
    recomputed: Decimal | None
    difference: Decimal | None
    unit: str
    decimals: int
    verdict: str


def read_claims(path: Path) -> list[dict[str, str]]:
    """The rows of a claims file; raises :class:`FileRejected` if it is not one."""
    from dagster_project.census.source import TextTable, open_source

    source = open_source(path)
    if not isinstance(source, TextTable):
        raise FileRejected(f"{path.name} is not a csv file.", advice="Save the claims as csv.")
    header, *rows = [[cell.strip() for cell in row] for row in source.rows()] or [[]]
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise FileRejected(
            f"{path.name} lacks the column(s) {', '.join(missing)}; found: {', '.join(header)}.",
            advice="Write one claim a line with these columns.",
        )
    return [dict(zip(header, row, strict=False)) for row in rows if any(row)]


def audit(claims: Iterable[dict[str, str]]) -> Iterator[AuditedClaim]:
    """Recompute every claim, in order."""
    for claim in claims:
        decimals = int(claim.get("decimals") or 0)
        published, recomputed = _number(claim["published"]), _recompute(claim)
        known = published is not None and recomputed is not None
        yield AuditedClaim(
            claim_id=claim["claim_id"],
            county=claim.get("county", ""),
            school_year=claim.get("school_year", ""),
            statement=claim["statement"],
            published=published,
            recomputed=recomputed,
            difference=published - recomputed if known else None,
            unit=claim.get("unit", ""),
            decimals=decimals,
            verdict=_verdict(claim["relation"], published, recomputed, decimals),
        )


def rounded(value: Decimal, decimals: int) -> Decimal:
    """``value`` rounded once, half up."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _recompute(claim: dict[str, str]) -> Decimal | None:
    """The figure from its parts: a ratio times the multiplier, a sum, or a difference."""
    first, second = _sum(claim["numerator"]), _sum(claim["denominator"])
    if claim["multiplier"] == "sum":
        return first
    if first is None or second is None:
        return None
    if claim["multiplier"] == "diff":
        return first - second
    factor = _number(claim["multiplier"])
    return None if factor is None or second == 0 else first / second * factor


def _verdict(
    relation: str, published: Decimal | None, recomputed: Decimal | None, decimals: int
) -> str:
    if published is None or recomputed is None:
        return NOT_COMPUTABLE
    if relation == ">=":
        return HOLDS if recomputed >= published else DOES_NOT_HOLD
    if relation == "<=":
        return HOLDS if recomputed <= published else DOES_NOT_HOLD
    if rounded(recomputed, decimals) == published:
        return HOLDS
    step = Decimal(1).scaleb(-decimals)
    near = {recomputed.quantize(step, how) for how in (ROUND_FLOOR, ROUND_CEILING, ROUND_DOWN)}
    return ROUNDING if published in near else DOES_NOT_HOLD


def _sum(text: str) -> Decimal | None:
    """``17930+9883`` → 27813; ``None`` where a part is missing."""
    parts = [_number(part) for part in text.split("+")]
    return None if None in parts else sum(parts, Decimal(0))


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip())
    except DecimalException:
        return None
