"""Is a published set whole, and what does it say?"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from dagster_project.machine.atomic_folder import leftovers
from dagster_project.publish.content import content_hash, table_content

NAMES_FILES = {
    ("quality", name) for name in ("load", "drift", "flag", "rejected_file", "figure_origin")
} | {("bi", "open_flag"), ("marts", "restatement")}
"""Tables that say which file a figure stood in: other names, other rows."""


def inspect(warehouse: Path) -> dict:
    """The manifest of the version in force, after comparing all that it lists with what is there.

    Database, Parquet and manifest must be of one version, and hold what the manifest says.
    """
    folder = (warehouse / "current").resolve(strict=True)
    manifest = json.loads((folder / "published" / "manifest.json").read_text("utf-8"))
    assert manifest["publish_id"] == folder.name
    assert manifest["content"] == content_hash(manifest["tables"])
    with duckdb.connect(str(folder / "junheng.duckdb"), read_only=True) as connection:
        signed = connection.execute("select publish_id from quality.publication").fetchall()
        assert signed == [(folder.name,)]
        for table in manifest["tables"]:
            if table["file"] is None:
                continue
            rows, content = table_content(connection, table["schema"], table["name"])
            assert (rows, content) == (table["rows"], table["content"]), table["name"]
            file = folder / "published" / table["file"]
            assert connection.read_parquet(str(file)).count("*").fetchall() == [(rows,)]
    assert (warehouse / "junheng.duckdb").resolve() == folder / "junheng.duckdb"
    assert (warehouse / "published").resolve() == folder / "published"
    return manifest


def contents(manifest: dict, without: set = frozenset()) -> dict[str, str]:
    """Content hash by table."""
    return {
        f"{t['schema']}.{t['name']}": t["content"]
        for t in manifest["tables"]
        if t["file"] is not None and (t["schema"], t["name"]) not in without
    }


def left_behind(warehouse: Path) -> list[str]:
    """What no load that ended leaves: anything set aside, half-read files, the build."""
    aside = [path for path in leftovers(warehouse) if "reports" not in path.parts]
    aside += [*(warehouse / "lake").glob(".incoming/*"), *warehouse.glob("build")]
    return sorted(str(path.relative_to(warehouse)) for path in aside)
