"""The tables that judging hands on, with column types that hold even without a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_AT_A_TIME = 20_000

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


def write_rows(
    path: Path, schema: pa.Schema, rows: Iterable[Mapping[str, object]], compression: str = "snappy"
) -> int:
    """Write rows as Parquet, some thousands at a time; returns how many there were."""
    rows, written = iter(rows), 0
    with pq.ParquetWriter(path, schema, compression=compression) as file:
        while some := list(islice(rows, ROWS_AT_A_TIME)):
            file.write_table(pa.Table.from_pylist(some, schema))
            written += len(some)
    return written
