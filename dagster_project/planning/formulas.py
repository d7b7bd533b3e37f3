"""The formulas of the marts on numpy arrays: value, verdicts, coefficient, contributions.

Arrays have one entry per section along the first axis; a second axis, where there is one, runs over
indicators. A missing figure is NaN and stays missing. The order of operations is that of
``marts.school_indicator`` and ``marts.county_coefficient``, so that a value on a threshold falls on
the same side here and there. Formulas: DOMAIN §1-§2, 教督〔2017〕6号.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MET, FLOOR, BELOW, MISSING = "met", "floor", "below", "missing"
NOT_MET = "not_met"
TOLERANCE = 1e-9  # relative; the marts' macros at_least and at_most have the same


@dataclass(frozen=True)
class Spread:
    """Mean, deviation and coefficient of variation per indicator; NaN where undefined."""

    sections: np.ndarray  # with a value
    missing: np.ndarray  # without one
    mean: np.ndarray
    std_dev: np.ndarray
    cv: np.ndarray


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient; NaN where the denominator is zero or missing, as ``safe_divide`` gives NULL."""
    numerator, denominator = np.broadcast_arrays(
        np.asarray(numerator, float), np.asarray(denominator, float)
    )
    known = np.isfinite(denominator) & (denominator != 0)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=known)


def value(
    numerator: np.ndarray, denominator: np.ndarray, multiplier: np.ndarray | float
) -> np.ndarray:
    """Value of an indicator per section: ``multiplier · numerator / denominator``."""
    return _divide(np.asarray(multiplier) * numerator, denominator)


def at_least(values: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Whether values reach a limit, binary noise aside (macro ``at_least`` of the marts)."""
    return values >= limit - TOLERANCE * np.abs(limit)


def verdicts(values: np.ndarray, threshold: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """'met', 'floor', 'below' or 'missing' per section; '' where there is no threshold."""
    threshold = np.broadcast_to(threshold, values.shape)
    with np.errstate(invalid="ignore"):
        reached, held = at_least(values, threshold), at_least(values, floor)
        found = np.where(reached, MET, np.where(held, FLOOR, BELOW))
    found = np.where(np.isnan(threshold), "", found)
    return np.where(np.isnan(values), MISSING, found)


def attains(found: np.ndarray, min_met: int) -> list[bool | None]:
    """Whether each section attains, from its verdicts (sections × indicators); None = unknown.

    At least ``min_met`` thresholds are met and none is below the floor (教督〔2017〕6号).
    """
    met, below, missing = ((found == kind).sum(axis=1) for kind in (MET, BELOW, MISSING))
    decided: list[bool | None] = []
    for has_met, has_below, has_missing in zip(met, below, missing, strict=True):
        if has_below or has_met + has_missing < min_met:
            decided.append(False)
        else:
            decided.append(None if has_missing else True)
    return decided


def spread(numerator: np.ndarray, denominator: np.ndarray, multiplier: np.ndarray) -> Spread:
    """Weighted mean, population deviation and coefficient of each indicator (DOMAIN §2)."""
    values = value(numerator, denominator, multiplier)
    known = ~np.isnan(values)
    weights = np.where(known, denominator, 0.0)
    weight = weights.sum(axis=0)
    mean = _divide(multiplier * np.where(known, numerator, 0.0).sum(axis=0), weight)
    squares = np.where(known, weights * (values - mean) ** 2, 0.0).sum(axis=0)
    std_dev = np.sqrt(_divide(squares, weight))
    return Spread(
        sections=known.sum(axis=0),
        missing=(~known).sum(axis=0),
        mean=mean,
        std_dev=std_dev,
        cv=_divide(std_dev, mean),
    )


def coefficient_verdict(cv: float, missing: int, limit: float) -> str | None:
    """'met', 'not_met' or 'missing'; None for an indicator without a limit of its own."""
    if np.isnan(cv) or missing > 0:
        return MISSING
    if np.isnan(limit):
        return None
    return MET if cv <= limit + TOLERANCE * abs(limit) else NOT_MET


def composite(cvs: np.ndarray) -> float:
    """Mean of the unrounded coefficients; NaN as soon as one is missing."""
    return float(np.mean(cvs))


def contributions(
    numerator: np.ndarray, denominator: np.ndarray, multiplier: float, area: list[str | None]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of one indicator's squared deviation: per section, between areas, within its area.

    ``area`` is 'urban', 'town', 'rural' or None per section. The shares sum to one, and so do
    *between* and *within* together; all are NaN where the coefficient is zero or undefined.
    """
    values = value(numerator, denominator, multiplier)
    known = ~np.isnan(values)
    whole = spread(numerator[:, None], denominator[:, None], np.array([multiplier]))
    mean = whole.mean[0]
    squares = np.where(known, denominator, 0.0).sum() * whole.std_dev[0] ** 2
    places = np.array([place or "unknown" for place in area])
    area_mean = np.full(len(values), np.nan)
    for place in set(places):
        here = (places == place) & known
        area_mean[here] = _divide(multiplier * numerator[here].sum(), denominator[here].sum())
    return (
        _divide(denominator * (values - mean) ** 2, squares),
        _divide(denominator * (area_mean - mean) ** 2, squares),
        _divide(denominator * (values - area_mean) ** 2, squares),
    )


def split_shares(weighted_pupils: np.ndarray) -> np.ndarray:
    """Shares of a school's stages in what they share: weighted pupils over their sum (DOMAIN §3).

    九年一贯制 with A primary and B junior pupils: A/(A+1.1B) and 1.1B/(A+1.1B), unrounded.
    """
    return _divide(weighted_pupils, np.sum(weighted_pupils))
