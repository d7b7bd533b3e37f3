"""Pupils, classes and teachers of a stage in every breakdown of the forms, from a few base figures.

All functions take and return arrays with one row per section and hold the identities of the forms
by construction (DOMAIN.md §6): parts are apportioned so that they add up, "of which" figures are
drawn below their whole, class sizes follow from pupils and classes of each grade.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BIN_FIELDS = (
    "classes_le25",
    "classes_26_30",
    "classes_31_35",
    "classes_36_40",
    "classes_41_45",
    "classes_46_50",
    "classes_51_55",
    "classes_56_60",
    "classes_61_65",
    "classes_ge66",
)
BIN_TOPS = np.array([25, 30, 35, 40, 45, 50, 55, 60, 65])
TITLES = {
    "full_senior": 0.01,
    "associate_senior": 0.22,
    "intermediate": 0.40,
    "assistant": 0.27,
    "junior": 0.04,
    "none": 0.06,
}
AGES = {
    "le24": 0.06,
    "25_29": 0.15,
    "30_34": 0.17,
    "35_39": 0.17,
    "40_44": 0.16,
    "45_49": 0.15,
    "50_54": 0.10,
    "55_59": 0.04,
    "ge60": 0.0,
}
COURSES = {
    "primary": {
        "moral": 8,
        "chinese": 38,
        "maths": 28,
        "english": 9,
        "science": 6,
        "computing": 4,
        "labour": 3,
        "practice": 2,
        "other": 2,
    },
    "junior": {
        "moral": 8,
        "chinese": 19,
        "maths": 18,
        "english": 17,
        "history": 6,
        "geography": 5,
        "physics": 9,
        "chemistry": 5,
        "biology": 6,
        "computing": 3,
        "labour": 2,
        "practice": 1,
        "other": 1,
    },
}
COURSES["senior"] = COURSES["junior"]
COURSE_IDS = tuple(dict.fromkeys([*COURSES["primary"], *COURSES["junior"]]))
FIRST_AGE = {"primary": 6, "junior": 12, "senior": 15}
AGE_RANGE = {"primary": range(5, 16), "junior": range(10, 19), "senior": range(0)}


def apportion(total: np.ndarray, weights: Sequence[float], rng: np.random.Generator) -> np.ndarray:
    """``total`` (n) split by ``weights`` (k) into whole parts (n, k) that add up to it exactly."""
    ends = np.cumsum(weights) / np.sum(weights)
    cut = np.floor(total[:, None] * ends + rng.random((len(total), 1)) * 0.999)
    cut[:, -1] = total
    return np.diff(cut, axis=1, prepend=0).astype(np.int64)


def some_of(total: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """A whole part of ``total``, about ``share`` of it and never more than it."""
    drawn = np.floor(total * share * rng.uniform(0.75, 1.25, len(total)) + 0.5)
    return np.minimum(total, drawn).astype(np.int64)


def pupil_figures(
    stage: str,
    grades: np.ndarray,
    flows: dict[str, np.ndarray],
    migrants: np.ndarray,
    left_behind: np.ndarray,
    boarding: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Every pupil figure of a stage from pupils by grade (n, grades) and the year's ``flows``.

    ``flows`` holds ``graduates, resumed, transfers_in, suspended, deaths, transfers_out``; the
    opening number of form 331 follows from them, so that its balance is exact. ``other_in`` and
    ``other_out`` may stand beside them, for pupils who came or went with a school that merged.
    """
    pupils = grades.sum(axis=1)
    girls = np.stack([some_of(g, 0.47, rng) for g in grades.T], axis=1)
    entrants = grades[:, 0]
    graduates = flows["graduates"]
    far = some_of(migrants, 0.35, rng)
    worker_far, worker_near = some_of(far, 0.7, rng), some_of(migrants - far, 0.7, rng)
    out = {
        "pupils": pupils,
        "pupils_girls": girls.sum(axis=1),
        "pupils_minority": some_of(pupils, 0.3, rng),
        "pupils_boarding": boarding,
        "pupils_migrant": migrants,
        "pupils_migrant_other_province": far,
        "pupils_migrant_other_county": migrants - far,
        "pupils_migrant_worker": worker_far + worker_near,
        "pupils_migrant_worker_other_province": worker_far,
        "pupils_migrant_worker_other_county": worker_near,
        "pupils_left_behind": left_behind,
        "graduates": graduates,
        "graduates_girls": some_of(graduates, 0.47, rng),
        "entrants": entrants,
        "entrants_girls": girls[:, 0],
        "expected_graduates": grades[:, -1],
        "x_expected_girls": girls[:, -1],
    }
    for g in range(grades.shape[1]):
        out[f"pupils_grade_{g + 1}"] = grades[:, g]
        out[f"girls_grade_{g + 1}"] = girls[:, g]
    if stage == "primary":
        out |= _preschooled(entrants, rng)
        out["pupils_multigrade"] = np.zeros_like(pupils)
    out |= _by_age(stage, grades, out["pupils_girls"], rng)
    return out | _flow_figures(pupils, entrants, flows)


def _preschooled(entrants, rng) -> dict[str, np.ndarray]:
    """Entrants by years of preschool education."""
    without = some_of(entrants, 0.004, rng)
    years = apportion(entrants - without, [0.02, 0.05, 0.93], rng)
    out = {"entrants_preschooled": entrants - without, "entrants_not_preschooled": without}
    return out | {f"x_preschool_{n + 1}": years[:, n] for n in range(3)}


