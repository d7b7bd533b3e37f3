"""Identities of DOMAIN.md §6 (census_rules.csv) checked on a batch, one school at a time."""

from __future__ import annotations

from dagster_project.sample.model import Batch

GRADES = {"primary": 6, "junior": 3, "senior": 3}
BINS = {
    "classes_le25": (1, 25),
    "classes_26_30": (26, 30),
    "classes_31_35": (31, 35),
    "classes_36_40": (36, 40),
    "classes_41_45": (41, 45),
    "classes_46_50": (46, 50),
    "classes_51_55": (51, 55),
    "classes_56_60": (56, 60),
    "classes_61_65": (61, 65),
    "classes_ge66": (66, 10_000),
}
DEGREES = ["doctor", "master", "bachelor", "associate", "upper_secondary", "below_upper_secondary"]
TITLES = ["full_senior", "associate_senior", "intermediate", "assistant", "junior", "none"]
AGES = ["le24", "25_29", "30_34", "35_39", "40_44", "45_49", "50_54", "55_59", "ge60"]
PARTS_OF_PUPILS = ["girls", "minority", "boarding", "migrant", "migrant_worker", "left_behind"]


def broken(batch: Batch) -> list[str]:
    """Every identity that does not hold, as school · stage · rule."""
    found = []
    for school in batch.records():
        where = school.attributes["school_id"]
        for stage, own in school.stages.items():
            found += [f"{where} {stage} {rule}" for rule in broken_stage(stage, own)]
        found += [f"{where} {rule}" for rule in broken_school(school)]
    return found


def broken_stage(stage: str, f: dict[str, float]) -> list[str]:
    grades = range(1, GRADES[stage] + 1)
    in_bins = sum(f[b] for b in BINS)
    rules = {
        "R027/R028 pupils": f["pupils"] == sum(f[f"pupils_grade_{g}"] for g in grades),
        "girls by grade": f["pupils_girls"] == sum(f[f"girls_grade_{g}"] for g in grades),
        "girls of a grade": all(f[f"girls_grade_{g}"] <= f[f"pupils_grade_{g}"] for g in grades),
        "R026 parts": all(f[f"pupils_{part}"] <= f["pupils"] for part in PARTS_OF_PUPILS),
        "R032 migrants": f["pupils_migrant"]
        == f["pupils_migrant_other_province"] + f["pupils_migrant_other_county"],
        "R032 workers": f["pupils_migrant_worker"]
        == f["pupils_migrant_worker_other_province"] + f["pupils_migrant_worker_other_county"],
        "R032 worker <= migrant": f["pupils_migrant_worker"] <= f["pupils_migrant"],
        "R016 entrants": f["entrants"] == f["pupils_grade_1"],
        "R019 expected": f["expected_graduates"] == f[f"pupils_grade_{GRADES[stage]}"],
        "girls among graduates": f["graduates_girls"] <= f["graduates"],
        "R031 bins": f["classes"] == in_bins,
        "R031 grades": f["classes"] == sum(f[f"classes_grade_{g}"] for g in grades),
        "R014 sizes": sum(f[b] * low for b, (low, _) in BINS.items())
        <= f["pupils"]
        <= sum(f[b] * high for b, (_, high) in BINS.items()),
        "R022 balance": f["flow_closing"]
        == f["flow_opening"] + f["flow_increase"] - f["flow_decrease"],
        "R023 increase": f["flow_increase"]
        == sum(f[f"flow_{k}"] for k in ("entrants", "resumed", "transfers_in", "other_in")),
        "R023 decrease": f["flow_decrease"]
        == sum(
            f[f"flow_{k}"]
            for k in [
                "graduates",
                "completed",
                "suspended",
                "dropouts",
                "deaths",
                "transfers_out",
                "other_out",
            ]
        ),
        "R024 closing": f["flow_closing"] == f["pupils"],
        "R035 degrees": f["teachers"] == sum(f[f"teachers_{d}"] for d in DEGREES),
        "R036 titles": f["teachers"] == sum(f[f"teachers_title_{t}"] for t in TITLES),
        "R036 ages": f["teachers"] == sum(f[f"teachers_age_{a}"] for a in AGES),
        "R034 arts": f["teachers_arts"]
        == f["teachers_music"] + f["teachers_fine_art"] + f["x_arts_joint"],
        "R034 courses": f["teachers"]
        == sum(v for k, v in f.items() if k.startswith("x_course_"))
        + f["teachers_pe"]
        + f["teachers_arts"]
        + f["teachers_not_teaching"],
        "R053 backbone": f["backbone_teachers"] <= f["teachers"],
        "women": f["teachers_women"] <= f["teachers"],
        "not negative": all(value >= 0 for value in f.values()),
        "whole": all(value == int(value) for value in f.values()),
    }
    if stage != "senior":
        ages = [v for k, v in f.items() if k.startswith("pupils_age_")]
        rules["R029 ages"] = f["age_form_pupils"] == sum(ages) == f["pupils"]
        rules["R030 girls"] = f["age_form_girls"] == f["pupils_girls"]
    if stage == "primary":
        rules["R017 preschool"] = (
            f["entrants"] == f["entrants_preschooled"] + f["entrants_not_preschooled"]
        )
    return [rule for rule, holds in rules.items() if not holds]


def broken_school(school) -> list[str]:
    f = school.shared
    cents = {k: round(v * 100) for k, v in f.items() if k.endswith("_m2")}
    assert all(abs(cents[k] - f[k] * 100) < 1e-6 for k in cents)
    teachers = sum(own["teachers"] for own in school.stages.values())
    public = ("library_area_m2", "indoor_sports_area_m2", "counselling_area_m2")
    rules = {
        "R033 staff": f["staff"]
        == sum(f[f"staff_{k}"] for k in ("teachers", "admin", "support", "workers", "other")),
        "R033 established": f["staff_established"] <= f["staff"],
        "women": f["staff_women"] <= f["staff"],
        "R037 teachers": f["staff_teachers"] == teachers,
        "R039 buildings": cents["building_area_m2"]
        == sum(cents[f"{k}_area_m2"] for k in ("teaching", "admin", "living", "other")),
        "R039 teaching": cents["teaching_area_m2"]
        == sum(cents[f"{k}_area_m2"] for k in ("classroom", "special_room", "public_teaching")),
        "R039 public": cents["public_teaching_area_m2"]
        == sum(cents[k] for k in public) + cents["public_teaching_other_area_m2"],
        "R041 parts": max(cents["unsafe_area_m2"], cents["new_area_m2"], cents["rented_area_m2"])
        <= cents["building_area_m2"],
        "R042 site": cents["green_area_m2"] + cents["sports_ground_area_m2"]
        <= cents["site_area_m2"],
        "R043 equipment": f["equipment_new_yuan"]
        <= f["equipment_value_yuan"]
        <= f["fixed_assets_yuan"],
        "R043 rooms": f["multimedia_rooms"] <= f["classrooms"],
        "not negative": all(value >= 0 for value in f.values()),
    }
    return [rule for rule, holds in rules.items() if not holds]
