"""Reviewed data and dictionaries that stand beside the figures in the lake."""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.census.rejection import FileRejected
from dagster_project.census.returns.layout import stated_unit
from dagster_project.census.schema import fields
from dagster_project.lake.readers import Limits, each_aside
from dagster_project.lake.refused_inputs import RefusedInput, refused_input
from dagster_project.lake.reviewed import (
    Reviewed,
    ReviewedRows,
    Row,
    read_reviewed,
    unexpected,
)
from dagster_project.lake.store import Lake
from dagster_project.messages import Message

_TEXT, _YEAR, _NUMBER = pa.string(), pa.int32(), pa.float64()


def _teaching_point(row: Row) -> Message | None:
    if row["school_id"] == row["parent_school_id"]:
        return Message("lake.own_parent")
    return _span(row)


def _span(row: Row) -> Message | None:
    first, last = row["from_year"], row["to_year"]
    if first is not None and last is not None and first > last:
        return Message("lake.ends_before_it_begins", {"first": first, "last": last})
    return None


# Which end of a succession is named: a new school follows none, a closed one has no successor.
_ENDS = {"new": (False, True), "closed": (True, False)}


def _succession(row: Row) -> Message | None:
    kind, named = row["kind"], (bool(row["school_id"]), bool(row["successor_school_id"]))
    expected = _ENDS.get(kind, (True, True))
    if named != expected:
        ends = [
            name
            for name, is_there in zip(("school_id", "successor_school_id"), expected, strict=True)
            if is_there
        ]
        identity = "lake.needs_both_schools" if len(ends) > 1 else "lake.needs_one_school"
        return Message(identity, {"kind": kind, "column": ends[0]})
    if not 0 <= row["share"] <= 1:
        return Message("lake.no_fraction", {"share": row["share"]})
    return None


def _county_code(row: Row) -> Message | None:
    for name in ("old_code", "new_code"):
        if not re.fullmatch(r"\d{6}", row[name]):
            return unexpected("lake.six_digits", name, row[name])
    if row["old_code"] == row["new_code"]:
        return Message("lake.same_codes")
    return None


# The parents of teaching points (教学点); empty years mean always.
TEACHING_POINTS = Reviewed(
    file="teaching_points.csv",
    schema=pa.schema(
        [
            ("school_id", _TEXT),
            ("parent_school_id", _TEXT),
            ("from_year", _YEAR),
            ("to_year", _YEAR),
            ("note", _TEXT),
        ]
    ),
    needed=("school_id", "parent_school_id"),
    filled=("school_id", "parent_school_id"),
    check=_teaching_point,
)

# What became of a school: from ``school_year`` on the new state holds. ``share`` is the part of
# its pupils that went to the successor. A campus (一校两区) stands under the successor's id.
SUCCESSION = Reviewed(
    file="succession.csv",
    schema=pa.schema(
        [
            ("school_id", _TEXT),
            ("successor_school_id", _TEXT),
            ("school_year", _YEAR),
            ("kind", _TEXT),
            ("share", _NUMBER),
            ("reviewed_by", _TEXT),
            ("note", _TEXT),
        ]
    ),
    needed=("school_id", "successor_school_id", "school_year", "kind"),
    filled=("school_year", "kind"),
    key=("school_id", "successor_school_id", "school_year"),
    choices={"kind": ("merge", "split", "rename", "campus", "new", "closed")},
    defaults={"share": 1.0},
    check=_succession,
)

# Codes of counties that changed (撤县设区, 行政区划调整).
COUNTY_CODES = Reviewed(
    file="county_codes.csv",
    schema=pa.schema(
        [("old_code", _TEXT), ("new_code", _TEXT), ("from_year", _YEAR), ("note", _TEXT)]
    ),
    needed=("old_code", "new_code", "from_year"),
    filled=("old_code", "new_code", "from_year"),
    key=("old_code",),
    check=_county_code,
)


def _division(row: Row) -> Message | None:
    if not re.fullmatch(r"[1-9]\d{5}", row["code"]):
        return unexpected("lake.six_digits", "code", row["code"])
    return _span(row)


# Counties that the list of administrative divisions (seed `division`) lacks: 开发区, new counties.
DIVISIONS = Reviewed(
    file="divisions.csv",
    schema=pa.schema(
        [
            ("code", _TEXT),
            ("name", _TEXT),
            ("from_year", _YEAR),
            ("to_year", _YEAR),
            ("note", _TEXT),
        ]
    ),
    needed=("code", "name"),
    filled=("code", "name"),
    key=("code",),
    check=_division,
)

