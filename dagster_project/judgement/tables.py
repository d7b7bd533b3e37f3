"""The tables that judging hands on, with column types that hold even without a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Row = Mapping[str, object]

ROWS_AT_A_TIME = 20_000

_TEXT = pa.string()
_OFTEN_ANEW = ("flag_id", "message", "cell", "figures")  # another text in nearly every row


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
    "flag_id decision explanation reviewer reviewed_on file sheet cell outcome problem message"
)

# The log of flags: what happened to a flag, and when (UTC).
FLAG_EVENT = pa.schema(
    [*FLAG, pa.field("event", _TEXT), pa.field("happened_at", pa.timestamp("us"))]
)


def write_rows(path: Path, schema: pa.Schema, rows: Iterable[Row], **options) -> int:
    """Write rows as Parquet, some thousands at a time; ``options`` as for :func:`write`."""
    return write(path, schema, batched(rows, schema), **options)


def write(
    path: Path,
    schema: pa.Schema,
    parts: Iterable[pa.Table],
    *,
    compression: str = "snappy",
    facts: Mapping[str, str] | None = None,
) -> int:
    """Write tables below each other as one Parquet file; returns how many rows they have.

    Texts may come as dictionaries, as :func:`stream` gives them: they are written as such.
    ``facts`` are kept in the file's metadata.
    """
    written, encoded = 0, _encoded(schema)
    # The Arrow schema is not kept: readers get plain text, whatever it was written from.
    with pq.ParquetWriter(
        path,
        encoded,
        compression=compression,
        store_schema=False,
        use_dictionary=_repeating(schema),
    ) as file:
        for part in parts:
            if part.num_rows:
                file.write_table(part.cast(encoded))
                written += part.num_rows
        file.add_key_value_metadata(dict(facts or {}))
    return written


def stream(path: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """A Parquet file of ``schema``, some thousands of rows at a time.

    Texts that repeat come as dictionaries: they need not be spelt out to be written again.
    """
    with pq.ParquetFile(path, read_dictionary=_repeating(schema)) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, schema.names)


def batched(rows: Iterable[Row], schema: pa.Schema) -> Iterator[pa.Table]:
    """Rows as tables of some thousands each."""
    rows = iter(rows)
    while some := list(islice(rows, ROWS_AT_A_TIME)):
        yield pa.Table.from_pylist(some, schema)


def _repeating(schema: pa.Schema) -> list[str]:
    return [f.name for f in schema if f.type == _TEXT and f.name not in _OFTEN_ANEW]


def _encoded(schema: pa.Schema) -> pa.Schema:
    """``schema`` with the texts that repeat as dictionaries."""
    repeating = set(_repeating(schema))
    kind = pa.dictionary(pa.int32(), _TEXT)
    return pa.schema([f.with_type(kind) if f.name in repeating else f for f in schema])
