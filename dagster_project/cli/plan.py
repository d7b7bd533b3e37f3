"""``junheng plan``: the cheapest changes that make a county attain."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from dagster_project.cli.console import err, out
from dagster_project.cli.whatif import opened, print_comparison
from dagster_project.planning.county import CountyNotFound
from dagster_project.planning.plan import (
    NOTHING_TO_DO,
    PLANNED,
    UNATTAINABLE,
    CannotPlan,
    Plan,
    make_plan,
)
from dagster_project.planning.plan_file import KINDS, write_plan
from dagster_project.planning.prices import PricesInvalid, read_prices, without_hires
from dagster_project.settings import Settings

MOST_CHANGES = 40
MOST_NOTES = 12
OUT_OF_REACH = 3
STANDARD = "2017"


def run(
    settings: Settings,
    *,
    county: str | None,
    school_year: int | None,
    prices: Path | None,
    no_hires: bool,
    time_limit: float,
    target: Path | None,
) -> int:
    """Print and write the plan; 0 if it attains, 3 if attainment is out of reach."""
    if target is not None and target.suffix.lower() not in KINDS:
        err.print(f"--out {target}: write a file that ends in {', '.join(KINDS)}.", markup=False)
        return 2
    try:
        table = read_prices(prices)
        before = opened(settings, county, school_year, STANDARD)
        if before is None:
            return 1
        plan = make_plan(before, without_hires(table) if no_hires else table, time_limit)
    except (CountyNotFound, PricesInvalid, CannotPlan) as refusal:
        err.print(str(refusal), markup=False)
        return 2
    _print(plan, assumed=prices is None)
    if target is not None:
        try:
            write_plan(plan, target)
        except OSError as error:
            err.print(f"{target} could not be written: {error.strerror}.", markup=False)
            return 1
        out.print(f"The whole plan: {target}")
    return 0 if plan.attains else OUT_OF_REACH


def _print(plan: Plan, assumed: bool) -> None:
    print_comparison(plan.before, plan.after)
    out.print()
    if plan.status == NOTHING_TO_DO:
        out.print("[green]The county attains by the figures that are there; nothing to do.[/]")
    elif plan.changes:
        _print_changes(plan)
        if plan.status == PLANNED:
            out.print(
                f"[green]With this the county attains.[/] Cost {plan.cost:,.0f} yuan, at most"
                f" {plan.gap:.2%} above the cheapest; found in {plan.seconds:.1f} s."
            )
        if assumed:
            out.print(
                "The prices are assumptions (to confirm); give your own with --prices FILE.csv."
            )
    if plan.status == UNATTAINABLE:
        out.print("[red]Attainment is out of reach:[/]")
    for reason in plan.reasons[:MOST_NOTES]:
        out.print(f"  {reason.zh}", markup=False)
        out.print(f"  {reason.en}", markup=False)
    if plan.short:
        out.print(f"{len(plan.short)} section(s) stay short:")
        for one in plan.short[:MOST_NOTES]:
            out.print(f"  {one.school_name} ({one.stage}): {one.lacks}", markup=False)
        if len(plan.short) > MOST_NOTES:
            out.print(f"  … and {len(plan.short) - MOST_NOTES} more; see --out")


def _print_changes(plan: Plan) -> None:
    for change in plan.changes[:MOST_CHANGES]:
        out.print(f"  {change.sentence_zh}；{change.sentence_en}.", markup=False)
    if len(plan.changes) > MOST_CHANGES:
        out.print(f"  … and {len(plan.changes) - MOST_CHANGES} more changes; write all with --out")
    table = Table("indicator", "action", "changes", "amount", "cost (yuan)", box=None)
    for column in table.columns[2:]:
        column.justify = "right"
    for (identity, action), yuan in sorted(plan.costs.items()):
        mine = [c for c in plan.changes if (c.indicator_id, c.action) == (identity, action)]
        amount = f"{sum(change.amount for change in mine):,.0f} {mine[0].unit_en}"
        table.add_row(identity, action, str(len(mine)), amount, f"{yuan:,.0f}")
    out.print(table)