# Targets of plans by year, over the shipped ones.
POLICY_TARGETS = Reviewed(
    file="policy_targets.csv",
    schema=pa.schema(
        [
            ("county_code", _TEXT),
            ("target_id", _TEXT),
            ("school_year", _YEAR),
            ("target_value", _NUMBER),
            ("comparator", _TEXT),
            ("document", _TEXT),
            ("period_years", _NUMBER),  # of a sum over the years of a plan; empty: as shipped
        ]
    ),
    needed=("county_code", "target_id", "school_year", "target_value", "comparator"),
    filled=("county_code", "target_id", "school_year", "comparator"),
    key=("county_code", "target_id", "school_year"),
    choices={"comparator": (">=", "<=", ">", "<", "=")},
)


def _measure_item(row: Row) -> Message | None:
    if not re.fullmatch("[a-z][a-z0-9_]*", row["item_id"]):
        return unexpected("lake.an_item_id", "item_id", row["item_id"])
    if stated_unit(row["unit"]) is None:
        return unexpected("lake.a_unit", "unit", row["unit"])
    if row["origin"] in ("ratio", "difference") and not (row["source"] and row["whole"]):
        return Message("lake.is_empty", {"column": "whole" if row["source"] else "source"})
    low, high = row["low"], row["high"]
    if low is not None and high is not None and low > high:
        return Message("lake.ends_before_it_begins", {"first": low, "last": high})
    return None


# Items of 其他数据 that a county or province adds to the seed `measure_item`, or says anew.
MEASURE_ITEMS = Reviewed(
    file="measure_items.csv",
    schema=pa.schema(
        [
            *(
                (name, _TEXT)
                for name in ("item_id", "name_zh", "also", "name_en", "unit", "split_by")
            ),
            *((name, _TEXT) for name in ("origin", "source", "whole")),
            *((name, _TEXT) for name in ("over_schools", "over_counties", "over_years")),
            ("low", _NUMBER),
            ("high", _NUMBER),
            *((name, _TEXT) for name in ("better", "chapter", "asked", "county_code")),
        ]
    ),
    needed=("item_id", "name_zh", "unit"),
    filled=("item_id", "name_zh", "unit"),
    key=("item_id",),
    choices={
        "split_by": ("level", "stage"),
        "origin": ("returned", "ratio", "difference"),
        "over_schools": ("sum", "none"),
        "over_counties": ("sum", "share", "same", "none"),
        "over_years": ("sum", "latest", "none"),
        "better": ("higher", "lower"),
        "asked": ("county", "school", "both"),
    },
    defaults={
        "origin": "returned",
        "over_schools": "sum",
        "over_counties": "sum",
        "over_years": "latest",
        "chapter": "other",
        "asked": "both",
        "county_code": "*",
    },
    check=_measure_item,
)

MAPPINGS = {
    "teaching_point": TEACHING_POINTS,
    "succession": SUCCESSION,
    "county_code": COUNTY_CODES,
    "division": DIVISIONS,
    "policy_target": POLICY_TARGETS,
    "measure_item": MEASURE_ITEMS,
}


def write_reference(
    lake: Lake,
    raw: Path,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
) -> list[RefusedInput]:
    """Bring the field dictionary and the reviewed mappings of ``raw/mappings`` into the lake.

    Each is read under ``limits``. Returns what could not be used: lines that were set aside, and
    files of which nothing can be read, whose table stays as it was read last.
    """
    dictionary = pa.Table.from_pylist([asdict(field) for field in fields().values()])
    lake.write_table("dictionary/field", dictionary)
    files = {name: raw / reviewed.path for name, reviewed in MAPPINGS.items()}
    found = each_aside(partial(read_mapping, raw), files, limits)
    refused = []
    for name, result in found.items():
        table, path = f"mapping/{name}", MAPPINGS[name].path
        if isinstance(result, FileRejected):
            stands = lake.has_table(table)
            refused.append(refused_input(raw, files[name], path, _held_so_far(result, stands)))
            schema = MAPPINGS[name].schema
            if not stands:
                lake.write_table(table, schema.empty_table())
            elif (held := _grown(lake.root / f"{table}.parquet", schema)) is not None:
                lake.write_table(table, held)
            continue
        if result.refusal is not None:
            refused.append(refused_input(raw, files[name], path, result.refusal))
        lake.write_table(table, result.rows)
    return refused


def _grown(path: Path, schema: pa.Schema) -> pa.Table | None:
    """What an earlier version wrote, with the columns that it did not know; ``None`` if it did."""
    held = pq.read_table(path, partitioning=None)
    if set(held.column_names) >= set(schema.names):
        return None
    return pa.Table.from_pylist(held.to_pylist(), schema=schema)


def _held_so_far(refusal: FileRejected, stands: bool) -> FileRejected:
    """A refusal that says what holds instead: what was read last, if it stands undamaged."""
    identity = "lake.until_then" if stands else "lake.until_then_nothing"
    message = Message(identity, {"refusal": refusal.message})
    return FileRejected(message, sheet=refusal.sheet, cell=refusal.cell)


def read_mapping(raw: Path, name: str) -> ReviewedRows:
    """The mapping ``name`` of :data:`MAPPINGS`; raises ``FileRejected``."""
    return read_reviewed(raw, MAPPINGS[name])
