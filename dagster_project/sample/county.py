"""Puts a county of one year together from base figures: pupils, teachers and stock in, Batch out.

A county says who is there (pupils by grade, teachers by degree, rooms and money); every breakdown
of the forms is drawn here so that the identities of the census hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dagster_project.sample import people, premises
from dagster_project.sample.model import Batch, StageTable

STOCK = ("teaching_net", "sports", "equipment", "multimedia_rooms")


@dataclass
class StageBase:
    """The sections of one stage: arrays with one row per section, ``index`` points to the school.

    ``grades`` and ``classes`` (n, grades); ``flows`` as :func:`people.pupil_figures` wants them;
    ``degrees`` doctor, master, bachelor, associate, upper_secondary.
    """

    index: np.ndarray
    grades: np.ndarray
    classes: np.ndarray
    flows: dict[str, np.ndarray]
    degrees: dict[str, np.ndarray]
    backbone: np.ndarray
    pe_art: np.ndarray
    migrants: np.ndarray
    left_behind: np.ndarray
    boarding: np.ndarray


def assemble(
    school_year: int,
    schools: Mapping[str, np.ndarray],
    stages: Mapping[str, StageBase],
    stock: Mapping[str, np.ndarray],
    others: np.ndarray,
    rng: np.random.Generator,
) -> Batch:
    """The county's Batch.

    ``stock`` holds, per school and in whole units: ``teaching_net`` and ``sports`` in 0.01 m²,
    ``equipment`` in 0.01 万元, ``multimedia_rooms`` in rooms; ``others`` staff who do not teach.
    """
    size = len(schools["school_id"])
    sums = {
        "teachers": "teachers",
        "women": "teachers_women",
        "boarding": "pupils_boarding",
        "pupils": "pupils",
        "classes": "classes",
    }
    whole = {name: np.zeros(size, np.int64) for name in sums}
    tables = {}
    for stage, base in stages.items():
        figures = _section_figures(stage, base, rng)
        tables[stage] = StageTable(stage, base.index, figures)
        for name, source in sums.items():
            whole[name][base.index] += figures[source]
    sports = stock["sports"]
    indoor = np.where(whole["pupils"] >= 400, sports * 9 // 100, 0)  # small schools have no hall
    boarding_share = whole["boarding"] / np.maximum(whole["pupils"], 1)
    buildings = premises.building_figures(
        stock["teaching_net"], indoor, boarding_share, school_year
    )
    shared = (
        premises.staff_figures(whole["teachers"], whole["women"], others, rng)
        | buildings
        | premises.ground_figures(sports - indoor, buildings["building_area_m2"])
        | premises.equipment_figures(
            whole["pupils"], whole["classes"], stock["multimedia_rooms"], stock["equipment"], rng
        )
    )
    return Batch(school_year, dict(schools), shared, tables)


def _section_figures(stage: str, base: StageBase, rng) -> dict[str, np.ndarray]:
    return (
        people.pupil_figures(
            stage,
            base.grades,
            base.flows,
            base.migrants,
            base.left_behind,
            base.boarding,
            rng,
        )
        | people.class_figures(stage, base.grades, base.classes)
        | people.teacher_figures(stage, base.degrees, base.backbone, base.pe_art, rng)
    )


def share_out(total: int, weights: np.ndarray) -> np.ndarray:
    """``total`` divided over the county's sections by ``weights``, whole and exact."""
    ends = np.floor(np.cumsum(weights) / weights.sum() * total + 0.5)
    return np.diff(ends, prepend=0).astype(np.int64)


def attributes(
    ids: list[str],
    names: list[str],
    types: list[str],
    places: list[str],
    where: Mapping[str, str],
    sponsors: list[str] | None = None,
) -> dict[str, np.ndarray]:
    """Attribute columns of public, counted schools at ``where``.

    ``where`` holds ``county_code, county_name, city_name, province_name``; ``places`` are 城乡类型
    codes, ``sponsors`` 举办者 codes (831 if not given).
    """
    size = len(ids)
    constants = {"is_counted": "1", "is_new": "0", "was_closed": "0", "founded": "1998", **where}
    columns = {name: np.full(size, value) for name, value in constants.items()}
    columns["school_id"] = np.array(ids)
    columns["school_name"] = np.array(names)
    columns["school_type_code"] = np.array(types)
    columns["urban_rural_code"] = np.array(places)
    columns["sponsor_code"] = np.array(sponsors) if sponsors else np.full(size, "831")
    return columns
