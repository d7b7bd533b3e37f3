"""The catalogue as Great Expectations suites: one per rule group and frame.

Each rule becomes an ``UnexpectedRowsExpectation`` on its frame; hard rules are ``critical``, soft
ones ``warning``. Great Expectations is imported inside the functions: it takes seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_project.census.schema import fields as dictionary
from dagster_project.judgement.rules.catalogue import GROUPS, Catalogue, Rule
from dagster_project.judgement.scan import predicate_sql

if TYPE_CHECKING:
    import great_expectations as gx

SEVERITIES = {"hard": "critical", "soft": "warning"}
# Columns that say which row it is, shown with the figures in the Data Docs.
_KEYS = ("school_year", "term", "county_code", "school_id", "school_name", "stage", "sheet")


class SuiteIncomplete(Exception):
    """Great Expectations kept fewer expectations than the catalogue has rules."""


@dataclass(frozen=True)
class SuitePlan:
    """The rules of one group on one frame, which are one suite."""

    group: str
    frame: str
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        return f"{self.group}.{self.frame}"

    @property
    def table(self) -> str:
        """The table that holds the frame."""
        return f"frame_{self.frame}"


def plan(catalogue: Catalogue, frames: Collection[str] | None = None) -> list[SuitePlan]:
    """The suites of a catalogue, in the order of its groups; rules keep their order.

    ``frames`` limits them to those on some frames.
    """
    found: dict[tuple[str, str], list[Rule]] = {}
    for rule in catalogue.rules:
        if frames is None or rule.frame in frames:
            found.setdefault((rule.group, rule.frame), []).append(rule)
    return [
        SuitePlan(group, frame, tuple(rules))
        for (group, frame), rules in sorted(
            found.items(), key=lambda item: (GROUPS.index(item[0][0]), item[0][1])
        )
    ]


def rows_query(rule: Rule) -> str:
    """The rows that break ``rule``, with their keys and figures only.

    Frames are hundreds of columns wide; a query that asks for all of them reads all of them, even
    where not a row is found.
    """
    shown = [*_KEYS]
    if rule.frame == "section":
        shown += [name for name in rule.fields if name in dictionary()]
    return f"select {', '.join(shown)} from {{batch}} where {predicate_sql(rule)}"


def build(suite: SuitePlan) -> gx.ExpectationSuite:
    """The suite; raises :class:`SuiteIncomplete` if an expectation was dropped on the way."""
    import great_expectations as gx

    built = gx.ExpectationSuite(
        name=suite.name,
        expectations=[_expectation(rule) for rule in suite.rules],
        meta={"group": suite.group, "frame": suite.frame},
    )
    _compare(suite.name, {rule.rule_id for rule in suite.rules}, built.expectations)
    return built


def _expectation(rule: Rule) -> gx.expectations.UnexpectedRowsExpectation:
    import great_expectations as gx
    from great_expectations.expectations.metadata_types import FailureSeverity

    return gx.expectations.UnexpectedRowsExpectation(
        unexpected_rows_query=rows_query(rule),
        severity=FailureSeverity(SEVERITIES[rule.severity]),
        description=f"{rule.rule_id} {rule.title_zh}",
        notes=rule.meaning,
        # Copied a dozen times for each rule on the way to the pages; the rest is known by its id
        # (quality.rule).
        meta={"rule_id": rule.rule_id},
    )


def _compare(name: str, wanted: set[str], expectations: Iterable) -> None:
    there = {expectation.meta["rule_id"] for expectation in expectations}
    if lost := sorted(wanted - there):
        raise SuiteIncomplete(
            f"Great Expectations dropped {len(lost)} of the {len(wanted)} rules of {name}: "
            f"{', '.join(lost)}. Two rules may have the same SQL; make their fails_when differ."
        )
