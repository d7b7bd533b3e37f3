"""A county's sections: one school in one stage under one standard, with its indicators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dagster_project.figures.rows import Row, by, ordered


@dataclass(frozen=True)
class Section:
    """One school's part in a stage; ``figures`` and ``shares`` are rows by indicator.

    ``shares`` are its contributions to the coefficients; ``points`` are the names of the teaching
    points that are merged into it.
    """

    school_id: str
    school_name: str
    urban_rural: str | None
    is_public: bool | None
    figures: Mapping[str, Row]
    attainment: Row | None
    shares: Mapping[str, Row]
    points: tuple[str, ...] = ()

    @property
    def first(self) -> Row:
        """A row to take the pupils from: a flag on one numerator says nothing of them."""
        return min(self.figures.values(), key=lambda row: bool(row["is_tainted"]))

    @property
    def pupils(self) -> float | None:
        """Pupils of the section."""
        return self.first["pupils"]

    @property
    def is_counted(self) -> bool:
        """A section without pupils is reported and stays out of everything."""
        return any(row["value_status"] != "no_pupils" for row in self.figures.values())

    @property
    def is_tainted(self) -> bool:
        """Whether a hard flag touches any of its indicators."""
        return any(row["is_tainted"] for row in self.figures.values())


def sections_of(
    figures: Iterable[Row],
    attainment: Iterable[Row],
    contributions: Iterable[Row],
    schools: Iterable[Row],
    places: Iterable[Row],
) -> dict[tuple[str, str], list[Section]]:
    """The sections by (stage, standard), in the order of their schools' ids.

    The rows are those of ``school_indicator``, ``school_attainment``, ``cv_contribution``,
    ``dim_school`` and, for the teaching points, ``dim_section``.
    """
    is_public = {row["school_id"]: row["is_public"] for row in schools}
    attained = by(attainment, "school_id", "stage", "standard_id")
    shares = _by_indicator(contributions)
    points: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in ordered(places, "-stage", "school_id"):
        if row["evaluated_school_id"] not in (None, row["school_id"]):
            name = row["school_name"] or row["school_id"]
            points[row["evaluated_school_id"], row["stage"]].append(name)
    found: dict[tuple[str, str], list[Section]] = defaultdict(list)
    for key, rows in _by_indicator(ordered(figures, "school_id", "indicator_id")).items():
        school_id, stage, standard = key
        one = next(iter(rows.values()))
        found[stage, standard].append(
            Section(
                school_id=school_id,
                school_name=one["school_name"] or school_id,
                urban_rural=one["urban_rural"],
                is_public=is_public.get(school_id),
                figures=rows,
                attainment=attained.get(key),
                shares=shares.get(key, {}),
                points=tuple(points.get((school_id, stage), ())),
            )
        )
    return dict(found)


def _by_indicator(rows: Iterable[Row]) -> dict[tuple[str, str, str], dict[str, Row]]:
    found: dict[tuple[str, str, str], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        key = row["school_id"], row["stage"], row["standard_id"]
        found[key][row["indicator_id"]] = row
    return dict(found)
