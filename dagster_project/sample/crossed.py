"""Two-way figures of the forms (degree × course, age × grade) from their one-way totals.

A form prints a table whose margins are the canonical figures; here its inside is filled so that
rows and columns add up. Keys are ``<row field>&<column field>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dagster_project.sample.model import GRADES
from dagster_project.sample.people import AGE_RANGE, AGES, BIN_FIELDS, COURSE_IDS, TITLES

DEGREES = (
    "teachers_doctor",
    "teachers_master",
    "teachers_bachelor",
    "teachers_associate",
    "teachers_upper_secondary",
    "teachers_below_upper_secondary",
)
COURSES = (
    *(f"x_course_{name}" for name in COURSE_IDS),
    "teachers_pe",
    "x_arts_joint",
    "teachers_music",
    "teachers_fine_art",
    "teachers_not_teaching",
)
TITLE_FIELDS = tuple(f"teachers_title_{name}" for name in TITLES)
AGE_FIELDS = tuple(f"teachers_age_{name}" for name in AGES)
STAFF_KINDS = tuple(f"staff_{k}" for k in ("teachers", "admin", "support", "workers", "other"))

Figures = dict[str, Any]  # whole numbers, Python's or numpy's


def overlap(figures: Figures, rows: Sequence[str], columns: Sequence[str]) -> Figures:
    """A table with the given margins: people lined up twice, counted where they meet."""
    out: Figures = {}
    top = 0
    for row in rows:
        bottom, left = top + figures.get(row, 0), 0
        for column in columns:
            right = left + figures.get(column, 0)
            out[f"{row}&{column}"] = max(0, min(bottom, right) - max(top, left))
            left = right
        top = bottom
    return out


def spread(total: float, parts: Sequence[float]) -> list[int]:
    """``total`` spread in proportion to ``parts``, whole, exact, never above a part."""
    whole, out = sum(parts), list[int]()
    done: float = 0
    reached: float = 0
    for part in parts:
        reached += part
        here = (2 * reached * total + whole) // (2 * whole) if whole else 0
        out.append(int(here - done))
        done = here
    return out


def spread_row(figures: Figures, row: str, columns: Sequence[str]) -> Figures:
    """One "of which" row over the columns of its table."""
    parts = spread(figures.get(row, 0), [figures.get(c, 0) for c in columns])
    return {f"{row}&{c}": n for c, n in zip(columns, parts, strict=True)}


def stage_tables(stage: str, figures: Figures) -> Figures:
    """Inside of every two-way form of a stage."""
    grades = [f"pupils_grade_{g}" for g in range(1, GRADES[stage] + 1)]
    out = {f"pupils_girls&{g}": figures[g.replace("pupils", "girls")] for g in grades}
    for row in ("pupils_minority", "pupils_boarding", "pupils_left_behind"):
        out |= spread_row(figures, row, grades)
    out |= _migrants(figures, grades)
    ages = [f"pupils_age_{age}" for age in AGE_RANGE[stage]]
    out |= overlap(figures, ages, grades)
    girls = spread_row(figures, "age_form_girls", ages)
    for age in ages:
        out[f"{age}&age_form_pupils"] = figures[age]
        out[f"{age}&age_form_girls"] = girls[f"age_form_girls&{age}"]
    entrants = [out[f"{age}&pupils_grade_1"] for age in ages]
    for age, here, of_them in zip(
        ages, entrants, spread(figures["entrants_girls"], entrants or [0]), strict=False
    ):
        out[f"{age}&entrants"], out[f"{age}&entrants_girls"] = here, of_them
    if "teachers" in figures:
        out |= _teachers(figures)
    for b, name in enumerate(BIN_FIELDS):
        for g in range(1, GRADES[stage] + 1):
            out[f"{name}&classes_grade_{g}"] = figures.get(f"x_bin_{b}_grade_{g}", 0)
    return out | _flows(figures, out)


def _migrants(figures: Figures, grades: Sequence[str]) -> Figures:
    """Migrant rows: workers' children within each origin, wholes as sums of their origins."""
    out: Figures = {}
    for origin in ("other_province", "other_county"):
        all_of, worker = f"pupils_migrant_{origin}", f"pupils_migrant_worker_{origin}"
        out |= spread_row(figures, all_of, grades)
        inside = spread(figures[worker], [out[f"{all_of}&{g}"] for g in grades])
        out |= {f"{worker}&{g}": n for g, n in zip(grades, inside, strict=True)}
    for whole in ("pupils_migrant", "pupils_migrant_worker"):
        for g in grades:
            out[f"{whole}&{g}"] = sum(out[f"{whole}_other_{o}&{g}"] for o in ("province", "county"))
    return out


def _teachers(figures: Figures) -> Figures:
    out = overlap(figures, DEGREES, COURSES) | overlap(figures, TITLE_FIELDS, AGE_FIELDS)
    for row in ("teachers_women", "x_teachers_minority"):
        out |= spread_row(figures, row, COURSES) | spread_row(figures, row, AGE_FIELDS)
    for family in (DEGREES, TITLE_FIELDS):
        women = spread(figures["teachers_women"], [figures[f] for f in family])
        out |= {f"{f}&teachers_women": n for f, n in zip(family, women, strict=True)}
    for row in (*DEGREES, "teachers_women", "x_teachers_minority"):
        arts = ("x_arts_joint", "teachers_music", "teachers_fine_art")
        out[f"{row}&teachers_arts"] = sum(out[f"{row}&{c}"] for c in arts)
    return out


def _flows(figures: Figures, tables: Figures) -> Figures:
    """Rows 女 and 少数民族 of form 331, balanced like the total row."""
    if "flow_opening" not in figures:
        return {}
    out: Figures = {}
    entrants = {
        "pupils_girls": figures["entrants_girls"],
        "pupils_minority": tables["pupils_minority&pupils_grade_1"],
    }
    for row, new in entrants.items():
        share = figures[row] / figures["pupils"] if figures["pupils"] else 0
        kinds = {
            kind: int(figures[f"flow_{kind}"] * share)
            for kind in ("resumed", "transfers_in", "suspended", "deaths", "transfers_out")
        }
        kinds["entrants"] = new
        kinds["graduates"] = (
            figures["graduates_girls"]
            if row == "pupils_girls"
            else int(figures["graduates"] * share)
        )
        kinds["increase"] = new + kinds["resumed"] + kinds["transfers_in"]
        kinds["decrease"] = (
            kinds["graduates"] + kinds["suspended"] + kinds["deaths"] + kinds["transfers_out"]
        )
        kinds["closing"] = figures[row]
        kinds["opening"] = figures[row] - kinds["increase"] + kinds["decrease"]
        out |= {f"{row}&flow_{kind}": number for kind, number in kinds.items()}
    return out


def staff_tables(shared: Figures) -> Figures:
    """Inside of the staff form: women, minority and established staff by kind."""
    out: Figures = {}
    for row in ("staff_women", "x_staff_minority", "staff_established"):
        out |= spread_row(shared, row, STAFF_KINDS)
    return out
