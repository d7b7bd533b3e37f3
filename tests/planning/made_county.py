"""Counties made up for planning: any size, with deficits and nine-year schools."""

from __future__ import annotations

import numpy as np

from dagster_project.planning.county import County, Indicator, Sections

INDICATORS = tuple(
    Indicator(identity, name, identity, unit, multiplier, 2, identity >= "L4")
    for identity, name, unit, multiplier in (
        ("L1", "高于规定学历教师", "人/百名学生", 100.0),
        ("L2", "骨干教师", "人/百名学生", 100.0),
        ("L3", "体育艺术教师", "人/百名学生", 100.0),
        ("L4", "教学及辅助用房", "平方米/生", 1.0),
        ("L5", "体育运动场馆", "平方米/生", 1.0),
        ("L6", "教学仪器设备", "元/生", 1.0),
        ("L7", "网络多媒体教室", "间/百名学生", 100.0),
    )
)
THRESHOLDS = {
    "primary": np.array([4.2, 1, 0.9, 4.5, 7.5, 2000, 2.3]),
    "junior": np.array([5.3, 1, 0.9, 5.8, 10.2, 2500, 2.4]),
}
LIMITS = {"primary": 0.50, "junior": 0.45}
WEIGHTS = {"primary": 1.0, "junior": 1.1, "senior": 1.32}


def sections(stage: str, ids, pupils, numerator, share=None) -> Sections:
    """The sections of a stage, under the 2017 standard."""
    pupils, size = np.asarray(pupils, float), len(ids)
    return Sections(
        stage=stage,
        school_ids=tuple(ids),
        names=tuple(f"{one}校" for one in ids),
        areas=("rural",) * size,
        pupils=pupils,
        weight=pupils * WEIGHTS[stage],
        share=np.ones(size) if share is None else np.asarray(share, float),
        numerator=np.asarray(numerator, float),
        denominator=np.repeat(pupils[:, None], len(INDICATORS), axis=1),
        tainted=np.zeros((size, len(INDICATORS)), bool),
        left_out=np.zeros((size, len(INDICATORS)), bool),
        threshold=THRESHOLDS[stage],
        floor=np.round(THRESHOLDS[stage] * 0.85, 9),
        cv_limit=np.full(len(INDICATORS), LIMITS[stage]),
        min_met=6,
    )


def county(*parts: Sections) -> County:
    """A county of these sections."""
    return County(
        school_year=2023,
        county_code="990101",
        county_name="合成县",
        standard_id="2017",
        decides_by="each",
        indicators=INDICATORS,
        stages={part.stage: part for part in parts},
        stage_weights=WEIGHTS,
    )


def drawn(size: int, nine_year: int, seed: int, deviation: float, level: float) -> County:
    """A county of ``size`` sections, values around ``level`` times the threshold (log-normal)."""
    random = np.random.default_rng(seed)
    sizes = {"primary": size - size // 3, "junior": size // 3}
    pupils = {
        stage: np.clip(random.lognormal(6.3, 0.8, many).round(), 40, 4000)
        for stage, many in sizes.items()
    }
    ids = {stage: [f"{stage[0]}{i:03d}" for i in range(many)] for stage, many in sizes.items()}
    share = {stage: np.ones(many) for stage, many in sizes.items()}
    numerator = {}
    for stage, many in sizes.items():
        spread = deviation * np.array([0.8, 1.3, 0.8, 0.8, 1.3, 0.8, 0.8])
        values = THRESHOLDS[stage] * level * np.exp(random.normal(0, spread, (many, 7)))
        amounts = values * pupils[stage][:, None] / [one.multiplier for one in INDICATORS]
        numerator[stage] = np.where(
            [one.is_counted for one in INDICATORS], amounts.round(), amounts
        )
    for i in range(nine_year):
        ids["primary"][i] = ids["junior"][i] = f"n{i:03d}"
        own = {stage: WEIGHTS[stage] * pupils[stage][i] for stage in sizes}
        whole = sum(numerator[stage][i, 3:] for stage in sizes)
        for stage in sizes:
            share[stage][i] = own[stage] / sum(own.values())
            numerator[stage][i, 3:] = whole * share[stage][i]
    return county(*(sections(s, ids[s], pupils[s], numerator[s], share[s]) for s in sizes))
