"""Staff, buildings, grounds and equipment of whole schools, in the breakdowns of the forms."""

from __future__ import annotations

import numpy as np

from dagster_project.sample.people import apportion, some_of


def staff_figures(
    teachers: np.ndarray, women: np.ndarray, others: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Form 4149: staff = teachers + administrators + support + service + other."""
    kinds = apportion(others, [0.35, 0.3, 0.3, 0.05], rng)
    staff = teachers + others
    return {
        "staff": staff,
        "staff_women": women + some_of(others, 0.4, rng),
        "staff_established": staff - some_of(staff, 0.06, rng),
        "x_staff_minority": some_of(staff, 0.15, rng),
        "staff_teachers": teachers,
        "staff_admin": kinds[:, 0],
        "staff_support": kinds[:, 1],
        "staff_workers": kinds[:, 2],
        "staff_other": kinds[:, 3],
    }


LAST_YEAR_OF_OLD_ROOMS = 2020  # until then counselling and other shared rooms were 教室


def building_figures(
    net: np.ndarray, indoor: np.ndarray, boarding_share: np.ndarray, school_year: int
) -> dict:
    """Form 5170 in m², from teaching rooms without (``net``) and with indoor sports, in 0.01 m².

    Whole hundredths throughout, so that every sum of the form holds to the last digit; rooms are
    divided as the forms of the ``school_year`` did (the taxonomy changed in 2021).
    """
    classroom, special = net * 60 // 100, net * 26 // 100
    library, counselling = net * 6 // 100, net // 100
    other_public = net - classroom - special - library - counselling
    if school_year <= LAST_YEAR_OF_OLD_ROOMS:
        classroom = classroom + counselling + other_public
        counselling = other_public = np.zeros_like(net)
    teaching = net + indoor
    admin, other = teaching * 14 // 100, teaching * 4 // 100
    living = (teaching * (0.12 + 0.5 * boarding_share)).astype(np.int64)
    building = teaching + admin + living + other
    music, fine_art = special * 14 // 100, special * 13 // 100
    figures = {
        "building_area_m2": building,
        "unsafe_area_m2": np.zeros_like(net),
        "new_area_m2": np.where(net % 7 == 0, building * 3 // 100, 0),
        "rented_area_m2": np.zeros_like(net),
        "teaching_area_m2": teaching,
        "classroom_area_m2": classroom,
        "special_room_area_m2": special,
        "x_music_room_m2": music,
        "x_art_room_m2": fine_art,
        "public_teaching_area_m2": library + indoor + counselling + other_public,
        "library_area_m2": library,
        "indoor_sports_area_m2": indoor,
        "counselling_area_m2": counselling,
        "public_teaching_other_area_m2": other_public,
        "admin_area_m2": admin,
        "x_teacher_office_m2": admin * 70 // 100,
        "living_area_m2": living,
        "other_area_m2": other,
    }
    return {name: value / 100 for name, value in figures.items()}


def ground_figures(ground: np.ndarray, building_m2: np.ndarray) -> dict[str, np.ndarray]:
    """Site areas in m²; ``ground`` (sports) in 0.01 m²; green and sports lie on the site."""
    green = ground * 38 // 100
    site = ground + green + np.round(building_m2 * 45).astype(np.int64)
    figures = {"site_area_m2": site, "green_area_m2": green, "sports_ground_area_m2": ground}
    return {name: value / 100 for name, value in figures.items()}


def equipment_figures(
    pupils: np.ndarray,
    classes: np.ndarray,
    rooms: np.ndarray,
    equipment: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Books, computers, classrooms and assets; ``equipment`` in 0.01 万元, returned in yuan."""
    assets = (equipment * rng.uniform(3, 6, len(equipment))).astype(np.int64)
    computers = (pupils * rng.uniform(0.1, 0.2, len(pupils))).astype(np.int64) + 10
    return {
        "books": (pupils * rng.uniform(18, 40, len(pupils))).astype(np.int64),
        "computers": computers,
        "x_terminals": computers + some_of(computers, 0.2, rng),
        "classrooms": np.maximum(classes, rooms) + some_of(classes, 0.3, rng),
        "multimedia_rooms": rooms,
        "fixed_assets_yuan": assets * 100.0,
        "equipment_value_yuan": equipment * 100.0,
        "equipment_new_yuan": some_of(equipment, 0.06, rng) * 100.0,
    }
