"""What an asset's page in the UI says about what was made: counts, files, schema, a preview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa

from dagster_project.lake.ingest import Ingested
from dagster_project.lake.store import Delivery
from dagster_project.publish.content import FACTS

FILE_COUNTS = ("files", "read", "accepted", "refused")
REFUSED = "refused_files"
KEPT = "kept"
"""Sentences on what somebody edited and was not replaced."""
PREVIEWED = ("marts", "quality", "ref")
"""Schemas whose rows are shown: figures of schools and counties, never what names a person."""

PREVIEW_ROWS = 5
MOST_FILES = 100
MOST_COLUMNS = 12
MOST_SIGNS = 60


def told(metadata: Mapping[str, dg.MetadataValue], name: str) -> Any:
    """What a step told Dagster under ``name``: as plain as it was when it was told."""
    return metadata[name].value


def ingested(done: Sequence[Ingested], seconds: float, raw: Path) -> dict[str, Any]:
    """Metadata of a look at raw/: counts, every file that is new, why the refused ones were."""
    entries = [entry for one in done for entry in one.entries]
    refused = [entry for entry in entries if entry.reason]
    accepted = [entry for entry in entries if entry.accepted]
    return {
        "files": sum(one.files for one in done),
        "read": sum(one.read for one in done),
        "accepted": len(accepted),
        "refused": len(refused),
        "sections": sum(entry.rows or 0 for entry in accepted),
        "shapes": dict(Counter(entry.shape or "?" for entry in accepted)),
        "seconds": round(seconds, 3),
        "raw": dg.MetadataValue.path(str(raw)),
        REFUSED: [
            {"path": e.path, "sheet": e.sheet, "cell": e.cell, "reason": str(e.why)}
            for e in refused[:MOST_FILES]
        ],
        "preview": dg.MetadataValue.md(_deliveries(entries)),
    }


def _deliveries(entries: Sequence[Delivery]) -> str:
    if not entries:
        return "Nothing new."
    head = ("file", "what became of it", "year", "term", "shape", "rows", "sha256")
    rows = [
        (e.path, e.outcome, e.school_year, e.term, e.shape, e.rows, e.sha256[:12])
        for e in entries[:MOST_FILES]
    ]
    return markdown(head, rows, len(entries))


def selected(folder: Path) -> dict[str, Any]:
    """Metadata of the selection: schema, rows by school year and term."""
    with duckdb.connect() as connection:
        table = connection.from_parquet(str(folder / "current.parquet"))
        by_term = table.aggregate("school_year, term, count(*)", "school_year, term").order("1, 2")
        return {
            "dagster/row_count": table.shape[0],
            "dagster/column_schema": arrow_schema(table.limit(0).to_arrow_table().schema),
            "preview": dg.MetadataValue.md(
                markdown(("school year", "term", "sections"), by_term.fetchall())
            ),
            "path": dg.MetadataValue.path(str(folder)),
        }


def arrow_schema(schema: pa.Schema) -> dg.TableSchema:
    """Columns and types of a Parquet table as the UI shows them."""
    return dg.TableSchema([dg.TableColumn(field.name, str(field.type)) for field in schema])


def tables_of(database: Path) -> dict[str, dict[str, Any]]:
    """Row count, and a preview where one may be shown, of every table: ``schema.table`` → metadata.

    Empty where the database cannot be opened: a page without a preview is no reason to fail.
    """
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            stored = connection.execute(
                "select schema_name, table_name, estimated_size from duckdb_tables()"
                " where database_name = current_database() order by all"
            ).fetchall()
            views = connection.execute(
                "select mart.schema_name, mart.view_name from duckdb_views() as mart"
                " semi join duckdb_views() as facts on facts.view_name = mart.view_name"
                f" and facts.schema_name = '{FACTS}' where mart.schema_name = 'marts'"
                " order by all"
            ).fetchall()
            counted = [(schema, name, _rows(connection, schema, name)) for schema, name in views]
            return {
                f"{schema}.{name}": {
                    "dagster/row_count": rows,
                    **_preview(connection, schema, name, rows),
                }
                for schema, name, rows in (*stored, *counted)
            }
    except duckdb.Error:
        return {}


def _rows(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> int:
    return connection.execute(f'select count(*) from "{schema}"."{name}"').fetchall()[0][0]


def _preview(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, rows: int
) -> dict[str, Any]:
    if schema not in PREVIEWED:
        return {}
    found = connection.execute(f'select * from "{schema}"."{name}" limit {PREVIEW_ROWS}')
    head = [column[0] for column in found.description]
    return {"preview": dg.MetadataValue.md(markdown(head, found.fetchall(), rows))}


def published(manifest: Mapping[str, Any], database: Path, folder: Path) -> dict[str, Any]:
    """Metadata of a publication: identity, inputs, restatement, and every table with its hash."""
    tables = manifest["tables"]
    rows = [(f"{t['schema']}.{t['name']}", t["rows"], t["content"], t["comment"]) for t in tables]
    restatement = manifest.get("restatement") or {}
    return {
        "publish_id": manifest["publish_id"],
        "published_at": manifest["published_at"],
        "as_of": manifest.get("as_of") or "now",
        "inputs": manifest["inputs"],
        "versions": manifest["versions"],
        "tables": len(tables),
        "rows": sum(table["rows"] for table in tables),
        "restated": restatement.get("note") or "",
        "path": dg.MetadataValue.path(str(database)),
        "parquet": dg.MetadataValue.path(str(folder)),
        "preview": dg.MetadataValue.md(
            markdown(("table", "rows", "content hash", "what it is"), rows)
        ),
    }


def markdown(head: Sequence[str], rows: Iterable[Sequence[Any]], total: int | None = None) -> str:
    """A Markdown table of the first :data:`MOST_COLUMNS` columns, long cells cut."""
    shown = [tuple(row)[:MOST_COLUMNS] for row in rows]
    lines = [_line(head[:MOST_COLUMNS]), _line(["---"] * min(len(head), MOST_COLUMNS))]
    lines += [_line(map(_cell, row)) for row in shown]
    if total is not None and total > len(shown):
        lines += ["", f"{len(shown)} of {total:,} rows."]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
    text = text if len(text) <= MOST_SIGNS else text[: MOST_SIGNS - 1] + "…"
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
