"""The sections of one county, school year and standard, as the published warehouse has them.

Read-only. What is here is what the marts computed from: a figure that is missing there is NaN here,
and a section without pupils is no section.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dagster_project.figures.county import STAGES, CountyFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.rows import Row
from dagster_project.messages import Message, MessageError
from dagster_project.planning import formulas
from dagster_project.planning.works import Work, works_of

WHOLE = "2017"
"""The standard that judges a county by 31 items."""
BY_SECTION = ("pupils", "weight", "share", "numerator", "denominator", "tainted", "left_out")


class CountyNotFound(MessageError):
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
    """A county in one school year under one standard.

    ``items`` are the published verdicts on the 31 items, satisfaction and vetoes, by id in their
    order; ``works`` what those beyond the seven indicators lack. Under another standard there are
    none.
    """

    school_year: int
    county_code: str
    county_name: str
    standard_id: str
    decides_by: str
    indicators: tuple[Indicator, ...]
    stages: dict[str, Sections]
    stage_weights: dict[str, float] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    works: tuple[Work, ...] = ()
    is_draft: bool = False
    published_at: str = ""

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
    folder: Path,
    county: str | None = None,
    school_year: int | None = None,
    standard_id: str = "2017",
) -> County:
    """The county (code or name; may be omitted where there is one) in its latest or a given year.

    ``folder`` is a warehouse or the folder of one version. ``CountyNotFound`` with a sentence that
    lists what the warehouse has instead.
    """
    with Published(folder, threads=None) as published:
        chosen = _chosen(published, county, school_year, standard_id)
        return _county(CountyFigures(published, chosen), standard_id)


def _chosen(
    published: Published, county: str | None, school_year: int | None, standard_id: str
) -> CountyYear:
    there = published.judged(standard_id)
    if not there:
        listed = published.standards() or Message("census.none")
        raise CountyNotFound(
            "planning.nothing_under_standard", standard_id=standard_id, listed=listed
        )
    named = {place.county_code: place.county_name for place in there}
    if county is None:
        if len(named) > 1:
            raise CountyNotFound("planning.name_one_county", named=_listed(named))
        code = next(iter(named))
    else:
        matching = [code for code, name in named.items() if county in (code, name)]
        if len(matching) != 1:
            found = Message("planning.several_counties" if matching else "planning.no_county")
            raise CountyNotFound(
                "planning.county_not_found",
                found=found,
                county=county,
                standard_id=standard_id,
                named=_listed(named),
            )
        code = matching[0]
    years = {place.school_year: place for place in there if place.county_code == code}
    if school_year is not None and school_year not in years:
        raise CountyNotFound(
            "planning.no_such_year",
            county=named[code] or code,
            school_year=school_year,
            years=list(map(str, years)),
        )
    return years[school_year or max(years)]


def _listed(named: dict[str, str], most: int = 20) -> list[str | Message]:
    shown: list[str | Message] = [
        f"{code} {name}".strip() for code, name in list(named.items())[:most]
    ]
    more = len(named) - len(shown)
    return [*shown, *([Message("planning.and_more", {"count": more})] if more > 0 else [])]


def _county(figures: CountyFigures, standard_id: str) -> County:
    indicators = tuple(_indicator(row) for row in figures.ref.indicators(standard_id))
    place = figures.county
    weights = {
        row["stage"]: float(row["weight"])
        for row in figures.ref.rows("split_weight")
        if row["school_type_code"] == "*"
    }
    stages = {
        stage: _sections(figures, standard_id, stage, indicators, weights)
        for stage in STAGES
        if any(s.is_counted for s in figures.sections.get((stage, standard_id), ()))
    }
    rules = [rule for stage in STAGES if (rule := figures.ref.rule(standard_id, stage))]
    return County(
        school_year=place.school_year,
        county_code=place.county_code,
        county_name=place.county_name or place.county_code,
        standard_id=standard_id,
        decides_by=next((rule["decides_by"] for rule in rules), "none"),
        indicators=indicators,
        stages=stages,
        stage_weights=weights,
        items=_items(figures, standard_id),
        works=works_of(figures) if standard_id == WHOLE else (),
        is_draft=figures.sign_off.is_draft,
        published_at=figures.published.published_at,
    )


def _items(figures: CountyFigures, standard_id: str) -> dict[str, str]:
    known = figures.ref.items
    rows = figures.rows("county_assessment", standard_id=standard_id)
    mine = [row for row in rows if row["item_id"] in known and row["verdict"]]
    mine.sort(key=lambda row: known[row["item_id"]]["position"])
    return {row["item_id"]: row["verdict"] for row in mine}


def _indicator(row: Row) -> Indicator:
    return Indicator(
        indicator_id=row["indicator_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        unit=row["unit"],
        multiplier=float(row["multiplier"]),
        decimals=int(row["decimals"]),
        is_shared=row["scope"] == "school",
        denominator=row["denominator"],
    )


def _sections(
    figures: CountyFigures,
    standard_id: str,
    stage: str,
    indicators: tuple[Indicator, ...],
    weights: dict[str, float],
) -> Sections:
    found = [s for s in figures.sections[stage, standard_id] if s.is_counted]
    rows = [[section.figures.get(one.indicator_id, {}) for one in indicators] for section in found]

    def across(name: str) -> np.ndarray:
        return np.array([[_number(row.get(name)) for row in line] for line in rows])

    def limit(name: str) -> np.ndarray:
        """The limit of each indicator: the same for all sections that have a row."""
        lines = zip(*rows, strict=True)
        return np.array([_number(next((r[name] for r in line if r), None)) for line in lines])

    own = {
        row["school_id"]: row
        for row in figures.places
        if row["stage"] == stage and row["school_id"] == row["evaluated_school_id"]
    }
    split = [own.get(section.school_id, {}) for section in found]
    limits = [figures.coefficient(standard_id, stage, one.indicator_id) for one in indicators]
    rule = figures.ref.rule(standard_id, stage) or {}
    min_met, composite_limit = rule.get("min_met"), rule.get("composite_limit")
    return Sections(
        stage=stage,
        school_ids=tuple(section.school_id for section in found),
        names=tuple(section.school_name for section in found),
        areas=tuple(section.urban_rural for section in found),
        pupils=np.array([_number(section.pupils) for section in found]),
        weight=np.array([weights.get(stage, 1.0) * _number(row.get("pupils")) for row in split]),
        share=np.array([_number(row.get("split_share")) for row in split]),
        numerator=np.where(np.isnan(across("value")), np.nan, across("numerator")),
        denominator=across("denominator"),
        tainted=np.array([[bool(row.get("is_tainted")) for row in line] for line in rows]),
        left_out=np.zeros((len(found), len(indicators)), bool),
        threshold=limit("threshold"),
        floor=limit("floor"),
        cv_limit=np.array([_number(row["cv_limit"] if row else None) for row in limits]),
        min_met=None if min_met is None else int(min_met),
        composite_limit=None if composite_limit is None else float(composite_limit),
    )


def _number(figure: float | None) -> float:
    return float("nan") if figure is None else float(figure)
