"""What the marts hold on one county and school year: every table that its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dagster_project.reports.published import CountyYear, Published

Row = dict[str, Any]

STANDARDS = ("2017", "2012", "general")
"""The page speaks of the first of these that the county has figures under."""

_OF_THE_YEAR = {
    "verdicts": "select * from marts.county_verdict where {here}",
    "assessment": """
        select fact.*, item.position, item.kind, item.unit, item.better, item.clause
        from marts.county_assessment as fact left join ref.item using (item_id)
        where {here}
        order by case verdict when 'not_met' then 1 when 'unverified' then 2
            when 'not_reported' then 3 when 'not_applicable' then 4 when 'not_due' then 5
            else 6 end, item.position, item_id
    """,
    "coefficients": "select * from marts.county_coefficient where {here}",
    "composites": "select * from marts.county_composite where {here} order by stage desc",
    "contributions": """
        select * from marts.cv_contribution where {here} and share is not null
        order by share desc, school_id
    """,
    "sections": "select * from marts.school_indicator where {here} order by school_id",
    "attainment": "select * from marts.school_attainment where {here}",
    "schools": "select * from marts.dim_school where {here} order by school_id",
    "parts": "select * from marts.dim_section where {here} order by school_id, stage",
    "enrolment": "select * from marts.county_enrolment where {here} order by stage desc",
    "classes": """
        select * from marts.class_size where {here} order by term, stage desc, school_id
    """,
    "retention": """
        select * from marts.retention where {here} order by cohort_years, school_id nulls first
    """,
    "gaps": """
        select fact.*, item.position from marts.gap as fact left join ref.item using (item_id)
        where {here} order by item.position, part_id, shortfall desc nulls last, school_id
    """,
    "profile": "select * from marts.county_profile where {here} order by category",
    "targets": """
        select fact.*, item.unit, item.decimals from marts.policy_target as fact
        left join (
            select target_id, any_value(item_id) as item_id from ref.plan_target group by target_id
        ) as target using (target_id)
        left join ref.item using (item_id) where {here} order by target_id
    """,
    "claims": "select * from marts.claim_audit where {here} order by claim_id",
    "restatements": """
        select * from marts.restatement where {here} and kind is not null
        order by publish_id desc, table_name, row_key, column_name
    """,
    "flags": """
        select flag.*, school.school_name, rule.title from quality.flag
        left join (select school_year, school_id, school_name from marts.dim_school) as school
            using (school_year, school_id)
        left join quality.rule using (rule_id)
        where {here}
        order by case status when 'open' then 1 when 'confirmed' then 2 else 3 end,
            flag.severity, rule_id, school_id, stage, flag_id
    """,
    "completeness": "select * from quality.completeness where {here} order by term",
}

_REFERENCES = {
    "indicators": "select * from ref.indicator order by position",
    "terms": "select * from ref.indicator_term",
    "items": "select * from ref.item order by position",
    "item_parts": """
        select item_id, name_zh, numerator, denominator from ref.item_part
        order by item_id, position
    """,
    "comparators": """
        select distinct item_id, comparator from ref.item_part
        join ref.item_standard using (part_id) where position = 1
    """,
    "settings": "select setting_id, value from ref.setting",
    "types": "select school_type_code, name_zh from ref.school_type",
    "fields": "select field_id, name_zh, unit from ref.field",
}


@dataclass(frozen=True)
class CountyFacts:
    """Rows by name (see this module's queries), and the standard that the page speaks of."""

    county: CountyYear
    standard: str
    rows: dict[str, list[Row]]
    references: dict[str, list[Row]]

    def __getitem__(self, name: str) -> list[Row]:
        return self.rows[name]

    def one(self, name: str, **is_: Any) -> Row | None:
        """The first row with these values."""
        return next((r for r in self.rows[name] if all(r[k] == v for k, v in is_.items())), None)

    @property
    def indicators(self) -> list[Row]:
        """The indicators of the standard, in its order."""
        return [i for i in self.references["indicators"] if i["standard_id"] == self.standard]

    @property
    def stages(self) -> list[str]:
        """Stages that there are figures of, primary first."""
        present = {row["stage"] for row in self.rows["coefficients"]}
        return [stage for stage in ("primary", "junior") if stage in present]

    def setting(self, name: str) -> str:
        """A value of ``ref.setting``."""
        return next(s["value"] for s in self.references["settings"] if s["setting_id"] == name)


def references_of(published: Published) -> dict[str, list[Row]]:
    """The reference tables, the same for every county of a version."""
    return published.kept(
        "web references", lambda: {name: published.rows(sql) for name, sql in _REFERENCES.items()}
    )


def facts_of(published: Published, county: CountyYear) -> CountyFacts:
    """Everything that the county's page shows."""
    here = "county_code = $county and school_year = $year"
    rows = {
        name: published.rows(
            sql.format(here=here), county=county.county_code, year=county.school_year
        )
        for name, sql in _OF_THE_YEAR.items()
    }
    rows["trend"] = published.rows(
        "select fact.*, item.position, item.kind, item.decimals from marts.trend as fact"
        " left join ref.item using (item_id)"
        " where county_code = ? and school_year <= ? order by item.position,"
        " list_position(['primary', 'junior', 'all'], stage), school_year",
        county.county_code,
        county.school_year,
    )
    present = {row["standard_id"] for row in rows["coefficients"]}
    standard = next((s for s in STANDARDS if s in present), STANDARDS[0])
    for name in ("coefficients", "contributions", "sections", "attainment"):
        rows[name] = [row for row in rows[name] if row["standard_id"] == standard]
    return CountyFacts(county, standard, rows, references_of(published))
