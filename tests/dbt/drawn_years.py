"""A lake whose years are drawn one by one: what a year says depends on its own number alone.

Everything that a model reads of a year is drawn for it – figures, names, types, who is there,
answers, rooms, class lists, movements, cohorts, monitoring, flags – so that drawing one year anew
moves whatever depends on it, and nothing else.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from pathlib import Path

from county_returns import bins, room
from lake_builder import LakeBuilder, full, section

from dagster_project.project import DBT

COUNTIES = ("140107", "140109")
_ITEMS = DBT.parent / "dagster_project" / "census" / "dictionary" / "items.csv"
_FLOWS = ("transfers_in", "transfers_out", "resumed", "suspended", "deaths", "dropouts")
_KINDS = ("entrant", "transfer_in", "transfer_out", "resumed", "death", "graduate")
_TAINTS = ("L1", "L4", "all", "G5", "Q1", "retention", None)
_MAPPINGS = {
    "succession.csv": [
        "school_id,successor_school_id,school_year,kind,share,reviewed_by,note",
        "1401070001,1401070000,2021,merge,,王,",
        "1401090003,1401090002,2023,split,0.5,王,",
    ],
    "county_codes.csv": ["old_code,new_code,from_year,note", "140198,140109,2020,"],
}


def draw_lake(root: Path, years: Mapping[int, int]) -> Path:
    """Write the lake of these school years, each drawn by its number, below ``root``.

    The selection stands in ``root/selection``; returns the folder of the lake.
    """
    lake = LakeBuilder(root)
    lake.teaching_points.append("1401070009,1401070000,,,")
    lake.mappings = _MAPPINGS
    for year, number in sorted(years.items()):
        _Year(lake, year, number).write()
    return lake.write(root)


class _Year:
    def __init__(self, lake: LakeBuilder, year: int, number: int) -> None:
        self.lake, self.year, self.number = lake, year, number
        self.draw = random.Random(f"{year} {number}")

    def write(self) -> None:
        rows = [row for code in COUNTIES for row in self._sections(code)]
        self.lake.deliver(f"{self.year}/autumn/{self.number}.csv", rows)
        spring = [{**row, "term": "spring"} for row in rows if self.draw.random() < 0.5]
        if spring:
            self.lake.deliver(f"{self.year}/spring/{self.number}.csv", spring)
        self._give(rows)
        self._flag(rows)

    def _sections(self, code: str) -> list[dict]:
        shown = "140198" if code == "140109" and self.year < 2020 else code
        name = f"县{code}{self.draw.choice('甲乙')}"
        places = [(0, "primary"), (1, "primary"), (2, "junior"), (3, "junior"), (4, "primary")]
        places += [(4, "junior"), (9, "primary")]
        there = [place for place in places if self.draw.random() < 0.9]
        return [self._section(code, shown, name, *place) for place in there or places[:1]]

    def _section(self, code: str, shown: str, name: str, number: int, stage: str) -> dict:
        draw = self.draw
        pupils = (
            draw.choice([None, *range(40, 400)]) if draw.random() < 0.1 else draw.randint(20, 400)
        )
        figures = {name: value * draw.randint(5, 20) // 10 for name, value in full().items()}
        flows = (
            {f"flow_{flow}": draw.randint(0, 9) for flow in _FLOWS} if draw.random() < 0.8 else {}
        )
        return section(
            f"{code}{number:04d}",
            stage,
            pupils,
            school_year=self.year,
            county_code=shown,
            county_name=name,
            school_name=f"校{number}{draw.choice('东西')}",
            school_type_code="312" if number == 4 else "211" if stage == "primary" else "311",
            urban_rural_code=draw.choice(["111", "121", "210"]),
            **{**figures, **bins(classes_36_40=figures["classes"] - 1, classes_56_60=1)},
            **{f"pupils_{kind}": draw.randint(0, 20) for kind in ("girls", "boarding")},
            **{kind: draw.randint(20, 60) for kind in ("entrants", "graduates")},
            **flows,
        )  # fmt: skip

    def _give(self, rows: list[dict]) -> None:
        draw, year = self.draw, self.year
        items = list(csv.DictReader(_ITEMS.open(encoding="utf-8")))
        answers, lists = [], {"art_room": [], "roster": [], "movement": [], "cohort": []}
        for code in sorted({row["county_code"] for row in rows}):
            key = {"county_code": code, "county_name": "县"}
            answers += [
                {**key, "item_id": item["item_id"], "value": self._answer(item["kind"])}
                for item in items
                if item["level"] == "county" and draw.random() < 0.9
            ]
        for row in rows:
            key = {name: row[name] for name in ("county_code", "school_id")}
            answers += [
                {
                    **key, "item_id": item["item_id"], "value": self._answer(item["kind"]),
                    "stage": row["stage"] if item["level"] == "section" else None,
                }
                for item in items
                if item["level"] == "section"
                or (item["level"] == "school" and row["stage"] == "primary")
                if draw.random() < 0.9
            ]  # fmt: skip
            if draw.random() < 0.5:
                for kind in ("music", "fine_art"):
                    area = draw.randint(40, 120)
                    lists["art_room"].append(room(*key.values(), kind, area, 2016, row["stage"]))
            place = {**key, "stage": row["stage"], "grade": 1}
            if draw.random() < 0.7:
                lists["roster"] += [
                    {**place, "class_name": f"{n}班", "pupils": draw.randint(20, 70)}
                    for n in (1, 2)
                ]
            span = 6 if row["stage"] == "primary" else 3
            lists["movement"] += [
                {**place, "cohort": year - draw.randrange(span), "kind": kind,
                 "pupils": draw.randint(0, 40)}
                for kind in _KINDS if draw.random() < 0.4
            ]  # fmt: skip
        lists["cohort"] = [
            {
                "county_code": COUNTIES[0], "stage": "junior", "cohort_years": years,
                "cohort": year - years - draw.randint(-1, 1), "entrants": 100.0,
                "transfers_in": draw.randint(0, 5), "graduates": draw.randint(90, 110),
            }
            for years in (3, 9) if draw.random() < 0.5
        ]  # fmt: skip
        level = {"stage": "junior", "subject": draw.choice(["数学", "语文", "科学"])}
        level |= {"level": draw.randint(1, 5), "between_school_rate": draw.randint(50, 250) / 1000}
        parts = {"answer": answers, "monitoring": [{"county_code": COUNTIES[0], **level}], **lists}
        given = {part: found for part, found in parts.items() if found}
        self.lake.give(f"{year}/autumn/填报{self.number}.xlsx", year, "autumn", **given)

    def _answer(self, kind: str) -> float:
        if kind == "yes_no":
            return float(self.draw.random() < 0.95)
        return self.draw.random() if kind == "rate" else float(self.draw.randint(1, 5000))

    def _flag(self, rows: list[dict]) -> None:
        for place in range(self.draw.randint(0, 4)):
            row = self.draw.choice(rows)
            self.lake.flags.append(
                {
                    "flag_id": f"{self.year}{self.number}{place}", "rule_id": "x", "term": "autumn",
                    "message": "x", "severity": "hard", "status": "open", "school_year": self.year,
                    "county_code": row["county_code"],
                    "school_id": self.draw.choice([row["school_id"], None]),
                    "stage": self.draw.choice([row["stage"], None]),
                    "taints": self.draw.choice(_TAINTS),
                }
            )  # fmt: skip
