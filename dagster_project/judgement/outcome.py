"""What judging came to: the tables it hands on, and the sums that are shown of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.judgement import tables
from dagster_project.judgement.flags.totals import Sums
from dagster_project.judgement.partitions import Partition
from dagster_project.judgement.rules.catalogue import ENTRY, Catalogue, Rule
from dagster_project.messages import Message

if TYPE_CHECKING:
    import duckdb


STRUCTURAL = "file"
"""The rule group whose open hard flags refuse a file: its figures cannot be trusted."""


@dataclass(frozen=True)
class RuleOutcome:
    """One rule after judging: how many flags of it stand open, or why it could not be judged."""

    rule: Rule
    open_flags: int
    broken: str | None = None
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """What judging came to. ``counts`` are flags by (severity, status); years as start years.

    ``refused_reviews`` are the rows of ``review`` on files of which nothing could be used.
    """

    folder: Path
    rules: tuple[RuleOutcome, ...]
    counts: Mapping[tuple[str, str], int]
    school_years: tuple[int, ...]
    judged_now: tuple[int, ...]
    sections: int
    review_problems: tuple[str, ...] = ()
    refused_reviews: tuple[Mapping[str, Any], ...] = ()
    open_hard: tuple[Mapping[str, object], ...] = field(default=(), repr=False)

    @property
    def broken(self) -> tuple[RuleOutcome, ...]:
        """The rules that could not be judged."""
        return tuple(outcome for outcome in self.rules if outcome.broken)

    def of_group(self, group: str) -> tuple[RuleOutcome, ...]:
        """The outcomes of one rule group."""
        return tuple(outcome for outcome in self.rules if outcome.rule.group == group)

    def untrusted(self, known: Collection[str] = ()) -> tuple[Mapping[str, object], ...]:
        """The open hard flags of :data:`STRUCTURAL` on files whose hash ``known`` does not name.

        Flags on single entries of a file are none: what is certain of the file is used.
        """
        rules = {
            o.rule.rule_id
            for o in self.of_group(STRUCTURAL)
            if o.rule.severity == "hard" and o.rule.frame != ENTRY
        }
        return tuple(
            flag
            for flag in self.open_hard
            if flag["rule_id"] in rules and flag["sha256"] not in known
        )


def write(
    connection: duckdb.DuckDBPyConnection,
    out: Path,
    catalogue: Catalogue,
    flag_tables: Iterable[pa.Table],
    review_rows: list[dict],
    broken: Mapping[str, str],
    todo: Sequence[Partition],
    stale: Sequence[Partition],
) -> Judged:
    """Write ``flag``, ``rule`` and ``review`` to ``out`` and sum up what they hold.

    ``flag_tables`` are the flags, some thousands at a time. ``connection`` is where they are summed
    up.
    """
    out.mkdir(parents=True, exist_ok=True)
    flag_file = out / "flag.parquet"
    tables.write(flag_file, tables.FLAG, flag_tables)
    for name, schema, content in (
        ("rule", tables.RULE, [_rule_row(rule, broken) for rule in catalogue.rules]),
        ("review", tables.REVIEW, review_rows),
    ):
        tables.write_rows(out / f"{name}.parquet", schema, content)
    sums = Sums.of(connection, flag_file)
    return Judged(
        folder=out,
        rules=tuple(
            RuleOutcome(
                rule,
                sums.open_by_rule.get(rule.rule_id, 0),
                broken.get(rule.rule_id),
                sums.samples.get(rule.rule_id, ()),
            )
            for rule in catalogue.rules
        ),
        counts=sums.counts,
        school_years=tuple(p.school_year for p in todo),
        judged_now=tuple(p.school_year for p in stale),
        sections=sum(p.sections for p in todo),
        open_hard=sums.open_hard,
        review_problems=tuple(_problem(row) for row in review_rows if row["problem"]),
        refused_reviews=tuple(row for row in review_rows if _is_whole_file(row)),
    )


def apply_reviews(part: pa.Table, said: Mapping[str, Mapping[str, object]]) -> pa.Table:
    """``part`` of the flags with the status and note of those that ``said`` has by their id."""
    ids = part.column("flag_id")
    reviewed = pc.is_in(ids, pa.array(list(said), pa.string()))
    if not said or not pc.any(reviewed).as_py():
        return part
    named = ids.filter(reviewed).to_pylist()
    for name in ("status", "note"):
        values = pa.array([said[flag_id][name] for flag_id in named], pa.string())
        plain = part.column(name).cast(pa.string()).combine_chunks()
        changed = pc.replace_with_mask(plain, reviewed.combine_chunks(), values)
        part = part.set_column(part.schema.get_field_index(name), name, changed)
    return part


def _is_whole_file(row: Mapping[str, object]) -> bool:
    """Whether a row of the table of reviews says that nothing of a file could be used."""
    return (
        bool(row["problem"])
        and not row["flag_id"]
        and not row["decision"]
        and not (row["explanation"] or row["reviewer"])
    )


def _problem(row: Mapping[str, object]) -> str:
    where = ", ".join(str(row[name]) for name in ("file", "sheet", "cell") if row[name])
    why = Message.from_json(str(row["message"])) if row["message"] else str(row["problem"])
    return f"{where}: {why}"


def make_index_line(outcome: RuleOutcome) -> dict[str, object]:
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
