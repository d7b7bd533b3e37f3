-- one row per school year (of the autumn after it graduated), county, school (null: the county), stage,
-- length of cohort and source that tells of it: who entered, came, went and graduated, both formulas and
-- the balance. They are those of marts.retention, for both read dbt's int_cohort; is_chosen marks the
-- source that it publishes.
create or replace table frame_cohort as
with
named as (
    select
        coalesce(code.county_code, section.county_code) as county_code,
        any_value(section.county_name order by section.school_year desc) as county_name
    from judged_section as section
    left join stg_lake__county_code as code on code.old_code = section.county_code
    where section.county_name is not null
    group by all
),
-- the school's own row in the census that reports its graduates
reported as (
    select school_year, term, school_id, stage, school_name, sha256, sheet, source_row, profile, vintage,
        standards
    from judged_section
    anti join section_repeat using (row_id)
    where school_year between $first and $last
),
-- a county's sources: those of its sections
county as (
    select
        section.school_year,
        coalesce(code.county_code, section.county_code) as county_code,
        section.stage,
        any_value(section.profile) as profile,
        any_value(section.vintage) as vintage,
        any_value(section.standards) as standards
    from judged_section as section
    left join stg_lake__county_code as code on code.old_code = section.county_code
    where section.school_year between $first and $last and section.term = '$census_term'
    group by all
)
select
    cohort.graduation_year as school_year,
    '$census_term' as term,
    cohort.county_code,
    named.county_name,
    cohort.school_id,
    reported.school_name,
    cohort.stage,
    reported.sha256,
    reported.sheet,
    reported.source_row,
    coalesce(reported.profile, county.profile) as profile,
    coalesce(reported.vintage, county.vintage) as vintage,
    coalesce(reported.standards, county.standards) as standards,
    cohort.years as cohort_years,
    cohort.graduation_year - cohort.years as cohort,
    case cohort.years when 3 then '初中三年' when 6 then '小学六年' else '九年' end as cohort_name,
    case cohort.years when 3 then 'Q1,' else '' end || 'retention_' || cohort.years as taints,
    cohort.basis,
    cohort.certainty,
    cohort.is_chosen,
    cohort.semesters,
    cohort.forms,
    $figures,
    cohort.arrivals as cohort_arrivals,
    cohort.due as cohort_due,
    cohort.formula_$formula as retention,
    cohort.formula_$other as retention_alternative,
    cohort.flow_balance,
    cohort.status,
    -- what form 331 tells of all grades in all the years: the cohort's part is no more than that
    cohort.forms * cohort.transfers_in as transfers_in_of_all_grades,
    cohort.forms * cohort.resumed as resumed_of_all_grades,
    -- the source that is published, where this one is not
    chosen.basis as chosen_basis,
    $chosen,
    null::varchar as frame_note
from int_cohort as cohort
left join int_cohort as chosen
    on chosen.is_chosen and not cohort.is_chosen
    and chosen.graduation_year = cohort.graduation_year and chosen.county_code = cohort.county_code
    and chosen.stage = cohort.stage and chosen.years = cohort.years
    and chosen.school_id is not distinct from cohort.school_id
left join named on named.county_code = cohort.county_code
left join reported
    on reported.school_year = cohort.graduation_year and reported.term = '$census_term'
    and reported.school_id = cohort.school_id and reported.stage = cohort.stage
left join county
    on county.school_year = cohort.graduation_year and county.county_code = cohort.county_code
    and county.stage = cohort.stage
where cohort.graduation_year between $first and $last
