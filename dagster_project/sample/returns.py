"""Rows of the project's own returns for a synthetic county, by kind.

Kinds are ``answer`` (school, section and county items), ``art_room``, ``monitoring``, ``roster``,
``movement``, ``measure`` and ``project`` (``sample/other_data.py``); every row says its
``school_year`` and ``term``. Item ids are those of ``census/dictionary/items.csv``; yes/no
answers are 1 and 0, rates fractions, money yuan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from dagster_project.sample import crossed, movements
from dagster_project.sample.model import GRADES, Batch

Row = dict[str, Any]
Rows = dict[str, list[Row]]
KINDS = ("answer", "art_room", "monitoring", "roster", "movement", "measure", "project")
COMPULSORY = ("primary", "junior")
SUBJECTS = ("语文", "数学", "科学", "德育", "体育与健康", "艺术")

# DOMAIN §4, G3: square metres of a music and of an art room by when and where it was built
ROOM_M2 = {"new": (96.0, 90.0), "by_2016": (73.0, 67.0)}
SMALL_RURAL_ROOM_M2 = {"primary": 54.0, "junior": 61.0}
CLASSES_PER_ROOM = 12
RURAL = ("210", "220")
VETOES = {
    "veto_exam_admission": "未发现以考试方式招生",
    "veto_school_choice": "未发现违规择校",
    "veto_key_schools": "未设重点校重点班",
    "veto_posts_unfilled": "无有编不补和长期在编不在岗",
    "veto_safety": "无重大安全责任事故和严重违纪违规事件",
    "veto_falsification": "未发现弄虚作假",
}
GOOD_SCHOOL = {
    "has_charter": "学校章程经教代会审议并备案",
    "is_digitally_managed": "校园网与教务平台全覆盖",
    "uses_equipment_fully": "功能室使用登记完整",
    "has_moral_education": "德育工作计划与活动档案齐全",
    "teaches_full_curriculum": "课程表与课程方案一致",
    "limits_homework": "作业公示与总量控制制度",
}
GOOD_COUNTY = {
    "has_layout_plan": "县域中小学布局专项规划",
    "has_four_unifications": "建设、编制、经费、装备标准城乡统一",
    "small_schools_funded_as_100": "不足100人学校按100人核拨",
    "posts_allocated": "编制和岗位由县教育局统筹",
    "schools_well_governed": "所有学校制定章程并实现信息化管理",
    "equipment_in_use": "督导抽查设施设备使用记录",
    "moral_education_good": "德育工作督导评估",
    "full_curriculum": "课程开设督导检查",
    "homework_limited": "作业管理督导检查",
}


def school_key(batch: Batch, position: int, term: str = "autumn") -> Row:
    """What names a school in a row."""
    names = ("county_code", "county_name", "school_id", "school_name")
    own = {name: str(batch.schools[name][position]) for name in names}
    return {"school_year": batch.school_year, "term": term, **own}


def answer(key: Row, item_id: str, value: float, evidence: str = "", stage: str | None = None):
    """One answered item of a school, a section (``stage``) or a county (no ``school_id``)."""
    row = {"school_id": None, "school_name": None, **key, "stage": stage}
    return row | {"item_id": item_id, "value": value, "text": None, "evidence": evidence or None}


def county_answers(
    batch: Batch,
    values: Mapping[str, float],
    said: Mapping[str, str] | None = None,
    school_year: int | None = None,
) -> list[Row]:
    """The county return of the batch's (only) county; ``said`` are yes-answers with evidence.

    It is for the batch's year if no other ``school_year`` is given.
    """
    key = county_key(batch)
    if school_year is not None:
        key["school_year"] = school_year
    rows = [answer(key, item_id, value) for item_id, value in values.items()]
    rows += [answer(key, item_id, 1, evidence) for item_id, evidence in (said or {}).items()]
    return rows + [answer(key, item_id, 0, evidence) for item_id, evidence in VETOES.items()]


def county_key(batch: Batch) -> Row:
    """What names the batch's (only) county in a row."""
    key = school_key(batch, 0)
    return {k: v for k, v in key.items() if not k.startswith("school_") or k == "school_year"}


def school_answers(
    batch: Batch, training: np.ndarray, budget: np.ndarray, said: Mapping[str, str] = GOOD_SCHOOL
) -> list[Row]:
    """School returns: training money and running budget (yuan, per school), teachers, yes-answers.

    All teachers are certified and trained, all entrants live in their catchment area.
    """
    rows = []
    pupils = compulsory_pupils(batch)
    for i in range(len(batch)):
        key = school_key(batch, i)
        rows.append(answer(key, "training_budget_yuan", int(training[i])))
        rows.append(answer(key, "running_budget_yuan", int(budget[i])))
        if pupils[i] < 100:
            rows.append(answer(key, "funded_as_100", 1, "按100人核定公用经费"))
        rows += [answer(key, item, 1, evidence) for item, evidence in said.items()]
    for stage in COMPULSORY:
        table = batch.stages[stage]
        items = {
            "teachers_trained_360h": table.figures["teachers"],
            "teachers_certified": table.figures["teachers"],
            "nearby_entrants": table.figures["entrants"],
        }
        for k, i in enumerate(table.index):
            key = school_key(batch, i)
            rows += [answer(key, item, int(v[k]), stage=stage) for item, v in items.items()]
    return rows


