"""Which indicators the sections at hand can have, and which figure each of the others lacks.

The formula is dbt's own (``dbt/macros/numerator.sql`` over ``dbt/seeds/indicator_term.csv``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from dagster_project.census.figures import REPORTED, ZERO
from dagster_project.seeds import seed_rows
from dagster_project.transform.dbt_sql import render_macro

STAGES = ("primary", "junior")


@dataclass(frozen=True)
class Lack:
    """A figure that is not there in some sections, and why (a status of the figure)."""

    field_id: str
    status: str
    sections: int


@dataclass(frozen=True)
class Computable:
    """One indicator of one stage: in how many sections it can be computed, what the others lack.

    ``applies`` is whether the standard is one that the sections' source names. ``whole`` is the
    field of the numerator as such, which would do in place of the parts that are lacking.
    """

    standard_id: str
    indicator_id: str
    name_zh: str
    name_en: str
    stage: str
    applies: bool
    sections: int
    computed: int
    lacks: tuple[Lack, ...] = ()
    whole: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether a section lacks what its source's standard asks for."""
        return self.applies and self.computed < self.sections


def computable(connection: duckdb.DuckDBPyConnection) -> list[Computable]:
    """What can be computed of the relation ``section``, by standard, indicator and stage.

    A section that reports no pupils (closed, newly built) has no indicators and lacks nothing.
    """
    terms = [_typed(row) for row in seed_rows("indicator_term")]
    standards = {
        standard
        for (text,) in connection.execute("select distinct standards from section").fetchall()
        for standard in text.split(",")
    }
    there = {s for (s,) in connection.execute("select distinct stage from section").fetchall()}
    found: list[Computable] = []
    for stage in STAGES:
        indicators = seed_rows("indicator") if stage in there else []
        by_indicator = [
            [t for t in terms if t["indicator_id"] == i["indicator_id"] and t["stage"] == stage]
            for i in indicators
        ]
        wanted = [(i, own) for i, own in zip(indicators, by_indicator, strict=True) if own]
        counts = _counts(connection, stage, wanted)
        for (indicator, own), (sections, computed, *lacking) in zip(wanted, counts, strict=True):
            found.append(_of(indicator, own, stage, standards, sections, computed, lacking))
    return found


def _typed(row: Mapping[str, str]) -> dict[str, object]:
    is_true = {name: row[name] == "true" for name in ("blank_as_zero", "is_whole")}
    return {**row, **is_true, "sign": int(row["sign"])}


def _counts(
    connection: duckdb.DuckDBPyConnection, stage: str, wanted: Sequence[tuple[Mapping, list[dict]]]
) -> list[list]:
    """Per indicator: sections, those computed, and per figure a map of status → sections.

    The figures are the parts of the numerator and then the denominator.
    """
    columns: dict[str, str] = {}
    asked: list[str] = []
    for k, (indicator, terms) in enumerate(wanted):
        parts = [term for term in terms if not term["is_whole"]]
        below = render_macro("status_of", field_id=indicator["denominator"])
        columns[f"trouble_{k}"] = render_macro("numerator_trouble", terms=terms)
        columns[f"below_{k}"] = f"nullif({below}, '{REPORTED}')"
        for n, part in enumerate(parts):
            columns[f"lack_{k}_{n}"] = render_macro("term_trouble", term=part)
            columns[f"status_{k}_{n}"] = render_macro("status_of", field_id=part["field_id"])
        told = ", ".join(f"lack_{k}_{n}" for n in range(len(parts)))
        # Where all parts are blank none is in trouble alone: then each of them is lacking.
        lacks = [
            f"histogram(coalesce(lack_{k}_{n}, if(coalesce({told}) is null, status_{k}_{n}, null)))"
            f" filter (trouble_{k} is not null)"
            for n in range(len(parts))
        ]
        computed = f"count(*) filter (trouble_{k} is null and below_{k} is null)"
        asked.append(f"[{', '.join(lacks)}, histogram(below_{k})]")
        asked.append(computed)
    if not wanted:
        return []
    made = ", ".join(f"{sql} as {name}" for name, sql in columns.items())
    row = connection.execute(
        f"select count(*), {', '.join(asked)} from (select {made} "
        f"from section where stage = ? and pupils__status is distinct from '{ZERO}')",
        [stage],
    ).fetchone()
    sections, *found = row or ()
    return [
        [sections, computed, *lacks]
        for lacks, computed in zip(found[::2], found[1::2], strict=True)
    ]


def _of(
    indicator: Mapping[str, str],
    terms: Sequence[Mapping],
    stage: str,
    standards: set[str],
    sections: int,
    computed: int,
    lacking: Sequence[Mapping | None],
) -> Computable:
    names = [t["field_id"] for t in terms if not t["is_whole"]] + [indicator["denominator"]]
    lacks = tuple(
        Lack(field_id, status, int(number))
        for field_id, statuses in zip(names, lacking, strict=True)
        for status, number in sorted((statuses or {}).items())
    )
    return Computable(
        indicator["standard_id"],
        indicator["indicator_id"],
        indicator["name_zh"],
        indicator["name_en"],
        stage,
        indicator["standard_id"] in standards,
        sections,
        computed,
        lacks if computed < sections else (),
        next((t["field_id"] for t in terms if t["is_whole"]), None),
    )
