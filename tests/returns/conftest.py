"""Filled returns for the writer's and the reader's tests."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from dagster_project.census.read import read
from dagster_project.census.table.profile_model import Profiles
from dagster_project.returns import writer

HEADING = writer.Heading("640221", "平罗县", 2023, "autumn")
SECTIONS = (
    {
        "school_id": "0640221001",
        "school_name": "城关一小",
        "stage": "primary",
        "training_budget_yuan": 12345.67,
        "running_budget_yuan": 200000,
        "teachers_certified": 60,
        "teachers_trained_360h": 0,
        "has_charter": True,
        "has_charter__evidence": "章程",
        "limits_homework": False,
    },
    {"school_id": "0640221002", "stage": "primary", "teachers_certified": 30},
    {"school_id": "0640221002", "stage": "junior", "teachers_certified": 31, "has_charter": True},
)
ROOMS = (
    {"school_id": "0640221001", "stage": "primary", "kind": "music", "area_m2": 96.5},
    {
        "school_id": "0640221001",
        "stage": "primary",
        "kind": "fine_art",
        "area_m2": 67,
        "built_year": 2015,
    },
)
ANSWERS = {
    "exchange_eligible": 1081,
    "exchange_moved": (143, "交流名册"),
    "satisfaction_rate": 0.9962,
    "veto_safety": False,
    "has_layout_plan": (True, "县政府文件"),
    "education_budget_yuan": 257_000_000,
}
MONITORING = (
    {"stage": "primary", "subject": "数学", "level": 3, "between_school_rate": 0.12},
    {"stage": "junior", "subject": "地理", "level": 5},
)
CLASSES = (
    {
        "school_id": "0640221001",
        "school_name": "城关一小",
        "stage": "primary",
        "grade": 1,
        "class_name": "1班",
        "pupils": 45,
        "girls": 22,
    },
    {"school_id": "0640221001", "stage": "primary", "grade": 1, "class_name": "2班", "pupils": 46},
)
MOVEMENTS = (
    {
        "school_id": "0640221009",
        "stage": "junior",
        "grade": 3,
        "cohort": 2020,
        "kind": "graduate",
        "pupils": 3543,
    },
    {
        "school_id": "0640221009",
        "stage": "junior",
        "grade": 2,
        "cohort": 2022,
        "kind": "transfer_in",
        "pupils": 108,
    },
)


class Desk:
    """A raw folder in which returns are written, filled in by hand, and read back."""

    CLASSES = CLASSES

    def __init__(self, root: Path) -> None:
        self.raw = root / "raw"
        self.place = self.raw / "2023" / "autumn"
        self.place.mkdir(parents=True)

    def school(self, sections=SECTIONS, rooms=ROOMS, measures=()) -> Path:
        path = self.place / "school.xlsx"
        return writer.write_school_return(path, HEADING, sections, rooms, measures)

    def county(
        self, answers=ANSWERS, monitoring=MONITORING, cohorts=(), measures=(), projects=()
    ) -> Path:
        path = self.place / "county.xlsx"
        return writer.write_county_return(
            path, HEADING, answers, monitoring, cohorts, measures, projects
        )

    def roster(self, classes=CLASSES) -> Path:
        return writer.write_roster(self.place / "roster.xlsx", HEADING, classes)

    def movements(self, movements=MOVEMENTS) -> Path:
        return writer.write_movements(self.place / "movement.xlsx", HEADING, movements)

    def text(self, name: str, *lines: str, encoding: str = "utf-8") -> Path:
        path = self.place / name
        path.write_text("\n".join([*lines, ""]), encoding=encoding)
        return path

    def edit(self, path: Path, entries: dict[str, object]) -> Path:
        """Type into cells of a workbook, ``sheet!D12`` → value, as somebody in Excel would."""
        book = openpyxl.load_workbook(path)
        for spot, value in entries.items():
            sheet, cell = spot.split("!")
            book[sheet][cell] = value
        book.save(path)
        return path

    def read(self, path: Path):
        return read(path, self.raw, Profiles((), ()))


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)
