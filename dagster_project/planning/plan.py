"""The plan of a county: who moves, what is added, what it costs, and what stays out of reach."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from dagster_project.messages import Message, MessageError, by_language, coded
from dagster_project.planning import formulas
from dagster_project.planning.best import best_reachable
from dagster_project.planning.county import County
from dagster_project.planning.decision import (
    Column,
    Decision,
    Stage,
    Task,
    short_sections,
    violations,
)
from dagster_project.planning.prices import Prices
from dagster_project.planning.solve import Clock, Solved, cheapest, nearest
from dagster_project.planning.whole import Whole, whole_after, whole_of
from dagster_project.planning.works import Work

NOTHING_TO_DO, PLANNED, UNATTAINABLE, NO_PLAN = "attains", "planned", "unattainable", "no_plan"


class CannotPlan(MessageError):
    """The county or standard is not one that can be planned; the message says why."""


@dataclass(frozen=True)
class Change:
    """One thing to do; ``stage`` is empty for a resource that the stages of a school share."""

    indicator_id: str
    action: str  # move | hire | add
    stage: str
    from_id: str
    from_name: str
    to_id: str
    to_name: str
    amount: float
    unit_zh: str
    unit_en: str
    name_zh: str
    name_en: str
    yuan: float

    @property
    def message(self) -> Message:
        """What is to be done, as a sentence."""
        return Message(
            f"planning.to_{self.action}",
            {
                "amount": self.amount,
                "unit": by_language(self.unit_zh, self.unit_en),
                "thing": by_language(self.name_zh, self.name_en),
                "giver": self.from_name,
                "taker": self.to_name,
                "stage": coded("stage", self.stage),
            },
        )

    @property
    def sentence_zh(self) -> str:
        return self.message.text("zh")

    @property
    def sentence_en(self) -> str:
        return self.message.text("en")


@dataclass(frozen=True)
class Reason:
    """Why something stays out of reach or unknown, in both languages."""

    message: Message

    @property
    def zh(self) -> str:
        return self.message.text("zh")

    @property
    def en(self) -> str:
        return self.message.text("en")


@dataclass(frozen=True)
class Short:
    """A section that does not attain after the plan, and what it lacks."""

    stage: str
    school_id: str
    school_name: str
    lacks: str


@dataclass(frozen=True)
class Plan:
    """The result of planning, verified by the formulas of the marts on the whole numbers.

    ``status``: 'attains' (nothing to do), 'planned', 'unattainable' (the changes come as near as
    possible) or 'no_plan' (none found in time). ``gap``: share of the cost not proven necessary.
    ``at_floor`` lists (stage, school, indicator) that stay between floor and threshold.
    """

    before: County
    after: County
    status: str
    changes: tuple[Change, ...] = ()
    costs: dict[tuple[str, str], float] = field(default_factory=dict)
    bound: float = 0.0
    gap: float = 0.0
    seconds: float = 0.0
    reasons: tuple[Reason, ...] = ()
    short: tuple[Short, ...] = ()
    at_floor: tuple[tuple[str, str, str], ...] = ()
    decision: Decision = field(default_factory=Decision)
    price_statuses: tuple[str, ...] = ()

    @property
    def cost(self) -> float:
        """Yuan."""
        return sum(self.costs.values())

    @property
    def attains(self) -> bool:
        """Whether the seven indicators are met after the plan, by the figures that are there.

        Whether the county attains, :attr:`whole_after` says.
        """
        return self.status in (NOTHING_TO_DO, PLANNED)

    @property
    def works(self) -> tuple[Work, ...]:
        """What is to be done for the items beyond the seven indicators."""
        return self.before.works

    @property
    def whole_before(self) -> Whole:
        """The county's verdict as published."""
        return whole_of(self.before)

    @property
    def whole_after(self) -> Whole:
        """The county's verdict once plan and works are done.

        An item is mended where no work of it waits for a correction first.
        """
        waiting = {work.item_id for work in self.works if work.is_tainted}
        mended = {work.item_id for work in self.works} - waiting
        return whole_after(self.before, self.after, mended)


