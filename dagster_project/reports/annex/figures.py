"""What the workbook is made of: each mart asked once for one county and school year."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from dagster_project.reports.published import CountyYear, Published

Row = dict[str, Any]
STAGES = ("primary", "junior")
_DECIDED_BY = "and standard_id in (select standard_id from ref.standard_rule where decides_by {})"


@dataclass(frozen=True)
class Reference:
    """The tables of ``ref`` that give names, units and rules; the same for all counties."""

    indicators: dict[str, Row]
    items: dict[str, Row]
    standards: dict[tuple[str, str], Row]  # (standard_id, stage)
    settings: dict[str, str]
    fields: dict[str, Row]
    terms: dict[tuple[str, str], list[str]]  # (indicator_id, stage) → fields
    targets: dict[tuple[str, str], Row]  # (county_code, target_id)
    part_kinds: dict[str, Row]  # part_id → scale and decimals

    def in_order(self, standard_id: str) -> list[Row]:
        """The indicators of a standard in published order."""
        found = [row for row in self.indicators.values() if row["standard_id"] == standard_id]
        return sorted(found, key=lambda row: row["position"])


@dataclass(frozen=True)
class Section:
    """One school's part in one stage under one standard, with its indicators by id."""

    school_id: str
    school_name: str
    urban_rural: str | None
    is_public: bool | None
    pupils: float | None
    figures: dict[str, Row]
    attainment: Row | None
    shares: dict[str, Row]
    points: tuple[str, ...] = ()  # teaching points merged into it

    @property
    def is_counted(self) -> bool:
        """A section without pupils is reported and stays out of everything."""
        return any(row["value_status"] != "no_pupils" for row in self.figures.values())


@dataclass(frozen=True)
class Figures:
    """All rows of one county and school year."""

    reference: Reference
    sections: dict[tuple[str, str], list[Section]]  # (stage, standard_id)
    coefficients: dict[tuple[str, str], dict[str, Row]]  # (stage, standard_id) → indicator
    composites: dict[tuple[str, str], Row]
    assessment: list[Row]
    verdicts: list[Row]
    retention: list[Row]
    class_sizes: list[Row]
    gaps: list[Row]
    trend: list[Row]
    targets: list[Row]
    flags: list[Row]
    restatements: list[Row]
    restatements_in_all: int
    enrolment: list[Row]
    completeness: list[Row]
    places: list[Row]  # marts.dim_section of the census term
    section_origins: dict[tuple[str, str], Row]  # (school_id, stage)
    field_origins: dict[tuple[str, str], list[Row]] = field(default_factory=dict)  # (sha, stage)


def reference_of(published: Published) -> Reference:
    """The reference tables of this version."""
    return published.kept("annex.reference", lambda: _reference(published))


def _reference(published: Published) -> Reference:
    terms: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in published.rows(
        "select indicator_id, stage, field_id from ref.indicator_term order by all"
    ):
        terms[row["indicator_id"], row["stage"]].append(row["field_id"])
    return Reference(
        indicators=_by(published.rows("select * from ref.indicator"), "indicator_id"),
        items=_by(published.rows("select * from ref.item"), "item_id"),
        standards={
            (row["standard_id"], row["stage"]): row
            for row in published.rows("select * from ref.standard_rule")
        },
        settings={
            row["setting_id"]: row["value"]
            for row in published.rows("select setting_id, value from ref.setting")
        },
        fields=_by(published.rows("select * from ref.field"), "field_id"),
        terms=dict(terms),
        targets={
            (row["county_code"], row["target_id"]): row
            for row in published.rows("select county_code, target_id, item_id from ref.plan_target")
        },
        part_kinds=_by(
            published.rows("select part_id, scale, decimals, denominator from ref.item_part"),
            "part_id",
        ),
    )


def _by(rows: list[Row], key: str) -> dict[str, Row]:
    return {row[key]: row for row in rows}


