{{ config(materialized='view') }}
-- Written without the database's name: the file may be attached under any.
select
    verdict.school_year,
    verdict.county_code,
    verdict.county_name,
    verdict.attains,
    verdict.items_met,
    verdict.items_total,
    verdict.items_not_met,
    verdict.items_not_reported,
    verdict.items_not_due,
    verdict.items_unverified,
    verdict.items_not_applicable,
    verdict.rank_in_city,
    verdict.rank_in_province,
    enrolment.pupils,
    enrolment.classes,
    enrolment.teachers,
    coefficients.sections_tainted,
    {% for stage in ['primary', 'junior'] -%}
    {% for n in range(1, 8) -%}
    coefficients.{{ stage }}_l{{ n }}_mean,
    coefficients.{{ stage }}_l{{ n }}_cv,
    {% endfor -%}
    {% endfor -%}
    retention.retention_junior
from {{ ref('county_verdict').include(database=false) }} as verdict
left join (
    select
        school_year,
        county_code,
        sum(pupils) as pupils,
        sum(classes) as classes,
        sum(teachers) as teachers
    from {{ ref('county_enrolment').include(database=false) }}
    group by school_year, county_code
) as enrolment
    on
        verdict.school_year = enrolment.school_year
        and verdict.county_code = enrolment.county_code
left join (
    select
        school_year,
        county_code,
        max(sections_tainted) as sections_tainted,
        {% for stage in ['primary', 'junior'] -%}
        {% set outer = loop -%}
        {% for n in range(1, 8) -%}
        {% set which = "stage = '" ~ stage ~ "' and indicator_id = 'L" ~ n ~ "'" -%}
        max(case when {{ which }} then mean end) as {{ stage }}_l{{ n }}_mean,
        max(case when {{ which }} then cv end) as {{ stage }}_l{{ n }}_cv{{ ',' if not (outer.last and loop.last) }}
        {% endfor -%}
        {% endfor %}
    from {{ ref('county_coefficient').include(database=false) }}
    where standard_id = '2017'
    group by school_year, county_code
) as coefficients
    on
        verdict.school_year = coefficients.school_year
        and verdict.county_code = coefficients.county_code
left join (
    select
        school_year,
        county_code,
        max(retention) as retention_junior
    from {{ ref('retention').include(database=false) }}
    where school_id is null and cohort_years = 3 and stage = 'junior'
    group by school_year, county_code
) as retention
    on
        verdict.school_year = retention.school_year
        and verdict.county_code = retention.county_code
where verdict.standard_id = '2017'
