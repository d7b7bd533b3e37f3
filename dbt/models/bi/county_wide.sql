{{ config(materialized='view') }}
-- Written without the database's name: the file may be attached under any.
-- A county under no standard of the mainland has its figures and general measures alone.
select
    county.school_year,
    county.county_code,
    county.county_name,
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
    retention.retention_junior,
    {% for stage in ['primary', 'junior'] -%}
    {% for n in range(1, 4) -%}
    coefficients.{{ stage }}_c{{ n }}_mean,
    coefficients.{{ stage }}_c{{ n }}_cv,
    {% endfor -%}
    {% endfor -%}
    nation.nation
from (
    select
        school_year,
        county_code,
        max(county_name) as county_name
    from (
        select school_year, county_code, county_name, standard_id
        from {{ ref('county_verdict').include(database=false) }}
        union all
        select school_year, county_code, county_name, '2017'
        from {{ ref('county_enrolment').include(database=false) }}
    ) as either
    where standard_id = '2017'
    group by school_year, county_code
) as county
left join {{ ref('county_verdict').include(database=false) }} as verdict
    on
        county.school_year = verdict.school_year
        and county.county_code = verdict.county_code
        and verdict.standard_id = '2017'
left join (
    select
        school_year,
        county_code,
        max(nation) as nation
    from {{ ref('dim_school').include(database=false) }}
    group by school_year, county_code
) as nation
    on
        county.school_year = nation.school_year
        and county.county_code = nation.county_code
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
        county.school_year = enrolment.school_year
        and county.county_code = enrolment.county_code
left join (
    select
        school_year,
        county_code,
        coalesce(
            max(case when standard_id = '2017' then sections_tainted end), max(sections_tainted)
        ) as sections_tainted,
        {% for stage in ['primary', 'junior'] -%}
        {% set outer = loop -%}
        {% for indicator in ['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7', 'C1', 'C2', 'C3'] -%}
        {% set which = "stage = '" ~ stage ~ "' and indicator_id = '" ~ indicator ~ "'" -%}
        {% set name = stage ~ '_' ~ indicator | lower -%}
        max(case when {{ which }} then mean end) as {{ name }}_mean,
        max(case when {{ which }} then cv end) as {{ name }}_cv{{ ',' if not (outer.last and loop.last) }}
        {% endfor -%}
        {% endfor %}
    from {{ ref('county_coefficient').include(database=false) }}
    where standard_id in ('2017', 'general')
    group by school_year, county_code
) as coefficients
    on
        county.school_year = coefficients.school_year
        and county.county_code = coefficients.county_code
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
        county.school_year = retention.school_year
        and county.county_code = retention.county_code