def make_plan(county: County, prices: Prices, time_limit: float = 30.0) -> Plan:
    """The cheapest changes that make ``county`` attain, or what comes nearest.

    Deterministic unless the time limit (seconds) cuts the search short. ``CannotPlan`` for a
    standard that does not decide by thresholds and single coefficients.
    """
    started = time.monotonic()
    if county.decides_by != "each" or any(part.min_met is None for part in county.stages.values()):
        raise CannotPlan("planning.no_thresholds", standard_id=county.standard_id)
    unpriced = [
        one.indicator_id
        for one in county.indicators
        if (one.indicator_id, "add" if one.is_shared else "move") not in prices
    ]
    if unpriced:
        raise CannotPlan("planning.no_price", unpriced=unpriced, standard_id=county.standard_id)
    task, clock = Task(county, prices), Clock.of(time_limit)
    unknown = _unknown(county)
    if not violations(county) and not short_sections(county):
        return Plan(county, county, NOTHING_TO_DO, reasons=unknown, at_floor=_at_floor(county))
    solved = cheapest(task, clock)
    status = PLANNED
    if solved.is_infeasible:
        status = UNATTAINABLE
        solved = nearest(task, Clock.of(max(clock.left(), time_limit / 2)))
    if solved.decision is None:
        late = Reason(Message("planning.no_plan_in_time"))
        return Plan(county, county, NO_PLAN, bound=solved.bound, reasons=(late, *unknown))
    return _finished(task, solved, solved.decision, status, unknown, started)


def _finished(
    task: Task, solved: Solved, decision: Decision, status: str, unknown: tuple, started: float
) -> Plan:
    after = task.after(decision)
    still = short_sections(after), violations(after)
    changes = tuple(_changes(task, decision))
    if status == PLANNED and any(still):
        raise AssertionError(f"the plan does not attain when recomputed: {still}")
    return Plan(
        before=task.county,
        after=after,
        status=status,
        changes=changes,
        costs=task.cost_by_kind(decision),
        bound=solved.bound if status == PLANNED else 0.0,
        gap=solved.gap if status == PLANNED else 0.0,
        seconds=time.monotonic() - started,
        reasons=(*_in_doubt(task.county, changes), *_reasons(task, after), *unknown),
        short=tuple(_short(after)),
        at_floor=_at_floor(after),
        decision=decision,
        price_statuses=tuple(
            sorted({task.prices[key].status for key in task.cost_by_kind(decision)})
        ),
    )


def _in_doubt(county: County, changes: tuple[Change, ...]) -> Iterator[Reason]:
    """Changes at schools whose figure is under a hard flag: to be corrected before anybody acts."""
    for change in changes:
        column = county.column(change.indicator_id)
        for part in county.stages.values():
            for school_id in {change.from_id, change.to_id} & set(part.school_ids):
                if part.tainted[part.school_ids.index(school_id), column]:
                    school = part.names[part.school_ids.index(school_id)]
                    told = {"school": school, "indicator": change.indicator_id}
                    yield Reason(Message("planning.rests_on_doubt", told))


Named = tuple[str, str]  # a school's id and name
NOBODY: Named = ("", "")


def _changes(task: Task, decision: Decision) -> list[Change]:
    found = []

    def change(
        column: Column, action: str, stage: str, giver: Named, taker: Named, steps: int
    ) -> None:
        price = task.prices[(task.indicator(column).indicator_id, action)]
        found.append(
            Change(
                price.indicator_id,
                action,
                stage,
                giver[0],
                giver[1],
                taker[0],
                taker[1],
                amount=steps * price.step,
                unit_zh=price.unit_zh,
                unit_en=price.unit_en,
                name_zh=price.name_zh,
                name_en=price.name_en,
                yuan=steps * price.step * price.yuan,
            )
        )

    for (stage, column), net in decision.net.items():
        part = task.county.stages[stage]
        schools = list(zip(part.school_ids, part.names, strict=True))
        for giver, taker, people in paired(net):
            change(column, "move", stage, schools[giver], schools[taker], people)
        for row in np.flatnonzero(decision.hired[stage, column]):
            people = int(decision.hired[stage, column][row])
            change(column, "hire", stage, NOBODY, schools[row], people)
    names = {
        school_id: name
        for part in task.county.stages.values()
        for school_id, name in zip(part.school_ids, part.names, strict=True)
    }
    for (column, school_id), steps in decision.added.items():
        change(column, "add", "", NOBODY, (school_id, names[school_id]), steps)
    order = {"move": 0, "hire": 1, "add": 2}
    return sorted(found, key=lambda one: (order[one.action], one.indicator_id, -one.yuan))


