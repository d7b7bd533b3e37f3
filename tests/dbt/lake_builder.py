"""A small lake from a few words: sections as dicts, everything not named is not collected."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.census.reading import Reading
from dagster_project.census.schema import (
    fields,
    origin_schema,
    part_schema,
    section_schema,
    status_column,
)
from dagster_project.lake.reference import write_reference
from dagster_project.lake.selection import select
from dagster_project.lake.store import ACCEPTED, REJECTED, Delivery, Lake

FLAG_SCHEMA = pa.schema(
    [("school_year", pa.int32())]
    + [
        (name, pa.string())
        for name in (
            "flag_id", "rule_id", "severity", "term", "county_code", "school_id", "stage", "fields",
            "observed", "expected", "message", "remedy", "source_file", "sheet", "cell", "status",
            "note", "taints",
        )
    ]
)  # fmt: skip
RULE_SCHEMA = pa.schema(
    [("effective_from", pa.int32()), ("effective_to", pa.int32()), ("is_broken", pa.bool_())]
    + [
        (name, pa.string())
        for name in (
            "rule_id", "severity", "title", "title_en", "rule_group", "frame", "message", "remedy",
            "meaning", "when_it_matters", "fields", "taints", "owner", "source", "broken_reason",
        )
    ]
)  # fmt: skip
START = datetime(2023, 9, 20)


def section(school_id: str, stage: str, pupils: float | None, **given) -> dict:
    """One section row. A figure is given as its value or, without one, as its status."""
    row = {
        "school_id": school_id,
        "stage": stage,
        "school_year": 2023,
        "term": "autumn",
        "county_code": "640221",
        "county_name": "平罗县",
        "school_name": f"学校{school_id}",
        "school_type_code": "211" if stage == "primary" else "311",
        "sponsor_code": "831",
        "urban_rural_code": "121",
        "standards": "2017,2012,general",
        "profile": "test",
        "vintage": "2023",
        "sheet": None,
        "source_row": None,
        "is_counted": None,
        "is_new": None,
        "was_closed": None,
    }
    given = {"pupils": "undefined" if pupils is None else pupils, **given}
    for field in fields():
        figure = given.pop(field, "not_collected")
        if isinstance(figure, str):
            row[field], row[status_column(field)] = None, figure
        else:
            row[field], row[status_column(field)] = figure, "reported" if figure else "zero"
    unknown = set(given) - set(row)
    assert not unknown, f"no such columns: {unknown}"
    return {**row, **given}


def full(**changes) -> dict:
    """Figures of a section for every indicator, round enough to check by head for 100 pupils."""
    return {
        "classes": 4,
        "teachers": 10,
        "teachers_doctor": 0,
        "teachers_master": 1,
        "teachers_bachelor": 5,
        "teachers_associate": 3,
        "teachers_pe": 1,
        "teachers_arts": 1,
        "teachers_title_full_senior": 0,
        "teachers_title_associate_senior": 2,
        "teachers_title_intermediate": 4,
        "backbone_teachers": 2,
        "teaching_area_m2": 700,
        "indoor_sports_area_m2": 100,
        "sports_ground_area_m2": 1000,
        "books": 3000,
        "computers": 12,
        "multimedia_rooms": 3,
        "equipment_value_yuan": 300_000,
        **changes,
    }


class LakeBuilder:
    """Collects deliveries, each later than the one before, and writes them as the loader would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lake = Lake(root / "lake")
        self.log: list[Delivery] = []
        self.flags: list[dict] = []
        self.teaching_points: list[str] = []
        self.mappings: dict[str, list[str]] = {}  # file below mappings/ → its lines

    def deliver(
        self, path: str, rows: list[dict], *, origins=(), rank: int = 0, set_aside=()
    ) -> str:
        """One accepted file; returns its sha256."""
        sha256 = hashlib.sha256(f"{path}{len(self.log)}".encode()).hexdigest()
        rows = [{**row, "sha256": sha256} for row in rows]
        year, term = rows[0]["school_year"], rows[0]["term"]
        table = pa.Table.from_pylist(rows, section_schema())
        found = [{"sha256": sha256, **origin} for origin in origins]
        reading = Reading(
            "flat", "test", "2023", year, term, table.to_batches(),
            pa.Table.from_pylist(found, origin_schema()), set_aside=set_aside,
        )  # fmt: skip
        self.lake.write(reading, sha256)
        self._log(path, sha256, ACCEPTED, year, term, len(rows), rank)
        return sha256

    def give(self, path: str, year: int, term: str, **parts: list[dict]) -> str:
        """One accepted return; rows of its parts, keys of the county filled in where they lack."""
        sha256 = hashlib.sha256(f"{path}{len(self.log)}".encode()).hexdigest()
        own = {"sha256": sha256, "school_year": year, "term": term, "county_code": "640221"}
        tables = {
            part: pa.Table.from_pylist([{**own, **row} for row in rows], part_schema(part))
            for part, rows in parts.items()
        }
        reading = Reading(
            "returns", "test", "1", year, term, [], origin_schema().empty_table(), parts=tables
        )
        self.lake.write(reading, sha256)
        self._log(
            path, sha256, ACCEPTED, year, term, sum(map(len, parts.values())), 0, shape="returns"
        )
        return sha256

    def refuse(self, path: str, reason: str) -> None:
        """One file that could not be read."""
        sha256 = hashlib.sha256(path.encode()).hexdigest()
        self._log(path, sha256, REJECTED, None, None, None, 0, reason)

    def _log(
        self, path, sha256, outcome, year, term, rows, rank, reason=None, shape="flat"
    ) -> None:
        self.log.append(
            Delivery(
                load_id="load", path=path, sha256=sha256, outcome=outcome, reading="test",
                loaded_at=START + timedelta(minutes=len(self.log)), school_year=year, term=term,
                shape=shape, profile="test", vintage="2023", rows=rows, reason=reason,
                correction_rank=rank,
            )
        )  # fmt: skip

    def write(self, build_dir: Path) -> Path:
        """Complete the lake and select what counts; returns the lake's folder."""
        raw = self.root / "raw"
        (raw / "mappings").mkdir(parents=True, exist_ok=True)
        if self.teaching_points:
            lines = ["school_id,parent_school_id,from_year,to_year,note", *self.teaching_points]
            (raw / "mappings" / "teaching_points.csv").write_text("\n".join(lines), "utf-8")
        for name, lines in self.mappings.items():
            (raw / "mappings" / name).write_text("\n".join(lines) + "\n", "utf-8")
        self.lake.append(self.log)
        write_reference(self.lake, raw)
        select(self.lake, build_dir / "selection")
        flags = self.lake.root / "judgement"
        flags.mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist(self.flags, FLAG_SCHEMA), flags / "flag.parquet")
        pq.write_table(RULE_SCHEMA.empty_table(), flags / "rule.parquet")
        return self.lake.root