def _by_age(stage, grades, girls, rng) -> dict[str, np.ndarray]:
    """Pupils by age: most of a grade at its age, a few a year older."""
    ages = {age: np.zeros(len(grades), np.int64) for age in AGE_RANGE[stage]}
    for g in range(grades.shape[1] if ages else 0):
        older = some_of(grades[:, g], 0.08, rng)
        ages[FIRST_AGE[stage] + g] += grades[:, g] - older
        ages[FIRST_AGE[stage] + g + 1] += older
    out = {f"pupils_age_{age}": number for age, number in ages.items()}
    return out | {"age_form_pupils": grades.sum(axis=1), "age_form_girls": girls}


def _flow_figures(pupils, entrants, flows) -> dict[str, np.ndarray]:
    """Form 331: closing = opening + increase − decrease, each the sum of its kinds."""
    none = np.zeros(len(pupils), np.int64)
    other_in, other_out = (flows.get(kind, none) for kind in ("other_in", "other_out"))
    increase = entrants + flows["resumed"] + flows["transfers_in"] + other_in
    gone = ("graduates", "suspended", "deaths", "transfers_out")
    decrease = sum(flows[kind] for kind in gone) + other_out
    return {
        "flow_opening": pupils - increase + decrease,
        "flow_increase": increase,
        "flow_entrants": entrants,
        "flow_resumed": flows["resumed"],
        "flow_transfers_in": flows["transfers_in"],
        "flow_other_in": other_in,
        "flow_decrease": decrease,
        "flow_graduates": flows["graduates"],
        "flow_completed": none,
        "flow_suspended": flows["suspended"],
        "flow_dropouts": none,
        "flow_deaths": flows["deaths"],
        "flow_transfers_out": flows["transfers_out"],
        "flow_other_out": other_out,
        "flow_closing": pupils,
    }


def class_figures(stage: str, grades: np.ndarray, classes: np.ndarray) -> dict[str, np.ndarray]:
    """Classes by grade and by size; a grade's pupils stand as evenly as they can in its classes.

    ``x_bin_<b>_grade_<g>`` are the classes of one grade in one size bin (form 2106/2107).
    """
    bins = np.zeros((len(grades), len(BIN_FIELDS)), np.int64)
    rows = np.arange(len(grades))
    out = {"classes": classes.sum(axis=1)}
    if stage == "primary":
        out["classes_multigrade"] = np.zeros(len(grades), np.int64)
    for g in range(grades.shape[1]):
        number = classes[:, g]
        size, larger = np.divmod(grades[:, g], np.maximum(number, 1))
        larger = np.where(number > 0, larger, 0)
        here = np.zeros_like(bins)
        here[rows, np.searchsorted(BIN_TOPS, size + 1)] += larger
        here[rows, np.searchsorted(BIN_TOPS, size)] += number - larger
        bins += here
        out[f"classes_grade_{g + 1}"] = number
        for b in range(len(BIN_FIELDS)):
            out[f"x_bin_{b}_grade_{g + 1}"] = here[:, b]
    return out | {name: bins[:, b] for b, name in enumerate(BIN_FIELDS)}


def teacher_figures(
    stage: str,
    degrees: dict[str, np.ndarray],
    backbone: np.ndarray,
    pe_art: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Full-time teachers by degree, course, title and age; every breakdown adds up to all of them.

    ``degrees``: doctor, master, bachelor, associate, upper_secondary. ``pe_art`` teachers are
    divided among physical education, music, fine art and the joint arts course.
    """
    teachers = np.sum([*degrees.values()], axis=0)
    none = np.zeros(len(teachers), np.int64)
    pe, music, fine_art, joint = apportion(pe_art, [0.46, 0.25, 0.25, 0.04], rng).T
    # Where there are two, one of them teaches physical education.
    without = (pe == 0) & (pe_art >= 2)
    pe, given_up = pe + without, [without & (music > 0)]
    given_up.append(without & ~given_up[0] & (fine_art > 0))
    music, fine_art = music - given_up[0], fine_art - given_up[1]
    joint = joint - (without & ~given_up[0] & ~given_up[1])
    idle = np.minimum(some_of(teachers, 0.02, rng), teachers - pe_art)
    taught = apportion(teachers - pe_art - idle, list(COURSES[stage].values()), rng)
    courses = dict(zip(COURSES[stage], taught.T, strict=True))
    out = {
        "teachers": teachers,
        "teachers_women": some_of(teachers, 0.62, rng),
        "x_teachers_minority": some_of(teachers, 0.15, rng),
        **{f"teachers_{degree}": number for degree, number in degrees.items()},
        "teachers_below_upper_secondary": none,
        "teachers_pe": pe,
        "teachers_arts": music + fine_art + joint,
        "teachers_music": music,
        "teachers_fine_art": fine_art,
        "x_arts_joint": joint,
        "teachers_not_teaching": idle,
        **{f"x_course_{name}": courses.get(name, none) for name in COURSE_IDS},
        "teachers_by_title": teachers,
        "backbone_teachers": backbone,
    }
    titles = apportion(teachers, list(TITLES.values()), rng)
    out |= {f"teachers_title_{k}": v for k, v in zip(TITLES, titles.T, strict=True)}
    ages = apportion(teachers, list(AGES.values()), rng)
    return out | {f"teachers_age_{k}": v for k, v in zip(AGES, ages.T, strict=True)}
