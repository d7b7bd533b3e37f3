"""``junheng plan``: the cheapest changes that make a county attain."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from dagster_project.cli.console import err, out
from dagster_project.cli.whatif import opened, print_comparison, print_whole
from dagster_project.messages import by_language, named, of_system, say
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
from dagster_project.planning.works import total
from dagster_project.settings import Settings

MOST_CHANGES = 40
MOST_NOTES = 12
OUT_OF_REACH = 3
STANDARD = "2017"
_HEADINGS = (
    "cli.indicator",
    "cli.action",
    "cli.changes",
    "cli.amount",
    "cli.cost",
)


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
    """Print and write the plan; 3 where the county does not attain whatever is done of it."""
    if target is not None and target.suffix.lower() not in KINDS:
        err.print(say("cli.write_a_file_that_ends", target=target, kinds=KINDS), markup=False)
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
            said = say("cli.file_not_written", target=target, error=of_system(error))
            err.print(said, markup=False)
            return 1
        out.print(say("cli.whole_plan", target=target))
    is_lost = not plan.attains or plan.whole_after.attains is False
    return OUT_OF_REACH if is_lost else 0


def _print(plan: Plan, assumed: bool) -> None:
    print_comparison(plan.before, plan.after)
    out.print()
    if plan.status == NOTHING_TO_DO:
        is_all = plan.whole_before.attains is True
        out.print(say("cli.nothing_to_do" if is_all else "cli.nothing_by_the_seven"))
    elif plan.changes:
        _print_changes(plan)
        if plan.status == PLANNED:
            figures = {"cost": plan.cost, "gap": plan.gap, "seconds": plan.seconds}
            out.print(say("cli.seven_met_with_this", **figures))
        if assumed:
            out.print(say("cli.prices_are_assumed"))
    if plan.status == UNATTAINABLE:
        out.print(say("cli.out_of_reach"))
    for reason in plan.reasons[:MOST_NOTES]:
        out.print(f"  {reason.message}", markup=False)
    if plan.short:
        out.print(say("cli.sections_stay_short", count=len(plan.short)))
        for one in plan.short[:MOST_NOTES]:
            short = {"school": one.school_name, "lacks": one.lacks}
            out.print(say("cli.is_short", stage=named("stage", one.stage), **short), markup=False)
        if len(plan.short) > MOST_NOTES:
            out.print(say("cli.more_see_out", count=len(plan.short) - MOST_NOTES))
    _print_works(plan)
    print_whole(plan.whole_before, plan.whole_after)


def _print_works(plan: Plan) -> None:
    """What the items beyond the seven indicators take, and what it comes to."""
    if not plan.works:
        return
    out.print(say("cli.beyond_the_seven"))
    for work in plan.works[:MOST_CHANGES]:
        out.print(f"  {work.item_id} {work.message}", markup=False)
    if len(plan.works) > MOST_CHANGES:
        out.print(say("cli.more_changes", count=len(plan.works) - MOST_CHANGES))
    out.print(say("cli.works_come_to", **vars(total(plan.works))))


def _print_changes(plan: Plan) -> None:
    for change in plan.changes[:MOST_CHANGES]:
        out.print(f"  {change.message}", markup=False)
    if len(plan.changes) > MOST_CHANGES:
        out.print(say("cli.more_changes", count=len(plan.changes) - MOST_CHANGES))
    table = Table(*map(say, _HEADINGS), box=None)
    for column in table.columns[2:]:
        column.justify = "right"
    for (identity, action), yuan in sorted(plan.costs.items()):
        mine = [c for c in plan.changes if (c.indicator_id, c.action) == (identity, action)]
        unit = by_language(mine[0].unit_zh, mine[0].unit_en)
        amount = f"{sum(change.amount for change in mine):,.0f} {unit}"
        table.add_row(
            identity, named("plan_action", action), str(len(mine)), amount, f"{yuan:,.0f}"
        )
    out.print(table)
