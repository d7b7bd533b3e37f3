"""An analyst's program: opens the published set, asks it, closes it, again and again.

Run as ``reader.py WAREHOUSE STOP PAUSE SEED`` it goes on until the file STOP is there and prints
what it saw as one line of JSON. It ends with an error at the first thing that is not as
docs/analysts.md says.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

import duckdb

SMALL = {"threads": "1", "memory_limit": "200MB"}  # there are hundreds of us on one machine


def look(warehouse: Path) -> str:
    """Open one version as docs/analysts.md says, compare all of it, return its publish id."""
    version = (warehouse / "current").resolve(strict=True)  # one version, whatever comes later
    with duckdb.connect(str(version / "junheng.duckdb"), read_only=True, config=SMALL) as db:
        ((signed,),) = db.execute("select publish_id from quality.publication").fetchall()
        manifest = json.loads((version / "published" / "manifest.json").read_text("utf-8"))
        assert signed == manifest["publish_id"], (signed, manifest["publish_id"])
        for table in manifest["tables"]:
            if table["file"] is None:
                continue
            name = f'"{table["schema"]}"."{table["name"]}"'
            file = version / "published" / table["file"]
            rows = db.execute(
                f"select (select count(*) from {name}), (select count(*) from '{file}')"
            ).fetchall()
            assert rows == [(table["rows"], table["rows"])], (table["name"], rows)
        published = version / "published" / "publication.parquet"
        assert db.execute(f"select publish_id from '{published}'").fetchall() == [(signed,)]
    return signed


def look_by_name(warehouse: Path) -> str:
    """Open the database by its fixed name, as most people do: one file, so one version."""
    with duckdb.connect(str(warehouse / "junheng.duckdb"), read_only=True, config=SMALL) as db:
        ((signed,),) = db.execute("select publish_id from quality.publication").fetchall()
        ((schools,),) = db.execute("select count(*) from marts.dim_school").fetchall()
        assert schools > 0
    return signed


def main(warehouse: Path, stop: Path, pause: float, seed: int) -> None:
    luck, seen, looks = random.Random(seed), [], 0
    while looks < 2 or not stop.exists():
        signed = luck.choice((look, look_by_name))(warehouse)
        if signed not in seen:
            seen.append(signed)
        looks += 1
        time.sleep(luck.random() * pause)
    # Publish ids begin with the time: whoever looks again never sees an older version.
    assert seen == sorted(seen), seen
    print(json.dumps({"looks": looks, "seen": seen}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
