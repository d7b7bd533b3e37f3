"""The rows that a county's page shows, under the names that its template uses, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dagster_project.figures.county import STAGES, CountyFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.rows import Row, by, ordered
from dagster_project.reports.web.facts import CountyFacts
from dagster_project.words import words

STANDARDS = ("2017", "2012", "general")
"""The page speaks of the first of these that the county has figures under."""
_UNDECIDED = ("not_met", "unverified", "not_reported", "not_applicable", "not_due")
_TREND_STAGES = (*STAGES, "all")


@dataclass(frozen=True)
class CountyRows:
    """Rows by name, and the standard that the page speaks of."""

    figures: CountyFigures
    standard: str
    rows: dict[str, list[Row]]

    def __getitem__(self, name: str) -> list[Row]:
        return self.rows[name]

    @property
    def facts(self) -> CountyFacts:
        """What the template may see."""
        return CountyFacts(self.county, self.standard, self.indicators, self.stages, self.rows)

    @property
    def county(self) -> CountyYear:
        """Whose page it is."""
        return self.figures.county

    @property
    def indicators(self) -> list[Row]:
        """The indicators of the standard, in its order."""
        return self.figures.ref.indicators(self.standard)

    @property
    def stages(self) -> list[str]:
        """Stages that there are figures of, primary first."""
        return [stage for stage in STAGES if (stage, self.standard) in self.figures.coefficients]

    def coefficient(self, indicator_id: str, stage: str) -> Row | None:
        """The coefficient of an indicator in a stage."""
        return self.figures.coefficient(self.standard, stage, indicator_id)


def rows_of(published: Published, county: CountyYear, signs: dict[str, str]) -> CountyRows:
    """Everything that the county's page shows; ``signs`` are those of comparators."""
    figures = CountyFigures(published, county)
    present = {standard for _, standard in figures.coefficients}
    standard = next((s for s in STANDARDS if s in present), STANDARDS[0])
    sections = [s for (_, of), found in figures.sections.items() if of == standard for s in found]
    shares = [row for section in sections for row in section.shares.values()]
    rows = {
        "verdicts": figures.table("county_verdict"),
        "assessment": _assessment(figures, signs),
        "coefficients": figures.rows("county_coefficient", standard_id=standard),
        "composites": ordered(figures.table("county_composite"), "-stage"),
        "contributions": ordered(
            (row for row in shares if row["share"] is not None), "-share", "school_id"
        ),
        "sections": ordered(
            (row for section in sections for row in section.figures.values()), "school_id"
        ),
        "attainment": [s.attainment for s in sections if s.attainment],
        "schools": ordered(figures.table("dim_school"), "school_id"),
        "parts": ordered(figures.table("dim_section"), "school_id", "stage"),
        "enrolment": ordered(figures.table("county_enrolment"), "-stage"),
        "classes": ordered(figures.table("class_size"), "term", "-stage", "school_id"),
        "retention": _retention(figures),
        "gaps": _with_item(figures, figures.gaps, "position"),
        "profile": ordered(figures.table("county_profile"), "category"),
        "targets": _targets(figures),
        "measures": _measures(figures),
        "projects": ordered(figures.table("county_project"), "project_year", "project_name"),
        "claims": ordered(figures.table("claim_audit"), "claim_id"),
        "restatements": ordered(
            (row for row in figures.table("restatement") if row["kind"] is not None),
            *("-publish_id", "table_name", "row_key", "column_name"),
        ),
        "flags": _flags(figures),
        "completeness": ordered(figures.table("completeness"), "term"),
        "trend": _trend(figures),
    }
    return CountyRows(figures, standard, rows)


def _with_item(figures: CountyFigures, rows: list[Row], *columns: str) -> list[dict[str, Any]]:
    """The rows with columns of ``ref.item`` beside them."""
    items = figures.ref.items
    return [
        {**row, **{name: items.get(row["item_id"], {}).get(name) for name in columns}}
        for row in rows
    ]


def _assessment(figures: CountyFigures, signs: dict[str, str]) -> list[Row]:
    """The items with the sign of their standard, what is not met first."""
    rows = _with_item(
        figures,
        figures.table("county_assessment"),
        *("position", "kind", "unit", "better", "clause"),
    )
    for row in rows:
        row["sign"] = signs[figures.ref.comparator(row["item_id"])]
    place = {verdict: number for number, verdict in enumerate(_UNDECIDED)}
    rows = ordered(rows, "position", "item_id")
    return sorted(rows, key=lambda row: place.get(row["verdict"], len(place)))


def _retention(figures: CountyFigures) -> list[Row]:
    rows = ordered(figures.table("retention"), "cohort_years", "school_id")
    return sorted(rows, key=lambda row: (row["cohort_years"], row["school_id"] is not None))


def _targets(figures: CountyFigures) -> list[Row]:
    rows: list[Row] = []
    for row in figures.table("policy_target"):
        unit, kind = figures.counted_in(row["item_id"])
        rows.append({**row, "unit": unit, "kind": kind})
    return ordered(rows, "target_id")


_MEASURE_ORIGINS = """
    select field_id, cohort, path, sheet, cell from quality.answer_origin
    where part = 'measure' and school_id = '' and about = ''
        and county_code = $county and school_year = $year
"""


def _measures(figures: CountyFigures) -> list[dict[str, Any]]:
    """Other data that are known, chapter by chapter, with the place of what was reported."""
    chapters, bases = words("measure_chapter"), words("measure_basis")
    where = {"county": figures.county.county_code, "year": figures.county.school_year}
    places = by(figures.published.rows(_MEASURE_ORIGINS, **where), "field_id", "cohort")
    rows = [
        {
            **row,
            "chapter_zh": chapters.get(row["chapter"], row["chapter"]),
            "basis_zh": bases[row["basis"]],
            "place": places.get((row["item_id"], row["period_from"]))
            if row["basis"] == "reported"
            else None,
        }
        for row in figures.table("county_measure")
        if row["value"] is not None
    ]
    order = list(chapters.values())
    rows = ordered(rows, "position", "period_from")
    return sorted(rows, key=lambda row: _place_in(order, row["chapter_zh"]))


def _place_in(order: list[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


def _flags(figures: CountyFigures) -> list[Row]:
    """The flags, open ones first, then those that are confirmed."""
    rows = ordered(figures.table("flag"), "severity", "rule_id", "school_id", "stage", "flag_id")
    return sorted(rows, key=lambda row: {"open": 1, "confirmed": 2}.get(row["status"], 3))


def _trend(figures: CountyFigures) -> list[Row]:
    place = {stage: number for number, stage in enumerate(_TREND_STAGES)}
    rows = _with_item(figures, figures.history, "position", "kind", "decimals")
    rows = sorted(rows, key=lambda row: (place.get(row["stage"], -1), row["school_year"]))
    return ordered(rows, "position")
