"""How flags ended that are not raised any more: what their figures were, and what they are now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice

import duckdb
import pyarrow as pa

from dagster_project.judgement import tables
from dagster_project.judgement.flags import flag as flags
from dagster_project.judgement.flags import log as flag_log
from dagster_project.judgement.frames.columns import PARTS_OF_THE_KEY
from dagster_project.judgement.rules import message
from dagster_project.judgement.rules.catalogue import ENTRY, OTHER_DATA, Catalogue, Rule
from dagster_project.judgement.scan import rows_about

Figures = Mapping[str, object]


def find_endings(
    connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, gone: Iterable[flag_log.Row]
) -> list[flag_log.Ending]:
    """How each of the logged flags in ``gone`` ended, in their order.

    ``connection`` holds the frames of their school years. A flag whose rule is gone was dropped.
    """
    found: list[flag_log.Ending] = []
    gone = iter(gone)
    while some := list(islice(gone, tables.ROWS_AT_A_TIME)):
        found += _find_endings(connection, catalogue, some)
    return found


def _find_endings(
    connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, gone: list[flag_log.Row]
) -> list[flag_log.Ending]:
    found = [flag_log.Ending(flag_log.DROPPED)] * len(gone)
    asked: dict[tuple[str, bool], list[int]] = {}
    for number, row in enumerate(gone):
        if row["rule_id"] in catalogue:
            asked.setdefault((str(row["rule_id"]), bool(row["school_id"])), []).append(number)
    for (rule_id, of_a_school), numbers in asked.items():
        rows = [gone[number] for number in numbers]
        figures = _read_figures_now(connection, catalogue.rule(rule_id), of_a_school, rows)
        for number, row, now in zip(numbers, rows, figures, strict=True):
            was = flags.select_own_figures(json.loads(str(row["figures"])))
            found[number] = flag_log.decide_ending(row, was, now)
    return found


def _read_key_parts(row: flag_log.Row) -> dict[str, object]:
    figures = json.loads(str(row["figures"]))
    return {name: figures[name] for name in PARTS_OF_THE_KEY if name in figures}


def _read_figures_now(
    connection: duckdb.DuckDBPyConnection, rule: Rule, of_a_school: bool, rows: list[flag_log.Row]
) -> list[list[tuple[Figures, str]]]:
    """Own figures and the observed one, of the rows that each logged flag was about."""
    subject = ["school_year", "term"]
    if rule.frame == "file":
        subject += ["sha256"]
    elif rule.frame in (ENTRY, *OTHER_DATA):  # nothing but its place says which it was
        subject += ["county_code", "school_id", "stage", "sha256", "sheet"]
    else:
        # A county's own row is the one without a school.
        subject += ["school_id"] if of_a_school else ["county_code", "school_id"]
        subject += [] if rule.frame == "school" else ["stage"]
    full = [{**row, **_read_key_parts(row)} for row in rows]
    subject += list(_read_key_parts(rows[0]))
    kinds = {"school_id": pa.string(), "stage": pa.string(), "cohort": pa.int32()}
    subjects = pa.table(
        {name: pa.array([row[name] for row in full], kinds.get(name)) for name in subject}
    )
    found: list[list[tuple[Figures, str]]] = [[] for _ in rows]
    for number, text in rows_about(connection, rule, subjects):
        entry = json.loads(text)
        found[number].append((flags.select_own_figures(entry), message.write_observed(entry)))
    return found
