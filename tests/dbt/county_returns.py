"""A county that meets the whole yardstick, as the loader reads it, to be spoiled by tests."""

from __future__ import annotations

from lake_builder import LakeBuilder, full, section

YES = [
    "has_layout_plan",
    "has_four_unifications",
    "posts_allocated",
    "schools_well_governed",
    "equipment_in_use",
    "moral_education_good",
    "full_curriculum",
    "homework_limited",
]
VETOES = [
    "exam_admission",
    "school_choice",
    "key_schools",
    "posts_unfilled",
    "safety",
    "falsification",
]
COUNTY = {  # circular of 2024-02-04
    "exchange_eligible": 1081, "exchange_moved": 143, "exchange_moved_backbone": 52,
    "nearby_rate_primary": 1, "nearby_rate_junior": 1, "quota_places": 664, "senior_places": 1107,
    "migrant_children": 4207, "migrant_children_placed": 4207, "disabled_registered": 218,
    "disabled_deferred": 3, "disabled_inclusive": 121, "disabled_special_school": 59,
    "disabled_home": 30,
}  # fmt: skip
MONEY = {
    "special_education_funding_yuan": 6000,
    "teacher_pay_yuan": 9e4,
    "civil_servant_pay_yuan": 9e4,
}


def bins(**classes):
    """The bins of the census form: those not named hold no class."""
    names = ["le25", "26_30", "31_35", "36_40", "41_45", "46_50", "51_55", "56_60", "61_65", "ge66"]
    return {**{f"classes_{name}": 0 for name in names}, **classes}


def answers(county, values, **key):
    """Answers of a county, or of a school named by ``key``."""
    return [
        {"county_code": county, "item_id": k, "value": float(v), **key} for k, v in values.items()
    ]


def county_answers(county, values):
    """All of a county's own answers: yes to what should be, no veto, and ``values``."""
    said = {**dict.fromkeys(YES, 1), **{f"veto_{name}": 0 for name in VETOES}, **values}
    return answers(county, said, county_name="县")


def school_answers(county, school_id, stage, teachers, share=0.06, certified=None):
    """Training money and the teachers trained and certified of a school."""
    key = {"county_code": county, "school_id": school_id}
    return [
        *answers(
            county, {"training_budget_yuan": share * 1000, "running_budget_yuan": 1000}, **key
        ),
        *answers(
            county,
            {"teachers_trained_360h": teachers, "teachers_certified": certified or teachers},
            **key,
            stage=stage,
        ),
    ]


def room(county, school_id, kind, area, built=2020, stage="junior"):
    """One music or fine art room."""
    return {"county_code": county, "school_id": school_id, "stage": stage, "kind": kind,
            "area_m2": area, "built_year": built}  # fmt: skip


class GoodCounty:
    """Two primary and two junior schools of 200 pupils that meet everything in 2023.

    ``sections``, ``answers``, ``rooms``, ``monitoring`` and ``roster`` may be changed before
    :meth:`deliver`. Schools are called by the county's code and 0 to 3; 0 and 1 are primary.
    """

    def __init__(self, code: str, name: str = "好县") -> None:
        self.code, self.name = code, name
        figures = dict(teachers=20, teachers_bachelor=12, teachers_master=3, teachers_pe=2,
                       teachers_arts=2, teaching_area_m2=1300, indoor_sports_area_m2=100,
                       sports_ground_area_m2=2500, equipment_value_yuan=600_000,
                       backbone_teachers=4, multimedia_rooms=6,
                       classes=5, **bins(classes_36_40=5))  # fmt: skip
        flows = dict.fromkeys(("flow_transfers_in", "flow_transfers_out", "flow_deaths"), 0)
        self.sections = [
            section(
                self.school(i), stage, 200, county_code=code, county_name=name,
                **{**full(**figures), **flows, "entrants": 60, "graduates": 60},
            )
            for i, stage in enumerate(["primary", "primary", "junior", "junior"])
        ]  # fmt: skip
        self.answers = [
            *county_answers(code, {**COUNTY, **MONEY, "satisfaction_rate": 0.85}),
            *(
                answer
                for row in self.sections
                for answer in school_answers(code, row["school_id"], row["stage"], 20)
            ),
        ]
        self.rooms = [
            room(code, row["school_id"], kind, area, 2016, row["stage"])
            for row in self.sections
            for kind, area in (("music", 73), ("fine_art", 67))
        ]
        self.monitoring = [
            {"stage": "junior", "subject": "数学", "level": 3, "between_school_rate": 0.149}
        ]
        self.roster: list[dict] = []

    def school(self, number: int) -> str:
        """The id of a school."""
        return f"{self.code}{number:04d}"

    def change(self, number: int, **figures) -> None:
        """Give a school's section other figures (a text is the status of one that is not there)."""
        for name, figure in figures.items():
            row = self.sections[number]
            if f"{name}__status" not in row:
                row[name] = figure
            elif isinstance(figure, str):
                row[name], row[f"{name}__status"] = None, figure
            else:
                row[name], row[f"{name}__status"] = figure, "reported" if figure else "zero"

    def answer(self, item_id: str, value: float | None, number: int | None = None) -> None:
        """Answer an item in another way, or not at all; of a school, if ``number`` names one."""
        school_id = None if number is None else self.school(number)
        of_section = item_id.startswith(("teachers_", "nearby_entrants"))
        key = {
            "county_code": self.code, "county_name": "县", "school_id": school_id,
            "stage": self.sections[number]["stage"] if of_section else None,
        }  # fmt: skip
        self.answers = [
            a for a in self.answers
            if (a["item_id"], a.get("school_id")) != (item_id, school_id)
        ]  # fmt: skip
        if value is not None:
            self.answers.append({**key, "item_id": item_id, "value": float(value)})

    def flag(self, lake: LakeBuilder, taints: str, fields: str, number: int | None = None, **other):
        """A flag on the county, or on one of its schools."""
        lake.flags.append({
            "flag_id": str(len(lake.flags)), "rule_id": "x", "severity": "hard", "status": "open",
            "school_year": 2023, "term": "autumn", "county_code": self.code,
            "school_id": None if number is None else self.school(number), "stage": None,
            "fields": fields, "taints": taints, "message": "x", **other,
        })  # fmt: skip

    def deliver(self, lake: LakeBuilder) -> None:
        """Write the census of 2020 and 2023 and the returns of 2023."""
        for year in (2020, 2023):
            lake.deliver(
                f"{year}/autumn/{self.code}.csv",
                [{**row, "school_year": year} for row in self.sections],
            )
        lake.give(
            f"2023/autumn/{self.code}.xlsx", 2023, "autumn",
            answer=self.answers, art_room=self.rooms,
            roster=[{"county_code": self.code, **row} for row in self.roster],
        )  # fmt: skip
        lake.give(
            f"2021/spring/{self.code}.xlsx", 2021, "spring",
            monitoring=[{"county_code": self.code, **row} for row in self.monitoring],
        )  # fmt: skip