def compulsory_pupils(batch: Batch) -> np.ndarray:
    """Primary and junior pupils of every school."""
    pupils = np.zeros(len(batch), np.int64)
    for stage in COMPULSORY:
        pupils[batch.stages[stage].index] += batch.stages[stage].figures["pupils"]
    return pupils


def running_budget(batch: Batch, per_pupil: Mapping[str, int]) -> np.ndarray:
    """Running budget in yuan per school: so much a pupil of each stage, at least for 100 pupils."""
    money = np.zeros(len(batch), np.int64)
    for stage, yuan in per_pupil.items():
        table = batch.stages[stage]
        money[table.index] += table.figures["pupils"] * yuan
    pupils = np.maximum(compulsory_pupils(batch), 1)
    return np.where(pupils < 100, money * 100 // pupils, money)


def art_rooms(batch: Batch) -> list[Row]:
    """Music and art rooms: one of each for every twelve classes of a section, all lawful."""
    rows = []
    for stage in COMPULSORY:
        table = batch.stages[stage]
        for k, i in enumerate(table.index):
            rural = str(batch.schools["urban_rural_code"][i]) in RURAL
            small = rural and largest_class(batch, stage, k) < 30
            old = int(i) % 3 == 1
            for number in range(-(-int(table.figures["classes"][k]) // CLASSES_PER_ROOM)):
                music, art = ROOM_M2["by_2016" if old else "new"]
                if small:
                    music = art = SMALL_RURAL_ROOM_M2[stage]
                more = float((int(i) * 7 + number * 3) % 9)  # rarely the very least
                built = 2006 + int(i) % 10 if old or small else 2017 + int(i) % 4
                for kind, least in (("music", music), ("fine_art", art)):
                    room = {"stage": stage, "kind": kind, "area_m2": least + more}
                    rows.append(school_key(batch, i) | room | {"built_year": built})
    return rows


def largest_class(batch: Batch, stage: str, k: int) -> int:
    """Pupils of the largest class of the stage's ``k``-th section."""
    figures = batch.stages[stage].figures
    grades = range(1, GRADES[stage] + 1)
    return max(
        -(-int(figures[f"pupils_grade_{g}"][k]) // max(int(figures[f"classes_grade_{g}"][k]), 1))
        for g in grades
    )


def rosters(
    batch: Batch, term: str = "autumn", later: Mapping[str, np.ndarray] | None = None
) -> list[Row]:
    """Every class with its pupils and girls; a grade stands as evenly in its classes as it can.

    In spring ``later[stage]`` (n, grades) is what the autumn semester added to each grade.
    """
    rows = []
    for stage in COMPULSORY:
        table = batch.stages[stage]
        for k, i in enumerate(table.index):
            key = school_key(batch, i, term)
            for g in range(1, GRADES[stage] + 1):
                pupils, girls, number = (
                    int(table.figures[name][k])
                    for name in (f"pupils_grade_{g}", f"girls_grade_{g}", f"classes_grade_{g}")
                )
                if later is not None:
                    pupils += int(later[stage][k, g - 1])
                sizes = _even(pupils, number)
                of_them = crossed.spread(min(girls, pupils), sizes)
                rows += [
                    key
                    | {"stage": stage, "grade": g, "class_name": f"{c}班"}
                    | {"pupils": size, "girls": girls_here}
                    for c, (size, girls_here) in enumerate(zip(sizes, of_them, strict=True), 1)
                ]
    return rows


def _even(pupils: int, classes: int) -> Sequence[int]:
    size, larger = divmod(pupils, max(classes, 1))
    return [size + (c < larger) for c in range(classes)]


def movement_rows(
    batch: Batch, histories: Mapping[str, movements.StageHistory], year: int, term: str
) -> list[Row]:
    """Pupil movements of a semester; the batch gives ids and names of the sections' schools."""
    rows = []
    for stage, history in histories.items():
        index = batch.stages[stage].index
        for section, grade, cohort, kind, pupils in movements.rows(history, year, term):
            key = school_key(batch, index[section], term) | {"school_year": year, "stage": stage}
            rows.append(key | {"grade": grade, "cohort": cohort, "kind": kind, "pupils": pupils})
    return rows


def monitoring_rows(batch: Batch, level: int, rate: float) -> list[Row]:
    """National monitoring: every subject at ``level`` and about ``rate`` between schools."""
    key = county_key(batch)
    return [
        key
        | {"stage": stage, "subject": subject, "level": level}
        | {"between_school_rate": round(rate + 0.004 * (n - 2), 3)}
        for stage in COMPULSORY
        for n, subject in enumerate(SUBJECTS)
    ]


def joined(parts: Iterable[Mapping[str, list[Row]]]) -> Rows:
    """All rows of several sets by kind, in their order."""
    out: Rows = {}
    for part in parts:
        for kind, rows in part.items():
            out.setdefault(kind, []).extend(rows)
    return out