def figures_of(published: Published, county: CountyYear, most_restatements: int) -> Figures:
    """Ask every mart once; ``most_restatements`` bounds the list that has no natural end."""
    reference = reference_of(published)
    code, year = county.county_code, county.school_year
    term = reference.settings["census_term"]

    def mart(table: str, order: str, more: str = "") -> list[Row]:
        return published.rows(
            f"select * from {table} where county_code = ? and school_year = ? {more}"
            f" order by {order}",
            code,
            year,
        )

    coefficients: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in mart("marts.county_coefficient", "standard_id, stage, indicator_id"):
        coefficients[row["stage"], row["standard_id"]][row["indicator_id"]] = row
    places = mart("marts.dim_section", "stage desc, school_id", f"and term = '{term}'")
    section_origins = _section_origins(published, county, term)
    return Figures(
        reference=reference,
        sections=_sections(published, county, mart, places),
        coefficients=dict(coefficients),
        composites={
            (row["stage"], row["standard_id"]): row
            for row in mart("marts.county_composite", "standard_id, stage")
        },
        assessment=mart("marts.county_assessment", "standard_id desc, item_id"),
        verdicts=mart("marts.county_verdict", "standard_id desc"),
        retention=mart(
            "marts.retention", "stage desc, cohort_years, school_id is not null, school_id"
        ),
        class_sizes=mart("marts.class_size", "term, stage desc, school_id"),
        gaps=mart(
            "marts.gap", "item_id, part_id, stage desc, shortfall desc nulls last, school_id"
        ),
        trend=published.rows(
            "select * from marts.trend where county_code = ? and school_year <= ?"
            " order by school_year",
            code,
            year,
        ),
        targets=mart("marts.policy_target", "target_id"),
        flags=published.rows(
            """
            select flag.*, school.school_name
            from quality.flag as flag
            left join marts.dim_school as school
                on flag.school_year = school.school_year and flag.school_id = school.school_id
            where flag.county_code = ? and flag.school_year = ?
            order by flag.status <> 'open', flag.severity <> 'hard', flag.status, flag.school_id,
                flag.stage desc, flag.rule_id, flag.flag_id
            """,
            code,
            year,
        ),
        restatements=mart(
            "marts.restatement",
            f"publish_id desc, kind, table_name, row_key, column_name limit {most_restatements}",
        ),
        restatements_in_all=published.rows(
            "select count(*) as n from marts.restatement where county_code = ? and school_year = ?",
            code,
            year,
        )[0]["n"],
        enrolment=mart("marts.county_enrolment", "stage desc"),
        completeness=mart("quality.completeness", "term"),
        places=places,
        section_origins=section_origins,
        field_origins=_field_origins(published, section_origins),
    )


def _sections(
    published: Published, county: CountyYear, mart: Any, places: list[Row]
) -> dict[tuple[str, str], list[Section]]:
    schools = published.rows(
        "select school_id, is_public from marts.dim_school"
        " where county_code = ? and school_year = ?",
        county.county_code,
        county.school_year,
    )
    is_public = {row["school_id"]: row["is_public"] for row in schools}
    attainment = {
        (row["school_id"], row["stage"], row["standard_id"]): row
        for row in mart("marts.school_attainment", "school_id")
    }
    shares: dict[tuple[str, str, str], dict[str, Row]] = defaultdict(dict)
    for row in mart("marts.cv_contribution", "school_id", _DECIDED_BY.format("= 'each'")):
        shares[row["school_id"], row["stage"], row["standard_id"]][row["indicator_id"]] = row
    points: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in places:
        if row["evaluated_school_id"] not in (None, row["school_id"]):
            points[row["evaluated_school_id"], row["stage"]].append(
                row["school_name"] or row["school_id"]
            )
    figures: dict[tuple[str, str, str], dict[str, Row]] = defaultdict(dict)
    for row in mart("marts.school_indicator", "school_id", _DECIDED_BY.format("<> 'none'")):
        figures[row["school_id"], row["stage"], row["standard_id"]][row["indicator_id"]] = row
    found: dict[tuple[str, str], list[Section]] = defaultdict(list)
    for (school_id, stage, standard), rows in figures.items():
        one = next(iter(rows.values()))
        found[stage, standard].append(
            Section(
                school_id=school_id,
                school_name=one["school_name"] or school_id,
                urban_rural=one["urban_rural"],
                is_public=is_public.get(school_id),
                pupils=one["pupils"],
                figures=rows,
                attainment=attainment.get((school_id, stage, standard)),
                shares=shares.get((school_id, stage, standard), {}),
                points=tuple(points.get((school_id, stage), ())),
            )
        )
    return dict(found)


def _section_origins(
    published: Published, county: CountyYear, term: str
) -> dict[tuple[str, str], Row]:
    rows = published.rows(
        """
        select origin.*, min(load.path) as path
        from quality.section_origin as origin
        left join quality.load as load
            on origin.sha256 = load.sha256 and load.superseded_by is null
                and origin.school_year = load.school_year and origin.term = load.term
        where origin.school_year = ? and origin.term = ? and origin.school_id in (
            select school_id from marts.dim_section where county_code = ? and school_year = ?
        )
        group by all
        """,
        county.school_year,
        term,
        county.county_code,
        county.school_year,
    )
    return {(row["school_id"], row["stage"]): row for row in rows}


def _field_origins(
    published: Published, sections: dict[tuple[str, str], Row]
) -> dict[tuple[str, str], list[Row]]:
    """Where each field of these sections' files stands, by file and stage."""
    files = {row["sha256"] for row in sections.values()}
    # Wide tables hold many counties: a file is asked about once per version, not once per county.
    known: dict[str, dict[str, list[Row]]] = published.kept("annex.fields", dict)
    unknown = sorted(files - known.keys())
    if unknown:
        known.update((sha256, defaultdict(list)) for sha256 in unknown)
        for row in published.rows(
            """
            select sha256, stage, field_id, sheet, column_letter, origin_row
            from quality.field_origin
            where list_contains($files, sha256) and field_id in (
                select field_id from ref.indicator_term
                union all values ('pupils'), ('classes'), ('teachers')
            )
            order by sha256, stage, field_id, sheet, origin_row, length(column_letter),
                column_letter
            """,
            files=unknown,
        ):
            known[row["sha256"]][row["stage"]].append(row)
    return {(file, stage): rows for file in files for stage, rows in known[file].items()}
