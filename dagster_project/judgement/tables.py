"""The tables that judging hands on, with column types that hold even without a row."""

from __future__ import annotations

import pyarrow as pa

_TEXT = pa.string()


def _schema(text: str) -> pa.Schema:
    """Columns of text, except those that are named with a type (``school_year:int32``)."""
    kinds = {"int32": pa.int32(), "bool": pa.bool_()}
    pairs = (name.partition(":") for name in text.split())
    return pa.schema([(name, kinds.get(kind, _TEXT)) for name, _, kind in pairs])


FLAG = _schema(
    "flag_id rule_id severity school_year:int32 term county_code county_name school_id school_name "
    "stage fields observed expected message remedy source_file sheet cell status note taints "
    "sha256 owner title frame figures shape"
)

RULE = _schema(
    "rule_id severity title message remedy owner effective_from:int32 effective_to:int32 source "
    "rule_group frame title_en meaning when_it_matters fields taints is_broken:bool broken_reason"
)

REVIEW = _schema(
    "flag_id decision explanation reviewer reviewed_on file sheet cell outcome problem"
)

# The log of flags: what happened to a flag, and when (UTC).
FLAG_EVENT = pa.schema(
    [*FLAG, pa.field("event", _TEXT), pa.field("happened_at", pa.timestamp("us"))]
)
