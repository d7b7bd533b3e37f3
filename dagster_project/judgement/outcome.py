"""What judging came to: the tables it hands on, and the sums that are shown of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.judgement import flags, tables
from dagster_project.judgement.catalogue import Catalogue, Rule
from dagster_project.judgement.partitions import Partition


@dataclass(frozen=True)
class RuleOutcome:
    """One rule after judging: how many flags of it stand open, or why it could not be judged."""

    rule: Rule
    open_flags: int
    broken: str | None = None
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """What judging came to. ``counts`` are flags by (severity, status); years as start years."""

    folder: Path
    rules: tuple[RuleOutcome, ...]
    counts: Mapping[tuple[str, str], int]
    school_years: tuple[int, ...]
    judged_now: tuple[int, ...]
    sections: int
    review_problems: tuple[str, ...] = ()
    open_hard: tuple[Mapping[str, object], ...] = field(default=(), repr=False)

    @property
    def broken(self) -> tuple[RuleOutcome, ...]:
        """The rules that could not be judged."""
        return tuple(outcome for outcome in self.rules if outcome.broken)

    def of_group(self, group: str) -> tuple[RuleOutcome, ...]:
        """The outcomes of one rule group."""
        return tuple(outcome for outcome in self.rules if outcome.rule.group == group)

    def structural_faults(self, group: str) -> list[str]:
        """A sentence for every open hard flag of ``group``: file, message and flag id."""
        rules = {o.rule.rule_id for o in self.of_group(group) if o.rule.severity == "hard"}
        return [
            f"{flag['source_file']}: {flag['message']} (flag {flag['flag_id']})"
            for flag in self.open_hard
            if flag["rule_id"] in rules
        ]


def write(
    out: Path,
    catalogue: Catalogue,
    rows: list[dict],
    review_rows: list[dict],
    broken: Mapping[str, str],
    todo: Sequence[Partition],
    stale: Sequence[Partition],
) -> Judged:
    """Write ``flag``, ``rule`` and ``review`` to ``out`` and sum up what they hold."""
    out.mkdir(parents=True, exist_ok=True)
    for name, schema, content in (
        ("flag", tables.FLAG, rows),
        ("rule", tables.RULE, [_rule_row(rule, broken) for rule in catalogue.rules]),
        ("review", tables.REVIEW, review_rows),
    ):
        tables.write_rows(out / f"{name}.parquet", schema, content)
    open_rows = [row for row in rows if row["status"] == flags.OPEN]
    by_rule: dict[object, list[dict]] = defaultdict(list)
    for row in open_rows:
        by_rule[row["rule_id"]].append(row)
    outcomes = tuple(_outcome(rule, by_rule[rule.rule_id], broken) for rule in catalogue.rules)
    return Judged(
        folder=out,
        rules=outcomes,
        counts=Counter((str(row["severity"]), str(row["status"])) for row in rows),
        school_years=tuple(p.school_year for p in todo),
        judged_now=tuple(p.school_year for p in stale),
        sections=sum(p.sections for p in todo),
        open_hard=tuple(row for row in open_rows if row["severity"] == "hard"),
        review_problems=tuple(_problem(row) for row in review_rows if row["problem"]),
    )


def _problem(row: Mapping[str, object]) -> str:
    where = ", ".join(str(row[name]) for name in ("file", "sheet", "cell") if row[name])
    return f"{where}: {row['problem']}"


def _outcome(rule: Rule, mine: list[dict], broken: Mapping[str, str]) -> RuleOutcome:
    samples = tuple(
        f"{row['school_year']} {row['school_name'] or row['county_name'] or ''}: {row['message']}"
        for row in mine[:3]
    )
    return RuleOutcome(rule, len(mine), broken.get(rule.rule_id), samples)


def index_line(outcome: RuleOutcome) -> dict[str, object]:
    """A rule's line in the index of the Data Docs."""
    rule = outcome.rule
    return {
        "rule_id": rule.rule_id,
        "group": rule.group,
        "severity": rule.severity,
        "title": rule.title_zh,
        "found": outcome.open_flags,
        "broken": outcome.broken,
    }


def _rule_row(rule: Rule, broken: Mapping[str, str]) -> dict[str, object]:
    return {
        "rule_id": rule.rule_id,
        "severity": rule.severity,
        "title": rule.title_zh,
        "message": rule.message,
        "remedy": rule.resolve,
        "owner": rule.owner,
        "effective_from": rule.effective_from,
        "effective_to": rule.effective_to,
        "source": rule.source,
        "rule_group": rule.group,
        "frame": rule.frame,
        "title_en": rule.title_en,
        "meaning": rule.meaning,
        "when_it_matters": rule.when,
        "fields": ",".join(rule.fields) or None,
        "taints": ",".join(rule.taints) or None,
        "is_broken": rule.rule_id in broken,
        "broken_reason": broken.get(rule.rule_id),
    }