def paired(net: np.ndarray) -> list[tuple[int, int, int]]:
    """Who gives to whom: (giver, taker, persons), the largest with the largest.

    Few pairs, since a move costs the same whatever way it goes.
    """
    net, pairs = net.copy(), []
    while (net > 0).any():
        giver, taker = int(np.argmin(net)), int(np.argmax(net))
        people = int(min(-net[giver], net[taker]))
        pairs.append((giver, taker, people))
        net[giver] += people
        net[taker] -= people
    return pairs


def _lacking(county: County, stage: Stage, row: int) -> list[Column]:
    verdicts = county.verdicts(stage)[row]
    return [k for k, found in enumerate(verdicts) if found in (formulas.FLOOR, formulas.BELOW)]


def _short(county: County) -> list[Short]:
    return [
        Short(
            stage,
            county.stages[stage].school_ids[row],
            county.stages[stage].names[row],
            ", ".join(county.indicators[k].indicator_id for k in _lacking(county, stage, row)),
        )
        for stage, row in short_sections(county)
    ]


def _at_floor(county: County) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (stage, part.names[row], county.indicators[k].indicator_id)
        for stage, part in county.stages.items()
        for row, k in np.argwhere(county.verdicts(stage) == formulas.FLOOR)
    )


def _reasons(task: Task, after: County) -> list[Reason]:
    """Per stage and indicator, what keeps the county from attaining."""
    reasons = []
    lacking: dict[tuple[Stage, Column], int] = {}
    later = Task(after, task.prices)
    for stage, row in short_sections(after):
        for column in _lacking(after, stage, row):
            if task.can_be_bought(column):
                continue
            target = after.stages[stage].threshold[column]
            lacking[stage, column] = lacking.get((stage, column), 0) + later.steps_to(
                stage, row, column, target
            )
    for (stage, column), steps in lacking.items():
        one = task.indicator(column)
        unit = task.prices[(one.indicator_id, "add" if one.is_shared else "move")]
        reasons.append(
            Reason(
                Message(
                    "planning.still_lacking",
                    {
                        "stage": coded("stage", stage),
                        "indicator": one.indicator_id,
                        "thing": by_language(unit.name_zh, unit.name_en),
                        "amount": steps * unit.step,
                        "unit": by_language(unit.unit_zh, unit.unit_en),
                    },
                )
            )
        )
    for stage, column in violations(after):
        one = task.indicator(column)
        reached = after.spread(stage).cv[column]
        limit = after.stages[stage].cv_limit[column]
        best = reached if one.is_shared else best_reachable(task, stage, column)
        reasons.append(
            Reason(
                Message(
                    "planning.lowest_coefficient",
                    {
                        "stage": coded("stage", stage),
                        "indicator": one.indicator_id,
                        "best": best,
                        "limit": limit,
                        "reached": reached,
                    },
                )
            )
        )
    return reasons


def _unknown(county: County) -> tuple[Reason, ...]:
    reasons = []
    for stage, part in county.stages.items():
        for row, k in np.argwhere(np.isnan(county.values(stage))):
            name, identity = part.names[row], county.indicators[k].indicator_id
            reasons.append(
                Reason(
                    Message(
                        "planning.figure_missing",
                        {"school": name, "stage": coded("stage", stage), "indicator": identity},
                    )
                )
            )
    return tuple(reasons)
