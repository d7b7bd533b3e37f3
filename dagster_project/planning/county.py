"""The sections of one county, school year and standard, as the published warehouse has them.

Read-only. What is here is what the marts computed from: a figure that is missing there is NaN here,
and a section without pupils is no section.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dagster_project.planning import formulas
from dagster_project.publish.opening import open_published

STAGES = ("primary", "junior")
BY_SECTION = ("pupils", "weight", "share", "numerator", "denominator", "tainted", "left_out")


class CountyNotFound(Exception):
    """There is nothing to compute from; the message says what there is instead."""


@dataclass(frozen=True)
class Indicator:
    """One indicator of a standard; ``is_shared`` if the stages of a school share the resource."""

    indicator_id: str
    name_zh: str
    name_en: str
    unit: str
    multiplier: float
    decimals: int
    is_shared: bool
    denominator: str = "pupils"

    @property
    def is_counted(self) -> bool:
        """Whether the numerator counts persons or things, which come whole."""
        return self.multiplier == 100 or self.unit.startswith(("人", "间", "台", "册"))

    @property
    def is_area(self) -> bool:
        """Whether the resource is floor or ground, which cannot be carried elsewhere."""
        return "平方米" in self.unit


@dataclass(frozen=True)
class Sections:
    """The sections of one stage; arrays are sections × indicators unless said otherwise.

    ``share`` (sections) is the section's share of what its school shares, ``weight`` (sections) the
    weighted pupils that the share is made of; ``threshold``, ``floor`` and ``cv_limit`` have one
    entry per indicator, NaN where the standard sets none. ``left_out`` figures do not enter the
    coefficient and are not missing there either.
    """

    stage: str
    school_ids: tuple[str, ...]
    names: tuple[str, ...]
    areas: tuple[str | None, ...]
    pupils: np.ndarray
    weight: np.ndarray
    share: np.ndarray
    numerator: np.ndarray
    denominator: np.ndarray
    tainted: np.ndarray
    left_out: np.ndarray
    threshold: np.ndarray
    floor: np.ndarray
    cv_limit: np.ndarray
    min_met: int | None = None
    composite_limit: float | None = None

    def __len__(self) -> int:
        return len(self.school_ids)

    def only(self, chosen: np.ndarray) -> Sections:
        """The sections that ``chosen`` (booleans) marks."""
        rows = np.flatnonzero(chosen)
        return replace(
            self,
            school_ids=tuple(self.school_ids[i] for i in rows),
            names=tuple(self.names[i] for i in rows),
            areas=tuple(self.areas[i] for i in rows),
            **{name: getattr(self, name)[rows] for name in BY_SECTION},
        )


@dataclass(frozen=True)
class County:
    """A county in one school year under one standard."""

    school_year: int
    county_code: str
    county_name: str
    standard_id: str
    decides_by: str
    indicators: tuple[Indicator, ...]
    stages: dict[str, Sections]
    stage_weights: dict[str, float] = field(default_factory=dict)

    @property
    def multipliers(self) -> np.ndarray:
        return np.array([indicator.multiplier for indicator in self.indicators])

    def column(self, indicator_id: str) -> int:
        """Position of an indicator on the second axis of the arrays."""
        return [one.indicator_id for one in self.indicators].index(indicator_id)

    def values(self, stage: str) -> np.ndarray:
        """Values of the sections of a stage, sections × indicators."""
        part = self.stages[stage]
        return formulas.value(part.numerator, part.denominator, self.multipliers)

    def verdicts(self, stage: str) -> np.ndarray:
        """Verdicts of the sections of a stage, sections × indicators."""
        part = self.stages[stage]
        return formulas.verdicts(self.values(stage), part.threshold, part.floor)

    def attains(self, stage: str) -> list[bool | None] | None:
        """Whether each section attains; None if the standard has no rule for schools."""
        min_met = self.stages[stage].min_met
        return None if min_met is None else formulas.attains(self.verdicts(stage), min_met)

    def spread(self, stage: str) -> formulas.Spread:
        """The coefficients of a stage."""
        part = self.stages[stage]
        counted = np.where(part.left_out, np.nan, part.numerator)
        found = formulas.spread(counted, part.denominator, self.multipliers)
        return replace(found, missing=found.missing - part.left_out.sum(axis=0))

    def coefficient_verdicts(self, stage: str) -> list[str | None]:
        """Verdict of each coefficient of a stage, as ``marts.county_coefficient`` has it."""
        found, part = self.spread(stage), self.stages[stage]
        return [
            formulas.coefficient_verdict(float(cv), int(missing), float(limit))
            for cv, missing, limit in zip(found.cv, found.missing, part.cv_limit, strict=True)
        ]

    def with_stage(self, part: Sections) -> County:
        """The county with other sections in one stage."""
        return replace(self, stages={**self.stages, part.stage: part})


def read_county(
    database: Path,
    county: str | None = None,
    school_year: int | None = None,
    standard_id: str = "2017",
) -> County:
    """The county (code or name; may be omitted where there is one) in its latest or a given year.

    ``CountyNotFound`` with a sentence that lists what the warehouse has instead.
    """
    with open_published(database) as connection:
        code, year = _chosen(connection, county, school_year, standard_id)
        return _read(connection, code, year, standard_id)


def _chosen(connection, county, school_year, standard_id) -> tuple[str, int]:
    there = connection.execute(
        "select distinct county_code, county_name, school_year from marts.county_coefficient"
        " where standard_id = ? order by county_code, school_year",
        [standard_id],
    ).fetchall()
    if not there:
        standards = connection.execute(
            "select distinct standard_id from marts.county_coefficient order by 1"
        ).fetchall()
        listed = ", ".join(row[0] for row in standards) or "none"
        raise CountyNotFound(
            f"Nothing is published under the standard '{standard_id}' (published: {listed})."
            " Choose another with --standard, or load the census first."
        )
    named = {code: name or "" for code, name, _ in there}
    if county is None:
        if len(named) > 1:
            raise CountyNotFound(f"Name one county with --county: {_listed(named)}.")
        code = next(iter(named))
    else:
        matching = [code for code, name in named.items() if county in (code, name)]
        if len(matching) != 1:
            found = "no county" if not matching else "more than one county"
            raise CountyNotFound(
                f"There is {found} '{county}' under the standard {standard_id}. Use a code:"
                f" {_listed(named)}."
            )
        code = matching[0]
    years = [year for there_code, _, year in there if there_code == code]
    if school_year is not None and school_year not in years:
        raise CountyNotFound(
            f"{named[code] or code} has no school year {school_year};"
            f" published: {', '.join(map(str, years))}. Choose one with --school-year."
        )
    return code, school_year or years[-1]


def _listed(named: dict[str, str], most: int = 20) -> str:
    shown = [f"{code} {name}".strip() for code, name in list(named.items())[:most]]
    more = len(named) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _read(connection, code: str, year: int, standard_id: str) -> County:
    indicators = tuple(
        Indicator(identity, zh, en, unit, float(multiplier), int(decimals), scope == "school", by)
        for identity, zh, en, unit, multiplier, decimals, scope, by in connection.execute(
            "select indicator_id, name_zh, name_en, unit, multiplier, decimals, scope, denominator"
            " from ref.indicator where standard_id = ? order by position",
            [standard_id],
        ).fetchall()
    )
    rules = {
        stage: (decides_by, minimum, limit)
        for stage, decides_by, minimum, limit in connection.execute(
            "select stage, decides_by, min_met, composite_limit from ref.standard_rule"
            " where standard_id = ?",
            [standard_id],
        ).fetchall()
    }
    key = [year, code, standard_id]
    limits = {
        (stage, identity): limit
        for stage, identity, limit in connection.execute(
            "select stage, indicator_id, cv_limit from marts.county_coefficient"
            " where school_year = ? and county_code = ? and standard_id = ?",
            key,
        ).fetchall()
    }
    rows = connection.execute(
        "select stage, school_id, school_name, urban_rural, indicator_id, pupils,"
        " case when value is not null then numerator end, denominator, threshold, floor, is_tainted"
        " from marts.school_indicator"
        " where school_year = ? and county_code = ? and standard_id = ?"
        " and value_status <> 'no_pupils' order by stage, school_id, indicator_id",
        key,
    ).fetchall()
    weights = dict(
        connection.execute(
            "select stage, weight from ref.split_weight where school_type_code = '*'"
        ).fetchall()
    )
    weights = {stage: float(weight) for stage, weight in weights.items()}
    shares = {
        (stage, school_id): (pupils, share)
        for stage, school_id, pupils, share in connection.execute(
            "select stage, school_id, pupils, split_share from marts.dim_section"
            " where school_year = ? and term ="
            " (select value from ref.setting where setting_id = 'census_term')"
            " and school_id = evaluated_school_id",
            [year],
        ).fetchall()
    }
    name = connection.execute(
        "select max(county_name) from marts.county_coefficient"
        " where school_year = ? and county_code = ? and standard_id = ?",
        key,
    ).fetchone()[0]
    stages = {}
    for stage in STAGES:
        mine = [row for row in rows if row[0] == stage]
        if mine:
            stages[stage] = _sections(stage, mine, indicators, limits, shares, weights, rules)
    return County(
        school_year=year,
        county_code=code,
        county_name=name or code,
        standard_id=standard_id,
        decides_by=next((rule[0] for rule in rules.values()), "none"),
        indicators=indicators,
        stages=stages,
        stage_weights=weights,
    )


def _sections(stage, rows, indicators, limits, shares, weights, rules) -> Sections:
    schools = {row[1]: (row[2] or row[1], row[3]) for row in rows}
    place = {school_id: i for i, school_id in enumerate(schools)}
    column = {indicator.indicator_id: k for k, indicator in enumerate(indicators)}
    shape = (len(schools), len(indicators))
    numerator, denominator = np.full(shape, np.nan), np.full(shape, np.nan)
    tainted = np.zeros(shape, bool)
    pupils = np.full(len(schools), np.nan)
    threshold, floor = np.full(len(indicators), np.nan), np.full(len(indicators), np.nan)
    for _, school_id, _, _, identity, people, above, below, least, lowest, is_tainted in rows:
        i, k = place[school_id], column[identity]
        pupils[i] = _number(people)
        numerator[i, k], denominator[i, k] = _number(above), _number(below)
        threshold[k], floor[k] = _number(least), _number(lowest)
        tainted[i, k] = bool(is_tainted)
    own = [shares.get((stage, school_id), (None, None)) for school_id in schools]
    _, min_met, composite_limit = rules.get(stage, ("none", None, None))
    return Sections(
        stage=stage,
        school_ids=tuple(schools),
        names=tuple(name for name, _ in schools.values()),
        areas=tuple(area for _, area in schools.values()),
        pupils=pupils,
        weight=np.array([weights.get(stage, 1.0) * _number(people) for people, _ in own]),
        share=np.array([_number(share) for _, share in own]),
        numerator=numerator,
        denominator=denominator,
        tainted=tainted,
        left_out=np.zeros(shape, bool),
        threshold=threshold,
        floor=floor,
        cv_limit=np.array([_number(limits.get((stage, one.indicator_id))) for one in indicators]),
        min_met=None if min_met is None else int(min_met),
        composite_limit=None if composite_limit is None else float(composite_limit),
    )


def _number(figure) -> float:
    return float("nan") if figure is None else float(figure)
