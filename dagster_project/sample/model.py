"""What the sample holds in memory: schools of one year as columns, keyed by canonical field ids.

Figures of scope ``section`` stand per stage, figures of scope ``school`` once per school, as the
dictionary (``census/dictionary/fields.csv``) has them; areas in m², money in yuan. Figures that
the census prints but the dictionary does not know (teachers of Chinese, area of music rooms) begin
with ``x_``. Writers translate this into files; nothing here knows a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dagster_project.words import words

STAGES = ("primary", "junior")
JUNIOR_WEIGHT = 1.1
"""A junior pupil counts 1.1 primary pupils where resources are shared (DOMAIN §3)."""
SHARED = ("teaching_net", "sports", "equipment", "multimedia_rooms")
"""What the stages of a school share."""
THRESHOLDS: dict[str, dict[str, float]] = {
    "degree_teachers": {"primary": 0.042, "junior": 0.053},
    "backbone_teachers": {"primary": 0.01, "junior": 0.01},
    "pe_art_teachers": {"primary": 0.009, "junior": 0.009},
    "teaching_net": {"primary": 450, "junior": 580},
    "sports": {"primary": 750, "junior": 1020},
    "equipment": {"primary": 20, "junior": 25},
    "multimedia_rooms": {"primary": 0.023, "junior": 0.024},
}
"""What a school needs per pupil: persons and rooms, areas in 0.01 m², equipment in 100 yuan."""

GRADES = {"primary": 6, "junior": 3, "senior": 3}
STAGE_NAMES = words("stage")

TYPE_NAMES = {
    "211": "小学",
    "218": "小学教学点",
    "311": "初级中学",
    "312": "九年一贯制学校",
    "341": "完全中学",
    "345": "十二年一贯制学校",
}
TYPE_STAGES = {
    "211": ("primary",),
    "218": ("primary",),
    "311": ("junior",),
    "312": ("primary", "junior"),
    "341": ("junior", "senior"),
    "345": ("primary", "junior", "senior"),
}
SPONSOR_NAMES = {"831": "县级教育部门", "832": "县级其他部门", "999": "民办", "891": "地方企业"}
URBAN_RURAL_NAMES = {
    "111": "主城区",
    "112": "城乡结合区",
    "121": "镇中心区",
    "122": "镇乡结合区",
    "210": "乡中心区",
    "220": "村庄",
}

SYNTHETIC = "样例（合成数据）"


@dataclass
class StageTable:
    """Sections of one stage: ``index`` points to the school, ``figures`` are arrays beside it."""

    stage: str
    index: np.ndarray
    figures: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.index)


@dataclass
class Batch:
    """Schools of one year: attributes and shared figures per school, a table per stage."""

    school_year: int
    schools: dict[str, np.ndarray]
    shared: dict[str, np.ndarray]
    stages: dict[str, StageTable]

    def __len__(self) -> int:
        return len(self.schools["school_id"])

    def records(self) -> list[School]:
        """The same schools one by one, for writers of one file per school."""
        records = [
            School(
                self.school_year,
                {key: str(column[i]) for key, column in self.schools.items()},
                {key: column[i].item() for key, column in self.shared.items()},
            )
            for i in range(len(self))
        ]
        for stage, table in self.stages.items():
            for row, i in enumerate(table.index):
                records[i].stages[stage] = {k: v[row].item() for k, v in table.figures.items()}
        return records


@dataclass
class School:
    """One school of one year: its attributes, its whole-school figures, its stages' figures."""

    school_year: int
    attributes: dict[str, str]
    shared: dict[str, float]
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
